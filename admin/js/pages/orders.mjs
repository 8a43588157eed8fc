// SPDX-License-Identifier: Apache-2.0
//
// The list of orders: searched, narrowed, sorted, paged, exported (../lib/listing.mjs), and what is
// done with many of them at once.
import { address, get } from '../lib/api.mjs';
import { html, nothing } from '../lib/html.mjs';
import { money, number } from '../lib/format.mjs';
import { SPANS, spanOf } from '../lib/days.mjs';
import { t, word } from '../lib/i18n.mjs';
import { keep } from '../lib/kept.mjs';
import { keysButton } from '../lib/keys.mjs';
import { Listing } from '../lib/listing.mjs';
import { AROUND, LAST_LIST, nameOf } from '../lib/orderview.mjs';
import { draw, onBack, startPage, stores } from '../lib/shell.mjs';
import { Batches } from './batch.mjs';
import { dock } from './dock.mjs';
import { useListKeys } from './listkeys.mjs';
import { columnsButton, ordersTable, sortChoice } from './orderstable.mjs';
import { Selection } from './selection.mjs';
import { takeOver } from './takeover.mjs';
import { viewLinks, viewTools } from './views.mjs';

const LISTS = ['to_ship', 'in_review', 'capture_unconfirmed', 'refund_unconfirmed', 'expiring',
  'orphans'];
const STATES = ['AUTHORIZED', 'PART_CAPTURED', 'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED'];
const CHANNELS = ['online', 'instore'];
const PLACES = ['department', 'till', 'terminal', 'cashier', 'invoice']; // in a store

let counts = {};            // list -> { count, more }
let csv = '';
let totals = null;          // of all that is found, not of the page
let tags = [];

const list = new Listing({ names: ['list', 'q', 'sort'], last: LAST_LIST,
  narrowing: ['state', 'store', 'channel', ...PLACES, 'when', 'from', 'to', 'tag'],
  asked: (filter) => ({ when: '', ...spanOf(filter) }), beside: readBeside, byIds: true,
  found: (count) => (count ? t('orders.found', { count }) : t('orders.none')) });
// What is chosen belongs to what is looked for, on whatever page and in whatever order.
const selection = new Selection({ changed: draw,
  of: () => list.hrefOf({ ...list.filter, cursor: '', sort: '' }) });

const batches = new Batches({ changed: draw, moved: () => list.refresh() });

// The lists are there without any of this; the orders' own request says what is wrong.
async function side(path, take) {
  try {
    take(await get(path));
  } catch (error) {
    if (error.status === undefined) throw error;
  }
}

