// SPDX-License-Identifier: Apache-2.0
//
// Views of the list that somebody has given a name: the address with all its filters, kept in this
// browser for this person. Days are kept as the names of spans, so today is today tomorrow too.
import { html, live, nothing } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { keep, recall } from '../lib/kept.mjs';
import { about, draw, say } from '../lib/shell.mjs';

const MOST = 20;
let isNaming = false;
let name = '';

const place = () => `klarna-admin.views.${about()?.user ?? ''}`;

function kept() {
  try {
    return JSON.parse(recall('localStorage', place()) || '[]');
  } catch {
    return [];
  }
}

const save = (views) => keep('localStorage', place(), JSON.stringify(views));

function store(event, href) {
  event.preventDefault();
  const wanted = name.trim();
  if (!wanted) return;
  save([...kept().filter((view) => view.name !== wanted), { name: wanted, href }].slice(-MOST));
  [isNaming, name] = [false, ''];
  say(t('views.saved', { name: wanted }));
  draw();
}

function remove(view) {
  save(kept().filter((other) => other.name !== view.name));
  say(t('views.removed', { name: view.name }));
  draw();
  document.querySelector('main').focus();
}

function begin() {
  isNaming = true;
  draw();
  document.getElementById('view-name').focus();
}

function end() {
  isNaming = false;
  draw();
  document.querySelector('[data-name=save-view]')?.focus();
}

const hrefOf = (list) => list.hrefOf({ ...list.filter, cursor: '' });

// A name is plain text; the address is one that this page has made.
export function viewLinks(list) {
  return kept().map((view) => html`<li><a href=${view.href} data-name="view"
    aria-current=${hrefOf(list) === view.href ? 'true' : nothing}
    @click=${(event) => list.follow(event, list.filterOf(view.href))}>${view.name}</a></li>`);
}

/** Save what is shown, or forget it. isPlain: it is one of the lists, as it is. */
export function viewTools(list, isPlain) {
  const href = hrefOf(list), view = kept().find((one) => one.href === href);
  if (view) {
    return html`<button type="button" class="quiet" data-name="remove-view"
      @click=${() => remove(view)}>${t('views.remove', { name: view.name })}</button>`;
  }
  if (isPlain || !about()) return nothing;
  if (!isNaming) {
    return html`<button type="button" class="quiet" data-name="save-view" @click=${begin}>${
      t('views.save')}</button>`;
  }
  return html`<form class="view-form" @submit=${(event) => store(event, href)}
    @keydown=${(event) => { if (event.key === 'Escape') end(); }}><label for="view-name">${
    t('views.name')}</label><input id="view-name" maxlength="40" required autocomplete="off"
    .value=${live(name)} @input=${(event) => { name = event.target.value; }}>
    <button data-name="keep-view">${t('views.keep')}</button><button type="button"
    class="secondary" @click=${end}>${t('cancel')}</button></form>`;
}
