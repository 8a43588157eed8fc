// SPDX-License-Identifier: Apache-2.0
//
// The list of orders. What is looked for stands in the address, so that a view can be kept, sent
// to somebody and reached with the browser's back button; this page keeps nothing else but the
// way back through the pages (in history.state).
import { address, get } from '../lib/api.mjs';
import { badge, html, live, nothing, repeat, time } from '../lib/html.mjs';
import { dateTime, money, number } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';
import { keep } from '../lib/kept.mjs';
import { LAST_LIST, concernMark, concerns, expiry, nameOf, sentence, stateBadge }
  from '../lib/orderview.mjs';
import { about, draw, environmentBadge, failure, onBack, say, startPage } from '../lib/shell.mjs';

const LISTS = ['to_ship', 'capture_unconfirmed', 'refund_unconfirmed', 'expiring', 'orphans'];
const STATES = ['AUTHORIZED', 'PART_CAPTURED', 'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED',
  'DECLINED', 'CREATED', 'ABANDONED'];
const CHANNELS = ['online', 'instore'];
const NARROWING = ['state', 'store', 'channel', 'from', 'to']; // what stands behind "Filters"
const KEPT = ['list', 'q', ...NARROWING, 'cursor'];
const PAGE_ROWS = 50;
const STALE_MS = 20000;     // a list that was out of sight for longer is read again

let filter = filterOf(location.search);
let orders = null;          // of the page shown; null: nothing read yet
let nextCursor = '';
let counts = {};            // list -> { count, more }
let error = null;
let isLoading = false;
let isOpen = false;         // the filters, where there is little room
let csv = '';
let reading = null;         // AbortController of the newest request
let readAt = 0;

// --- the address -----------------------------------------------------------------------------

function filterOf(search) {
  const found = new URLSearchParams(search);
  return Object.fromEntries(KEPT.map((name) => [name, found.get(name) || '']));
}

function queryOf(wanted) {
  const query = new URLSearchParams();
  for (const name of KEPT) if (wanted[name]) query.set(name, wanted[name]);
  return query;
}

function hrefOf(wanted) {
  const query = queryOf(wanted).toString();
  return query ? `?${query}` : './';
}

function trail() {
  return history.state?.trail || [];
}

/** Goes to another view; way: the cursors of the pages before it. */
function go(wanted, way = []) {
  history.pushState({ trail: way }, '', hrefOf(wanted));
  read();
}

function narrow(change) {
  go({ ...filter, ...change, cursor: '' });
}

// A link that stays in the page, unless it is wanted in another tab.
function follow(event, wanted, way) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(wanted, way);
}

// --- reading ---------------------------------------------------------------------------------

function routeOf(wanted, more) {
  const query = queryOf(wanted);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return `orders?${query}`;
}

async function readCounts() {
  try {
    counts = (await get('orders/lists')).lists;
    draw();
  } catch {
    // The lists are there without their counts; the orders' own request says what is wrong.
  }
}

async function readOrders() {
  reading?.abort();
  reading = new AbortController();
  const { signal } = reading;
  isLoading = true;
  draw();
  try {
    const answer = await get(routeOf(filter, { limit: PAGE_ROWS }), { signal });
    orders = answer.orders;
    nextCursor = answer.next_cursor || '';
    error = null;
    readAt = Date.now();
    say(orders.length ? t('orders.found', { count: orders.length }) : t('orders.none'));
  } catch (problem) {
    if (signal.aborted) return;
    error = problem;
  }
  isLoading = false;
  draw();
}

async function read() {
  const before = JSON.stringify({ ...filter, cursor: '' });
  filter = filterOf(location.search);
  if (before !== JSON.stringify({ ...filter, cursor: '' })) orders = null;
  keep('sessionStorage', LAST_LIST, location.search);
  const { cursor, ...all } = filter;
  csv = await address(routeOf(all, { format: 'csv' }));
  await Promise.all([readOrders(), readCounts()]);
}

// --- searching and filtering -----------------------------------------------------------------

function search(event) {
  event.preventDefault();
  narrow({ q: new FormData(event.target).get('q').trim() });
}

function searchBox() {
  return html`<form class="search" role="search" @submit=${search}>
    <label class="hidden" for="q">${t('orders.search')}</label>
    <input type="search" id="q" name="q" maxlength="255" autocomplete="off" spellcheck="false"
      placeholder=${t('orders.search_hint')} .value=${filter.q}
      @search=${(event) => { if (!event.target.value && filter.q) narrow({ q: '' }); }}>
    <button>${t('orders.search_button')}</button>
  </form>`;
}

function countOf(list) {
  const found = counts[list];
  if (!found) return nothing;
  const count = number(found.count) + (found.more ? '+' : '');
  return html`<span class="count" data-empty=${found.count ? nothing : ''}>${count}</span>`;
}

function listLink(list) {
  const wanted = { list };
  return html`<li><a href=${hrefOf(wanted)} aria-current=${filter.list === list ? 'true' : nothing}
    data-name=${`list-${list || 'all'}`} @click=${(event) => follow(event, wanted)}>${
    t(`list.${list || 'all'}`)}${list ? countOf(list) : nothing}</a></li>`;
}

function lists() {
  return html`<nav class="lists" aria-label=${t('orders.lists')}><ul>${
    ['', ...LISTS].map(listLink)}</ul></nav>`;
}

