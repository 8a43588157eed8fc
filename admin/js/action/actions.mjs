// SPDX-License-Identifier: Apache-2.0
//
// What can be done with an order, for its page: buttons, and the windows they open. Whether
// something is allowed, and why not, is what the module says in order.actions and op.actions.
//
//   actionsOf(order, onChange)              all buttons, and what runs in the background
//   operationActions(order, op, onChange)   send again, give up
//   resume(order, onChange)                 once, when the page has its order: goes on with what
//                                           was under way before a reload
//
//   order is the full view, for operationActions { id } is enough; onChange() is called when the
//   order should be read again.
import { get, post } from '../lib/api.mjs';
import { cancel, credit } from './credit.mjs';
import { capture, trackingOf } from './capture.mjs';
import { dueDate, sendOut } from './captured.mjs';
import { adopt, extend, giveUp, release, sendAgain } from './confirm.mjs';
import { references, shippingAddress } from './details.mjs';
import { lines } from './lines.mjs';
import { openDialog } from './dialog.mjs';
import { Flow } from './flow.mjs';
import { html, nothing, repeat } from '../lib/html.mjs';
import { explain, locale, t, word } from '../lib/i18n.mjs';
import { DONE, EDITING, Memory, books, isTyped, isUnderWay, opened } from './pending.mjs';
import { isPayment } from '../lib/orderview.mjs';
import { standing } from './progress.mjs';
import { draw, tell } from '../lib/shell.mjs';
import { digitsOf } from '../lib/typed.mjs';

const SPECS = { capture, credit, cancel, extend, release, lines, references,
  shipping_address: shippingAddress, adopt, tracking: trackingOf, due_date: dueDate,
  send_out: sendOut, give_up: giveUp, send_again: sendAgain };
// Our name, the module's, and whether it is shown only when it is possible.
const BUTTONS = [['capture', 'capture'], ['credit', 'credit_invoice'], ['extend', 'extend'],
  ['release', 'release'], ['lines', 'lines'], ['references', 'references'],
  ['shipping_address', 'shipping_address'], ['due_date', 'due_date', true],
  ['send_out', 'send_out', true], ['cancel', 'cancel'], ['adopt', 'adopt', true]];

const LOOKS = { capture: '', cancel: 'danger' };

const memory = new Memory(sessionStorage);
const unread = new Map();    // target -> why its order could not be read
const running = new Map();   // order|action|target -> { flow, dialog, order, onChange }

const nameOf = (order, action, target) => [order.id, action, target].join('|');

