// SPDX-License-Identifier: Apache-2.0
//
// What the list and the page of an order show alike: its state in a word and in a sentence, its
// name, how long it may still be captured, and why a person should look at it. All of it comes
// from the order as the module shows it; no rule is written here a second time.
import { badge, html, nothing } from './html.mjs';
import { daysLeft } from './format.mjs';
import { t, word } from './i18n.mjs';

/** In sessionStorage: the search of the list that was looked at last. */
export const LAST_LIST = 'klarna-admin.list';
/** The orders of its page: [[id, name]]. */
export const AROUND = 'klarna-admin.around';
/** The same of the payments. */
export const LAST_PAYMENTS = 'klarna-admin.payments';
/** Those of a payment that is no order (yet). */
export const PAYMENT_STATES = ['CREATED', 'DECLINED', 'ABANDONED'];

const STATE_TONES = { AUTHORIZED: 'info', PART_CAPTURED: 'info', CAPTURED: 'good',
  EXPIRED: 'bad', DECLINED: 'bad' };
const FRAUD_TONES = { ACCEPTED: 'good', PENDING: 'wait', REJECTED: 'bad', STOPPED: 'bad' };
const OPERATION_TONES = { confirmed: 'good', refused: 'bad', unknown: 'wait', sent: 'wait',
  queued: 'wait' };
const OPEN = ['AUTHORIZED', 'PART_CAPTURED'];
const MILD = ['outside', 'expiring'];
const SOON_DAYS = 7;

export function stateBadge(order) {
  const { state } = order;
  return badge(word(`state.${state}`, state), STATE_TONES[state] || 'quiet', `state-${state}`);
}

export function fraudBadge(status) {
  return badge(word(`fraud.${status}`, status), FRAUD_TONES[status] || 'quiet', `fraud-${status}`);
}

/** What people call it among themselves. */
export function tagBadges({ tags = [] }) {
  return tags.map((tag) => html`${badge(tag, 'quiet', 'tag')} `);
}

export function operationBadge(state) {
  return badge(word(`operation_state.${state}`, state), OPERATION_TONES[state] || 'quiet',
    `operation-${state}`);
}

/** A payment that has not become an order: with a mark for people it is one. */
export function isPayment(order) {
  return PAYMENT_STATES.includes(order.state) && !order.attention;
}

/** Who declined it, and in which words. */
export function refusal(order) {
  const { reason_code: code, reason } = order;
  if (!code) return nothing;
  const words = [code === 'widget' ? t('refused_by_widget') : code, reason].filter(Boolean);
  return html`<p class="told" data-name="refusal">${words.join(': ')}</p>`;
}

export function sentence(order) {
  return word(`sentence.${order.sentence_code}`, order.sentence);
}

/** The shop's own number when there is one, else Klarna's, else the start of the module's id. */
export function nameOf(order) {
  return order.merchant_reference1 || order.klarna_reference || order.id.slice(0, 8);
}

/** Whether something of the authorization is left. */
export function isOpen(order) {
  return OPEN.includes(order.state) && order.remaining_authorized_amount > 0;
}

/** { text, days, isSoon } of the authorization, or null when it no longer matters. */
export function expiry(order) {
  if (!isOpen(order) || !order.expires_at) return null;
  const days = daysLeft(order.expires_at);
  return { days, isSoon: days <= SOON_DAYS,
    text: days > 0 ? t('days_left', { count: days }) : t('expires_now') };
}

/** Why a person should look at it: codes, the most urgent first. */
export function concerns(order) {
  const found = [];
  if (order.attention) found.push(order.attention);
  if (order.waiting && !order.pending_operation) found.push(`${order.waiting}_unconfirmed`);
  if (['REJECTED', 'STOPPED'].includes(order.fraud_status) && OPEN.includes(order.state)
    && order.attention !== 'fraud_rejected') {
    found.push('fraud_rejected');
  }
  if (!order.attention && expiry(order)?.isSoon) found.push('expiring');
  return found;
}

/** A mark that says in words what concerns the order. */
export function concernMark(order, concern) {
  const text = concern === 'expiring' && expiry(order)
    ? expiry(order).text : word(`concern.${concern}`, concern);
  return html`<span class="concern" data-tone=${MILD.includes(concern) ? 'wait' : 'bad'}
    data-name=${`concern-${concern}`}><svg viewBox="0 0 16 16" width="13" height="13"
    aria-hidden="true"><path d="M8 1.5 15 14H1zM8 6v4M8 11.6v.9"/></svg>${
    text}</span>`;
}
