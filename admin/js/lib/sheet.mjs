// SPDX-License-Identifier: Apache-2.0
//
// A small window that asks or tells one thing: a native <dialog>, so that the browser keeps the
// focus inside, gives it back, and closes on Escape.
//
//   const sheet = openSheet({ name, title, body: () => html`...`, act: null });
//   sheet.draw(), sheet.close()
//
//   name    in data-name;    title    of the window
//   act     { label, run }: the button that does it, which has the focus; without one the window
//           only tells. run() is called once, after the window has closed
import { html, nothing, render } from './html.mjs';
import { t } from './i18n.mjs';

export function openSheet({ name, title, body, act = null }) {
  const element = document.createElement('dialog');

  function run(event) {
    event.preventDefault();
    element.close();
    act.run();
  }

  function buttons() {
    const leave = html`<button type="button" class="secondary" data-name="leave"
      @click=${() => element.close()}>${t(act ? 'cancel' : 'close')}</button>`;
    return html`<footer class="buttons">${leave}${act ? html`<button type="submit"
      data-name="act">${act.label}</button>` : nothing}</footer>`;
  }

  function draw() {
    render(html`<article><h2 id="sheet-title" tabindex="-1">${title}</h2>${act
      ? html`<form @submit=${run}>${body()}${buttons()}</form>`
      : html`${body()}${buttons()}`}</article>`, element);
  }

  element.className = 'sheet';
  element.dataset.name = name;
  element.setAttribute('aria-labelledby', 'sheet-title');
  element.addEventListener('close', () => element.remove());
  document.body.append(element);
  draw();
  element.showModal();
  element.querySelector(act ? '[data-name=act]' : '[data-name=leave]').focus();
  return { draw, close: () => element.close() };
}