function wait(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const newKey = () => crypto.randomUUID();
const path = (order) => `orders/${encodeURIComponent(order.id)}`;
const user = async () => (await get('orders/about')).user;

// --- flows and their windows ---------------------------------------------------------------

// The page reads the order anew when something of it can have changed.
function watch(name, one) {
  let before = one.flow.entry.state;
  one.flow.addEventListener('change', () => {
    const { entry } = one.flow, state = entry?.state ?? '';
    const isNew = state !== before && before !== EDITING && state;
    before = state;
    if (isNew) one.onChange();
    if (isNew && state === DONE) finish(name, one);
    draw();
  });
}

// What has been done needs nobody's word any more: its window goes, and the page says it.
function finish(name, { flow, order, dialog }) {
  const { action, result } = flow.entry;
  tell(html`<p class="news-title">${t(`action.${action}.title`)}: ${t('action.state.done')}</p>
    <div>${SPECS[action].result(result, order)}</div>`);
  if (dialog) dialog.close();
  else {
    flow.apply({ type: 'close' });
    running.delete(name);
  }
}

function show(name, one) {
  const { action, target } = one.flow.entry, { order } = one;
  tell(nothing);
  one.dialog = openDialog({ flow: one.flow, spec: SPECS[action], name: action, order,
    context: { locale: locale(), digits: digitsOf(order.purchase_currency), operation: target },
    using: { newKey, wait, readOrder: () => get(path(order)),
      preview: async ({ path: below, body }, signal) => (body
        ? (await post(`${path(order)}/${below}`, body, { signal })).body
        : get(`${path(order)}/${below}`, { signal })) },
    onOrder: (fresh) => {
      const isNew = books(fresh) !== books(one.order);
      one.order = fresh;
      if (isNew) one.onChange();
    },
    onClose: () => closed(name, one, action, target) });
}

// What was typed is kept. The button that opened it may have been drawn anew meanwhile.
function closed(name, one, action, target) {
  one.dialog = null;
  const { entry } = one.flow;
  if (entry?.state === EDITING) {
    one.flow.apply(isTyped(entry, SPECS[action].values(one.order))
      ? { type: 'edit', hidden: true } : { type: 'discard' });
  }
  if (!entry || !isUnderWay(entry)) running.delete(name);
  draw();
  document.querySelector(`[data-name="do-${action}"][data-target="${target}"]`)?.focus();
}

function take(entry, order, onChange) {
  const name = nameOf(order, entry.action, entry.target);
  const flow = new Flow(entry, { memory, get, post, user, newKey, wait, now: () => Date.now() });
  const one = { flow, order, onChange, dialog: null };
  running.set(name, one);
  watch(name, one);
  return [name, one];
}

// A list of operations knows of an order no more than its id. Why it cannot be read (who runs the
// server may lack the right to the orders) stands where the button was pressed.
async function start(given, action, target, onChange) {
  unread.delete(target);
  try {
    begin(given.order_lines ? given : await get(path(given)), action, target, onChange);
  } catch (error) {
    if (error.status === undefined) throw error;
    unread.set(target, error);
  }
  draw();
}

function begin(order, action, target, onChange) {
  const name = nameOf(order, action, target), spec = SPECS[action];
  const known = running.get(name);
  if (known) {
    known.order = order;
    if (!known.dialog) show(name, known);
    return;
  }
  const kept = memory.find(order.id, action, target);
  const [, one] = take(kept ?? opened({ order: order.id, action, target, key: newKey(),
    seen: books(order), values: spec.values(order), at: Date.now() }), order, onChange);
  open(name, one);
}

// A form is about the order as it is shown now.
function open(name, one) {
  const { flow, order } = one;
  if (flow.entry.state === EDITING) {
    flow.apply({ type: 'edit', values: { ...flow.entry.values, confirm: false } });
    flow.apply({ type: 'look', seen: books(order), problem: flow.entry.problem });
  }
  show(name, one);
  if (SPECS[flow.entry.action].isDirect && flow.entry.state === EDITING) one.dialog.submit();
}

export function resume(order, onChange) {
  for (const entry of memory.all(order.id)) {
    if (entry.hidden || !SPECS[entry.action]) continue;
    const [name, one] = take(entry, order, onChange);
    const isFirst = ![...running.values()].some(({ dialog }) => dialog);
    if (isFirst) open(name, one);
    one.flow.resume();
  }
}

// --- buttons -------------------------------------------------------------------------------

const idOf = (may, target) => `why-${may.code}${target && `-${target}`}`;

// A greyed button can be reached, so that its reason can be heard.
function button({ action, may, act }, target) {
  const look = `${LOOKS[action] ?? 'secondary'} ${target && 'small'}`, isOff = !may.allowed;
  return html`<button type="button" class=${look} data-name=${`do-${action}`} data-target=${target}
    aria-disabled=${isOff ? 'true' : nothing} aria-haspopup="dialog"
    aria-describedby=${isOff ? idOf(may, target) : nothing}
    @click=${() => { if (!isOff) act(); }}>${t(`action.${action}.open`)}</button>`;
}

// Each reason once, with the buttons that have it. A button always stands at the same place.
function buttons(all, target) {
  if (!all.length) return nothing;
  const greyed = Map.groupBy(all.filter(({ may }) => !may.allowed), ({ may }) => may.code);
  return html`<div class="actions">${repeat(all, ({ action }) => action,
    (one) => button(one, target))}</div>${[...greyed.values()].map((group) => {
    const { may } = group[0];
    return html`<small class="soft why">${group.length < all.length ? html`${group.map(
      ({ action }) => t(`action.${action}.open`)).join(', ')}: ` : nothing}<span
      id=${idOf(may, target)}>${word(`reason.${may.code}`, may.reason)}</span></small>`;
  })}`;
}

// What goes on without its window, or ended without it.
function background(order) {
  const here = [...running.entries()].filter(([, { flow, dialog }]) => (
    flow.entry?.order === order.id && flow.entry.state !== EDITING && !dialog));
  return here.map(([name, one]) => html`<div class="running"><p role="status"><strong>${
    t(`action.${one.flow.entry.action}.title`)}</strong> ${standing(one.flow.entry)}</p>
    <button type="button" class="secondary small" data-name="show-running" @click=${() => (
      show(name, one))}>${t('action.show')}</button></div>`);
}

// Tracking has no word of the module: it needs a capture, and its turn.
function mayTrack({ pending_operation: pending }) {
  return pending ? { allowed: false, code: 'busy', reason: pending } : { allowed: true };
}

export function actionsOf(order, onChange) {
  const shown = isPayment(order) ? [] : BUTTONS.filter(([, name, isRare]) => order.actions[name]
    && (!isRare || order.actions[name].allowed)).map(([action, name]) => (
    { action, may: order.actions[name] }));
  if (order.captures.length) shown.splice(1, 0, { action: 'tracking', may: mayTrack(order) });
  return html`${buttons(shown.map((one) => ({ ...one,
    act: () => start(order, one.action, '', onChange) })), '')}${background(order)}`;
}

export function operationActions(order, op, onChange) {
  if (!op.actions || op.actions.give_up.code === 'final') return nothing;
  const error = unread.get(op.id);
  return html`${buttons(['send_again', 'give_up'].map((action) => ({ action,
    may: op.actions[action], act: () => start(order, action, op.id, onChange) })), op.id)}${
    error ? html`<small class="wrong" role="alert">${error.isDenied ? t('denied.orders')
      : explain(error)}</small>` : nothing}`;
}
