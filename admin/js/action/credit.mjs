// SPDX-License-Identifier: Apache-2.0
//
// The forms of giving back: a credit invoice for what came back, and the cancellation of all of
// an order. Both tell before they are sent what Klarna will be asked and what the shopper gets.
import { html, nothing } from '../lib/html.mjs';
import { textField, tick } from './fields.mjs';
import { money } from '../lib/format.mjs';
import { locale, t } from '../lib/i18n.mjs';
import { outcome } from './outcome.mjs';
import { isUsed, mayRelease } from './requests.mjs';
import { pickWhat, pickable } from './picklines.mjs';
import { writeAmount } from '../lib/typed.mjs';

// The fee's rate is that of the goods, as a start.
function usualRate({ order_lines: lines }) {
  const goods = lines.find(({ total_amount }) => total_amount > 0);
  const rate = goods?.tax_rate ?? 0, isWhole = rate % 100 === 0;
  return writeAmount(isWhole ? rate / 100 : rate, { locale: locale(), digits: isWhole ? 0 : 2 });
}

function planWords({ steps, amount, refund_amount: back }, currency) {
  return html`<ul>${steps.map((step) => html`<li data-name=${`verb-${step.verb}`}>${
    t(`action.verb.${step.verb}`, { amount: money(step.amount, currency) })}</li>`)}</ul>
    <p class="sum" data-name="back">${back ? t('action.back', { amount: money(back, currency) })
      : t('action.back_nothing', { amount: money(amount, currency) })}</p>`;
}

function doneWords({ credit_invoice: made }, order) {
  const currency = order.purchase_currency;
  if (!made) return nothing;
  return html`<p>${t('action.credit.done', { amount: money(made.amount, currency) })}</p><ul>${
    made.steps.map((step) => html`<li>${t(`action.did.${step.verb}`,
      { amount: money(step.amount, currency) })}</li>`)}</ul>`;
}

// What the button does, with what moves by it.
function submitWords({ preview: { state, plan }, order }, name) {
  if (state !== 'known') return '';
  const currency = order.purchase_currency, back = plan.refund_amount;
  if (back) return t(`action.${name}.submit_refund`, { amount: money(back, currency) });
  return t(`action.${name}.submit_less`, { amount: money(plan.amount, currency) });
}

// How large it may be depends on what is credited: the preview tells.
function feeHint({ preview: { state, plan }, order }) {
  const most = state === 'known' ? plan.max_return_fee : 0;
  return [t('action.fee_hint'), most > 0 && `${t('action.most',
    { most: money(most, order.purchase_currency) })}.`].filter(Boolean).join(' ');
}

function fee(form) {
  const { order } = form;
  if (!order.captured_amount) return nothing;
  return html`<div class="pair">${textField(form, 'fee', t('action.fee',
    { currency: order.purchase_currency }), { mode: 'decimal', longest: 20,
    hint: feeHint(form) })}${form.values.fee ? textField(form, 'rate', t('action.fee_rate'),
    { mode: 'decimal', longest: 10 }) : nothing}</div>`;
}

// What waits to be shipped is taken off only when a person says so.
function release(form) {
  if (!mayRelease(form.order) || form.values.mode === 'everything') return nothing;
  return tick(form, 'release', t('action.release_too'));
}

// A free amount may have a name and a VAT rate, for Klarna's invoice.
function naming(form) {
  if (form.values.mode !== 'amount') return nothing;
  return html`<div class="pair">${textField(form, 'name', t('action.name'), {
    hint: t('action.name_hint') })}${textField(form, 'nameRate', t('action.name_rate'),
    { mode: 'decimal', longest: 10, hint: t('action.name_rate_hint') })}</div>`;
}

// The same number again is another return, or the first one sent twice.
function again(form) {
  if (!isUsed(form.order, form.values.reference)) return nothing;
  return tick(form, 'again', t('action.credit.reference_again'));
}

export const credit = {
  values: (order) => ({ mode: pickable('credit', order).length ? 'lines' : 'amount', quantity: {},
    value: {}, amount: '', release: false, name: '', nameRate: '', fee: '', rate: usualRate(order),
    reference: '', again: false, comment: '' }),
  view: (form) => html`${pickWhat(form, 'credit')}${naming(form)}${release(form)}${fee(form)}
    ${textField(form, 'comment', t('action.comment'), { hint: t('action.comment_hint') })}
    ${textField(form, 'reference', t('action.credit.reference'))}${again(form)}${
    outcome(form, planWords)}`,
  submit: (form) => submitWords(form, 'credit'),
  question: (body) => ({ path: 'credit-invoices/preview', body }),
  result: doneWords,
};

export const cancel = {
  values: () => ({ confirm: false, comment: '' }),
  view: (form) => html`<p>${t('action.cancel.final')}</p>${outcome(form, planWords)}
    ${textField(form, 'comment', t('action.comment'), { hint: t('action.comment_hint') })}
    ${tick(form, 'confirm', t('action.cancel.confirm'))}`,
  submit: (form) => submitWords(form, 'cancel'),
  question: () => ({ path: 'credit-invoices/preview', body: { everything: true } }),
  isGrave: true,
  result: doneWords,
};
