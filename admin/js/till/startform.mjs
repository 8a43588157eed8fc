// SPDX-License-Identifier: Apache-2.0
//
// The form of a new payment, as a template. What is typed is start.mjs's; who sends it is the page.
//
//   startForm({ form, department, market, asked, replaces, isBusy, problem, submit, clear })
//   form: { values, wrong, set, order: { purchase_currency } }, as action/fields.mjs takes it
import { choice, textField, tick } from '../action/fields.mjs';
import { money } from '../lib/format.mjs';
import { html, live, nothing } from '../lib/html.mjs';
import { explain, locale, t } from '../lib/i18n.mjs';
import { localeOf } from './start.mjs';

function marketField(form, markets) {
  if (markets.length < 2) return nothing;
  const names = new Intl.DisplayNames(locale(), { type: 'region' });
  return html`<div class="field"><label for="field-market">${t('pay.market')}</label><select
    id="field-market" name="market" .value=${live(form.values.market)}
    @change=${(event) => form.set({ market: event.target.value })}>${markets.map(
      ({ country, currency }, i) => html`<option value=${String(i)}>${names.of(country)}, ${
        currency}</option>`)}
    </select></div>`;
}

function localeField(form, market) {
  if (market.locales.length < 2) return nothing;
  const names = new Intl.DisplayNames(locale(), { type: 'language' });
  const chosen = localeOf(market, form.values.locale);
  return html`<div class="field"><label for="field-locale">${t('pay.locale')}</label><select
    id="field-locale" name="locale" .value=${live(chosen)} @change=${(event) => (
      form.set({ locale: event.target.value }))}>${market.locales.map((tag) => html`<option
      value=${tag} ?selected=${tag === chosen}>${names.of(tag.split('-')[0])}</option>`)}</select>
    </div>`;
}

function invoiceFields({ form, department, asked, market }) {
  const { currency } = market, { values } = form;
  return html`<details class="more" ?open=${Boolean(values.number || asked.invoice)}>
    <summary>${t('pay.invoice')}</summary><div class="fields">
    ${textField(form, 'number', t('pay.invoice_number'))}
    ${textField(form, 'total', t('pay.invoice_total', { currency }), { mode: 'decimal' })}
    ${textField(form, 'paid', t('pay.invoice_paid', { currency }),
      { mode: 'decimal', hint: t('pay.invoice_paid_hint') })}</div>
    ${department.finalize ? tick(form, 'finalize', t('pay.finalize')) : nothing}</details>`;
}

function contactFields({ form, department }) {
  const { send, phone, email } = form.values, may = department.send;
  return html`${phone && email && !send ? html`<p class="ask" data-name="both">${t('pay.both')}</p>`
    : nothing}${choice(form, 'send', t('pay.how'), may.map((way) => [way, t(`pay.send.${way}`)]))}
    <div class="fields">${may.includes('sms') ? textField(form, 'phone', t('pay.phone'),
      { mode: 'tel', hint: t('pay.phone_hint'), longest: 30 }) : nothing}${
      may.includes('email') ? textField(form, 'email', t('pay.email'), { mode: 'email' })
        : nothing}${department.way === 'qr' && send === 'qr' ? textField(form, 'short_code',
      t('pay.short_code'), { mode: 'numeric', hint: t('pay.short_code_hint'), longest: 20 })
        : nothing}</div>`;
}

function told({ form, problem }) {
  const some = Object.keys(form.wrong).length;
  if (some) return html`<p class="problem">${t('wrong.fields', { count: some })}</p>`;
  if (!problem) return nothing;
  return html`<p class="problem" data-name=${`problem-${problem.code}`}>${explain(problem)}</p>`;
}

function noteOfOrigin({ asked, market, replaces, exchange }) {
  return html`${asked.host ? html`<p class="soft" data-name="from-host">${
    t('pay.from_host', { host: asked.host })}</p>` : nothing}${replaces ? html`<p class="soft"
    data-name="replaces">${t('pay.replaces', { amount: money(replaces.amount,
      replaces.currency) })}</p>` : nothing}${exchange ? html`<p class="soft" data-name="exchange">${
    t('pay.exchange', { amount: money(exchange.amount, market.currency) })}</p>` : nothing}`;
}

export function startForm(given) {
  const { form, department, market, isBusy, submit, clear } = given;
  const { send } = form.values;
  return html`<form class="part start" novalidate data-name="start" aria-labelledby="start-title"
    @submit=${(event) => {
      event.preventDefault();
      submit();
    }}><h2 id="start-title" tabindex="-1">${t('pay.title')}</h2>
    <div id="start-problem" role="alert" tabindex="-1">${told(given)}</div>${noteOfOrigin(given)}
    <div class="fields">${textField(form, 'amount', t('pay.amount', { currency: market.currency }),
      { mode: 'decimal', optional: false, longest: 20 })}${textField(form, 'reference',
      t('pay.reference'), { hint: t('pay.reference_hint') })}${
      marketField(form, department.markets)}${localeField(form, market)}</div>
    ${invoiceFields(given)}${contactFields(given)}${tick(form, 'ready', t('pay.asked'))}
    <footer class="buttons"><button type="button" class="secondary" data-name="clear" ?disabled=${
      isBusy} @click=${clear}>${given.exchange ? t('pay.exchange_end') : t('pay.clear')}</button>
    <button type="submit" data-name="submit" ?disabled=${isBusy} aria-busy=${String(isBusy)}>${
      t(send ? `pay.submit.${send}` : 'pay.submit')}</button></footer></form>`;
}
