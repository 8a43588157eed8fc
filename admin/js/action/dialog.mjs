// SPDX-License-Identifier: Apache-2.0
//
// The window of one action: its form, then its progress, then how it ended. A native <dialog>:
// the browser keeps the focus inside and gives it back. Escape and the cross close what was not
// sent (what was typed is kept) and what ended; what is being sent stays until the module has it.
//
//   openDialog({ flow, spec, name, order, context, using, onOrder, onClose })
//
//   spec: { values, view, result, submit?, question?, chosen?, isGrave?, isDirect? } of capture.mjs ...
//     submit(form): what the button says, with the amount that it moves; '' while that is not known
//     question(body, values): { path, body? }, what the module is asked meanwhile: preview.mjs
//     chosen: the field that is chosen among what was answered; usually the tick `confirm`
//   using: { post, readOrder, wait }          onOrder(order): it was read anew
import { html, nothing, render } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { cross, frame } from './frame.mjs';
import { nameOf } from '../lib/orderview.mjs';
import { DONE, EDITING, FOLLOWING, HELD, REFUSED, SUBMITTED, books } from './pending.mjs';
import { Preview } from './preview.mjs';
import { progressButtons, progressView, standing } from './progress.mjs';
import { fieldOf, requestOf } from './requests.mjs';

class ActionDialog {
  #with;
  #element = document.createElement('dialog');
  #wrong = {};
  #tried = false;        // a first submit tells what is wrong; then every key does
  #preview = null;
  #state = '';
  #isSure = false;       // the tick that comes before forgetting
  #change = () => this.draw();

