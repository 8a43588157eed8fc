// SPDX-License-Identifier: Apache-2.0
//
// What every window looks like: its title and its buttons stay in sight, and what is between them
// scrolls when there is not room for all of it.
//
//   frame({ id, title, cross, standing, body, buttons, submit })
//     id        of the title, which names the window
//     cross     the button that closes it, or nothing
//     standing  a sentence that stays in sight above what scrolls
//     submit    called when the form is sent; without it there is no form
import { html, nothing } from '../lib/html.mjs';

/** The button that closes a window. */
export function cross(label, act, isOff = false) {
  return html`<button type="button" class="quiet cross" data-name="cross" aria-label=${label}
    ?disabled=${isOff} @click=${act}><svg viewBox="0 0 16 16" width="16" height="16"
    aria-hidden="true"><path d="m3 3 10 10M13 3 3 13"/></svg></button>`;
}

// What scrolls and holds no field is reached with Tab: the arrow keys scroll it then.
function content(id, { body, buttons, submit }) {
  const foot = html`<footer class="buttons">${buttons}</footer>`;
  if (!submit) {
    return html`<div class="content"><div class="inside" tabindex="0" role="group"
      aria-labelledby=${id}>${body}</div>${foot}</div>`;
  }
  return html`<form class="content" novalidate @submit=${(event) => {
    event.preventDefault();
    submit();
  }}><div class="inside">${body}</div>${foot}</form>`;
}

export function frame({ id, title, cross: close = nothing, standing = nothing, ...more }) {
  return html`<article><header><h2 id=${id} tabindex="-1">${title}</h2>${close}</header>
    ${standing}${content(id, more)}</article>`;
}
