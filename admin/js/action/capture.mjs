// SPDX-License-Identifier: Apache-2.0
//
// The forms of shipping: capture what leaves the house, and add tracking to a capture afterwards.
import { html, live, nothing } from '../lib/html.mjs';
import { textField } from './fields.mjs';
import { dateTime, money } from '../lib/format.mjs';
import { t } from '../lib/i18n.mjs';
import { outcome } from './outcome.mjs';
import { pickWhat, pickable } from './picklines.mjs';
import { isDelivery } from './requests.mjs';

// A choice to begin with; anything else may be typed.
const COMPANIES = ['PostNord', 'DHL', 'UPS', 'GLS', 'DB Schenker', 'Bring', 'Posten', 'Posti',
  'Matkahuolto', 'PostNL', 'DPD', 'Hermes', 'Instabox', 'Budbee'];

function tracking(form) {
  return html`<datalist id="companies">${COMPANIES.map((name) => html`<option value=${name}>
    </option>`)}</datalist>
    <div class="pair">${textField(form, 'company', t('action.company'), { list: 'companies',
      longest: 100 })}${textField(form, 'number', t('action.tracking_number'), { longest: 100 })}
    </div>${textField(form, 'uri', t('action.tracking_uri'), { mode: 'url', longest: 1024,
      hint: t('action.tracking_uri_hint') })}`;
}

function captureWords({ captured_amount: amount }, currency) {
  return html`<p class="sum" data-name="captured">${t('action.would_capture', {
    amount: money(amount, currency) })}</p>`;
}

// What the shopper pays for the delivery is captured with the first parcel, unless somebody says no.
function delivery(order) {
  return Object.fromEntries(pickable('capture', order)
    .filter(([line]) => isDelivery(order, line))
    .map(([line, , most]) => [line.reference, String(most.quantity)]));
}

export const capture = {
  values: (order) => ({ mode: pickable('capture', order).length ? 'everything' : 'amount',
    quantity: delivery(order), value: {}, amount: '', company: '', number: '', uri: '',
    reference: '' }),
  view: (form) => html`${pickWhat(form, 'capture')}
    <fieldset><legend>${t('action.tracking_optional')}</legend>${tracking(form)}</fieldset>
    ${textField(form, 'reference', t('action.capture.reference'), {
      hint: t('action.capture.reference_hint') })}${outcome(form, captureWords)}`,
  submit: ({ preview: { state, plan }, order }) => (state === 'known'
    ? t('action.capture.submit_amount', { amount: money(plan.captured_amount,
      order.purchase_currency) }) : ''),
  question: (body) => ({ path: 'captures/preview', body }),
  result: ({ capture: made }, order) => t('action.capture.done',
    { amount: money(made.captured_amount, order.purchase_currency) }),
};

const nameOf = (order, { captured_at, captured_amount, shipping_info: parcels }) => [
  dateTime(captured_at), money(captured_amount, order.purchase_currency),
  parcels[0]?.tracking_number].filter(Boolean).join(' · ');

/** One capture needs no choice. */
export function whichCapture(form) {
  const { order, values } = form;
  if (order.captures.length < 2) return html`<p>${nameOf(order, order.captures[0])}</p>`;
  return html`<div class="field"><label for="field-capture">${t('action.tracking.which')}</label>
    <select id="field-capture" name="capture" .value=${live(values.capture)}
      @change=${(event) => form.set({ capture: event.target.value })}>${
      order.captures.map((made) => html`<option value=${made.capture_id}
        ?selected=${made.capture_id === values.capture}>${nameOf(order, made)}</option>`)}</select>
    </div>`;
}

export const trackingOf = {
  values: ({ captures }) => ({ company: '', number: '', uri: '',
    capture: (captures.findLast(({ shipping_info }) => !shipping_info.length)
      ?? captures.at(-1)).capture_id }),
  view: (form) => html`${form.order.captures.length ? whichCapture(form) : nothing}${
    tracking(form)}`,
  result: () => t('action.tracking.done'),
};
