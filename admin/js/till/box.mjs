// SPDX-License-Identifier: Apache-2.0
//
// A small window over the till: a native <dialog>, which keeps the focus inside and gives it back.
// Escape and the cross close it, unless something of it is being sent.
//
//   const box = openBox({ name, title: () => '', view: () => ({ body, buttons, submit }),
//     isBusy: () => false, closed: () => {} });      view: of ../action/frame.mjs
//   box.draw(); box.close();
import { cross, frame } from '../action/frame.mjs';
import { nothing, render } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { tell } from '../lib/shell.mjs';

let count = 0;

export function openBox({ name, title, view, isBusy = () => false, closed = () => {} }) {
  const element = document.createElement('dialog'), id = `box-${++count}`;
  element.className = 'action';
  element.dataset.name = name;
  element.setAttribute('aria-labelledby', id);

  function draw() {
    element.setAttribute('closedby', isBusy() ? 'none' : 'closerequest');
    render(frame({ id, title: title(), ...view(),
      cross: isBusy() ? nothing : cross(t('close'), () => element.close()) }), element);
  }

  function focusFirst() {
    (element.querySelector('form input:not([type=radio]), form input:checked')
      ?? element.querySelector('h2')).focus();
  }

  element.addEventListener('cancel', (event) => { if (isBusy()) event.preventDefault(); });
  element.addEventListener('close', () => {
    element.remove();
    closed();
  });
  document.body.append(element);
  tell(nothing);
  draw();
  element.showModal();
  focusFirst();
  return { draw, close: () => element.close(), get isOpen() { return element.isConnected; },
    focusWrong: () => element.querySelector('[aria-invalid="true"], [role=alert]')?.focus() };
}
