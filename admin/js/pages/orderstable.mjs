// SPDX-License-Identifier: Apache-2.0
//
// The table of orders: its columns, of which a person chooses, its rows and the order they stand in.
import { badge, html, live, nothing, repeat, time } from '../lib/html.mjs';
import { date, dateTime, money } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';
import { keep, recall } from '../lib/kept.mjs';
import { concernMark, concerns, expiry, nameOf, sentence, stateBadge, tagBadges }
  from '../lib/orderview.mjs';
import { draw, environmentBadge, isMixed } from '../lib/shell.mjs';

const CHOICE = 'klarna-admin.columns';   // those that are not shown
const SORTS = ['newest', 'oldest', 'amount_desc', 'amount_asc', 'expiry'];
// A heading that sorts: downwards first.
const SORTED = { placed: ['newest', 'oldest'], total: ['amount_desc', 'amount_asc'],
  ends: ['expiry', 'expiry'] };
const SPARE = ['ends', 'store', 'tags'];  // only when somebody wants them

// --- the cells -------------------------------------------------------------------------------

function amountCell(name, member, order) {
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

function plainCell(name, body) {
  return html`<td role="cell" data-label=${t(`column.${name}`)}>${body}</td>`;
}

const COLUMNS = {
  placed: { text: () => t('orders.placed'), cell: (order) => html`<td role="cell"
    data-label=${t('orders.placed')} class="when">${time(order.created_at,
      dateTime(order.created_at))}</td>` },
  state: { text: () => t('orders.state'), cell: stateCell },
  total: { kind: 'amount', cell: (order) => amountCell('total', 'order_amount', order) },
  captured: { kind: 'amount', cell: (order) => amountCell('captured', 'captured_amount', order) },
  refunded: { kind: 'amount', cell: (order) => amountCell('refunded', 'refunded_amount', order) },
  remaining: { kind: 'amount',
    cell: (order) => amountCell('remaining', 'remaining_authorized_amount', order) },
  ends: { text: () => t('column.ends'), cell: (order) => plainCell('ends', expiry(order)
    ? time(order.expires_at, date(order.expires_at)) : '–') },
  tags: { text: () => t('column.tags'), cell: (order) => plainCell('tags', tagBadges(order)) },
  store: { text: () => t('column.store'), cell: (order) => plainCell('store', order.merchant) },
};

const textOf = (name) => COLUMNS[name].text?.() ?? t(`amount.${name}`);

// --- which of them ---------------------------------------------------------------------------

function hidden() {
  const kept = recall('localStorage', CHOICE);
  return kept ? kept.split(' ') : SPARE;
}

const shownColumns = () => Object.keys(COLUMNS).filter((name) => !hidden().includes(name));

function choose(name, isOn) {
  const rest = hidden().filter((other) => other !== name);
  keep('localStorage', CHOICE, (isOn ? rest : [...rest, name]).join(' ') || '-');
  draw();
}

function columnTick(name) {
  return html`<label class="tick"><input type="checkbox" name=${`column-${name}`}
    .checked=${live(!hidden().includes(name))} @change=${(event) => choose(name,
      event.target.checked)}><span>${textOf(name)}</span></label>`;
}

let isChoosing = false;

export function columnsButton() {
  const toggle = (event) => {
    isChoosing = event.newState === 'open';
    draw();
  };
  return html`<button type="button" class="quiet" data-name="columns" popovertarget="columns">${
    t('columns.choose')}</button><div id="columns" popover class="columns-box" role="group"
    aria-label=${t('columns.choose')} @beforetoggle=${toggle}>${isChoosing
    ? Object.keys(COLUMNS).map(columnTick) : nothing}</div>`;
}

// --- the order of the rows -------------------------------------------------------------------

/** The first one is the list's own. */
export function sortChoice(list) {
  return list.choice('sort', SORTS, { label: t('sort.label'), any: t('sort.own') },
    (sort) => t(`sort.${sort}`));
}

function heading(list, name) {
  const { kind = '' } = COLUMNS[name], sorts = SORTED[name], { sort } = list.filter;
  if (!sorts) return html`<th role="columnheader" scope="col" class=${kind}>${textOf(name)}</th>`;
  const at = sorts.indexOf(sort), wanted = { ...list.filter, cursor: '',
    sort: sorts[at === 0 ? 1 : 0] };
  const way = at === 1 || sort === 'expiry' ? 'ascending' : 'descending';
  return html`<th role="columnheader" scope="col" class=${kind}
    aria-sort=${at < 0 ? nothing : way}><a class="sort" href=${list.hrefOf(wanted)}
    data-name=${`sort-${name}`} @click=${(event) => list.follow(event, wanted)}>${
    textOf(name)}</a></th>`;
}

// --- the table -------------------------------------------------------------------------------

function row(order, list, selection) {
  return html`<tr role="row" data-id=${order.id} ?data-picked=${selection.has(order)}>${
    selection.tick(order, list.orders)}${orderCell(order)}${
    shownColumns().map((name) => COLUMNS[name].cell(order))}</tr>`;
}

export function ordersTable(list, selection) {
  return html`<div class="scroll"><table role="table" class="cards orders"
    ?data-busy=${list.isLoading} aria-busy=${String(list.isLoading)}>
    <caption class="hidden">${t(`list.${list.filter.list || 'all'}`)}</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col" class="pick-cell"
      ><span class="hidden">${t('pick.column')}</span></th><th role="columnheader" scope="col">${
      t('orders.order')}</th>${shownColumns().map((name) => heading(list, name))}</tr></thead>
    <tbody role="rowgroup">${repeat(list.orders, (order) => order.id,
      (order) => row(order, list, selection))}</tbody></table></div>`;
}
