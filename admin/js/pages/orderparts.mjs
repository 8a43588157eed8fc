// SPDX-License-Identifier: Apache-2.0
//
// The parts of an order's page that only show: amounts, lines, captures, credit invoices,
// references, history. Each is a function from the order to a template.
import { badge, copyable, html, link, nothing, svg, time } from '../lib/html.mjs';
import { dateTime, milliseconds, money, number, percent } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';
import { paperOf } from '../lib/paper.mjs';
import { expiry, fraudBadge, isOpen, isPayment, operationBadge } from '../lib/orderview.mjs';

const INVOICE_TONES = { paid: 'good', partly_paid: 'wait', pending: 'wait', refused: 'bad' };

function heading(text, kind = '') {
  return html`<th role="columnheader" scope="col" class=${kind}>${text}</th>`;
}

function section(name, title, body) {
  return html`<section class="part" data-name=${name} aria-labelledby=${`${name}-title`}>
    <h2 id=${`${name}-title`}>${title}</h2>${body}</section>`;
}

// --- amounts ---------------------------------------------------------------------------------

// The widths are units of the drawing, so no style attribute is needed.
function bar(parts, whole) {
  let from = 0;
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
    ${parts.map(([name, amount]) => {
      const width = whole > 0 ? (Math.max(amount, 0) * 1000) / whole : 0;
      from += width;
      return svg`<rect data-part=${name} x=${from - width} width=${width} height="10"></rect>`;
    })}</svg>`;
}

function figure(name, amount, currency, more = nothing) {
  return html`<div data-part=${name}><dt>${t(`amount.${name}`)}</dt><dd><span class="figure">${
    money(amount, currency)}</span>${more ? html`<small class="soft">${more}</small>`
    : nothing}</dd></div>`;
}

function justTotal(order) {
  return html`<section class="summary" aria-label=${t('order.amounts')}><dl>${
    figure('total', order.order_amount, order.purchase_currency)}</dl></section>`;
}

export function summary(order) {
  if (isPayment(order)) return justTotal(order);
  const { purchase_currency: currency, captured_amount: captured, refunded_amount: refunded,
    remaining_authorized_amount: remaining, original_order_amount: original } = order;
  const gone = original - captured - remaining;
  const fees = order.return_fees_kept;
  const left = expiry(order);
  return html`<section class="summary" aria-label=${t('order.amounts')}>
    <dl>${figure('total', order.order_amount, currency, original === order.order_amount ? ''
      : t('order.of_original', { amount: money(original, currency) }))}
      ${figure('captured', captured, currency)}
      ${figure('refunded', refunded, currency, fees ? t('order.fees_kept', {
        amount: money(fees, currency) }) : '')}
      ${figure('remaining', remaining, currency, left ? left.text : '')}
      ${gone > 0 ? figure('gone', gone, currency) : nothing}</dl>
    ${bar([['captured', captured - refunded], ['refunded', refunded], ['remaining', remaining],
      ['gone', gone]], original)}</section>`;
}

// --- lines -----------------------------------------------------------------------------------

function moved(order, line, name) {
  const quantity = line[`${name}_quantity`], amount = line[`${name}_amount`];
  const label = t(`line.${name}`);
  if (!quantity && !amount) {
    return html`<td role="cell" class="amount nil" data-label=${label}><span
      class="soft">–</span></td>`;
  }
  return html`<td role="cell" class="amount" data-label=${label}><span>${
    quantity ? number(quantity) : t('line.value_only')}</span><small class="soft">${
    money(amount, order.purchase_currency)}</small></td>`;
}

function lineRow(order, line, columns) {
  const unit = money(line.unit_price, order.purchase_currency);
  const about = [line.reference, t('line.price', { count: line.quantity, unit,
    vat: percent(line.tax_rate) }), line.total_discount_amount ? t('line.discount', {
    amount: money(line.total_discount_amount, order.purchase_currency) }) : ''].filter(Boolean);
  const kind = line.type === 'physical' ? nothing
    : html` ${badge(word(`line_type.${line.type}`, line.type))}`;
  return html`<tr role="row" data-reference=${line.reference}><td role="cell" class="item">${
    line.name}${kind}<small class="soft">${about.join(' · ')}</small></td>
    <td role="cell" class="amount" data-label=${t('line.ordered')}><span>${
      number(line.quantity)}</span><small class="soft">${
      money(line.total_amount, order.purchase_currency)}</small></td>
    ${columns.map((name) => moved(order, line, name))}</tr>`;
}

export function lines(order) {
  const isCancelled = order.order_lines.some((line) => line.cancelled_amount
    || line.cancelled_quantity);
  const columns = isPayment(order) ? []
    : ['captured', 'credited', ...(isCancelled ? ['cancelled'] : []), 'open'];
  return section('lines', t('order.lines'), html`<div class="scroll"><table role="table"
    class="cards lines"><thead role="rowgroup"><tr role="row">${heading(t('line.item'))}${
      heading(t('line.ordered'), 'amount')}${columns.map((name) => heading(t(`line.${name}`),
      'amount'))}</tr></thead><tbody role="rowgroup">${order.order_lines.map((line) => lineRow(
      order, line, columns))}</tbody></table></div>`);
}

function movedLines(order, list) {
  if (!list.length) return nothing;
  return html`<ul class="moved">${list.map((line) => html`<li><span>${line.quantity
    ? t('line.times', { count: line.quantity, name: line.name }) : line.name}</span><span
    class="amount">${money(line.amount, order.purchase_currency)}</span></li>`)}</ul>`;
}

// --- captures --------------------------------------------------------------------------------

function parcel(info, kind) {
  const number_ = info[`${kind}tracking_number`], uri = info[`${kind}tracking_uri`];
  const company = info[`${kind}shipping_company`];
  if (!number_ && !uri && !company) return nothing;
  const shown = number_ || t('capture.follow');
  return html`<li>${t(kind ? 'capture.return_parcel' : 'capture.parcel')}: ${
    [company, kind ? '' : info.shipping_method].filter(Boolean).join(', ')} ${
    uri ? link(uri, shown) : number_ || nothing}</li>`;
}

function capture(order, found) {
  const parcels = found.shipping_info;
  return html`<li class="movement" data-id=${found.capture_id}><div class="movement-head"><strong
    class="amount">${money(found.captured_amount, order.purchase_currency)}</strong><span
    class="soft">${time(found.captured_at, dateTime(found.captured_at))}</span>${
    found.operation_id ? nothing : badge(t('made_outside'), 'wait', 'outside')}</div>
    ${found.reference || found.description ? html`<p>${[found.reference, found.description]
      .filter(Boolean).join(' · ')}</p>` : nothing}
    ${found.klarna_reference ? html`<p>${t('capture.invoice_number')} ${
      copyable(found.klarna_reference, t('capture.invoice_number'))}</p>` : nothing}
    ${found.due_date_days ? html`<p data-name="due-date">${t('capture.due_date',
      { days: number(found.due_date_days) })}</p>` : nothing}
    ${movedLines(order, found.lines)}
    ${parcels.length ? html`<ul class="parcels">${parcels.map((info) => html`${
      parcel(info, '')}${parcel(info, 'return_')}`)}</ul>`
      : html`<p class="soft">${t('capture.no_tracking')}</p>`}
    <p class="soft small">${t('capture.id')} ${
      copyable(found.capture_id, t('capture.id'))}</p></li>`;
}

export function captures(order) {
  return section('captures', t('order.captures'), order.captures.length
    ? html`<ul class="movements">${order.captures.map((found) => capture(order, found))}</ul>`
    : html`<p class="soft">${t('order.no_captures')}</p>`);
}

// --- credit invoices -------------------------------------------------------------------------

function step(order, found) {
  const amount = money(found.amount, order.purchase_currency);
  return html`<li><span>${t(`step.${found.verb}`, { amount })}</span> ${
    operationBadge(found.state)}</li>`;
}

function creditInvoice(order, found) {
  const currency = order.purchase_currency;
  const isWhole = found.paid_amount === found.amount || found.state !== 'partly_paid';
  return html`<li class="movement" data-id=${found.id}><div class="movement-head"><strong
    class="amount">${money(found.amount, currency)}</strong>${badge(
      word(`credit_invoice.${found.state}`, found.state), INVOICE_TONES[found.state] || 'quiet',
      `credit-${found.state}`)}<span class="soft">${time(found.created_at,
      dateTime(found.created_at))} · ${actor(found.actor)}</span></div>
    ${isWhole ? nothing : html`<p>${t('credit_invoice.paid_part', {
      amount: money(found.paid_amount, currency) })}</p>`}
    ${found.reference ? html`<p>${t('credit_invoice.reference')} ${copyable(found.reference,
      t('credit_invoice.reference'))}</p>` : nothing}
    ${movedLines(order, found.lines)}
    ${found.return_fee ? html`<p>${t('credit_invoice.fee', {
      amount: money(found.return_fee, currency) })}</p>` : nothing}
    ${found.comment ? html`<p class="comment">${found.comment}</p>` : nothing}
    <ol class="steps">${found.steps.map((one) => step(order, one))}</ol>
    <p><a target="_blank" data-name="print-credit" href=${paperOf('credit',
      [`${order.id}:${found.id}`])}>${t('print.credit')}<span class="hidden"> (${
      t('opens_elsewhere')})</span></a></p></li>`;
}

export function creditInvoices(order) {
  return section('credit-invoices', t('order.credit_invoices'), order.credit_invoices.length
    ? html`<ul class="movements">${order.credit_invoices.map((found) => creditInvoice(order,
      found))}</ul>` : html`<p class="soft">${t('order.no_credit_invoices')}</p>`);
}

// --- references and other facts --------------------------------------------------------------

function fact(name, value) {
  if (!value || value === nothing) return nothing;
  return html`<div><dt>${t(`fact.${name}`)}</dt><dd>${value}</dd></div>`;
}

function reference(name, value) {
  return value ? fact(name, copyable(value, t(`fact.${name}`))) : nothing;
}

function ends(order) {
  if (!isOpen(order)) return nothing;
  const left = expiry(order);
  if (!left) return t('fact.ends_unknown');
  return html`${time(order.expires_at, dateTime(order.expires_at))} <span
    class=${left.isSoon ? 'concern' : 'soft'} data-tone="wait">${left.text}</span>`;
}

export function facts(order) {
  return html`<section class="part" aria-labelledby="facts-title"><h2 id="facts-title">${
    t('order.facts')}</h2><dl class="facts">
    ${reference('merchant_reference1', order.merchant_reference1)}
    ${reference('merchant_reference2', order.merchant_reference2)}
    ${reference('klarna_reference', order.klarna_reference)}
    ${reference('klarna_order_id', order.klarna_order_id)}
    ${reference('id', order.id)}
    ${isPayment(order) ? nothing : fact('state', html`<code>${order.state}</code>`)}
    ${order.fraud_status ? fact('fraud', fraudBadge(order.fraud_status)) : nothing}
    ${fact('ends', ends(order))}
    ${fact('store', order.merchant)}
    ${order.channel ? fact('channel', word(`channel.${order.channel}`, order.channel)) : nothing}
    ${['department', 'till', 'terminal', 'cashier', 'invoice'].map((name) => fact(name,
      order[name]))}
    ${fact('country', `${order.purchase_country}, ${order.purchase_currency}`)}
    ${fact(isPayment(order) ? 'started' : 'placed', time(order.created_at,
      dateTime(order.created_at)))}
    ${fact('changed', time(order.updated_at, dateTime(order.updated_at)))}
  </dl></section>`;
}

// --- history ---------------------------------------------------------------------------------

function actor(name) {
  return word(`actor.${name}`, name);
}

function klarnasWords(op) {
  const told = [op.error_code, op.error_messages.join(' ')].filter(Boolean);
  return told.length ? html`<p class="told"><code>${told[0]}</code> ${told[1] || ''}</p>` : nothing;
}

function correlation(op) {
  if (!op.correlation_id) return nothing;
  const label = t('history.correlation');
  return html`<p class="soft small">${label} ${copyable(op.correlation_id, label)}</p>`;
}

function outcome(op) {
  return html`<td role="cell" class="block" data-label=${t('history.outcome')}><div>${
    operationBadge(op.state)}${klarnasWords(op)}${correlation(op)}</div></td>`;
}

function tries(op) {
  const told = [op.attempts > 1 ? t('history.tries', { count: op.attempts }) : '',
    op.took_ms ? milliseconds(op.took_ms) : ''].filter(Boolean);
  return told.length ? html`<small class="soft">${told.join(' · ')}</small>` : nothing;
}

function historyRow(order, op, buttons) {
  return html`<tr role="row" data-id=${op.id}><td role="cell" data-label=${t('history.when')}
    class="when">${time(op.created_at, dateTime(op.created_at))}</td>
    <td role="cell" data-label=${t('history.who')}>${actor(op.actor)}</td>
    <td role="cell" data-label=${t('history.what')}><div>${word(`operation.${op.kind}`, op.kind)}${
      tries(op)}</div></td>
    <td role="cell" class="amount" data-label=${t('history.amount')}>${op.amount
      ? money(op.amount, order.purchase_currency) : '–'}</td>
    ${outcome(op)}<td role="cell" class="row-actions">${buttons(op)}</td></tr>`;
}

/** buttons: from an operation to what a person may do with it. */
export function history(order, operations, buttons) {
  return section('history', t('order.history'), operations.length ? html`<div class="scroll"
    ><table role="table" class="cards"><thead role="rowgroup"><tr role="row">${
      heading(t('history.when'))}${heading(t('history.who'))}${heading(t('history.what'))}${
      heading(t('history.amount'), 'amount')}${heading(t('history.outcome'))}${
      heading(html`<span class="hidden">${t('history.actions')}</span>`)}</tr></thead>
    <tbody role="rowgroup">${operations.map((op) => historyRow(order, op, buttons))}</tbody>
    </table></div>` : html`<p class="soft">${isPayment(order) ? t('payment.no_history')
      : t('order.no_history')}</p>`);
}
