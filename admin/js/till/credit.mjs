// SPDX-License-Identifier: Apache-2.0
//
// The window of a credit note: the invoice's payments that are not refunded yet, what finalising
// makes of them, and then a full refund for each. A credit note whose window was closed is found
// again by its invoice.
//
//   openCredit({ department, number, currency, changed })
import { textField } from '../action/fields.mjs';
import { get, post } from '../lib/api.mjs';
import { money } from '../lib/format.mjs';
import { html, nothing, repeat } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { ask, standing, underWay } from './asking.mjs';
import { openBox } from './box.mjs';

const at = (number, department) => `instore/invoices/${encodeURIComponent(number)}?${
  new URLSearchParams({ department })}`;
const notesOf = (number) => `instore/invoices/${encodeURIComponent(number)}/credit-notes`;

class CreditBox {
  #with;
  #box;
  #values;
  #wrong = {};
  #problem = null;
  #invoice = null;       // as it was read
  #note = null;          // { reference, preview, entries }
  #isAsking = false;

  constructor(given) {
    this.#with = given;
    this.#values = { number: given.number ?? '', reference: '' };
    this.#box = openBox({ name: 'credit', title: () => t('credit.title'),
      view: () => this.#view(), isBusy: () => Boolean(this.#finalizing()) });
    if (given.number) this.#find();
  }

  #finalizing() {
    return underWay('credit_note', this.#invoice?.number ?? '');
  }

  draw() {
    if (this.#box.isOpen) this.#box.draw();
  }

  #say(problem) {
    this.#problem = problem ?? null;
    this.draw();
  }

  // --- asking --------------------------------------------------------------------------------

