// SPDX-License-Identifier: Apache-2.0
// The sandbox's phone in a store: messages, links, scanned codes, Klarna's page and the staff's.
// These stories have a sandbox of their own and no shop: they make the payments as a till does.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { watch } from './common.mjs';
import { axe, fits } from './looks.mjs';

const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
const SANDBOX = new URL('../../scripts/sandbox', import.meta.url).pathname;
const AUTHORIZATION = `Basic ${btoa('PK00000_sandbox:sandbox-password')}`;
const STORE = { content_type: 'application/vnd.klarna.internal.emd-v2+json',
  body: JSON.stringify({ in_store_payment: [{ store_info: { merchant_store_id: 'Shop 4711' } }] }) };
let browser, sandbox, base;

before(async () => {
  sandbox = spawn(SANDBOX, ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  base = await new Promise((found) => {
    sandbox.stdout.once('data', (line) => found(String(line).trim().split(' ').pop()));
  });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  sandbox?.kill();
});

async function ask(method, path, body) {
  const answer = await fetch(new URL(path, base), { method, body: body && JSON.stringify(body),
    headers: { Authorization: AUTHORIZATION, 'Content-Type': 'application/json' } });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

function order(more) {
  return { purchase_country: 'SE', purchase_currency: 'SEK', locale: 'sv-SE', order_amount: 45000,
    order_lines: [{ name: 'Dental check', quantity: 1, unit_price: 45000, total_amount: 45000 }],
    merchant_reference1: 'F-1001', acquiring_channel: 'IN_STORE', attachment: STORE, ...more };
}

async function hostedPage() {
  const session = await ask('POST', '/payments/v1/sessions', order());
  return ask('POST', '/hpp/v1/sessions', { options: { place_order_mode: 'CAPTURE_ORDER' },
    payment_session_url: `${base}/payments/v1/sessions/${session.session_id}` });
}

async function qrSession(more) {
  const session = await ask('POST', '/payments/v1/sessions', order({
    distribution: { method: 'one_qr', ...more } }));
  return { ...session, read: () => ask('GET', session.distribution.result_url) };
}

function story(name, play) {
  test(name, { timeout: 300000 }, async () => {
    await fetch(new URL('/_sandbox/reset', base), { method: 'POST' });
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    const page = await context.newPage();
    const errors = watch(page, []);
    try {
      await play(page);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}

const act = (page, name) => page.locator(`[data-action=${name}]`).click();

async function stands(page, state) {
  await page.locator('#state', { hasText: state }).waitFor();
}

async function looksWell(page, where) {
  await axe(page, where);
  await fits(page, where);
}

story('opens the link of an SMS, is refused, tries again and pays', async (page) => {
  const made = await hostedPage();
  const read = () => ask('GET', made.session_url);
  await ask('POST', made.distribution_url, { method: 'sms',
    contact_information: { phone: '0701740605', phone_country: 'SE' } });
  await page.goto(`${base}/phone`);
  await page.locator('[data-message="1"]', { hasText: 'SMS to 0701740605' }).waitFor();
  await looksWell(page, 'phone');
  assert.equal((await read()).status, 'WAITING');
  await page.locator('[data-message="1"] a').click();
  await stands(page, 'IN_PROGRESS');
  await looksWell(page, 'page of the payment');
  await page.getByText('450,00').first().waitFor();
  await page.getByText('Shop 4711').waitFor();
  await act(page, 'refuse');
  await stands(page, 'FAILED');
  await act(page, 'open');
  await act(page, 'approve');
  await stands(page, 'COMPLETED');
  assert.equal(await page.locator('[data-action]').count(), 0);
  assert.equal((await read()).status, 'COMPLETED');
});

story('goes back to the phone, where the payment still waits, and cancels', async (page) => {
  const made = await hostedPage();
  await page.goto(made.redirect_url);
  await act(page, 'back');
  await stands(page, 'BACK');
  await page.getByRole('link', { name: 'All that is on this phone' }).click();
  await page.locator(`[data-payment="${made.session_id}"] a`).click();
  await act(page, 'cancel');
  await stands(page, 'CANCELLED');
  await page.goto(`${base}/phone`);
  await page.locator('#said').waitFor({ state: 'attached' });
  assert.equal(await page.locator('[data-payment]').count(), 0);
});

story('sees that the store gave up', async (page) => {
  const made = await hostedPage();
  await page.goto(made.redirect_url);
  await stands(page, 'IN_PROGRESS');
  await ask('DELETE', made.session_url);
  await stands(page, 'DISABLED');
  await page.reload();
  await page.getByText('The store cancelled the purchase.').waitFor();
  assert.equal(await page.locator('[data-action]').count(), 0);
});

story('shows an ID to the staff', async (page) => {
  const made = await hostedPage();
  await page.goto(made.redirect_url);
  await act(page, 'manual');
  await stands(page, 'MANUAL_ID_CHECK');
  const challenge = await page.locator('#challenge').textContent();
  const staff = await page.context().newPage();
  await staff.goto(made.manual_identification_check_url);
  assert.equal(await staff.locator('#challenge').textContent(), challenge);
  await looksWell(staff, 'manual check');
  await act(staff, 'confirm');
  await stands(page, 'COMPLETED');
});

story('scans the code of the till and pays', async (page) => {
  const session = await qrSession();
  const { payment_link: link } = await session.read();
  await page.goto(`${base}/phone`);
  await page.getByLabel('Link or scanned code').fill(link);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await stands(page, 'ACCESSED');
  assert.equal(await page.locator('[data-action=manual]').count(), 0);
  await act(page, 'approve');
  await stands(page, 'COMPLETED');
  const { status, order_id: id } = await session.read();
  assert.equal(status, 'COMPLETED');
  assert.ok(id);
});

story('scans the printed QR and tells the till the digits', async (page) => {
  await page.goto(`${base}/phone`);
  await page.getByRole('button', { name: 'Scan' }).click();
  const digits = await page.locator('[data-short-code]').textContent();
  const session = await qrSession({ short_code: digits });
  await page.locator(`[data-payment="${session.session_id}"] a`).click();
  await act(page, 'approve');
  await stands(page, 'COMPLETED');
  assert.equal((await session.read()).status, 'COMPLETED');
});

story('a payment whose time is over says so', async (page) => {
  const made = await hostedPage();
  await fetch(new URL('/_sandbox/instore', base), { method: 'POST',
    body: JSON.stringify({ payment: made.session_id, action: 'expire' }) });
  await page.goto(made.redirect_url);
  await stands(page, 'EXPIRED');
  await page.getByText('The time for this purchase is over.').waitFor();
});
