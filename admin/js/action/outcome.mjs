// SPDX-License-Identifier: Apache-2.0
//
// What a form would do, as the module tells it before anything is sent; spoken when it changed,
// politely.
import { html } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';

function outcomeWords({ state, plan, problem }, currency, words) {
  if (state === 'known') return words(plan, currency);
  if (state === 'asking') return html`<p class="soft" aria-busy="true">${t('action.asking')}</p>`;
  if (state === 'wrong') return html`<p class="wrong">${explain(problem)}</p>`;
  return html`<p class="soft">${t('action.preview_none')}</p>`;
}

/** words(plan, currency) tells it. */
export function outcome(form, words) {
  return html`<section class="preview" aria-labelledby="preview-title"><h3 id="preview-title">${
    t('action.preview')}</h3><div role="status" data-name="preview" data-state=${
    form.preview.state}>${outcomeWords(form.preview, form.order.purchase_currency, words)}</div>
    </section>`;
}
