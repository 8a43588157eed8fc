// SPDX-License-Identifier: Apache-2.0
//
// The form of what Klarna is told of an order beside its money: how the shop calls it.
import { html } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { textField } from './fields.mjs';

const REFERENCES = ['merchant_reference1', 'merchant_reference2'];

export const references = {
  values: (order) => Object.fromEntries(REFERENCES.map((name) => [name, order[name] ?? ''])),
  view: (form) => html`<p>${t('action.references.about')}</p>${REFERENCES.map((name) => (
    textField(form, name, t(`fact.${name}`))))}`,
  result: () => t('action.references.done'),
};
