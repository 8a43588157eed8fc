// SPDX-License-Identifier: Apache-2.0
//
// What a cashier asked for and has no answer to yet. It goes the way of the order page's actions:
// remembered with its Idempotency-Key before it is sent, asked again with the same key until an
// answer comes, also after a reload. So a payment is started once and money goes back once.
//
//   ask('start', '', { path, body }, (end) => {})   end: { result } or { problem }, or {} when it
//                                                    was forgotten; called once for each try
//   underWay('start', '')        its entry while it has no answer, else null
//   standing('start', '')        in words, with buttons where a person is needed
//   resume((action, target) => (end) => {})          once: goes on with what a reload interrupted
//
// target: the id of the payment it is about, or ''.
import { get, post } from '../lib/api.mjs';
import { Flow } from '../action/flow.mjs';
import { DONE, EDITING, HELD, Memory, REFUSED, isUnderWay, opened } from '../action/pending.mjs';
import { html, nothing } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { draw } from '../lib/shell.mjs';

const ABOUT = 'till';      // in the place of an order's id

const memory = new Memory(sessionStorage);
const running = new Map(); // action|target -> { flow, onEnd }

const nameOf = (action, target) => `${action}|${target}`;
const newKey = () => crypto.randomUUID();
const user = async () => (await get('instore/methods')).user ?? '';

function wait(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function take(entry, onEnd) {
  const flow = new Flow(entry, { memory, get, post, user, newKey, wait, now: () => Date.now() });
  const one = { flow, onEnd };
  flow.addEventListener('change', draw);
  running.set(nameOf(entry.action, entry.target), one);
  return one;
}

// What was not started keeps its entry, because its key may be needed for the next try.
function ended(one) {
  const { entry } = one.flow;
  if (!entry || entry.state === HELD) return;
  const { action, target, state, result, problem } = entry;
  if (state === DONE || state === REFUSED) {
    one.flow.apply({ type: 'close' });
    running.delete(nameOf(action, target));
  }
  one.onEnd(state === DONE ? { result } : { problem });
}

export async function ask(action, target, { path, body }, onEnd) {
  const known = running.get(nameOf(action, target));
  if (known && known.flow.entry?.state !== EDITING) return;
  const one = known ?? take(memory.find(ABOUT, action, target) ?? opened({ order: ABOUT, action,
    target, key: newKey(), seen: '', values: {}, at: Date.now() }), onEnd);
  one.onEnd = onEnd;
  await one.flow.submit([{ path, body: JSON.stringify(body), expects: 'payment' }]);
  ended(one);
}

export function underWay(action, target) {
  const flow = running.get(nameOf(action, target))?.flow;
  return flow && (flow.isBusy || (flow.entry && isUnderWay(flow.entry))) ? flow.entry : null;
}

async function goOn(one) {
  await one.flow.go();
  ended(one);
}

function forget(one) {
  const { action, target } = one.flow.entry;
  one.flow.apply({ type: 'forget' });
  running.delete(nameOf(action, target));
  one.onEnd({});
  draw();
}

// Between two tries only: what is being asked right now must hear its answer.
function stop({ flow }) {
  if (!flow.againAt) return;
  flow.apply({ type: 'hold', why: 'old' });
  flow.askNow();
}

function heldButtons(one) {
  return html`<span class="row-actions"><button type="button" class="secondary small"
    data-name="forget" @click=${() => forget(one)}>${t('do.forget')}</button><button type="button"
    class="small" data-name="go-on" @click=${() => goOn(one)}>${t('do.go')}</button></span>`;
}

export function standing(action, target) {
  const entry = underWay(action, target);
  if (!entry) return nothing;
  const one = running.get(nameOf(action, target));
  if (entry.state === HELD) {
    return html`<p class="standing-now" role="status" data-name="held">${t('do.held',
      { why: t(`do.held.${entry.why}`) })}</p>${heldButtons(one)}`;
  }
  return html`<p class="standing-now" role="status" data-name="working" aria-busy="true">${
    t(entry.lost ? 'do.lost' : 'do.working')}</p>${entry.lost > 1 ? html`<button type="button"
    class="secondary small" data-name="stop" @click=${() => stop(one)}>${t('do.stop')}</button>`
    : nothing}`;
}

export function resume(endOf) {
  for (const entry of memory.all(ABOUT)) {
    if (!isUnderWay(entry)) {
      if (!entry.open) memory.remove(entry);
      continue;
    }
    const one = take(entry, endOf(entry.action, entry.target));
    one.flow.resume().then(() => ended(one));
  }
}
