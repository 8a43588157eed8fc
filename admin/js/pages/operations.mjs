// SPDX-License-Identifier: Apache-2.0
//
// The operator's page: what the module is doing, what did not go well, and how Klarna answers.
// It refreshes by itself while somebody looks. Each part is read and shown by itself, so that one
// that cannot be read hides no other; what was read before stays until there is something newer.
// It shows no person's data, and changes nothing but the operations a person acts on.
import { operationActions } from '../action/actions.mjs';
import { address, get } from '../lib/api.mjs';
import { callbacks } from './callbacks.mjs';
import { charts } from './charts.mjs';
import { credentials } from './credentials.mjs';
import { health, queue } from './health.mjs';
import { copyable, html, nothing, repeat, time } from '../lib/html.mjs';
import { ago, dateTime, number } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';
import { operationBadge } from '../lib/orderview.mjs';
import { poll } from '../lib/poll.mjs';
import { draw, failure, onBack, startPage } from '../lib/shell.mjs';
import { cell, row, table } from '../lib/table.mjs';

const EVERY_MS = 15000;
const CHARTS_MS = 60000;          // they change by the hour
const LISTS = ['open', 'failing', 'refused'];
const SPANS = [24, 168];

const parts = {};                 // name -> { value, error, at } of what was read last
let list = 'open';
let span = 24;
let bundle = '';

// --- reading -------------------------------------------------------------------------------

const PATHS = {
  overview: () => 'operator/overview',
  operations: () => `operator/operations?show=${list}`,
  callbacks: () => 'operator/callbacks',
  charts: () => `operator/charts?hours=${span}`,
  errors: () => 'operator/errors',
};

// What was asked for may have changed meanwhile: then the answer is of no use.
async function read(name) {
  const path = PATHS[name]();
  try {
    const value = await get(path);
    if (path === PATHS[name]()) parts[name] = { value, at: Date.now() };
  } catch (error) {
    if (path === PATHS[name]()) parts[name] = { value: parts[name]?.value, error, at: 0 };
  }
  draw();
}

function isFresh(name) {
  return name === 'charts' && Date.now() - (parts.charts?.at || 0) < CHARTS_MS;
}

// What is denied or down is asked for once, not five times.
async function refresh() {
  await read('overview');
  if (parts.overview.error) return;
  await Promise.all(['operations', 'callbacks', 'charts', 'errors']
    .filter((name) => !isFresh(name)).map(read));
}

async function show(name, change) {
  change();
  parts[name] = {};
  draw();
  await read(name);
}

// --- the parts -----------------------------------------------------------------------------

// A part's value as body shows it; with a word about it when it could not be read again. That
// the server is out of reach is said by the shell's banner, when there is something to see.
function part(name, body) {
  const { value, error } = parts[name] || {};
  const isTold = !error || (value && error.code === 'lost');
  const waiting = error ? nothing : html`<p aria-busy="true">${t('loading')}</p>`;
  return html`${isTold ? nothing : failure(error, { family: 'operator', retry: refresh })}${
    value ? body(value) : waiting}`;
}

function section(name, body, more = nothing) {
  return html`<section class="part" aria-labelledby=${`part-${name}`} data-name=${name}>
    <div class="part-head"><h2 id=${`part-${name}`}>${t(`operations.${name}`)}</h2>${more}</div>
    ${body}</section>`;
}

function choice(label, options, chosen, choose) {
  const button = ([value, text]) => html`<button type="button" data-name=${value}
    aria-pressed=${String(value === chosen)} @click=${() => choose(value)}>${text}</button>`;
  return html`<div class="choice" role="group" aria-label=${label}>${options.map(button)}</div>`;
}

// The beginning of the order's id is enough for the eye; a screen reader gets all of it.
function orderOf({ order_id: id }, store) {
  const page = `order.html?id=${encodeURIComponent(id)}`;
  return html`<a href=${page} title=${id}>${id.slice(0, 8)}<span class="hidden">${
    id.slice(8)}</span></a><small class="soft">${store}</small>`;
}

function kind(op) {
  return word(`operation.${op.kind}`, op.kind);
}

function errorOf({ error_code: code, http_status: status }) {
  if (!code) return '–';
  return html`<code>${code}</code>${status
    ? html`<small class="soft">HTTP ${String(status)}</small>` : nothing}`;
}