async function readBeside({ cursor, ...all }) {
  totals = null;
  selection.restore();
  csv = await address(list.routeOf(all, { format: 'csv' }));
  await Promise.all([
    side('orders/lists', (found) => { counts = found.lists; }),
    side(list.routeOf(all, { sort: '' }, 'orders/totals'), (found) => { totals = found; }),
    side('orders/tags', (found) => { ({ tags } = found); }),
  ]);
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
    ['', ...LISTS].map(listLink)}${viewLinks(list)}</ul></nav>`;
}

// Who asks for the channel has orders of a store.
function places() {
  if (list.filter.channel !== 'instore' && !PLACES.some((name) => list.filter[name])) {
    return nothing;
  }
  return PLACES.map((name) => list.text(name, t(`orders.${name}`)));
}

// Either a span that has a name, or single days.
function days() {
  return html`${list.choice('when', SPANS, { label: t('orders.placed'), any: t('when.any') },
    (span) => t(`when.${span}`))}${list.filter.when ? nothing : html`${
    list.day('from', t('orders.from'))}${list.day('to', t('orders.to'))}`}`;
}

function labels() {
  const names = tags.map(({ tag }) => tag);
  if (!names.length && !list.filter.tag) return nothing;
  return list.choice('tag', names, { label: t('orders.tag'), any: t('orders.any_tag') });
}

function filters() {
  return list.filters(html`${list.choice('state', STATES, { label: t('orders.state'),
    any: t('orders.any_state') }, (state) => word(`state.${state}`, state))}
    ${stores().length > 1 ? list.choice('store', stores(), { label: t('orders.store'),
      any: t('orders.any_store') }) : nothing}
    ${list.choice('channel', CHANNELS, { label: t('orders.channel'),
      any: t('orders.any_channel') }, (channel) => word(`channel.${channel}`, channel))}${places()}
    ${days()}${labels()}${sortChoice(list)}`,
  { list: list.filter.list });
}

function tools() {
  const { q, sort } = list.filter, isPlain = !q && !sort && !list.isNarrowed;
  return html`<div class="list-tools">${list.orders?.length ? selection.tickAll(list.orders)
    : nothing}${viewTools(list, isPlain)}${columnsButton()}</div>`;
}

// --- what is found ---------------------------------------------------------------------------

// What was looked for in one list and stands in another.
function elsewhere() {
  const { q } = list.filter, wanted = { q };
  return html`<p class="empty-title">${t('orders.not_in_list', { q })}</p>
    <p><a href=${list.hrefOf(wanted)} data-name="elsewhere"
      @click=${(event) => list.follow(event, wanted)}>${t('orders.elsewhere',
      { count: list.elsewhere })}</a></p>`;
}

function emptiness() {
  const { q } = list.filter;
  if (q && list.elsewhere) return elsewhere();
  if (q) {
    return html`<p class="empty-title">${t('orders.no_match', { q })}</p>
      <p>${t('orders.no_match_hint')}</p>`;
  }
  if (list.isNarrowed) return html`<p class="empty-title">${t('orders.none_filtered')}</p>`;
  const name = LISTS.includes(list.filter.list) ? list.filter.list : 'all';
  return html`<p class="empty-title">${t(`list.${name}.empty`)}</p>
    <p>${t(`list.${name}.empty_hint`)}</p>`;
}

function total({ currency, ...sums }) {
  const sum = (name) => money(sums[`${name}_amount`], currency);
  return html`<li>${t('totals.of', { count: sums.count, order: sum('order'),
    captured: sum('captured'), refunded: sum('refunded') })}</li>`;
}

function totalsLine() {
  if (!totals?.count) return nothing;
  return html`<section class="totals" aria-label=${t('totals.title')} data-name="totals"><ul>${
    totals.currencies.map(total)}</ul>${totals.complete ? nothing : html`<p class="soft">${
    t('totals.incomplete', { count: totals.count })}</p>`}</section>`;
}

function results() {
  return list.results({ table: () => ordersTable(list, selection), emptiness,
    shown: (count) => t('orders.shown', { count }),
    more: html`<a class="button quiet csv" href=${csv} download data-name="csv">${
      t('orders.csv')}</a>` });
}

function explanation() {
  if (!LISTS.includes(list.filter.list)) return nothing;
  return html`<p class="soft list-hint">${t(`list.${list.filter.list}.hint`)}</p>`;
}

// The order's page leads to the next one of what was shown.
function remember() {
  const around = (list.orders ?? []).map((order) => [order.id, nameOf(order)]);
  keep('sessionStorage', AROUND, JSON.stringify(around));
}

// Without the right to the orders nothing of the page makes sense but the reason.
function view() {
  if (list.error?.isDenied) return html`<h1>${t('orders.title')}</h1>${results()}`;
  remember();
  return html`<div class="page-head"><h1>${t('orders.title')}</h1>${searchBox()}</div>
    ${batches.view()}${lists()}${filters()}${explanation()}${tools()}${results()}${
    totalsLine()}${takeOver()}${keysButton()}${dock(list, selection, batches)}`;
}

startPage({
  page: () => 'orders',
  areas: ['common', 'orders'],
  title: () => t('orders.title'),
  view,
  start: async () => {
    useListKeys(list, selection);
    onBack(() => batches.start());
    await list.start();
    await batches.start();
  },
});