  constructor(given) {
    this.#with = given;
    this.order = given.order;
    if (given.spec.question) this.#preview = new Preview({ changed: this.#change,
      wait: given.using.wait, ask: (question, signal) => given.using.preview(question, signal) });
    this.#element.className = 'action';
    this.#element.setAttribute('aria-labelledby', 'action-title');
    this.#element.addEventListener('cancel', (event) => {
      if (!this.#escapes()) event.preventDefault();
    });
    this.#element.addEventListener('close', () => this.#onClose());
    given.flow.addEventListener('change', this.#change);
    document.body.append(this.#element);
    this.#ask();
    this.draw();
    this.#element.showModal();
    this.#focusFirst();
  }

  get flow() {
    return this.#with.flow;
  }

  // --- closing -------------------------------------------------------------------------------

  #mayClose() {
    return this.flow.entry?.state !== SUBMITTED && !this.flow.isBusy;
  }

  #escapes() {
    return this.#mayClose() && this.flow.entry?.state !== FOLLOWING;
  }

  // A browser without closedby asks here, and closes on a second Escape whatever was prevented:
  // what is being sent is shown again then.
  #onClose() {
    if (!this.#mayClose()) {
      this.#element.showModal();
      return;
    }
    const { entry } = this.flow;
    this.flow.removeEventListener('change', this.#change);
    this.#preview?.about(null);
    this.#element.remove();
    if ([DONE, REFUSED].includes(entry?.state)) this.flow.apply({ type: 'close' });
    this.#with.onClose();
  }

  close() {
    this.#element.close();
  }

  #end(type) {
    this.flow.apply({ type });
    this.close();
  }

  // --- the form ------------------------------------------------------------------------------

  #request() {
    const { name, context } = this.#with;
    return requestOf(name, this.order, this.flow.entry.values, context);
  }

  #ask() {
    if (!this.#preview || this.flow.entry?.state !== EDITING) return;
    const { body, wrong } = this.#request(), { spec } = this.#with;
    delete wrong[spec.chosen ?? 'confirm'];
    this.#preview.about(Object.keys(wrong).length ? null
      : spec.question(body, this.flow.entry.values));
  }

  #set(values) {
    this.flow.apply({ type: 'edit', values: { ...this.flow.entry.values, ...values } });
    if (this.#tried) this.#wrong = this.#request().wrong;
    this.#ask();
    this.draw();
  }

  async #readOrder() {
    const order = await this.#with.using.readOrder();
    this.order = order;
    this.#with.onOrder(order);
    return order;
  }

  async submit() {
    if (this.flow.isBusy || this.flow.entry?.state !== EDITING) return;
    const { steps, body, wrong } = this.#request();
    this.#tried = true;
    this.#wrong = wrong;
    this.draw();
    if (Object.keys(wrong).length) {
      this.#focusWrong();
      return;
    }
    this.#preview?.stop();
    await this.flow.submit(steps, () => this.#readOrder());
    if (this.flow.entry?.state === EDITING) this.#toldNo(body);
  }

  // The module's words at the field they are about, when the form shows that field.
  #toldNo(body) {
    const { problem } = this.flow.entry;
    const field = problem?.field ? fieldOf(problem.field, body, this.order) : '';
    const shown = field && this.#element.querySelector(
      `[id="field-${field}"], [name="${field}"], [id="wrong-${field}"]`);
    if (shown) this.#wrong = { [field]: { text: explain(problem) } };
    if (this.#preview) {
      this.#preview.forget();
      this.#ask();
    }
    this.draw();
    this.#focusWrong();
  }

  #form() {
    return { values: this.flow.entry.values, wrong: this.#wrong, order: this.order,
      preview: this.#preview, set: (values) => this.#set(values) };
  }

  #problem() {
    const { problem } = this.flow.entry;
    const some = Object.keys(this.#wrong).length;
    if (!problem && !some) return nothing;
    if (some) return html`<p class="problem">${t('wrong.fields', { count: some })}</p>`;
    return html`<p class="problem" data-name=${`problem-${problem.code}`}>${
      t('action.not_sent')} ${explain(problem)}</p>`;
  }

  #formView() {
    const { spec, name } = this.#with, { isBusy } = this.flow;
    return { submit: () => this.submit(),
      body: html`<div id="action-problem" role="alert" tabindex="-1">${this.#problem()}</div>${
        spec.view(this.#form())}`,
      buttons: html`<button type="button" class="secondary" data-name="discard"
        ?disabled=${isBusy} @click=${() => this.#end('discard')}>${t('action.discard')}</button>
        <button type="submit" class=${spec.isGrave ? 'danger main' : ''} data-name="submit"
        ?disabled=${isBusy} aria-busy=${String(isBusy)}>${spec.submit?.(this.#form())
        || t(`action.${name}.submit`)}</button>` };
  }

  // --- after it was sent ---------------------------------------------------------------------

  // What was refused is in the order's history now: the form is about the order after that.
  async #again() {
    const order = await this.#readOrder().catch(() => this.order);
    this.#tried = false;
    this.flow.apply({ type: 'again', key: this.#with.using.newKey() });
    this.flow.apply({ type: 'look', seen: books(order), problem: null });
    this.#preview?.forget();
    this.#ask();
    this.draw();
  }

  #progressView() {
    return { body: progressView(this.flow),
      buttons: progressButtons(this.flow, { close: () => this.close(),
        again: this.#with.spec.isDirect ? null : () => this.#again(), isSure: this.#isSure,
        forget: () => this.#end('forget'), setSure: (isSure) => {
          this.#isSure = isSure;
          this.draw();
        } }) };
  }

  // --- drawing -------------------------------------------------------------------------------

  draw() {
    const { entry } = this.flow;
    if (!entry) return;
    const { name } = this.#with, isForm = entry.state === EDITING;
    this.#element.setAttribute('closedby', this.#escapes() ? 'closerequest' : 'none');
    render(frame({ id: 'action-title',
      title: html`${t(`action.${name}.title`)} <span class="soft">${nameOf(this.order)}</span>`,
      cross: isForm || entry.state === HELD
        ? cross(t('action.cross'), () => this.close(), this.flow.isBusy) : nothing,
      standing: html`<p class="standing" role="status" data-name="standing"
        data-state=${entry.state}>${standing(entry)}</p>`,
      ...(isForm ? this.#formView() : this.#progressView()) }), this.#element);
    this.#moved(entry.state);
  }

  // The button that had the focus is gone when the window shows something else.
  #moved(state) {
    const before = this.#state;
    this.#state = state;
    if (!before || before === state || !this.#element.open) return;
    if (state === REFUSED) {
      this.#element.querySelector('[data-name="close"]').focus();
    } else if (state !== EDITING) this.#element.querySelector('#action-title').focus();
  }

  #focusFirst() {
    const first = this.#with.spec.isGrave ? null
      : this.#element.querySelector('form input:checked, form input, form select');
    (first ?? this.#element.querySelector('#action-title')).focus();
  }

  #focusWrong() {
    (this.#element.querySelector('[aria-invalid="true"], [data-focus]')
      ?? this.#element.querySelector('#action-problem'))?.focus();
  }
}

export function openDialog(given) {
  return new ActionDialog(given);
}