function choice(name, values, label) {
  return html`<label>${t(`orders.${name}`)}<select name=${name} .value=${live(filter[name])}
    @change=${(event) => narrow({ [name]: event.target.value })}>
    <option value="" ?selected=${!filter[name]}>${t(`orders.any_${name}`)}</option>${
    values.map((value) => html`<option value=${value} ?selected=${filter[name] === value}>${
      label(value)}</option>`)}</select></label>`;
}

function day(name) {
  return html`<label>${t(`orders.${name}`)}<input type="date" name=${name} .value=${
    live(filter[name])} @change=${(event) => narrow({ [name]: event.target.value })}></label>`;
}

function stores() {
  return (about()?.stores || []).map((store) => store.name);
}

function filters() {
  const used = NARROWING.filter((name) => filter[name]).length;
  return html`<button type="button" class="quiet filters-button" aria-expanded=${String(isOpen)}
      aria-controls="filters" @click=${() => { isOpen = !isOpen; draw(); }}>${
      used ? t('orders.filters_used', { count: used }) : t('orders.filters')}</button>
    <div class="filters" id="filters" role="group" aria-label=${t('orders.filters')}
      ?data-open=${isOpen}>
      ${choice('state', STATES, (state) => word(`state.${state}`, state))}
      ${stores().length > 1 ? choice('store', stores(), (name) => name) : nothing}
      ${choice('channel', CHANNELS, (channel) => word(`channel.${channel}`, channel))}
      ${day('from')}${day('to')}
      ${used || filter.q ? html`<a class="clear" href=${hrefOf({ list: filter.list })}
        @click=${(event) => follow(event, { list: filter.list })}>${t('orders.clear')}</a>`
        : nothing}
    </div>`;
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

function isMixed(member) {
  return new Set((about()?.stores || []).map((store) => store[member])).size > 1;
}

function orderCell(order) {
  const more = [order.merchant_reference2,
    nameOf(order) === order.klarna_reference ? '' : order.klarna_reference,
    isMixed('name') ? order.merchant : '',
    order.channel && order.channel !== 'online' ? word(`channel.${order.channel}`, order.channel)
      : ''].filter(Boolean);
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
    ?data-busy=${isLoading} aria-busy=${String(isLoading)}>
    <caption class="hidden">${t(`list.${filter.list || 'all'}`)}</caption>
    <thead role="rowgroup"><tr role="row">${heading(t('orders.order'))}${
      heading(t('orders.placed'))}${heading(t('orders.state'))}${
      AMOUNTS.map(([name]) => heading(t(`amount.${name}`), 'amount'))}</tr></thead>
    <tbody role="rowgroup">${repeat(orders, (order) => order.id, row)}</tbody></table></div>`;
}

function emptiness() {
  const isNarrowed = NARROWING.some((name) => filter[name]);
  if (filter.q) {
    return html`<p class="empty-title">${t('orders.no_match', { q: filter.q })}</p>
      <p>${t('orders.no_match_hint')}</p>`;
  }
  if (isNarrowed) return html`<p class="empty-title">${t('orders.none_filtered')}</p>`;
  const list = LISTS.includes(filter.list) ? filter.list : 'all';
  return html`<p class="empty-title">${t(`list.${list}.empty`)}</p>
    <p>${t(`list.${list}.empty_hint`)}</p>`;
}

function pageLink(name, wanted, way, kind) {
  return html`<a class="button quiet" data-name=${kind} href=${hrefOf(wanted)}
    @click=${(event) => { follow(event, wanted, way); window.scrollTo(0, 0); }}>${name}</a>`;
}

function paging() {
  const way = trail();
  const before = { ...filter, cursor: way.at(-1) || '' };
  return html`<nav class="paging" aria-label=${t('orders.paging')}>
    ${filter.cursor ? pageLink(way.length ? t('orders.previous') : t('orders.first'), before,
      way.slice(0, -1), 'previous') : nothing}
    <span class="soft">${t('orders.shown', { count: orders.length })}</span>
    ${nextCursor ? pageLink(t('orders.next'), { ...filter, cursor: nextCursor },
      [...way, filter.cursor], 'next') : nothing}
    <a class="button quiet csv" href=${csv} download data-name="csv">${t('orders.csv')}</a>
  </nav>`;
}

function results() {
  if (error && !(orders && error.code === 'lost')) {
    return html`${failure(error, { retry: read })}${filter.cursor ? html`<p>${
      pageLink(t('orders.first'), { ...filter, cursor: '' }, [], 'first')}</p>` : nothing}`;
  }
  if (!orders) return html`<p class="loading" aria-busy="true">${t('loading')}</p>`;
  if (!orders.length) return html`<div class="empty">${emptiness()}</div>`;
  return html`${table()}${paging()}`;
}

function explanation() {
  if (!LISTS.includes(filter.list)) return nothing;
  return html`<p class="soft list-hint">${t(`list.${filter.list}.hint`)}</p>`;
}

// Without the right to the orders nothing of the page makes sense but the reason.
function view() {
  if (error?.isDenied) return html`<h1>${t('orders.title')}</h1>${results()}`;
  return html`<div class="page-head"><h1>${t('orders.title')}</h1>${searchBox()}</div>
    ${lists()}${filters()}${explanation()}${results()}`;
}

function seenAgain() {
  if (!document.hidden && Date.now() - readAt > STALE_MS) read();
}

startPage({
  page: 'orders',
  areas: ['common', 'orders'],
  title: () => t('orders.title'),
  view,
  start: async () => {
    window.addEventListener('popstate', read);
    window.addEventListener('pageshow', (event) => { if (event.persisted) read(); });
    document.addEventListener('visibilitychange', seenAgain);
    onBack(read);
    await read();
  },
});
