// SPDX-License-Identifier: Apache-2.0
//
// What stands on a packing slip and on a credit note. Functions from an order to a template; the
// amounts are the module's own, and VAT is what is contained in them.
import { html, nothing } from '../lib/html.mjs';
import { date, money, number, percent } from '../lib/format.mjs';
import { t } from '../lib/i18n.mjs';
import { nameOf } from '../lib/orderview.mjs';

const PACKED = ['physical', 'gift_card', 'digital'];

function fact(name, text) {
  return text ? html`<div><dt>${name}</dt><dd>${text}</dd></div>` : nothing;
}

// The account without a name is "default" in the configuration only.
const shopOf = ({ merchant }) => (merchant === 'default' ? '' : merchant);

function head(order, title) {
  return html`<header>${shopOf(order) ? html`<p class="shop">${shopOf(order)}</p>` : nothing}<h2>${
    title}</h2></header>`;
}

// --- packing slip ----------------------------------------------------------------------------

// What has to go into the parcel: what is open or, when nothing is, what was captured.
function toPack(order) {
  const isOpen = order.order_lines.some((line) => line.open_quantity > 0);
  return order.order_lines.filter(({ type }) => PACKED.includes(type)).map((line) => (
    { ...line, pack: isOpen ? line.open_quantity : line.captured_quantity }));
}

function packed({ name, reference, quantity, pack }) {
  return html`<tr><td class="box" aria-hidden="true">☐</td><td>${name}<small>${reference}</small>
    </td><td class="number">${number(quantity)}</td><td class="number"><strong>${number(pack)}
    </strong></td></tr>`;
}

function parcels({ captures }) {
  return captures.flatMap(({ shipping_info: parcel }) => parcel).map((info) => fact(t('capture.parcel'),
    [info.shipping_company, info.tracking_number].filter(Boolean).join(' ')));
}

/** Whether something of it may leave the house. */
export function isShippable(order) {
  const { capture } = order.actions;
  return !['in_review', 'rejected'].includes(capture.code)
    && toPack(order).some(({ pack }) => pack > 0);
}

export function packingSlip(order) {
  return html`<article class="paper" data-name="slip" data-id=${order.id}>${
    head(order, t('print.slip'))}<dl>${
    fact(t('fact.merchant_reference1'), nameOf(order))}${
    fact(t('fact.merchant_reference2'), order.merchant_reference2)}${
    fact(t('fact.placed'), date(order.created_at))}${parcels(order)}</dl>
    <table><thead><tr><th scope="col" class="box"><span class="hidden">${t('print.packed')}</span>
    </th><th scope="col">${t('line.item')}</th><th scope="col" class="number">${
    t('line.ordered')}</th><th scope="col" class="number">${t('print.to_pack')}</th></tr></thead>
    <tbody>${toPack(order).map(packed)}</tbody></table></article>`;
}

// --- credit note -----------------------------------------------------------------------------

// VAT within an amount, rounded half up, as Klarna's.
const taxWithin = (amount, rate) => amount - Math.round(amount * 10000 / (10000 + rate));

const rateOf = (order, { reference }) => order.order_lines.find(
  (line) => line.reference === reference)?.tax_rate;

// Per rate, when the rate of everything is known: not of a free amount.
function taxes(order, { lines, return_fee: fee }) {
  const found = new Map();
  for (const line of lines) {
    const rate = rateOf(order, line);
    if (rate === undefined) return nothing;
    found.set(rate, (found.get(rate) ?? 0) + line.amount);
  }
  if (!found.size || fee) return nothing;
  return [...found].map(([rate, amount]) => fact(t('print.vat', { rate: percent(rate) }),
    money(taxWithin(amount, rate), order.purchase_currency)));
}

function credited(order, line) {
  return html`<tr><td>${line.name}<small>${line.reference}</small></td><td class="number">${line.quantity ? number(line.quantity) : ''}</td>
    <td class="amount">${money(line.amount, order.purchase_currency)}</td></tr>`;
}

export function creditNote(order, made) {
  const currency = order.purchase_currency, fee = made.return_fee;
  return html`<article class="paper" data-name="credit" data-id=${made.id}>${
    head(order, t('print.credit'))}<dl>${
    fact(t('credit_invoice.reference'), made.reference || made.id)}${
    fact(t('print.date'), date(made.created_at))}${
    fact(t('fact.merchant_reference1'), nameOf(order))}${
    fact(t('fact.klarna_reference'), order.klarna_reference)}</dl>
    ${made.lines.length ? html`<table><thead><tr><th scope="col">${t('line.item')}</th><th
      scope="col" class="number">${t('print.quantity')}</th><th scope="col" class="amount">${
      t('history.amount')}</th></tr></thead><tbody>${made.lines.map(
      (line) => credited(order, line))}</tbody></table>` : nothing}
    <dl class="sums">${fee ? fact(t('print.fee'), money(-fee, currency)) : nothing}${
    fact(t('print.sum'), money(made.amount, currency))}</dl><dl>${taxes(order, made)}</dl>
    </article>`;
}
