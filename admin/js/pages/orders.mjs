// SPDX-License-Identifier: Apache-2.0
//
// The list of orders: searched, narrowed, paged, exported (../lib/listing.mjs).
import { address, get } from '../lib/api.mjs';
import { badge, html, nothing, repeat, time } from '../lib/html.mjs';
import { dateTime, money, number } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';
import { Listing } from '../lib/listing.mjs';
import { LAST_LIST, concernMark, concerns, expiry, nameOf, sentence, stateBadge }
  from '../lib/orderview.mjs';
import { draw, environmentBadge, isMixed, startPage, stores } from '../lib/shell.mjs';
import { takeOver } from './takeover.mjs';

const LISTS = ['to_ship', 'capture_unconfirmed', 'refund_unconfirmed', 'expiring', 'orphans'];
const STATES = ['AUTHORIZED', 'PART_CAPTURED', 'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED'];
const CHANNELS = ['online', 'instore'];
const PLACES = ['department', 'till', 'terminal', 'cashier', 'invoice']; // in a store

let counts = {};            // list -> { count, more }
let csv = '';

const list = new Listing({ names: ['list', 'q'], last: LAST_LIST,
  narrowing: ['state', 'store', 'channel', ...PLACES, 'from', 'to'], beside: readBeside,
  found: (count) => (count ? t('orders.found', { count }) : t('orders.none')) });

async function readBeside({ cursor, ...all }) {
  csv = await address(list.routeOf(all, { format: 'csv' }));
  try {
    counts = (await get('orders/lists')).lists;
  } catch {
    // The lists are there without their counts; the orders' own request says what is wrong.
  }
  draw();
}

// --- searching and filtering -----------------------------------------------------------------

function search(event) {
  event.preventDefault();
  list.narrow({ q: new FormData(event.target).get('q').trim() });
}

function searchBox() {
  const { q } = list.filter;
  return html`<form class="search" role="search" @submit=${search}>
    <label class="hidden" for="q">${t('orders.search')}</label>
    <input type="search" id="q" name="q" maxlength="255" autocomplete="off" spellcheck="false"
      placeholder=${t('orders.search_hint')} .value=${q}
      @search=${(event) => { if (!event.target.value && q) list.narrow({ q: '' }); }}>
    <button>${t('orders.search_button')}</button>
  </form>`;
}

function countOf(name) {
  const found = counts[name];
  if (!found) return nothing;
  const count = number(found.count) + (found.more ? '+' : '');
  return html`<span class="count" data-empty=${found.count ? nothing : ''}>${count}</span>`;
}

function listLink(name) {
  const wanted = { list: name }, isCurrent = list.filter.list === name;
  return html`<li><a href=${list.hrefOf(wanted)} aria-current=${isCurrent ? 'true' : nothing}
    data-name=${`list-${name || 'all'}`} @click=${(event) => list.follow(event, wanted)}>${
    t(`list.${name || 'all'}`)}${name ? countOf(name) : nothing}</a></li>`;
}

function lists() {
  return html`<nav class="lists" aria-label=${t('orders.lists')}><ul>${
    ['', ...LISTS].map(listLink)}</ul></nav>`;
}

// Who asks for the channel has orders of a store.
function places() {
  if (list.filter.channel !== 'instore' && !PLACES.some((name) => list.filter[name])) {
    return nothing;
  }
  return PLACES.map((name) => list.text(name, t(`orders.${name}`)));
}

function filters() {
  return list.filters(html`${list.choice('state', STATES, { label: t('orders.state'),
    any: t('orders.any_state') }, (state) => word(`state.${state}`, state))}
    ${stores().length > 1 ? list.choice('store', stores(), { label: t('orders.store'),
      any: t('orders.any_store') }) : nothing}
    ${list.choice('channel', CHANNELS, { label: t('orders.channel'),
      any: t('orders.any_channel') }, (channel) => word(`channel.${channel}`, channel))}${places()}
    ${list.day('from', t('orders.from'))}${list.day('to', t('orders.to'))}`,
  { list: list.filter.list });
}

// --- the table -------------------------------------------------------------------------------

