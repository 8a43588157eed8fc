// SPDX-License-Identifier: Apache-2.0
// The operator's page: what does not go well is seen and acted on, credentials are tested, and
// what goes to support holds nothing of anybody.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ADMIN, BASE_URL, PASSWORDS, captured, part, placed, shows, story, withBrowser }
  from './support.mjs';

withBrowser();

const OPERATOR = { user: 'operator' };
const operations = (page) => page.goto(`${ADMIN}operations.html`);

story('health, queue and callbacks at a glance', async (page) => {
  await fetch(`${BASE_URL}/klarna/callbacks/status/0.${'x'.repeat(32)}`, { method: 'POST',
    headers: { 'Content-Type': 'application/json' }, body: '{}' });
  await operations(page);
  await shows(part(page, 'health'), 'sqlite3');
  await shows(part(page, 'health'), 'Playground');
  await shows(part(page, 'queue').locator('dl'), 'Open');
  await shows(part(page, 'callbacks'), 'Rejected');
}, OPERATOR);

story('the credentials are tested where they are configured', async (page) => {
  await operations(page);
  await part(page, 'credentials').getByRole('button', { name: 'Test the credentials' }).click();
  await shows(part(page, 'credentials'), 'Klarna accepts the credentials as configured');
}, OPERATOR);

story('the charts tell the last hours, as pictures and as tables', async (page) => {
  await captured();
  await operations(page);
  for (const name of ['payments', 'refusals', 'times']) {
    const chart = page.locator(`figure[data-name=${name}]`);
    await chart.locator('canvas').waitFor();
    await chart.locator('summary').click();
    assert.equal(await chart.locator('.figures tbody tr').count(), 24);
  }
  await shows(page.locator('figure[data-name=payments]'), /Payments: [1-9]/);
  await part(page, 'charts').getByRole('button', { name: '7 days' }).click();
  await page.waitForFunction(() => document.querySelectorAll(
    'figure[data-name=payments] .figures tbody tr').length <= 8);
}, OPERATOR);

story('the support bundle holds no secret, no name and no reference', async (page) => {
  const order = await captured();
  const open = await placed();
  await operations(page);
  const [file] = await Promise.all([page.waitForEvent('download'),
    page.locator('a[data-name=bundle]').click()]);
  const text = readFileSync(await file.path(), 'utf8');
  assert.ok(JSON.parse(text).overview.version, text);
  for (const secret of [...Object.values(PASSWORDS), ...Object.keys(PASSWORDS), 'sandbox-password',
    order.reference, open.reference, 'A-1004', 'Not allowed right now']) {
    assert.ok(!text.includes(secret), secret);
  }
}, OPERATOR);
