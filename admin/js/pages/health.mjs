// SPDX-License-Identifier: Apache-2.0
//
// Health at a glance and the queue in figures, from what operator/overview tells.
//
//   health(overview, callbacks)      what needs a look, then database, worker, callbacks, stores
//   queue(overview)                  how many are open, and how old the oldest unknown is
//   isCalledWell(row)                the last callback of that store and kind was taken
import { ago, number } from '../lib/format.mjs';
import { badge, html, notice, nothing, time } from '../lib/html.mjs';
import { locale, t, word } from '../lib/i18n.mjs';
import { environmentBadge } from '../lib/shell.mjs';

const OLD_MS = 3600000;           // an outcome that is not known for longer needs a person
const RECENT_MS = 86400000;       // a callback that was not accepted is news so long
const BOUND = 100;                // counts stop there

export function isCalledWell(row) {
  return !row.last_bad || (row.last_good !== null && row.last_good >= row.last_bad);
}

// --- what needs a look ---------------------------------------------------------------------

function concerns({ worker, queue: { failing, oldest_unknown: oldest } }, callbacks) {
  const found = [];
  if (!worker) found.push(t('health.look.worker'));
  if (oldest && Date.now() - new Date(oldest) > OLD_MS) {
    found.push(t('health.look.unknown', { ago: ago(oldest) }));
  }
  if (failing) found.push(t('health.look.failing', { count: failing }));
  for (const row of callbacks?.callbacks || []) {
    if (!isCalledWell(row) && Date.now() - new Date(row.last_bad) < RECENT_MS) {
      found.push(t('health.look.callback', { store: row.store,
        kind: word(`callback.${row.kind}`, row.kind) }));
    }
  }
  return found;
}

function verdict(found) {
  if (!found.length) return notice('good', t('health.good'));
  return notice('bad', t('health.look'), html`<ul>${found.map((text) => html`<li>${text}</li>`)}
    </ul>`);
}

// --- tiles ---------------------------------------------------------------------------------

function tile(label, value, detail = nothing) {
  return html`<div class="tile"><dt>${label}</dt><dd><span class="value">${value}</span>${
    detail === nothing ? nothing : html`<span class="soft">${detail}</span>`}</dd></div>`;
}

function databaseTile({ driver, schema_version: version }) {
  return tile(t('health.database'), badge(t('health.database_good'), 'good'),
    t('health.database_is', { driver, version: String(version) }));
}

function workerTile(isOn) {
  return isOn ? tile(t('health.worker'), badge(t('health.on'), 'good'), t('health.worker_on'))
    : tile(t('health.worker'), badge(t('health.off'), 'bad'), t('health.worker_off'));
}

function callbackTile(base) {
  const name = t('health.callbacks');
  return base ? tile(name, badge(t('health.on'), 'good'), html`<code>${base}</code>`)
    : tile(name, badge(t('health.not_set'), 'wait'), t('health.no_callbacks'));
}

function storeTile(store) {
  return tile(t('health.store', { name: store.name }),
    html`${environmentBadge(store.environment)} ${word(`region.${store.region}`, store.region)}`,
    html`<code>${store.endpoint}</code>`);
}

function versionTile({ version, httpd, libcurl }) {
  return tile(t('health.version'), `mod_klarna ${version}`,
    html`httpd ${httpd}<br>libcurl ${libcurl}`);
}

export function health(overview, callbacks) {
  const read = new Date(overview.now).toLocaleTimeString(locale());
  return html`<div class="verdict" role="status" data-name="verdict">${
    verdict(concerns(overview, callbacks))}</div>
    <dl class="tiles">${databaseTile(overview.database)}${workerTile(overview.worker)}${
      callbackTile(overview.callback_base)}${overview.stores.map(storeTile)}${
      versionTile(overview)}</dl>
    <p class="soft">${t('health.read')} ${time(overview.now, read)}</p>`;
}

// --- queue ---------------------------------------------------------------------------------

function count(n) {
  return n >= BOUND ? t('queue.or_more', { n: BOUND }) : number(n);
}

export function queue({ queue: { open, unknown, failing, oldest_unknown: oldest } }) {
  return html`<dl class="tiles few">
    ${tile(t('queue.open'), count(open))}
    ${tile(t('queue.unknown'), count(unknown))}
    ${tile(t('queue.failing'), count(failing))}
    ${tile(t('queue.oldest'), oldest ? time(oldest, ago(oldest)) : t('none'))}
    </dl><p class="soft">${t('queue.hint')}</p>`;
}