const AMOUNTS = [['total', 'order_amount'], ['captured', 'captured_amount'],
  ['refunded', 'refunded_amount'], ['remaining', 'remaining_authorized_amount']];

function amountCell([name, member], order) {
  const amount = order[member];
  const left = name === 'remaining' ? expiry(order) : null;
  return html`<td role="cell" class="amount" data-label=${t(`amount.${name}`)}><span
    class=${amount ? '' : 'soft'}>${money(amount, order.purchase_currency)}</span>${
    left ? html`<small class="soft">${left.text}</small>` : nothing}</td>`;
}

function orderCell(order) {
  const more = [order.merchant_reference2,
    nameOf(order) === order.klarna_reference ? '' : order.klarna_reference,
    isMixed('name') ? order.merchant : '',
    order.channel && order.channel !== 'online' ? word(`channel.${order.channel}`, order.channel)
      : '', order.till].filter(Boolean);
  return html`<td role="cell" class="order-cell"><a class="order-link"
    href=${`order.html?id=${encodeURIComponent(order.id)}`}>${nameOf(order)}</a>${
    isMixed('environment') ? environmentBadge(order.environment) : nothing}
    <small class="soft">${more.join(' · ')}</small></td>`;
}

function stateCell(order) {
  return html`<td role="cell" class="state-cell" data-label=${t('orders.state')}><div>
    ${stateBadge(order)}${order.fraud_status === 'PENDING'
      ? badge(t('fraud.PENDING'), 'wait', 'fraud-PENDING') : nothing}
    ${concerns(order).map((concern) => concernMark(order, concern))}
    <small class="soft">${sentence(order)}</small></div></td>`;
}

function row(order) {
  return html`<tr role="row" data-id=${order.id}>${orderCell(order)}
    <td role="cell" data-label=${t('orders.placed')} class="when">${
      time(order.created_at, dateTime(order.created_at))}</td>
    ${stateCell(order)}${AMOUNTS.map((amount) => amountCell(amount, order))}</tr>`;
}

function table() {
  const heading = (text, kind = '') => html`<th role="columnheader" scope="col" class=${kind}>${
    text}</th>`;
  return html`<div class="scroll"><table role="table" class="cards orders"
    ?data-busy=${list.isLoading} aria-busy=${String(list.isLoading)}>
    <caption class="hidden">${t(`list.${list.filter.list || 'all'}`)}</caption>
    <thead role="rowgroup"><tr role="row">${heading(t('orders.order'))}${
      heading(t('orders.placed'))}${heading(t('orders.state'))}${
      AMOUNTS.map(([name]) => heading(t(`amount.${name}`), 'amount'))}</tr></thead>
    <tbody role="rowgroup">${repeat(list.orders, (order) => order.id, row)}</tbody></table></div>`;
}

function emptiness() {
  const { q } = list.filter;
  if (q) {
    return html`<p class="empty-title">${t('orders.no_match', { q })}</p>
      <p>${t('orders.no_match_hint')}</p>`;
  }
  if (list.isNarrowed) return html`<p class="empty-title">${t('orders.none_filtered')}</p>`;
  const name = LISTS.includes(list.filter.list) ? list.filter.list : 'all';
  return html`<p class="empty-title">${t(`list.${name}.empty`)}</p>
    <p>${t(`list.${name}.empty_hint`)}</p>`;
}

function results() {
  return list.results({ table, emptiness, shown: (count) => t('orders.shown', { count }),
    more: html`<a class="button quiet csv" href=${csv} download data-name="csv">${
      t('orders.csv')}</a>` });
}

function explanation() {
  if (!LISTS.includes(list.filter.list)) return nothing;
  return html`<p class="soft list-hint">${t(`list.${list.filter.list}.hint`)}</p>`;
}

// Without the right to the orders nothing of the page makes sense but the reason.
function view() {
  if (list.error?.isDenied) return html`<h1>${t('orders.title')}</h1>${results()}`;
  return html`<div class="page-head"><h1>${t('orders.title')}</h1>${searchBox()}</div>
    ${lists()}${filters()}${explanation()}${results()}${takeOver()}`;
}

startPage({
  page: () => 'orders',
  areas: ['common', 'orders'],
  title: () => t('orders.title'),
  view,
  start: () => list.start(),
});
