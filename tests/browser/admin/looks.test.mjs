// SPDX-License-Identifier: Apache-2.0
// Every page: nothing for axe-core to find and nothing wider than the screen, in light and dark,
// at 360 and 1440 px.
import assert from 'node:assert/strict';
import { axe } from '../looks.mjs';
import { choose, looks } from './looks.mjs';
import { ADMIN, act, captured, dialog, fault, noFaults, open, placed, shows, story, withBrowser }
  from './support.mjs';

withBrowser();

const link = (page, name) => page.getByRole('link', { name, exact: true });

async function openSeed(page, name) {
  await page.goto(`${ADMIN}?q=${name}`);
  await link(page, name).click();
  await shows(page.getByRole('heading', { level: 1 }), name);
  await page.locator('section[data-name=history]').waitFor();
}

story('the list of orders', async (page) => {
  await page.goto(ADMIN);
  await page.locator('a.order-link').first().waitFor();
  await looks(page, 'orders');
  await page.goto(`${ADMIN}?list=orphans`);
  await link(page, 'A-1011').waitFor();
  await looks(page, 'orders-orphans');
});

story('the list of unfinished payments', async (page) => {
  for (const [state, name] of [['CREATED', 'A-1015'], ['DECLINED', 'A-1013']]) {
    await page.goto(`${ADMIN}payments.html?state=${state}`);
    await link(page, name).waitFor();
    await looks(page, `payments-${state}`);
  }
  await link(page, 'A-1014').click();
  await page.locator('section[data-name=history] tbody tr').waitFor();
  await looks(page, 'payment-declined');
});

story('axe-core would tell', async (page) => {
  await page.goto(ADMIN);
  await page.locator('a.order-link').first().waitFor();
  await page.evaluate(() => document.querySelector('main').append(document.createElement('input')));
  await assert.rejects(axe(page, 'with a field that has no name'), /label/);
});

for (const [name, what] of [['A-1002', 'returned'], ['A-1004', 'refused'], ['A-1011', 'orphan'],
  ['A-1006', 'part-captured'], ['A-1005', 'expiring']]) {
  story(`an order: ${what}`, async (page) => {
    await openSeed(page, name);
    await looks(page, `order-${what}`);
  });
}

story('the operations page', async (page) => {
  await page.goto(`${ADMIN}operations.html`);
  await page.locator('figure[data-name=times] canvas').waitFor();
  await page.getByRole('button', { name: 'Test the credentials' }).click();
  await shows(page.locator('section[data-name=credentials]'), 'accepts the credentials');
  await looks(page, 'operations');
}, { user: 'operator' });

story('without the right', async (page) => {
  await page.goto(ADMIN);
  await shows(page.locator('main'), 'not have access to this');
  await looks(page, 'denied');
}, { user: 'guest', expected: ['/klarna/orders'] });

// --- dialogs ---------------------------------------------------------------------------------

// Each window as it opens, and with what is wrong in it.
async function looksOf(page, action, { fill, wrong = true } = {}) {
  await page.locator(`[data-name=do-${action}]`).first().click();
  await dialog(page).waitFor();
  await fill?.();
  await looks(page, `dialog-${action}`);
  if (wrong) {
    await dialog(page).locator('[data-name=submit]').click();
    await dialog(page).locator('[aria-invalid=true], .wrong').first().waitFor();
    await looks(page, `dialog-${action}-wrong`);
  }
  await dialog(page).locator('[data-name=discard]').click();
  await dialog(page).waitFor({ state: 'detached' });
}

story('the windows of what is done with an order', async (page) => {
  const order = await placed();
  await act(order, 'captures', { lines: [{ reference: 'MUG', quantity: 2 }] });
  await open(page, order);
  await looksOf(page, 'capture', { fill: () => dialog(page).getByLabel('Selected lines').check() });
  await looksOf(page, 'credit', { fill: async () => {
    await dialog(page).locator('[id=field-quantity-0]').fill('1');
    await shows(dialog(page).locator('[data-name=preview]'), 'The shopper');
    await dialog(page).locator('[id=field-fee]').fill('x');
  } });
  await looksOf(page, 'cancel');
  for (const action of ['tracking', 'extend', 'release', 'due_date', 'send_out']) {
    await looksOf(page, action, { wrong: false });
  }
});

story('the window of an orphan', async (page) => {
  await openSeed(page, 'A-1011');
  await looksOf(page, 'adopt', { fill: () => dialog(page).getByLabel('Cancel it').check() });
});

story('a window while Klarna does not answer, and when it has', async (page) => {
  const order = await captured();
  await open(page, order);
  await page.locator('[data-name=do-credit]').click();
  await dialog(page).getByLabel('Everything that is left').check();
  await fault(order, 'refunds', { kind: 'drop_after' }, -1);
  await dialog(page).locator('[data-name=submit]').click();
  await dialog(page).locator('[data-name=standing][data-state=following]').waitFor();
  await looks(page, 'dialog-waiting');
  await noFaults();
  await page.locator('[data-name=news]').waitFor();
  await dialog(page).waitFor({ state: 'detached' });
  await looks(page, 'done');
}, { expected: ['/preview'] });

// --- colours -------------------------------------------------------------------------------

story('dark or light as chosen, whatever the system says, and kept', async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto(ADMIN);
  await page.locator('a.order-link').first().waitFor();
  const light = await ground();
  await choose(page, 'theme', 'dark');
  assert.notEqual(await ground(), light);
  await page.goto(`${ADMIN}operations.html`);
  assert.notEqual(await ground(), light);
}, { user: 'operator', reducedMotion: 'reduce' });
