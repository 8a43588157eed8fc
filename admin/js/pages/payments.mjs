// SPDX-License-Identifier: Apache-2.0
//
// Payments that have not become orders: open, declined (and why), abandoned. They are no orders:
// nothing was bought, nothing can be done with them, and no file of them is exported.
import { html, nothing, repeat, time } from '../lib/html.mjs';
import { spanOf } from '../lib/days.mjs';
import { dateTime, money } from '../lib/format.mjs';
import { t } from '../lib/i18n.mjs';
import { Listing } from '../lib/listing.mjs';
import { LAST_PAYMENTS, PAYMENT_STATES, isPayment, nameOf, refusal, sentence, stateBadge }
  from '../lib/orderview.mjs';
import { environmentBadge, isMixed, startPage, stores } from '../lib/shell.mjs';

const stateOf = ({ state }) => (PAYMENT_STATES.includes(state) ? state : PAYMENT_STATES[0]);

const list = new Listing({ names: ['state'], narrowing: ['store', 'from', 'to'],
  last: LAST_PAYMENTS, asked: (filter) => ({ state: stateOf(filter), ...spanOf(filter) }),
  isShown: isPayment, // an orphan, which waits for its order id in the same state, is an order
  found: (count) => (count ? t('payments.found', { count }) : t('payments.none')) });

function stateLink(state) {
  const wanted = { state }, isCurrent = stateOf(list.filter) === state;
  return html`<li><a href=${list.hrefOf(wanted)} aria-current=${isCurrent ? 'true' : nothing}
    data-name=${`payments-${state}`} @click=${(event) => list.follow(event, wanted)}>${
    t(`payments.${state}`)}</a></li>`;
}

function states() {
  return html`<nav class="lists" aria-label=${t('orders.lists')}><ul>${
    PAYMENT_STATES.map(stateLink)}</ul></nav>
    <p class="soft list-hint">${t(`payments.${stateOf(list.filter)}.hint`)}</p>`;
}

function filters() {
  return list.filters(html`${stores().length > 1 ? list.choice('store', stores(), {
    label: t('orders.store'), any: t('orders.any_store') }) : nothing}
    ${list.day('from', t('payments.from'))}${list.day('to', t('payments.to'))}`,
  { state: list.filter.state });
}

// --- the table -------------------------------------------------------------------------------

function paymentCell(order) {
  const more = [order.merchant_reference2, isMixed('name') ? order.merchant : ''].filter(Boolean);
  return html`<td role="cell" class="order-cell"><a class="order-link"
    href=${`order.html?id=${encodeURIComponent(order.id)}`}>${nameOf(order)}</a>${
    isMixed('environment') ? environmentBadge(order.environment) : nothing}
    <small class="soft">${more.join(' · ')}</small></td>`;
}

function row(order) {
  return html`<tr role="row" data-id=${order.id}>${paymentCell(order)}
    <td role="cell" data-label=${t('payments.started')} class="when">${
      time(order.created_at, dateTime(order.created_at))}</td>
    <td role="cell" class="state-cell" data-label=${t('orders.state')}><div>${stateBadge(order)}
      <small class="soft">${sentence(order)}</small>${refusal(order)}</div></td>
    <td role="cell" class="amount" data-label=${t('amount.total')}>${
      money(order.order_amount, order.purchase_currency)}</td></tr>`;
}

function table() {
  const heading = (text, kind = '') => html`<th role="columnheader" scope="col" class=${kind}>${
    text}</th>`;
  return html`<div class="scroll"><table role="table" class="cards orders"
    ?data-busy=${list.isLoading} aria-busy=${String(list.isLoading)}>
    <caption class="hidden">${t(`payments.${stateOf(list.filter)}`)}</caption>
    <thead role="rowgroup"><tr role="row">${heading(t('payments.payment'))}${
      heading(t('payments.started'))}${heading(t('orders.state'))}${
      heading(t('amount.total'), 'amount')}</tr></thead>
    <tbody role="rowgroup">${repeat(list.orders, (order) => order.id, row)}</tbody></table></div>`;
}

function emptiness() {
  return html`<p class="empty-title">${t(list.isNarrowed ? 'payments.none_filtered'
    : `payments.${stateOf(list.filter)}.empty`)}</p>`;
}

function view() {
  const title = html`<h1>${t('payments.title')}</h1>`;
  const results = list.results({ table, emptiness,
    shown: (count) => t('payments.shown', { count }) });
  if (list.error?.isDenied) return html`${title}${results}`;
  return html`${title}${states()}${filters()}${results}`;
}

startPage({
  page: () => 'payments',
  areas: ['common', 'orders'],
  title: () => t('payments.title'),
  view,
  start: () => list.start(),
});
