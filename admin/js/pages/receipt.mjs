// SPDX-License-Identifier: Apache-2.0
//
// The receipt of a payment at a till, to be printed on a roll of 80 mm or on A4. With an exchange
// both halves stand on one: what came back of another payment, and what was sold instead.
import { get } from '../lib/api.mjs';
import { dateTime, money, number } from '../lib/format.mjs';
import { html, live, nothing } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { keep, recall } from '../lib/kept.mjs';
import { draw, failure, startPage } from '../lib/shell.mjs';

const PAPER = 'klarna-till.paper';
const PAPERS = ['80', 'a4'];
const query = new URLSearchParams(location.search);

let receipt = null;
let returned = null;     // { receipt, refund } of an exchange
let error = null;

const paper = () => recall('localStorage', PAPER) || PAPERS[0];

function setPaper(name) {
  keep('localStorage', PAPER, name);
  document.documentElement.dataset.paper = name;
  draw();
}

// --- the paper ---------------------------------------------------------------------------------

function fact(name, text) {
  return text ? html`<div><dt>${name}</dt><dd>${text}</dd></div>` : nothing;
}

function line({ name, quantity, total_amount: total }) {
  return html`<tr><td>${name}</td><td class="number">${number(quantity)}</td><td class="amount">${
    money(total, receipt.currency)}</td></tr>`;
}

function lines() {
  if (!receipt.lines.length) return nothing;
  return html`<table><thead><tr><th scope="col">${t('receipt.item')}</th><th scope="col"
    class="number">${t('receipt.quantity')}</th><th scope="col" class="amount">${
    t('receipt.sum')}</th></tr></thead><tbody>${receipt.lines.map(line)}</tbody></table>`;
}

function sums() {
  const net = returned && receipt.amount - returned.refund.amount;
  return html`<dl class="sums">${fact(t('receipt.total'), money(receipt.amount, receipt.currency))}${
    receipt.tax_amount ? fact(t('receipt.tax'), money(receipt.tax_amount, receipt.currency))
      : nothing}${returned ? html`${fact(t('receipt.returned'), money(-returned.refund.amount,
    receipt.currency))}${fact(t('receipt.net'), money(net, receipt.currency))}` : nothing}</dl>`;
}

function refunds() {
  if (!receipt.refunds.length) return nothing;
  return html`<section data-name="refunds"><h2>${t('receipt.refunds')}</h2><dl>${
    receipt.refunds.map(({ amount, at, reference, state }) => fact([dateTime(at), reference,
      state !== 'paid' && t(`refund.state.${state}`)].filter(Boolean).join(' · '),
    money(-amount, receipt.currency)))}</dl></section>`;
}

function exchange() {
  if (!returned) return nothing;
  const { receipt: other, refund } = returned;
  return html`<section data-name="exchange"><h2>${t('receipt.exchange')}</h2><dl>${
    fact(t('receipt.returned'), money(-refund.amount, other.currency))}${
    fact(t('receipt.number'), other.reference1)}${
    fact(t('receipt.klarna_reference'), other.klarna_reference)}${
    fact(t('receipt.klarna_order_id'), other.klarna_order_id)}</dl></section>`;
}

// The account without a name is "default" in the configuration only: nobody's customers know it.
function store() {
  return receipt.store === 'default' ? '' : receipt.store;
}

function slip() {
  return html`<article class="receipt" data-name="receipt"><h1>${store()
    || t('receipt.title')}</h1>
    <dl>${fact(t('receipt.number'), receipt.reference1)}${
      fact(t('receipt.at'), dateTime(receipt.at))}${fact(t('receipt.store'), store())}${
      fact(t('receipt.department'), receipt.department)}${fact(t('receipt.till'), receipt.till)}${
      fact(t('receipt.terminal'), receipt.terminal)}${fact(t('receipt.cashier'),
      receipt.cashier)}${fact(t('receipt.reference2'), receipt.reference2)}</dl>
    ${lines()}${sums()}
    <dl>${fact(t('receipt.klarna_reference'), receipt.klarna_reference)}${
      fact(t('receipt.klarna_order_id'), receipt.klarna_order_id)}</dl>${exchange()}${refunds()}
    </article>`;
}

// --- around it ---------------------------------------------------------------------------------

function tools() {
  return html`<div class="toolbar print-tools"><label>${t('receipt.paper')} <select name="paper"
    .value=${live(paper())} @change=${(event) => setPaper(event.target.value)}>${PAPERS.map(
      (name) => html`<option value=${name} ?selected=${name === paper()}>${
        t(`receipt.paper.${name}`)}</option>`)}</select></label><button type="button"
    data-name="print" @click=${() => window.print()}>${t('receipt.print')}</button></div>`;
}

function view() {
  if (receipt) return html`${tools()}${slip()}`;
  if (error && [404, 409].includes(error.status)) {
    return html`<h1>${t('receipt.not_found')}</h1><p>${t('receipt.not_found_hint')}</p>`;
  }
  return html`<h1>${t('receipt.title')}</h1>${error ? failure(error, { family: 'instore',
    retry: read }) : html`<p class="loading" aria-busy="true">${t('loading')}</p>`}`;
}

const of = (id) => get(`instore/payments/${encodeURIComponent(id)}/receipt`);

async function read() {
  try {
    receipt = await of(query.get('id') ?? '');
    if (query.get('returned')) {
      const other = await of(query.get('returned'));
      const refund = other.refunds.find(({ id }) => id === query.get('refund'));
      returned = refund ? { receipt: other, refund } : null;
    }
    error = null;
  } catch (fault) {
    if (fault.status === undefined) throw fault;
    error = fault;
  }
  draw();
}

document.documentElement.dataset.paper = paper();
startPage({
  page: () => 'till',
  areas: ['common', 'till'],
  title: () => [t('receipt.title'), receipt?.reference1].filter(Boolean).join(' '),
  view,
  start: read,
});
