// SPDX-License-Identifier: Apache-2.0
//
// The page of one order, or of a payment that has not become one: where it stands, what moved,
// what may be done, what was done. The buttons are those of actions.mjs. While something is on its
// way to Klarna the page follows it.
import { actionsOf, operationActions, resume } from '../action/actions.mjs';
import { get, post } from '../lib/api.mjs';
import { html, nothing, repeat, time } from '../lib/html.mjs';
import { ago, dateTime } from '../lib/format.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { recall } from '../lib/kept.mjs';
import { keysButton } from '../lib/keys.mjs';
import { attention } from './attention.mjs';
import { Desk } from './desk.mjs';
import { neighbours, useOrderKeys } from './orderkeys.mjs';
import { paperOf } from '../lib/paper.mjs';
import { captures, creditInvoices, facts, history, lines, summary } from './orderparts.mjs';
import { LAST_LIST, LAST_PAYMENTS, fraudBadge, isPayment, nameOf, refusal, sentence, stateBadge }
  from '../lib/orderview.mjs';
import { poll } from '../lib/poll.mjs';
import { draw, environmentBadge, failure, onBack, say, startPage } from '../lib/shell.mjs';

const id = new URLSearchParams(location.search).get('id') || '';
const FINAL = ['confirmed', 'refused'];

let order = null;
let operations = [];        // newest first
let error = null;
let looked = null;          // { text, tone } of the last look at Klarna
let isLooking = false;
let isMarking = false;
let following = null;

const desk = new Desk({ id, changed, draw });

// --- reading ---------------------------------------------------------------------------------

function isMoving() {
  return Boolean(order?.pending_operation)
    || operations.some((op) => !FINAL.includes(op.state) && op.next_at);
}

async function read() {
  const path = `orders/${encodeURIComponent(id)}`;
  const before = order && sentence(order);
  try {
    const [newest, events] = await Promise.all([get(path), get(`${path}/events`)]);
    order = newest;
    operations = events.operations.toReversed()
      .toSorted((a, b) => b.created_at.localeCompare(a.created_at));
    error = null;
    if (before && before !== sentence(order)) say(sentence(order));
  } catch (problem) {
    error = problem;
  }
  draw();
}

// What an action calls when something has changed.
async function changed() {
  await read();
  follow();
}

function follow() {
  if (following || !isMoving()) return;
  following = poll(async () => {
    await read();
    if (isMoving()) return true;
    following = null;
    return false;
  });
}

async function lookAtKlarna() {
  isLooking = true;
  draw();
  try {
    const answer = await get(`orders/${encodeURIComponent(id)}?refresh=1`);
    looked = answer.differs_from_klarna ? { tone: 'bad', text: t('order.looked_differs') }
      : { tone: 'good', text: t('order.looked_agrees') };
  } catch (problem) {
    looked = { tone: 'bad', text: explain(problem) };
  }
  isLooking = false;
  say(looked.text);
  await changed();
}

async function markSeen() {
  isMarking = true;
  draw();
  try {
    await post(`orders/${encodeURIComponent(id)}/seen`, {});
    say(t('order.marked_seen'));
    looked = null;
  } catch (problem) {
    looked = { tone: 'bad', text: explain(problem) };
    say(looked.text);
  }
  isMarking = false;
  await changed();
  // The button may be gone, and the focus with it.
  if (document.activeElement === document.body) document.querySelector('h1').focus();
}

// --- the page --------------------------------------------------------------------------------

function isUnfinished() {
  return Boolean(order) && isPayment(order);
}

function title() {
  const name = order ? nameOf(order) : '';
  return isUnfinished() ? t('payment.title', { name }) : t('order.title', { name });
}

function wayBack() {
  if (isUnfinished()) {
    const payments = `payments.html${recall('sessionStorage', LAST_PAYMENTS)}`;
    return html`<a class="back" href=${payments}>${t('payment.back')}</a>`;
  }
  const list = `./${recall('sessionStorage', LAST_LIST)}`;
  return html`<div class="around"><a class="back" href=${list}>${t('order.back')}</a>${
    neighbours(id)}</div>`;
}

