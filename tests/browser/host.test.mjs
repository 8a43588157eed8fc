// SPDX-License-Identifier: Apache-2.0
// The demo's clinic: an invoice on the host's page, a part by card, the rest in the till's window that
// the page opens; the host books it when it is verified. Everything behind it is the real thing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { control, watch } from './common.mjs';

const { BASE_URL, CHROMIUM = '/usr/bin/chromium' } = process.env;
const clerk = { username: 'clerk', password: JSON.parse(process.env.USERS).clerk };
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});

after(() => browser?.close());

test('an invoice is paid by card and Klarna, and booked', { timeout: 120000 }, async () => {
  const context = await browser.newContext({ httpCredentials: clerk, locale: 'en-GB' });
  const page = await context.newPage(), errors = watch(page, ['favicon']);
  await page.goto(`${BASE_URL}/host/`);
  const row = page.locator('tr', { hasText: '1002' });
  await row.getByRole('button', { name: 'Card' }).click();
  await row.getByText('left 549.00').waitFor();

  const opens = page.waitForEvent('popup');
  await row.getByRole('button', { name: 'Klarna' }).click();
  const till = await opens;
  await till.getByLabel('Name of the till').fill('Counter 1');
  await till.getByRole('button', { name: 'Use this till' }).click();
  assert.equal(await till.getByLabel('Amount in SEK').inputValue(), '549.00');
  await till.getByLabel('Finalise the invoice first').check();
  await till.getByLabel('QR code, scanned here').check();
  await till.getByLabel('Yes to all three').check();
  await till.getByRole('button', { name: 'Show the QR code' }).click();
  await till.getByRole('img').first().waitFor();

  const waiting = (await control('instore')).payments.find((one) => one.merchant_reference1 === '1002');
  await control('instore', { payment: waiting.link, action: 'approve' });
  await page.getByText('Paid. Verify it at the till').waitFor();
  await till.getByRole('button', { name: 'Verify' }).first().click();
  await till.getByText('Verified').first().waitFor();
  await row.getByRole('button', { name: 'Book' }).click();
  await row.getByText('Klarna 549.00').waitFor();
  await row.getByText('left 0.00').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
