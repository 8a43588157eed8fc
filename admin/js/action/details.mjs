// SPDX-License-Identifier: Apache-2.0
//
// The forms of what Klarna is told of an order beside its money: how the shop calls it, where it
// goes.
import { html } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { textField } from './fields.mjs';
import { NEEDED } from './requests.mjs';

const REFERENCES = ['merchant_reference1', 'merchant_reference2'];

export const references = {
  values: (order) => Object.fromEntries(REFERENCES.map((name) => [name, order[name] ?? ''])),
  view: (form) => html`<p>${t('action.references.about')}</p>${REFERENCES.map((name) => (
    textField(form, name, t(`fact.${name}`))))}`,
  result: () => t('action.references.done'),
};

// Names and the most characters, of those that are shown in pairs and alone.
const ADDRESS = [[['given_name', 100], ['family_name', 100]], [['organization_name', 255]],
  [['street_address', 100]], [['street_address2', 100]], [['postal_code', 10], ['city', 200]],
  [['region', 200], ['country', 2]], [['email', 100], ['phone', 100]]];

const inAddress = (form) => ([name, longest]) => textField(form, name,
  t(`action.shipping_address.${name}`), { longest, optional: !NEEDED.includes(name) });

export const shippingAddress = {
  values: (order) => ({ country: order.purchase_country }),
  view: (form) => html`<p>${t('action.shipping_address.about')}</p>${ADDRESS.map((row) => (
    row.length > 1 ? html`<div class="pair">${row.map(inAddress(form))}</div>`
      : row.map(inAddress(form))))}`,
  result: () => t('action.shipping_address.done'),
};