  async #during(work) {
    this.#isAsking = true;
    this.#say(null);
    try {
      await work();
    } catch (error) {
      if (error.status === undefined) throw error;
      this.#problem = error;
    }
    this.#isAsking = false;
    this.draw();
  }

  #find() {
    return this.#during(async () => {
      this.#note = null;
      this.#invoice = null;
      this.#invoice = await get(at(this.#values.number.trim(), this.#with.department));
    });
  }

  #body(preview) {
    return { department: this.#with.department, reference: this.#values.reference.trim(),
      ...(preview && { preview: true }) };
  }

  #preview() {
    return this.#during(async () => {
      this.#note = (await post(notesOf(this.#invoice.number), this.#body(true),
        { key: crypto.randomUUID() })).body;
    });
  }

  #finalize() {
    const { number } = this.#invoice;
    ask('credit_note', number, { path: notesOf(number), body: this.#body(false) },
      ({ result, problem }) => {
        if (result) this.#note = result;
        this.#say(problem);
        if (result) this.#with.changed();
      });
    this.draw();
  }

  #refund({ payment_id: id }) {
    ask('refund', id, { path: `instore/payments/${id}/refunds`,
      body: { credit_note: this.#note.reference } }, ({ result, problem }) => {
      if (result) this.#accepted(result);
      this.#say(problem);
      this.#with.changed();
    });
    this.draw();
  }

  // Its button goes when Klarna has accepted; what is on its way is told below it.
  #accepted(payment) {
    const { reference } = this.#note;
    const refund = payment.refunds.findLast((one) => one.credit_note === reference);
    const entry = this.#note.entries.find((one) => one.payment_id === payment.payment_id);
    entry.state = refund?.state ?? 'pending';
    entry.refunded = entry.state === 'paid';
  }

  // --- drawing -------------------------------------------------------------------------------

  #form() {
    return { values: this.#values, wrong: this.#wrong, order: {}, set: (values) => {
      Object.assign(this.#values, values);
      if (values.reference !== undefined && this.#note?.preview) this.#note = null;
      this.draw();
    } };
  }

  #check(field, next) {
    this.#wrong = this.#values[field].trim() ? {} : { [field]: { code: 'missing' } };
    if (this.#wrong[field]) {
      this.draw();
      this.#box.focusWrong();
    } else next();
  }

  #currency() {
    return this.#invoice.currency || this.#with.currency;
  }

  #nameOf(id) {
    const payment = this.#invoice.payments.find((one) => one.payment_id === id);
    return t('credit.entry', { reference: payment?.klarna_reference || payment?.reference1
      || id.slice(0, 8) });
  }

  #entry(entry, isFinal) {
    const amount = money(entry.amount, this.#currency()), id = entry.payment_id;
    const isBusy = Boolean(underWay('refund', id));
    return html`<li data-name=${`entry-${id}`}><span>${this.#nameOf(id)}</span><span
      class="amount">${amount}</span>${!isFinal ? nothing : entry.refunded ? html`<span class="badge"
      data-tone="good" data-name="refunded">${t('credit.refunded')}</span>` : entry.state
      ? html`<span class="soft">${t(`refund.state.${entry.state}`)}</span>`
      : html`<button type="button" class="danger small" data-name="refund-entry" ?disabled=${isBusy}
        @click=${() => this.#refund(entry)}>${t('credit.refund', { amount })}</button>`}${
      standing('refund', id)}</li>`;
  }

  #entries(isFinal) {
    return html`<ul class="entries">${repeat(this.#note.entries, ({ payment_id: id }) => id,
      (entry) => this.#entry(entry, isFinal))}</ul>`;
  }

  #madeBefore() {
    const made = this.#invoice.credit_notes ?? [];
    if (!made.length) return nothing;
    return html`<p class="soft">${t('credit.made')}</p><ul class="entries">${made.map(
      (note) => html`<li><button type="button" class="quiet small" data-name="note"
      @click=${() => {
        this.#note = { ...note, preview: false };
        this.draw();
      }}>${note.reference}</button></li>`)}</ul>`;
  }

  // What is left to be refunded, before any credit note.
  #left() {
    const left = this.#invoice.payments.filter((one) => one.verified_at
      && one.captured_amount > one.refunded_amount);
    if (!left.length) return html`<p>${t('credit.none')}</p>${this.#madeBefore()}`;
    return html`<p>${t('credit.found', { number: this.#invoice.number })}</p><ul class="entries">${
      left.map((one) => html`<li><span>${this.#nameOf(one.payment_id)}</span><span class="amount">${
        money(one.captured_amount - one.refunded_amount, one.currency)}</span></li>`)}</ul>${
      textField(this.#form(), 'reference', t('credit.reference'), { optional: false })}${
      this.#madeBefore()}`;
  }

  #step() {
    if (this.#note && !this.#note.preview) {
      return { body: html`<p class="standing" data-state="done" role="status" data-name="done">${
        t('credit.finalized', { reference: this.#note.reference })}</p>${this.#entries(true)}` };
    }
    if (this.#note) {
      return { body: html`${this.#left()}<p>${t('credit.makes')}</p>${this.#entries(false)}`,
        name: 'finalize', act: () => this.#check('reference', () => this.#finalize()) };
    }
    if (this.#invoice) {
      return { body: this.#left(), name: 'preview',
        act: () => this.#check('reference', () => this.#preview()) };
    }
    return { body: textField(this.#form(), 'number', t('credit.invoice'), { optional: false }),
      name: 'find', act: () => this.#check('number', () => this.#find()) };
  }

  #view() {
    const { body, name, act } = this.#step(), isBusy = this.#isAsking || this.#finalizing();
    return { submit: () => act?.(),
      body: html`<div role="alert" tabindex="-1">${this.#problem ? html`<p class="problem">${
        explain(this.#problem)}</p>` : nothing}</div>${body}${
        standing('credit_note', this.#invoice?.number ?? '')}${this.#isAsking ? html`<p class="soft"
        aria-busy="true">${t('credit.asking')}</p>` : nothing}`,
      buttons: name ? html`<button type="submit" data-name=${name} class=${name === 'finalize'
        ? 'danger main' : nothing} ?disabled=${isBusy}>${t(`credit.${name}`)}</button>`
        : html`<button type="button" data-name="close" @click=${() => this.#box.close()}>${
          t('close')}</button>` };
  }
}

export function openCredit(given) {
  return new CreditBox(given);
}
