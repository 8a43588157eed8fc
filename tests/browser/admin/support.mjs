// SPDX-License-Identifier: Apache-2.0
// What the stories of the admin page stand on: people with their logins in a real browser, orders
// made as a shop makes them, and the sandbox's own ledger, against which every amount is held.
//   BASE_URL, PHONE_URL   the server and the sandbox's phone page (../common.mjs), of scripts/demo.py --run-shown
//   CART_KEY, USERS       the shop's secret (a file), the logins ({"clerk": password})
//   DATABASE              the module's SQLite file, for making time pass
//   SCREENSHOTS           a directory: pictures of the pages are put there
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { control, watch } from '../common.mjs';

export { control };

export const { BASE_URL, SCREENSHOTS, CHROMIUM = '/usr/bin/chromium' } = process.env;
const { CART_KEY, DATABASE, USERS } = process.env;
export const PASSWORDS = JSON.parse(USERS);
export const ADMIN = `${BASE_URL}/klarna/admin/`;
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 360, height: 740 };
const WAIT_MS = 60000;        // only a failure, or a busy machine, waits so long

// --- the sandbox ----------------------------------------------------------------------------

export const sandboxOrders = async () => (await control('ledger')).orders;

export const ledger = ({ klarnaId }) => control(`ledger/${klarnaId}`);

// Something goes wrong with what is asked for this order, and with no other's.
export const fault = ({ klarnaId }, action, spec, times = 1) => control('faults', {
  match: { method: 'POST', path: `${klarnaId}/${action}$` }, times, fault: spec });

export const noFaults = () => control('faults', null, 'DELETE');

// --- the shop and the routes ----------------------------------------------------------------

export async function ask(method, path, body, { user = 'clerk', key = randomUUID() } = {}) {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  if (user) headers.Authorization = `Basic ${btoa(`${user}:${PASSWORDS[user]}`)}`;
  const answer = await fetch(`${BASE_URL}/klarna/${path}`, { method, headers,
    body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

function signed(cart) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode({ alg: 'HS256', typ: 'JWT', kid: 'demo' })}.${
    encode({ exp: Math.floor(Date.now() / 1000) + 600, cart })}`;
  const secret = readFileSync(CART_KEY, 'utf8').trim();
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

export function line(name, reference, quantity, unit_price, more = {}) {
  const total_amount = quantity * unit_price, tax_rate = 2500;
  return { name, reference, quantity, unit_price, tax_rate, total_amount,
    total_tax_amount: Math.round(total_amount * tax_rate / (10000 + tax_rate)), ...more };
}

const GOODS = [line('Stoneware mug', 'MUG', 3, 20000), line('Desk lamp', 'LAMP', 1, 50000),
  line('Delivery', 'SHIP', 1, 5000, { type: 'shipping_fee' })];
let made = 0;

/** A payment: what the route answers, and its reference. */
export async function started({ lines = GOODS, ...more } = {}) {
  const reference = `T-${process.pid}-${++made}`;
  const sum = (name) => lines.reduce((all, each) => all + each[name], 0);
  const cart = { purchase_country: 'SE', purchase_currency: 'SEK', locale: 'sv-SE',
    order_amount: sum('total_amount'), order_tax_amount: sum('total_tax_amount'),
    order_lines: lines, merchant_reference1: reference, ...more };
  const { body: payment } = await ask('POST', 'checkout/sessions', { signed_cart: signed(cart) },
    { user: null });
  return { ...payment, reference };
}

/**
 * An order that Klarna authorized: 1,150.00 SEK in three lines unless told otherwise. losing: the
 * fault that the answer to its placement meets; declined: what Klarna's widget said before.
 */
export async function placed({ outcome = 'approve', losing, declined, ...more } = {}) {
  const payment = await started(more);
  if (declined) {
    const { status } = await ask('POST', `checkout/sessions/${payment.order_id}/declined`,
      { key: payment.key, reason: declined }, { user: null });
    assert.equal(status, 200);
  }
  const { authorization_token } = await control('authorize',
    { session_id: payment.session_id, outcome });
  if (losing) {
    await control('faults', { match: { path: `${authorization_token}/order$` }, times: 1,
      fault: losing });
  }
  const answer = await ask('POST', 'checkout/orders',
    { order_id: payment.order_id, key: payment.key, authorization_token }, { user: null });
  assert.equal(answer.status, losing ? 202 : 201, JSON.stringify(answer));
  const { body: order } = await ask('GET', `orders/${payment.order_id}`);
  return { id: payment.order_id, reference: payment.reference, klarnaId: order.klarna_order_id,
    session: payment.session_id };
}

export async function act(order, action, body) {
  const answer = await ask('POST', `orders/${order.id}/${action}`, body);
  assert.equal(answer.body.state, 'confirmed', JSON.stringify(answer));
  return answer.body;
}

export async function captured(more) {
  const order = await placed(more);
  await act(order, 'captures', { everything: true });
  return order;
}

const AMOUNTS = ['order_amount', 'captured_amount', 'refunded_amount',
  'remaining_authorized_amount'];

/** Both books say the same, and this; gives the sandbox's. */
export async function books(order, expected = {}) {
  const theirs = await ledger(order);
  const { body: ours } = await ask('GET', `orders/${order.id}`);
  for (const name of AMOUNTS) assert.equal(ours[name], theirs[name], name);
  assert.equal(ours.state, theirs.status);
  assert.deepEqual({ ...theirs, ...expected }, theirs);
  return theirs;
}

/** Behind the module's back. */
export const sql = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 60000', DATABASE, text],
  { encoding: 'utf8' }).trim();

export async function eventually(question, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, 'it never happened');
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
}

// --- the browser ----------------------------------------------------------------------------

let browser;

export function withBrowser() {
  before(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  after(() => browser?.close());
}

/** A browser of its own, logged in as user, closed in the end; run(page, context). */
export async function visit(user, run, { expected = [], ...options } = {}) {
  const context = await browser.newContext({ viewport: WIDE, locale: 'en-GB',
    timezoneId: 'Europe/Stockholm', acceptDownloads: true,
    httpCredentials: { username: user, password: PASSWORDS[user] }, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const errors = watch(page, [...expected, '/operator/about']); // whether there is a link to it
  try {
    await run(page, context);
    assert.deepEqual(errors, []);
  } catch (failed) {
    await picture(page, `failed-${made}`);
    throw failed;
  } finally {
    await context.close();
  }
}

export const story = (name, run, { user = 'clerk', ...options } = {}) => (
  test(name, () => visit(user, run, options)));

export const open = (page, order) => page.goto(`${ADMIN}order.html?id=${order.id}`);

export async function shows(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor();
}

// An action's window, and what is in it; a part of the order's page.
export const dialog = (page) => page.locator('dialog[open]');
export const field = (page, name) => dialog(page).locator(`[id="field-${name}"]`);
export const press = (page, name) => dialog(page).locator(`[data-name=${name}]`).click();
export const part = (page, name) => page.locator(`section[data-name=${name}]`);

export async function begin(page, order, action) {
  if (!page.url().endsWith(order.id)) await open(page, order);
  await page.locator(`[data-name=do-${action}]`).click();
  await dialog(page).waitFor();
}

/** What was asked for is done: its window has closed itself, and the page says so. */
export async function ended(page, words) {
  await shows(page.locator('[data-name=news]'), words);
  await dialog(page).waitFor({ state: 'detached' });
}

export async function picture(page, name) {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.evaluate(() => window.scrollTo({ top: 0, behavior: 'instant' }));
  const fullPage = !await page.locator('dialog[open]').count();
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage });
}
