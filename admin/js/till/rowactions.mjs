// SPDX-License-Identifier: Apache-2.0
//
// The small buttons beside a payment: abort what is pending, verify what is paid, refund what is
// verified. Whether something may be done, and why not, is what the module says in its actions.
//
//   acts: { abort, verify, refund, exchange }, each of which takes the payment
import { html, nothing } from '../lib/html.mjs';
import { t, word } from '../lib/i18n.mjs';
import { underWay } from './asking.mjs';
import { amountOf } from './words.mjs';

function small(name, payment, act, { look, isBusy = false }) {
  return html`<button type="button" class=${look} data-name=${name} data-target=${
    payment.payment_id} ?disabled=${isBusy} aria-label=${t(`do.${name}_of`,
    { amount: amountOf(payment) })} @click=${() => act(payment)}>${t(`do.${name}`)}</button>`;
}

export function smallAbort(payment, acts) {
  return payment.actions.abort.allowed ? small('abort', payment, acts.abort,
    { look: 'danger small' }) : nothing;
}

// In the panel it is what comes next: large, and not as near to Abort as a button of its size.
function verifyButton(payment, acts, look) {
  if (!payment.actions.verify.allowed) return nothing;
  return small('verify', payment, acts.verify, { look,
    isBusy: Boolean(underWay('verify', payment.payment_id)) });
}

// Where it is not agreed there is no button, but the reason.
function refundButtons(payment, acts) {
  const { allowed, why_not: whyNot } = payment.actions.refund;
  if (allowed) {
    return html`${small('refund', payment, acts.refund, { look: 'secondary small' })}${
      small('exchange', payment, acts.exchange, { look: 'secondary small' })}`;
  }
  if (!payment.verified_at || !whyNot) return nothing;
  return html`<small class="soft" data-name="no-refund">${
    word(`reason.${whyNot.code}`, whyNot.text)}</small>`;
}

export function paidButtons(payment, acts, verifyLook = 'small') {
  return html`${verifyButton(payment, acts, verifyLook)}${smallAbort(payment, acts)}${
    refundButtons(payment, acts)}`;
}

// exchange: { id, refund } of what came back, for the one receipt of both.
export function receiptLink(payment, exchange = payment.exchange) {
  const query = new URLSearchParams({ id: payment.payment_id,
    ...(exchange && { returned: exchange.id, refund: exchange.refund }) });
  return html`<a class="button secondary small" data-name="receipt" target="_blank" rel="noopener"
    href=${`receipt.html?${query}`} aria-label=${t('do.receipt_of',
    { amount: amountOf(payment) })}>${t('now.receipt')}</a>`;
}