function lookButton() {
  if (isUnfinished()) return nothing; // Klarna has no order yet
  return html`<div class="desk-buttons"><a class="button quiet" target="_blank"
    data-name="print-slip" href=${paperOf('slip', [id])}>${t('print.slip')}<span class="hidden">
    (${t('opens_elsewhere')})</span></a><button type="button" class="quiet" data-name="look"
    ?disabled=${isLooking} aria-busy=${String(isLooking)} @click=${lookAtKlarna}>${
    t('order.look')}</button></div>`;
}

function heading() {
  const isDoubtful = order.fraud_status && order.fraud_status !== 'ACCEPTED';
  return html`<div class="page-head order-head"><div><h1 tabindex="-1">${
    title()}</h1><p class="badges">${stateBadge(order)}${
    isDoubtful ? fraudBadge(order.fraud_status) : nothing}${
    environmentBadge(order.environment)}<span class="soft">${
    time(order.created_at, dateTime(order.created_at))}</span></p>
    <p class="sentence" data-name="sentence">${sentence(order)}</p>${
    refusal(order)}${isUnfinished() ? nothing : desk.tags(order)}</div>${lookButton()}</div>`;
}

// Several orders of one number are one purchase that was paid twice, or a number used again.
function sameReference() {
  const { same_reference: count, merchant_reference1: name } = order;
  if (!count) return nothing;
  return html`<section class="notice" data-tone="wait" data-name="same-reference"><p>${
    t('order.same_reference', { count, name })} <a href=${`./?q=${encodeURIComponent(name)}`}>${
    t('order.same_reference_show')}</a></p></section>`;
}

function lookedNote() {
  if (!looked) return nothing;
  return html`<p class="looked" data-tone=${looked.tone} data-name="looked">${looked.text}</p>`;
}

// What is on its way, and since when.
function progress() {
  const op = operations.find((found) => found.id === order.pending_operation)
    || (order.pending_operation && operations.find((found) => !FINAL.includes(found.state)));
  if (!op) return nothing;
  return html`<section class="notice" data-tone="wait" data-name="progress" aria-busy="true"><p
    class="notice-title">${t(`order.progress.${op.state}`, { what: t(`operation.${op.kind}`) })}</p>
    <p>${t('order.progress_since', { since: ago(op.created_at), count: op.attempts })}${
      op.next_at && op.state !== 'sent' ? html` ${t('order.progress_next', {
        when: dateTime(op.next_at) })}` : nothing}</p></section>`;
}

function movements() {
  return isUnfinished() ? nothing : html`${captures(order)}${creditInvoices(order)}`;
}

function page() {
  return html`${wayBack()}${heading()}${lookedNote()}
    <div class="toolbar" role="group" aria-label=${t('order.actions')}>${
      actionsOf(order, changed)}</div>
    ${progress()}${sameReference()}
    ${attention(order, { isMarking, markSeen })}
    ${summary(order)}
    <div class="columns"><div class="column">${lines(order)}${movements()}</div>
    <aside class="column" aria-label=${t('order.facts')}>${
      isUnfinished() ? nothing : desk.notes(order)}${desk.links(order)}${facts(order)}</aside></div>
    ${history(order, operations, (op) => operationActions(order, op, changed))}${keysButton()}`;
}

function view() {
  if (order && (!error || error.code === 'lost')) return page();
  if (error?.status === 404) {
    return html`${wayBack()}<h1>${t('order.not_found')}</h1><p>${t('order.not_found_hint')}</p>`;
  }
  return html`${wayBack()}<h1>${title()}</h1>${error
    ? failure(error, { retry: changed })
    : html`<p class="loading" aria-busy="true">${t('loading')}</p>`}`;
}

startPage({
  page: () => (isUnfinished() ? 'payments' : 'orders'),
  areas: ['common', 'order', 'actions'],
  title,
  view,
  start: async () => {
    useOrderKeys();
    onBack(changed);
    window.addEventListener('pageshow', (event) => { if (event.persisted) changed(); });
    await changed();
    if (order) resume(order, changed);
  },
});
