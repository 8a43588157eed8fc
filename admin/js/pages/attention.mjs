// SPDX-License-Identifier: Apache-2.0
//
// Why a person should look at an order, and what to do about it, in words.
import { html, nothing, notice } from '../lib/html.mjs';
import { date, money } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';
import { concerns, expiry } from '../lib/orderview.mjs';

const URGENT = ['orphan', 'differs', 'capture_unconfirmed', 'refund_unconfirmed', 'fraud_rejected'];

function values(order) {
  return {
    amount: money(order.order_amount, order.purchase_currency),
    remaining: money(order.remaining_authorized_amount, order.purchase_currency),
    reference: order.merchant_reference1 || order.id,
    ends: date(order.expires_at),
    left: expiry(order)?.text || '',
  };
}

function concernBox(order, concern) {
  return html`<div data-name=${`attention-${concern}`}>${notice(
    URGENT.includes(concern) ? 'bad' : 'wait', t(`attention.${concern}`, values(order)),
    html`<p>${t(`attention.${concern}.do`, values(order))}</p>`)}</div>`;
}

// Some of it a person has to tick off; the module says whether that is possible now.
function seenButton(order, { isMarking, markSeen }) {
  const { seen } = order.actions;
  if (!seen || (!order.attention && !order.waiting) || order.attention === 'orphan') return nothing;
  const reason = seen.allowed ? '' : word(`reason.${seen.code}`, seen.reason);
  return html`<p class="seen"><button type="button" class="secondary" data-name="seen"
    ?disabled=${!seen.allowed || isMarking} aria-busy=${String(isMarking)}
    aria-describedby=${reason ? 'seen-reason' : nothing} @click=${markSeen}>${
      t('attention.seen')}</button>${reason ? html`<small class="soft" id="seen-reason">${
      reason}</small>` : nothing}</p>`;
}

export function attention(order, marking) {
  // An end that a person has seen needs no box; the days left stand beside the amount.
  const found = concerns(order).filter((one) => one !== 'expiring' || order.attention === one);
  if (!found.length) return nothing;
  return html`<section class="attention" aria-label=${t('attention.title')}>${
    found.map((concern) => concernBox(order, concern))}${seenButton(order, marking)}</section>`;
}
