// SPDX-License-Identifier: Apache-2.0
//
// What stays in sight below the list: what can be done with the chosen rows, and that the list has
// changed meanwhile. It stands behind the list, so nothing moves when it comes.
import { text } from '../lib/api.mjs';
import { html, nothing } from '../lib/html.mjs';
import { money } from '../lib/format.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { paperOf } from '../lib/paper.mjs';
import { say } from '../lib/shell.mjs';
import { openSheet } from '../lib/sheet.mjs';
import { MOST } from './selection.mjs';
import { sums } from './batch.mjs';

const KINDS = ['slip', 'credit'];     // of paper
const AT_ONCE = 100;                  // an address takes only so many ids

const amounts = (orders) => sums(orders).map(([currency, sum]) => money(sum, currency)).join(' + ');

/** The amount is said before anything is sent; without one there is nothing to capture. */
export function askToCapture(selection, batches) {
  const { orders } = selection;
  if (!orders.size || batches.isBusy) return;
  const open = new Map([...orders].filter(([, { remaining }]) => remaining > 0));
  const sum = amounts(open), rest = orders.size - open.size;
  openSheet({ name: 'capture', title: t('batch.title', { count: open.size }),
    body: () => html`<p>${t(open.size ? 'batch.about' : 'batch.nothing', { sum })}</p>${rest
      ? html`<p class="soft">${t('batch.rest', { count: rest })}</p>` : nothing}`,
    act: open.size ? { label: t('batch.do', { sum }), run: () => {
      batches.send(open);
      selection.clear();
    } } : null });
}

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

function chosen(selection, batches) {
  const { orders } = selection;
  if (!orders.size) return nothing;
  return html`<div class="chosen" role="group" aria-label=${t('pick.chosen', {
    count: orders.size })} data-name="chosen"><strong role="status">${t('pick.chosen', {
    count: orders.size })}${orders.size === MOST ? html` ${t('pick.most')}` : nothing}</strong>
    <button type="button" data-name="capture-chosen" aria-haspopup="dialog"
      @click=${() => askToCapture(selection, batches)}>${t('batch.capture')}</button>
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
  return html`<p class="fresh" role="status" data-name="fresh"><span>${count
    ? t('news.new', { count }) : t('news.changed')}</span> <button type="button"
    class="small" data-name="show-news" @click=${() => show(list)}>${t('news.show')}</button></p>`;
}

export function dock(list, selection, batches) {
  if (!selection.orders.size && !list.news) return nothing;
  return html`<div class="dock">${news(list)}${chosen(selection, batches)}</div>`;
}
