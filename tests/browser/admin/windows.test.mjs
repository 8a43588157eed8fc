// SPDX-License-Identifier: Apache-2.0
// Every window of the back office and of a till fits an office's laptop, a telephone and a laptop at
// 200 %, with an order of six lines.
import assert from 'node:assert/strict';
import { act, captured, dialog, line, noFaults, open, placed, fault, shows, story, withBrowser }
  from './support.mjs';
import { TILL, atTill, named, now, paid, tillStory } from './tillsupport.mjs';
import { fitsAll } from './windows.mjs';

withBrowser();

const SIX = [line('Stoneware mug, hand-thrown, 35 cl', 'MUG', 3, 20000),
  line('Desk lamp with a dimmer and a very long cable', 'LAMP', 1, 50000),
  line('The bread book', 'BOOK', 2, 29900), line('Linen napkin', 'NAPKIN', 6, 4900),
  line('Spring voucher', 'OFF', 1, -10000, { type: 'discount' }),
  line('Delivery', 'SHIP', 1, 5000, { type: 'shipping_fee' })];

async function closed(page) {
  await dialog(page).locator('[data-name=discard]').click();
  await dialog(page).waitFor({ state: 'detached' });
}

async function fits(page, action, prepare = async () => {}) {
  await page.locator(`[data-name=do-${action}]`).first().click();
  await dialog(page).waitFor();
  await prepare();
  await fitsAll(page, action);
  await closed(page);
}

const chosen = (page, label) => dialog(page).getByLabel(label).check();

story('the windows of an order fit the screen', async (page) => {
  const order = await placed({ lines: SIX });
  await act(order, 'captures', { lines: [{ reference: 'MUG', quantity: 1 },
    { reference: 'BOOK', quantity: 1 }] });
  await open(page, order);
  await fits(page, 'capture', () => chosen(page, 'Selected lines'));
  await fits(page, 'credit', async () => {
    await dialog(page).locator('[id=field-quantity-0]').fill('1');
    await dialog(page).locator('[id=field-fee]').fill('x');
    await dialog(page).locator('[data-name=submit]').click();
    await shows(dialog(page), 'This is not an amount');
  });
  await fits(page, 'cancel', async () => {
    await dialog(page).locator('[data-name=submit]').click();
    await shows(dialog(page), 'Tick this to continue');
  });
  for (const action of ['lines', 'references', 'shipping_address', 'tracking', 'extend',
    'release', 'due_date', 'send_out']) {
    await fits(page, action);
  }
});

story('a window that waits for Klarna, and one that was refused, fit the screen', async (page) => {
  const order = await captured({ lines: SIX });
  await open(page, order);
  await page.locator('[data-name=do-credit]').click();
  await chosen(page, 'Everything that is left');
  await fault(order, 'refunds', { kind: 'drop_after' }, -1);
  await dialog(page).locator('[data-name=submit]').click();
  await dialog(page).locator('[data-name=standing][data-state=following]').waitFor();
  await fitsAll(page, 'waiting');
  await noFaults();
}, { expected: ['/preview'] });

tillStory('the windows of a till fit the screen', async (page) => {
  await atTill(page);
  await named(page, 'screen').click();
  await dialog(page).locator('code').waitFor();
  await fitsAll(page, 'till-screen');
  await page.keyboard.press('Escape');
  await named(page, 'credit').click();
  await fitsAll(page, 'till-credit');
  await page.keyboard.press('Escape');
  await paid(page, '200,00');
  await now(page, 'verify').click();
  await now(page, 'refund').click();
  await dialog(page).locator('input[value=part]').check();
  await fitsAll(page, 'till-refund');
  await page.keyboard.press('Escape');
  assert.equal(await dialog(page).count(), 0);
});
