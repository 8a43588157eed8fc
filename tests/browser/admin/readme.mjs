// SPDX-License-Identifier: Apache-2.0
// The pictures of README and docs, of the demo's orders: run by ../screenshots.
import { ADMIN, dialog, picture, shows, story, withBrowser } from './support.mjs';
import { atTill, begun, named } from './tillsupport.mjs';

withBrowser();

const SIZE = { width: 1200, height: 760 };

async function openSeed(page, name) {
  await page.goto(`${ADMIN}?q=${name}`);
  await page.getByRole('link', { name, exact: true }).click();
  await page.locator('section[data-name=history]').waitFor();
}

story('orders', async (page) => {
  await page.goto(ADMIN);
  await page.getByRole('link', { name: 'A-1001' }).waitFor();
  await page.locator('[data-name=list-orphans] .count').waitFor();
  await picture(page, 'orders');
}, { viewport: SIZE });

story('unfinished payments', async (page) => {
  await page.goto(`${ADMIN}payments.html?state=DECLINED`);
  await page.getByRole('link', { name: 'A-1013' }).waitFor();
  await picture(page, 'payments');
}, { viewport: { width: 1200, height: 460 } });

story('an order', async (page) => {
  await openSeed(page, 'A-1002');
  await picture(page, 'order');
}, { viewport: SIZE, colorScheme: 'dark' });

story('a return', async (page) => {
  await openSeed(page, 'A-1002');
  await page.locator('[data-name=do-credit]').click();
  await dialog(page).locator('[id=field-quantity-0]').fill('2');
  await dialog(page).locator('[id=field-fee]').fill('49');
  await shows(dialog(page).locator('[data-name=preview]'), 'The shopper gets');
  await picture(page, 'return');
}, { viewport: { width: 1000, height: 960 } });

story('operations', async (page) => {
  await page.goto(`${ADMIN}operations.html`);
  await page.locator('figure[data-name=times] canvas').waitFor();
  await picture(page, 'operations');
}, { user: 'operator', viewport: SIZE });

story('a till', async (page) => {
  await atTill(page);
  await begun(page, '499', { reference: 'Receipt 1042' });
  await named(page, 'qr').waitFor();
  await page.waitForFunction(() => document.querySelector('[data-name=qr]').naturalWidth > 100);
  await picture(page, 'till');
}, { user: 'cashier', viewport: SIZE, expected: ['orders/about'] });
