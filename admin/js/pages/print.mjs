// SPDX-License-Identifier: Apache-2.0
//
// Orders on paper, each on its own sheet, one or many: packing slips to go into the parcel and
// credit notes for who sent something back. Notes and tags are the shop's own and stay out of it.
//   print.html?kind=slip|credit#id,id:credit,...
import { get } from '../lib/api.mjs';
import { html, nothing } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { nameOf } from '../lib/orderview.mjs';
import { namedBy } from '../lib/paper.mjs';
import { draw, failure, startPage } from '../lib/shell.mjs';
import { creditNote, isShippable, packingSlip } from './papers.mjs';

const AT_ONCE = 4;
const KINDS = ['slip', 'credit'];

const wanted = new URLSearchParams(location.search).get('kind');
const kind = KINDS.includes(wanted) ? wanted : KINDS[0];
const names = namedBy(location.hash);
const orders = new Map();       // id -> order or the error of reading it

// --- reading ---------------------------------------------------------------------------------

async function readOne(id) {
  try {
    orders.set(id, await get(`orders/${encodeURIComponent(id)}`));
  } catch (error) {
    if (error.status === undefined) throw error;
    orders.set(id, error);
  }
  draw();
}

async function read() {
  const left = [...new Set(names.map(([id]) => id))].filter((id) => !orders.get(id)?.id);
  const walk = async () => {
    while (left.length) await readOne(left.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, walk));
  document.querySelector('[data-name=print]')?.focus();
}

const isRead = () => names.every(([id]) => orders.has(id));

// --- the paper -------------------------------------------------------------------------------

function papersOf([id, credit]) {
  const order = orders.get(id);
  if (!order?.id) return [];
  if (kind === 'slip') return isShippable(order) ? [packingSlip(order)] : [];
  return order.credit_invoices.filter((one) => (credit ? one.id === credit
    : one.state !== 'refused')).map((one) => creditNote(order, one));
}

function without() {
  return names.filter(([id]) => orders.get(id)?.id && !papersOf([id]).length)
    .map(([id]) => nameOf(orders.get(id)));
}

function missing() {
  const errors = [...orders.values()].filter((order) => !order.id);
  const none = without();
  return html`${errors.length ? html`<p class="problem" role="alert">${t('print.missing', {
    count: errors.length })} ${explain(errors[0])}</p>` : nothing}${none.length
    ? html`<p class="soft" data-name="none">${t(`print.${kind}.none`, { orders: none.join(', ') })}</p>`
    : nothing}`;
}

function tools(count) {
  return html`<div class="print-tools"><p>${t(`print.${kind}.count`, { count })}</p>
    <button type="button" data-name="print" @click=${() => window.print()}>${
    t('print.print')}</button>${missing()}</div>`;
}

function view() {
  const title = t(`print.${kind}.many`), denied = orders.get(names[0]?.[0]);
  if (!names.length) return html`<h1>${title}</h1><p>${t('print.nothing')}</p>`;
  if (denied?.isDenied) return html`<h1>${title}</h1>${failure(denied, { retry: read })}`;
  if (!isRead()) {
    return html`<h1>${title}</h1><p role="status" aria-busy="true">${t('print.reading', {
      count: orders.size, all: names.length })}</p>`;
  }
  const papers = names.flatMap(papersOf);
  return html`<div class="print-tools"><h1>${title}</h1></div>${tools(papers.length)}${papers}`;
}

startPage({
  page: () => 'orders',
  areas: ['common', 'order'],
  title: () => t(`print.${kind}.many`),
  view,
  start: read,
});
