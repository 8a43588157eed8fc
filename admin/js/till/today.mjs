// SPDX-License-Identifier: Apache-2.0
//
// Today's payments of this till, or another day's, as a table whose rows become cards.
//
//   todayView(payments, { acts, more, currentId, day, choose })    payments: newest first, null: not
//                                                                  read yet; day: '' is today
import { clock, date, money } from '../lib/format.mjs';
import { html, live, nothing, repeat, time } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { cell, row, table } from '../lib/table.mjs';
import { isPending } from './follow.mjs';
import { paidButtons, receiptLink, smallAbort } from './rowactions.mjs';
import { amountOf, reasonOf, stateBadge } from './words.mjs';

function references(payment) {
  return html`${payment.reference1 || payment.payment_id.slice(0, 8)}${payment.klarna_reference
    ? html`<small class="soft">${payment.klarna_reference}</small>` : nothing}${payment.cashier
    ? html`<small class="soft">${t('today.cashier', { cashier: payment.cashier })}</small>`
    : nothing}`;
}

function amount(payment) {
  return html`${amountOf(payment)}${payment.refunded_amount ? html`<small class="soft">${
    t('today.given_back', { amount: money(payment.refunded_amount, payment.currency) })}</small>`
    : nothing}`;
}

function state(payment) {
  const last = payment.refunds.at(-1), reason = reasonOf(payment);
  return html`${stateBadge(payment)}${last && last.state !== 'paid' ? html`<small>${
    t(`refund.state.${last.state}`)}</small>` : nothing}${reason ? html`<small class="soft">${
    reason}</small>` : nothing}`;
}

function buttons(payment, acts, currentId) {
  const isPaid = payment.state === 'COMPLETED' || payment.refunded_amount > 0;
  return html`<div class="row-actions">${isPending(payment) ? smallAbort(payment, acts) : nothing}${
    payment.state === 'COMPLETED' ? paidButtons(payment, acts) : nothing}${
    isPaid ? receiptLink(payment) : nothing}${payment.payment_id === currentId ? nothing
    : html`<button type="button" class="quiet small" data-name="show" aria-label=${t('do.show_of',
      { amount: amountOf(payment) })} @click=${() => acts.show(payment)}>${t('do.show')}</button>`}
    </div>`;
}

export function todayView(payments, { acts, more, currentId, day, choose }) {
  const title = day ? t('today.other', { date: date(day) }) : t('today.title');
  const heads = [t('today.time'), t('today.reference'), { text: t('today.amount'), kind: 'amount' },
    t('today.state'), { text: t('today.do'), isHidden: true }];
  const rows = () => repeat(payments, (payment) => payment.payment_id, (payment) => row([
    cell(heads[0], time(payment.created_at, clock(payment.created_at))),
    cell(heads[1], references(payment)), cell(heads[2].text, amount(payment), 'amount'),
    cell(heads[3], state(payment), 'state-cell'),
    cell(nothing, buttons(payment, acts, currentId), 'row-actions')],
  `payment-${payment.payment_id}`));
  return html`<section class="part" data-name="today" aria-labelledby="today-title">
    <div class="part-head"><h2 id="today-title">${title}</h2><span class="soft">${
      payments?.length ? t('today.shown', { count: payments.length }) : nothing}</span><label
      class="day">${t('today.day')} <input type="date" name="day" .value=${live(day)}
      @change=${(event) => choose(event.target.value)}></label></div>${!payments ? html`<p class="loading" aria-busy="true">${t('loading')}</p>`
    : payments.length ? table(title, heads, rows()) : html`<p class="soft">${
      t(day ? 'today.none_other' : 'today.none')}</p>`}${more ? html`<button type="button" class="quiet" data-name="more"
      @click=${more}>${t('today.more')}</button>` : nothing}</section>`;
}