function nextTry({ next_at: at }) {
  if (!at) return '–';
  return time(at, new Date(at) > Date.now() ? ago(at) : t('operations.due'));
}

function operationRow(op) {
  return row([
    cell(t('operations.kind'), kind(op)),
    cell(t('operations.order'), orderOf(op, op.merchant)),
    cell(t('operations.state'), operationBadge(op.state)),
    cell(t('operations.since'), time(op.created_at, ago(op.created_at))),
    cell(t('operations.tries'), number(op.attempts), 'amount'),
    cell(t('operations.next'), nextTry(op)),
    cell(t('operations.error'), errorOf(op)),
    list === 'refused' ? nothing : cell(t('operations.actions'),
      operationActions({ id: op.order_id }, op, refresh), 'row-actions'),
  ], op.id);
}

function operations({ operations: rows }) {
  if (!rows.length) return html`<p class="nothing">${t(`operations.none.${list}`)}</p>`;
  const heads = ['kind', 'order', 'state', 'since', 'tries', 'next', 'error'].map((name) => (
    { text: t(`operations.${name}`), kind: name === 'tries' ? 'amount' : nothing }));
  if (list !== 'refused') heads.push({ text: t('operations.actions'), isHidden: true });
  return table(t(`operations.list.${list}`), heads, repeat(rows, (op) => op.id, operationRow));
}

function errorRow(error) {
  return row([
    cell(t('operations.at'), time(error.at, dateTime(error.at))),
    cell(t('operations.order'), orderOf(error, error.store)),
    cell(t('operations.kind'), kind(error)),
    cell(t('operations.error'), errorOf(error)),
    cell(t('operations.correlation'), error.correlation_id
      ? copyable(error.correlation_id, t('operations.correlation')) : '–'),
  ]);
}

function errors({ errors: rows }) {
  if (!rows.length) return html`<p class="nothing">${t('operations.no_errors')}</p>`;
  return html`<p class="soft">${t('operations.errors_hint')}</p>${table(t('operations.errors'),
    ['at', 'order', 'kind', 'error', 'correlation'].map((name) => t(`operations.${name}`)),
    rows.map(errorRow))}`;
}

function supportBundle() {
  return html`<div class="bundle"><p>${t('bundle.what')}</p><p>${t('bundle.not')}</p></div>
    <p><a class="button secondary" href=${bundle} download="klarna-support.json"
      data-name="bundle">${t('bundle.download')}</a></p>`;
}

// --- the page ------------------------------------------------------------------------------

function lists() {
  return choice(t('operations.which'), LISTS.map((name) => [name, t(`operations.list.${name}`)]),
    list, (name) => show('operations', () => { list = name; }));
}

function spans() {
  return choice(t('charts.span'), SPANS.map((hours) => [hours, t(`charts.span.${hours}`)]),
    span, (hours) => show('charts', () => { span = hours; }));
}

function rest(overview) {
  return html`
    ${section('queue', html`${queue(overview)}${lists()}${part('operations', operations)}`)}
    ${section('callbacks', part('callbacks', (value) => callbacks(value, overview)))}
    ${section('credentials', credentials(overview))}
    ${section('charts', part('charts', charts), spans())}
    ${section('errors', part('errors', errors))}
    ${section('bundle', supportBundle())}`;
}

// Without the overview there is nothing to see but why; the credentials can be tested all the same.
function view() {
  const { value, error } = parts.overview || {};
  if (error?.isDenied) {
    return html`<h1>${t('operations.title')}</h1>${
      failure(error, { family: 'operator', retry: refresh })}`;
  }
  return html`<h1>${t('operations.title')}</h1>
    ${section('health', part('overview', (seen) => health(seen, parts.callbacks?.value)))}
    ${value ? rest(value) : nothing}${value || !error ? nothing
      : section('credentials', credentials(null))}`;
}

async function start() {
  bundle = await address('operator/support-bundle');
  onBack(refresh);
  await refresh();
  poll(refresh, { first: EVERY_MS, most: EVERY_MS });
}

startPage({ page: () => 'operations', areas: ['common', 'actions', 'operations'],
  title: () => t('operations.title'), view, start });
