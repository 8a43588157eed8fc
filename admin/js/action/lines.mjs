// SPDX-License-Identifier: Apache-2.0
//
// The form that changes what an open authorization consists of: how many of each line, and a line
// more.
import { html } from '../lib/html.mjs';
import { money } from '../lib/format.mjs';
import { t } from '../lib/i18n.mjs';
import { outcome } from './outcome.mjs';
import { textField } from './fields.mjs';

/** How many of a line are authorized. */
export const authorizedOf = (line) => line.open_quantity + line.captured_quantity;

const isThere = (line) => line.open_amount !== 0 || line.captured_amount !== 0;

function quantityField(form, line, i) {
  const field = `pieces-${i}`, set = (values) => form.set({ pieces: { ...form.values.pieces,
    [line.reference]: values[field] } });
  return textField({ ...form, set, values: { [field]: form.values.pieces[line.reference] } }, field,
    t('action.lines.quantity', { name: line.name }), { mode: 'numeric', longest: 10 });
}

const becomes = ({ order_amount: amount, order_amount_before: before }, currency) => html`<p
  class="sum" data-name="becomes">${t('action.lines.becomes', { amount: money(amount, currency),
    before: money(before, currency) })}</p>`;

export const lines = {
  values: (order) => ({ pieces: Object.fromEntries(order.order_lines.filter(isThere).map((line) => (
    [line.reference, String(authorizedOf(line))]))), rate: '' }),
  view: (form) => html`<p>${t('action.lines.about')}</p>${form.order.order_lines.map((line, i) => (
    line.reference in form.values.pieces ? quantityField(form, line, i) : ''))}
    <fieldset><legend>${t('action.lines.new')}</legend>
    <div class="pair">${textField(form, 'new_name', t('action.lines.new_name'))}${
      textField(form, 'new_reference', t('action.lines.new_reference'))}</div>
    <div class="pair">${textField(form, 'new_quantity', t('action.lines.new_quantity'),
      { mode: 'numeric', longest: 10 })}${textField(form, 'new_price', t('action.lines.new_price'),
      { mode: 'decimal', longest: 20 })}</div>${textField(form, 'new_rate',
      t('action.lines.new_rate'), { mode: 'decimal', longest: 6 })}</fieldset>${
      outcome(form, becomes)}`,
  submit: ({ preview: { state, plan }, order }) => (state === 'known'
    ? t('action.lines.submit_amount', { amount: money(plan.order_amount,
      order.purchase_currency) }) : ''),
  question: (body) => ({ path: 'lines/preview', body }),
  result: (made, order) => t('action.lines.done',
    { amount: money(made.order_amount, order.purchase_currency) }),
};
