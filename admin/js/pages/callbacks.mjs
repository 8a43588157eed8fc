// SPDX-License-Identifier: Apache-2.0
//
// Whether Klarna's callbacks arrive, for each store and kind. They are a help only: what they
// tell is read at Klarna all the same, so a kind that was never called loses nothing.
//
//   callbacks(answer, overview)      of operator/callbacks and operator/overview
import { ago, dateTime } from '../lib/format.mjs';
import { isCalledWell } from './health.mjs';
import { badge, html, nothing, time } from '../lib/html.mjs';
import { t, word } from '../lib/i18n.mjs';
import { cell, row, table } from '../lib/table.mjs';

const KINDS = ['authorization', 'fraud', 'status'];

function complete(rows, stores) {
  return stores.flatMap(({ name }) => KINDS.map((kind) => (
    rows.find((row) => row.store === name && row.kind === kind) || { store: name, kind,
      last_good: null, good: 0, last_bad: null, bad: 0, why: null })));
}

function stateOf(row) {
  if (!row.last_good && !row.last_bad) return badge(t('callbacks.never'), 'quiet');
  return isCalledWell(row) ? badge(t('callbacks.good'), 'good') : badge(t('callbacks.bad'), 'bad');
}

function moment(at, n) {
  if (!at) return '–';
  return html`${time(at, ago(at))}<small class="soft">${dateTime(at)} · ${
    t('callbacks.count', { count: n })}</small>`;
}

function whyOf({ last_good: good, last_bad: bad, why, kind }) {
  if (bad) return word(`callbacks.why.${why}`, why || '–');
  return good ? '–' : t(`callbacks.never.${kind}`);
}

function callbackRow(found) {
  return row([
    cell(t('callbacks.store'), found.store),
    cell(t('callbacks.kind'), word(`callback.${found.kind}`, found.kind)),
    cell(t('callbacks.state'), stateOf(found)),
    cell(t('callbacks.last_good'), moment(found.last_good, found.good)),
    cell(t('callbacks.last_bad'), moment(found.last_bad, found.bad)),
    cell(t('callbacks.why'), whyOf(found), 'words'),
  ], `${found.store}-${found.kind}`);
}

export function callbacks({ callbacks: rows }, overview) {
  return html`<p class="soft">${t('callbacks.hint')}${overview && !overview.callback_base
    ? html` ${t('callbacks.no_base')} <code>KlarnaCallbackBase</code>` : nothing}</p>
    ${table(t('operations.callbacks'), ['store', 'kind', 'state', 'last_good', 'last_bad', 'why']
      .map((name) => t(`callbacks.${name}`)),
    complete(rows, overview?.stores || []).map(callbackRow))}`;
}
