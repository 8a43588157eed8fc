// SPDX-License-Identifier: Apache-2.0
//
// The parts the forms of actions are made of: labelled fields that say what is wrong where it is
// wrong. A form is what dialog.mjs hands to a template:
//
//   form.values, form.set({ name: value })     what is typed, and that it changes
//   form.wrong[field]                          { code, ... } of requests.mjs, or { text }
//   form.order, form.most(...)                 the order as it was read last
import { html, live, nothing } from '../lib/html.mjs';
import { money, number } from '../lib/format.mjs';
import { t } from '../lib/i18n.mjs';

/** What is wrong, in words with the bound that was broken. */
export function wrongText({ code, text, most, least, decimals }, currency) {
  if (text) return text;
  const bound = (value) => (['too_many'].includes(code) ? number(value) : money(value, currency));
  return t(`wrong.${code}`, { ...(most !== undefined && { most: bound(most) }),
    ...(least !== undefined && { least: bound(least) }), decimals: String(decimals ?? '') });
}

export function wrongOf(form, field) {
  const wrong = form.wrong[field];
  return wrong && wrongText(wrong, form.order.purchase_currency);
}

/** The attributes that tie an input to its words, and the words themselves. */
export function described(form, field, hint) {
  const wrong = wrongOf(form, field);
  const ids = [hint && `hint-${field}`, wrong && `wrong-${field}`].filter(Boolean).join(' ');
  return { wrong, ids: ids || nothing, words: html`${hint ? html`<small class="soft"
    id=${`hint-${field}`}>${hint}</small>` : nothing}${wrong ? html`<small class="wrong"
    id=${`wrong-${field}`}>${wrong}</small>` : nothing}` };
}

/** A line of text. more: { hint, mode, list, longest, optional }. */
export function textField(form, field, label, more = {}) {
  const { hint, mode, list, longest = 255, optional = true } = more;
  const { wrong, ids, words } = described(form, field, hint);
  return html`<div class="field"><label for=${`field-${field}`}>${label}</label><input
    id=${`field-${field}`} name=${field} type="text" inputmode=${mode ?? nothing}
    list=${list ?? nothing} maxlength=${longest} autocomplete="off" spellcheck="false"
    ?required=${!optional} aria-invalid=${wrong ? 'true' : nothing} aria-describedby=${ids}
    .value=${live(form.values[field] ?? '')}
    @input=${(event) => form.set({ [field]: event.target.value })}>${words}</div>`;
}

/** Choices of which one holds: [[value, label, more]]. */
export function choice(form, field, legend, choices) {
  const { wrong, ids, words } = described(form, field);
  return html`<fieldset class="options" aria-describedby=${ids}><legend>${legend}</legend>${
    choices.map(([value, label, more]) => html`<label><input type="radio" name=${field}
      value=${value} .checked=${live(form.values[field] === value)}
      aria-invalid=${wrong ? 'true' : nothing} @change=${() => form.set({ [field]: value })}><span
      >${label}${more ? html` <span class="soft">${more}</span>` : nothing}</span></label>`)}${
    words}</fieldset>`;
}

export function tick(form, field, label) {
  const { wrong, ids, words } = described(form, field);
  return html`<div class="field"><label class="tick"><input type="checkbox" name=${field}
    .checked=${live(Boolean(form.values[field]))} aria-invalid=${wrong ? 'true' : nothing}
    aria-describedby=${ids} @change=${(event) => form.set({ [field]: event.target.checked })}><span
    >${label}</span></label>${words}</div>`;
}

/** What is wrong with the form as a whole or with a list in it. */
export function wrongNote(form, field) {
  const wrong = wrongOf(form, field);
  return wrong ? html`<p class="wrong" id=${`wrong-${field}`} data-focus tabindex="-1">${wrong}</p>`
    : nothing;
}
