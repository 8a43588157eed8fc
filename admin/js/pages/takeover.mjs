// SPDX-License-Identifier: Apache-2.0
//
// Taking over an order that was placed before the module came, by Klarna's id. However often it is
// sent, with whatever key, it is done once: the module makes the order's id from Klarna's.
import { html, live, nothing } from '../lib/html.mjs';
import { Lost, post } from '../lib/api.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { draw, stores } from '../lib/shell.mjs';

const form = { id: '', store: '', isBusy: false, told: nothing };

function tell(told, role) {
  form.told = html`<p class=${role === 'alert' ? 'problem' : ''} role=${role}
    data-name="takeover-told">${told}</p>`;
}

const linkTo = (id) => html`${t('takeover.done')} <a href=${
  `order.html?id=${encodeURIComponent(id)}`}>${form.id}</a>`;

async function send(event) {
  event.preventDefault();
  const id = form.id.trim();
  if (!id || form.isBusy) return;
  form.isBusy = true;
  draw();
  try {
    const { status, body } = await post('orders/take-over', { klarna_order_id: id,
      ...(form.store && { store: form.store }) }, { key: crypto.randomUUID() });
    tell(status === 201 ? linkTo(body.order_id) : t('takeover.later'), 'status');
  } catch (error) {
    if (error.status === undefined && !(error instanceof Lost)) throw error;
    tell(explain(error), 'alert');
  } finally {
    form.isBusy = false;
    draw();
  }
}

function which() {
  if (stores().length < 2) return nothing;
  return html`<div class="field"><label for="takeover-store">${t('orders.store')}</label>
    <select id="takeover-store" @change=${(event) => { form.store = event.target.value; }}>${
    stores().map((name) => html`<option value=${name}>${name}</option>`)}</select></div>`;
}

export function takeOver() {
  return html`<details class="part" data-name="takeover"><summary>${t('takeover.open')}</summary>
    <form @submit=${send}><p class="soft">${t('takeover.about')}</p>${which()}
    <div class="field"><label for="takeover-id">${t('takeover.id')}</label><input id="takeover-id"
      maxlength="255" autocomplete="off" spellcheck="false" .value=${live(form.id)}
      @input=${(event) => { form.id = event.target.value; }}></div>
    <button data-name="takeover-submit" aria-busy=${String(form.isBusy)}>${
      t('takeover.submit')}</button>${form.told}</form></details>`;
}
