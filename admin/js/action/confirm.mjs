// SPDX-License-Identifier: Apache-2.0
//
// The small forms: what needs a word of the person, or nothing but a yes.
import { html, nothing } from '../lib/html.mjs';
import { choice, textField, tick } from './fields.mjs';
import { date, dateTime, money } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';
import { NONE, foundAs } from './requests.mjs';

const rest = (order) => money(order.remaining_authorized_amount, order.purchase_currency);

function extended(answer) {
  if (!answer?.expires_at) return t('action.extend.done');
  return t(answer.moved ? 'action.extend.moved' : 'action.extend.unmoved',
    { date: date(answer.expires_at) });
}

export const extend = {
  values: () => ({}),
  view: ({ order }) => html`<p>${t('action.extend.about', { amount: rest(order) })}</p>${
    order.expires_at ? html`<p>${t('action.extend.until', { date: date(order.expires_at) })}</p>`
      : nothing}`,
  result: extended,
};

export const release = {
  values: () => ({}),
  view: ({ order }) => html`<p>${t('action.release.about', { amount: rest(order) })}</p>`,
  isGrave: true,
  submit: ({ order }) => t('action.release.submit_amount', { amount: rest(order) }),
  result: () => t('action.release.done'),
};

export const adopt = {
  values: () => ({ klarna_order_id: '', then: 'keep', confirm: false }),
  view: (form) => html`<p>${t('action.adopt.about', { reference:
    form.order.merchant_reference1 || form.order.id, amount: money(form.order.order_amount,
      form.order.purchase_currency) })}</p>
    ${textField(form, 'klarna_order_id', t('action.adopt.id'), { optional: false })}
    ${choice(form, 'then', t('action.adopt.then'), [['keep', t('action.adopt.keep')],
      ['cancel', t('action.adopt.cancel')]])}
    ${form.values.then === 'cancel' ? tick(form, 'confirm', t('action.cancel.confirm')) : nothing}`,
  result: (answer) => t(answer ? 'action.adopt.cancelled' : 'action.adopt.done'),
};

// What Klarna gives no id has the name of the deed.
function candidate(order, each) {
  const { id, amount, at, reference } = each;
  const what = [word(`operation.${id}`, ''), money(amount, order.purchase_currency),
    at && dateTime(at)];
  return [foundAs(each), what.filter(Boolean).join(', '),
    [id, reference].filter(Boolean).join(' · ')];
}

function whatWasFound(form) {
  const { candidates } = form.values;
  if (!candidates) return nothing;
  return choice(form, 'found', t('action.give_up.found'), [
    ...candidates.map((each) => candidate(form.order, each)),
    [NONE, t(candidates.length ? 'action.give_up.none' : 'action.give_up.not_executed')]]);
}

export const giveUp = {
  values: () => ({ reason: '' }),
  view: (form) => html`<p>${t('action.give_up.about')}</p>${whatWasFound(form)}
    ${textField(form, 'reason', t('action.give_up.reason'), { optional: false,
      hint: t('action.give_up.reason_hint') })}`,
  result: ({ state }) => t(`action.give_up.${state}`),
};

/** Has no form: an operation's own key makes it safe to send. */
export const sendAgain = {
  values: () => ({}),
  isDirect: true,
  view: () => html`<p>${t('action.send_again.about')}</p>`,
  result: () => t('action.send_again.done'),
};
