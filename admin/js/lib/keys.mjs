// SPDX-License-Identifier: Apache-2.0
//
// Single keys for those who work without the mouse, and the sheet that names them. They count
// nowhere where somebody types or where a window is open, and can be turned off: some people speak
// to their computer, or touch a key by accident.
//
//   useKeys([{ key: 'j', name: 'next_row', act: () => {} }])    once, for a page; any: ['1', '2']
//                       are the keys where key is only what the sheet calls them
//   showKeys()          the sheet; '?' opens it too
//   keysButton()        a button for the page's end
//   press('do-capture') the button of that data-name, as if it had been clicked
import { html, live } from './html.mjs';
import { t } from './i18n.mjs';
import { keep, recall } from './kept.mjs';
import { openSheet } from './sheet.mjs';

const CHOICE = 'klarna-admin.keys';
const TYPING = 'input:not([type="checkbox"], [type="radio"]), select, textarea';
const SHOWN = { Escape: 'Esc' };

let known = [];

const isOff = () => recall('localStorage', CHOICE) === 'off';

function isElsewhere(event) {
  return event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey
    || event.isComposing || event.target.closest?.(TYPING)
    || document.querySelector('dialog[open], :popover-open');
}

function pressed(event) {
  if (isElsewhere(event)) return;
  const found = known.find(({ key, any = [key] }) => any.includes(event.key));
  if (!found || (isOff() && event.key !== 'Escape')) return;
  event.preventDefault();
  found.act(event);
}

function keyRow({ key, name }) {
  return html`<div><dt><kbd>${SHOWN[key] ?? key}</kbd></dt><dd>${t(`keys.${name}`)}</dd></div>`;
}

function turn(event) {
  keep('localStorage', CHOICE, event.target.checked ? '' : 'off');
}

export function showKeys() {
  openSheet({ name: 'keys', title: t('keys.title'), body: () => html`<dl class="keys">${
    known.map(keyRow)}</dl><label class="tick"><input type="checkbox" name="keys"
    .checked=${live(!isOff())} @change=${turn}><span>${t('keys.on')}</span></label>` });
}

export function keysButton() {
  return html`<p class="keys-button"><button type="button" class="quiet small" data-name="keys"
    @click=${showKeys}>${t('keys.title')} <kbd aria-hidden="true">?</kbd></button></p>`;
}

/** A greyed button gets the focus, so that its reason is heard. */
export function press(name) {
  const button = document.querySelector(`main [data-name="${name}"]`);
  button?.focus();
  button?.click();
}

export function useKeys(keys) {
  known = [...keys, { key: '?', name: 'help', act: showKeys }];
  document.addEventListener('keydown', pressed);
}
