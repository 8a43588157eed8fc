// SPDX-License-Identifier: Apache-2.0
//
// Which till this is, asked once: a department that takes Klarna, and a name.
//
//   placeForm({ form, departments, save })
import { textField } from '../action/fields.mjs';
import { html, live, notice } from '../lib/html.mjs';
import { t, word } from '../lib/i18n.mjs';

/** Why a department cannot take Klarna right now. */
export function whyNot(department) {
  const { code, text } = department.why_not ?? {};
  return notice('bad', t('till.cannot'), html`<p>${word(`reason.${code}`, text ?? '')}</p>`);
}

export function placeForm({ form, departments, save }) {
  if (!departments.length) return html`<p class="empty">${t('till.no_department')}</p>`;
  return html`<form class="part start" novalidate data-name="place" @submit=${(event) => {
    event.preventDefault();
    save();
  }}><h2>${t('till.setup')}</h2><p class="soft">${t('till.setup_hint')}</p><div class="fields">
    <div class="field"><label for="field-department">${t('till.department')}</label><select
      id="field-department" name="department" .value=${live(form.values.department)}
      @change=${(event) => form.set({ department: event.target.value })}>${departments.map(
        ({ name, store }) => html`<option value=${name} ?selected=${name === form.values.department}>${
          name || store}</option>`)}</select></div>
    ${textField(form, 'till', t('till.name'), { hint: t('till.name_hint'), longest: 60,
      optional: false })}${textField(form, 'terminal', t('till.terminal'), { longest: 60 })}</div>
    <footer class="buttons"><button type="submit" data-name="save-place">${t('till.setup_save')}
    </button></footer></form>`;
}
