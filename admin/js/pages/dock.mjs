// SPDX-License-Identifier: Apache-2.0
//
// What stays in sight below the list: what can be done with the chosen rows, and that the list has
// changed meanwhile. It stands behind the list, so nothing moves when it comes.
import { text } from '../lib/api.mjs';
import { html, nothing } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { paperOf } from '../lib/paper.mjs';
import { say } from '../lib/shell.mjs';
import { MOST } from './selection.mjs';

const KINDS = ['slip', 'credit'];     // of paper
const AT_ONCE = 100;                  // an address takes only so many ids

// One file of all that is chosen, with one line of headings.
async function fileOf(ids) {
  let file = '';
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const part = await text(`orders?format=csv&ids=${ids.slice(i, i + AT_ONCE).join(',')}`);
    file += i ? part.slice(part.indexOf('\n') + 1) : part;
  }
  return file;
}

async function exportChosen({ orders }) {
  const link = document.createElement('a');
  try {
    link.href = URL.createObjectURL(new Blob([await fileOf([...orders.keys()])],
      { type: 'text/csv' }));
  } catch (error) {
    if (error.status === undefined) throw error;
    say(explain(error));
    return;
  }
  link.download = 'orders.csv';
  link.click();
  URL.revokeObjectURL(link.href);
}

function chosen(selection) {
  const { orders } = selection;
  if (!orders.size) return nothing;
  return html`<div class="chosen" role="group" aria-label=${t('pick.chosen', {
    count: orders.size })} data-name="chosen"><strong role="status">${t('pick.chosen', {
    count: orders.size })}${orders.size === MOST ? html` ${t('pick.most')}` : nothing}</strong>
    ${KINDS.map((kind) => html`<a class="button secondary" target="_blank" data-name=${
      `print-${kind}`} href=${paperOf(kind, [...orders.keys()])}>${t(`print.${kind}.many`)}<span
      class="hidden"> (${t('opens_elsewhere')})</span></a>`)}
    <button type="button" class="secondary" data-name="export-chosen"
      @click=${() => exportChosen(selection)}>${t('pick.export')}</button>
    <button type="button" class="quiet" data-name="clear-chosen"
      @click=${() => selection.clear()}>${t('pick.clear')}</button></div>`;
}

async function show(list) {
  await list.read();
  document.getElementById('main').focus();
}

function news(list) {
  if (!list.news) return nothing;
  const { count } = list.news;
  return html`<p class="news" role="status" data-name="news"><span>${count
    ? t('news.new', { count }) : t('news.changed')}</span> <button type="button"
    class="small" data-name="show-news" @click=${() => show(list)}>${t('news.show')}</button></p>`;
}

export function dock(list, selection) {
  if (!selection.orders.size && !list.news) return nothing;
  return html`<div class="dock">${news(list)}${chosen(selection)}</div>`;
}
