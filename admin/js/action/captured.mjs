// SPDX-License-Identifier: Apache-2.0
//
// The forms of what can be done with a capture afterwards: let the shopper pay later, and have Klarna
// write to the shopper again. Klarna's options, with what they cost the shop, are asked for while the
// form is open.
import { choice } from './fields.mjs';
import { html, nothing } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { money, number } from '../lib/format.mjs';
import { whichCapture } from './capture.mjs';

const newest = ({ captures }) => ({ capture: captures.at(-1).capture_id });

// A choice names its price, so that another one than was shown is refused.
function optionsOf(form) {
  const { state, plan, problem } = form.preview;
  if (state === 'wrong') return html`<p class="wrong" role="alert">${explain(problem)}</p>`;
  if (state !== 'known') return html`<p class="soft">${t('action.due_date.asking')}</p>`;
  if (!plan.options.length) return html`<p data-name="no-options">${t('action.due_date.none')}</p>`;
  return choice(form, 'option', t('action.due_date.which'), plan.options.map(
    ({ number_of_days: days, amount }) => [`${days}:${amount}`, t('action.due_date.option', {
      days: number(days), price: money(amount, plan.currency) })]));
}

export const dueDate = {
  values: (order) => ({ ...newest(order), option: '' }),
  view: (form) => html`<p>${t('action.due_date.about')}</p>${form.order.captures.length
    ? whichCapture(form) : nothing}<div role="status">${optionsOf(form)}</div>`,
  question: (body, { capture }) => ({ path: `captures/${encodeURIComponent(capture)}/due-date` }),
  chosen: 'option',
  submit: ({ values: { option }, preview: { state, plan } }) => (state === 'known' && option
    ? t('action.due_date.submit_price', { price: money(Number(option.split(':')[1]),
      plan.currency) }) : ''),
  result: ({ number_of_days: days }) => t('action.due_date.done', { days: number(days) }),
};

export const sendOut = {
  values: newest,
  view: (form) => html`<p>${t('action.send_out.about')}</p>${form.order.captures.length
    ? whichCapture(form) : nothing}`,
  result: () => t('action.send_out.done'),
};
