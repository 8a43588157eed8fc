// SPDX-License-Identifier: Apache-2.0
//
// The window that gives money of a verified payment back, in full or in part; with an exchange the
// new sale comes after it. And the one that asks before an abort gives everything back.
//
//   openRefund(payment, { locale, digits, isExchange, done })   done(payment, refund)
//   openAbortPaid(payment, { submit })
import { choice, textField } from '../action/fields.mjs';
import { money } from '../lib/format.mjs';
import { html, nothing } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { tell } from '../lib/shell.mjs';
import { readAmount } from '../lib/typed.mjs';
import { ask, standing, underWay } from './asking.mjs';
import { openBox } from './box.mjs';
import { amountOf } from './words.mjs';

function refundOf(values, { most, locale, digits, currency }) {
  const wrong = {}, body = {};
  for (const name of ['reference', 'comment']) {
    if (values[name].trim()) body[name] = values[name].trim();
  }
  if (values.mode === 'all') return { body, wrong };
  const read = readAmount(values.amount, { locale, digits, currency });
  if (read.wrong === '') wrong.amount = { code: 'missing' };
  else if (read.wrong) wrong.amount = { code: read.wrong, decimals: digits };
  else if (read.value < 1) wrong.amount = { code: 'not_positive' };
  else if (read.value > most) wrong.amount = { code: 'too_much', most };
  return { body: { ...body, amount: read.value }, wrong };
}

class RefundBox {
  #payment;
  #with;
  #box;
  #values = { mode: 'all', amount: '', reference: '', comment: '' };
  #wrong = {};
  #problem = null;

  constructor(payment, given) {
    this.#payment = payment;
    this.#with = given;
    this.#box = openBox({ name: 'refund', view: () => this.#view(),
      title: () => t(given.isExchange ? 'refund.exchange' : 'refund.title'),
      isBusy: () => Boolean(underWay('refund', payment.payment_id)) });
  }

  #read() {
    const { locale, digits } = this.#with;
    return refundOf(this.#values, { most: this.#payment.actions.refund.maximum, locale, digits,
      currency: this.#payment.currency });
  }

  #submit() {
    const { body, wrong } = this.#read(), { payment_id: id } = this.#payment;
    this.#wrong = wrong;
    this.#problem = null;
    if (Object.keys(wrong).length) {
      this.#box.draw();
      this.#box.focusWrong();
      return;
    }
    ask('refund', id, { path: `instore/payments/${id}/refunds`, body },
      (end) => this.#ended(end, body));
    this.#box.draw();
  }

  #ended({ result, problem }, body) {
    this.#problem = problem ?? null;
    if (result) {
      const refund = result.refunds.at(-1);
      const amount = refund?.amount ?? body.amount ?? this.#payment.actions.refund.maximum;
      tell(refund && refund.state !== 'paid' ? t('refund.later')
        : t('refund.done', { amount: money(amount, result.currency) }));
      this.#with.done(result, refund);
    }
    if (this.#box.isOpen && result) this.#box.close();
    else if (this.#box.isOpen) this.#box.draw();
  }

  #form() {
    return { values: this.#values, wrong: this.#wrong,
      order: { purchase_currency: this.#payment.currency },
      set: (values) => {
        Object.assign(this.#values, values);
        this.#box.draw();
      } };
  }

  #fields(form) {
    const most = money(this.#payment.actions.refund.maximum, this.#payment.currency);
    return html`${choice(form, 'mode', t('do.refund_of', { amount: amountOf(this.#payment) }),
      [['all', t('refund.all', { amount: most })], ['part', t('refund.part')]])}${
      this.#values.mode === 'part' ? textField(form, 'amount', t('refund.amount',
        { currency: this.#payment.currency }), { mode: 'decimal', hint: t('refund.most', { most }),
        optional: false }) : nothing}
      ${textField(form, 'reference', t('refund.reference'))}
      ${textField(form, 'comment', t('refund.comment'), { hint: t('refund.comment_hint') })}`;
  }

  // With what goes back, as soon as that is an amount.
  #submitWords() {
    const { body, wrong } = this.#read();
    if (wrong.amount) return t(this.#with.isExchange ? 'refund.submit_exchange' : 'refund.submit');
    const amount = money(body.amount ?? this.#payment.actions.refund.maximum,
      this.#payment.currency);
    return t(this.#with.isExchange ? 'refund.submit_exchange_amount' : 'refund.submit_amount',
      { amount });
  }

  #view() {
    const id = this.#payment.payment_id, isBusy = Boolean(underWay('refund', id));
    return { submit: () => this.#submit(),
      body: html`<div role="alert" tabindex="-1">${this.#problem ? html`<p class="problem">${
        explain(this.#problem)}</p>` : nothing}</div>${this.#fields(this.#form())}
        ${standing('refund', id)}`,
      buttons: html`<button type="submit" data-name="submit" class="danger main"
        ?disabled=${isBusy} aria-busy=${String(isBusy)}>${this.#submitWords()}</button>` };
  }

  draw() {
    if (this.#box.isOpen) this.#box.draw();
  }
}

export function openRefund(payment, given) {
  return new RefundBox(payment, given);
}

/** Asks first: what is paid goes back, or is cancelled when it was only authorized. */
export function openAbortPaid(payment, { submit }) {
  const box = openBox({ name: 'abort-paid', title: () => t('abort.title'),
    view: () => ({ body: html`<p>${t(payment.captured_amount ? 'abort.paid' : 'abort.void',
      { amount: amountOf(payment) })}</p>`, buttons: html`<button type="button"
      class="secondary" data-name="keep" @click=${() => box.close()}>${t('close')}</button><button
      type="button" class="danger main" data-name="submit" @click=${() => {
        box.close();
        submit();
      }}>${t(payment.captured_amount ? 'abort.submit_amount' : 'abort.submit',
        { amount: amountOf(payment) })}</button>` }) });
}
