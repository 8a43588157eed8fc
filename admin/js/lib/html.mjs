// SPDX-License-Identifier: Apache-2.0
//
// Templates for all pages: lit-html, and the few things every page shows alike. Values always
// go through a template, which makes text of them; nothing here or elsewhere sets innerHTML.
// The Content-Security-Policy forbids style attributes: use classes, or attributes of SVG.
//
//   html`...`, svg`...`, nothing, render, live, ref, repeat     of lit-html
//   link(address, text)         a link to another site, or plain text when it is no web address
//   badge(text, tone, name)     a word with a tone: good, wait, bad, info, quiet; name is put
//                               into data-name, for tests and styles
//   notice(tone, title, body)   a box that says something to a person
//   copyable(text, label)       the text and a button that copies it; label says what it is
//   time(iso, text)             a <time>; text as format.mjs makes it
//
import { html, nothing, render, svg } from '../../lib/lit-html/lit-html.js';
import { live } from '../../lib/lit-html/directives/live.js';
import { ref } from '../../lib/lit-html/directives/ref.js';
import { repeat } from '../../lib/lit-html/directives/repeat.js';
import { t } from './i18n.mjs';

export { html, live, nothing, ref, render, repeat, svg };

const COPIED_MS = 2000;

// The address when it is http(s), else null.
function webAddress(text) {
  try {
    const url = new URL(text);
    return ['http:', 'https:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function link(address, text) {
  const href = webAddress(address);
  if (!href) return html`${text}`;
  return html`<a href=${href} target="_blank" rel="noopener noreferrer">${text}<span
    class="hidden"> (${t('opens_elsewhere')})</span></a>`;
}

export function badge(text, tone = 'quiet', name = nothing) {
  return html`<span class="badge" data-tone=${tone} data-name=${name}>${text}</span>`;
}

export function notice(tone, title, body = nothing) {
  return html`<section class="notice" data-tone=${tone}>
    <p class="notice-title">${title}</p>${body}</section>`;
}

export function time(iso, text) {
  return html`<time datetime=${iso}>${text}</time>`;
}

// The button says for a moment that it has been done, in words.
async function copy(event, text) {
  const button = event.currentTarget;
  const said = button.querySelector('.copied');
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = t('copied');
  } catch {
    said.textContent = t('not_copied');
  }
  button.dataset.copied = '';
  setTimeout(() => {
    said.textContent = '';
    delete button.dataset.copied;
  }, COPIED_MS);
}

export function copyable(text, label) {
  return html`<span class="copyable"><code>${text}</code><button type="button" class="copy"
    @click=${(event) => copy(event, text)} title=${t('copy')}><span class="hidden">${
      t('copy_what', { what: label })}</span><svg viewBox="0 0 16 16" width="14" height="14"
      aria-hidden="true"><path d="M5.5 5.5v-4h9v9h-4M1.5 5.5h9v9h-9z"/></svg><span class="copied"
      role="status"></span></button></span>`;
}
