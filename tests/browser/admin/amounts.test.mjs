// SPDX-License-Identifier: Apache-2.0
// What a clerk sees of the money before and after it moves: the amount on the button, one maximum
// with its reason, the delivery in the first parcel, a window that goes when all is done, and drafts
// of what was typed. And the same in the colours of somebody's own system.
import assert from 'node:assert/strict';
import { axe } from '../looks.mjs';
import { ADMIN, act, begin, books, captured, dialog, ended, field, open, picture, placed, press, shows,
  story, withBrowser } from './support.mjs';
import { named } from './tillsupport.mjs';

withBrowser();

const submit = (page) => dialog(page).locator('[data-name=submit]');
const kept = (page) => page.evaluate(() => Object.keys(sessionStorage)
  .filter((name) => name.startsWith('klarna-admin.pending')));

// Out of the document, and not only closed: what was typed is remembered or forgotten by then.
async function escaped(page) {
  await page.keyboard.press('Escape');
  await page.locator('dialog.action').waitFor({ state: 'detached' });
}

async function left(page) {
  await press(page, 'discard');
  await dialog(page).waitFor({ state: 'detached' });
}

story('the button says what it moves; the delivery goes with the first parcel', async (page) => {
  const order = await placed();
  await begin(page, order, 'capture');
  await shows(submit(page), 'Capture SEK 1,150.00');
  await dialog(page).getByLabel('Selected lines').check();
  assert.equal(await field(page, 'quantity-2').inputValue(), '1');
  await press(page, 'submit');
  await shows(dialog(page), 'Fill in at least one line');    // no parcel is the delivery alone
  await field(page, 'quantity-0').fill('1');
  await shows(submit(page), 'Capture SEK 250.00');
  await press(page, 'submit');
  await ended(page, 'Klarna has captured SEK 250.00');
  await books(order, { captured_amount: 25000 });

  await begin(page, order, 'capture');
  await shows(submit(page), 'Capture SEK 900.00');
  await left(page);
  await begin(page, order, 'credit');
  await field(page, 'quantity-0').fill('1');
  await shows(submit(page), 'Refund SEK 200.00');
  await dialog(page).getByLabel('An amount').check();
  await shows(dialog(page), 'At most SEK 250.00: what was captured and not given back. '
    + 'Another SEK 900.00 waits to be shipped.');
  await left(page);
  for (const [action, words] of [['cancel', 'Cancel and refund SEK 250.00'],
    ['release', 'Release SEK 900.00'], ['lines', 'Change']]) {
    await begin(page, order, action);
    await shows(submit(page), words);
    await left(page);
  }
  await begin(page, order, 'due_date');
  await dialog(page).getByLabel('14 days, for SEK 39.00').check();
  await shows(submit(page), 'Extend for SEK 39.00');
  await left(page);
});

story('an order without a capture: what is taken off is on the button', async (page) => {
  const order = await placed();
  await begin(page, order, 'credit');
  await field(page, 'quantity-0').fill('1');
  await shows(submit(page), 'Take off SEK 200.00');
  await left(page);
  await begin(page, order, 'cancel');
  await shows(submit(page), 'Cancel SEK 1,150.00 for good');
});

story('a return fee that was kept is why more can be given back', async (page) => {
  const order = await captured();
  await act(order, 'credit-invoices', { lines: [{ reference: 'MUG', quantity: 1 }],
    return_fee: 4900, return_fee_tax_rate: 2500 });
  await begin(page, order, 'credit');
  await shows(dialog(page).getByLabel(/Everything that is left/).locator('..'), 'SEK 950.00');
  await dialog(page).getByLabel('An amount').check();
  await shows(dialog(page), 'At most SEK 999.00, of which SEK 49.00 was kept as a return fee.');
});

story('done: the window goes, the page says it, and the focus is where it was', async (page) => {
  const order = await captured();
  await begin(page, order, 'credit');
  await dialog(page).getByLabel('An amount').check();
  await field(page, 'amount').fill('80');
  await shows(submit(page), 'Refund SEK 80.00');
  await page.keyboard.press('Enter');
  await ended(page, 'confirmed the credit invoice for SEK 80.00');
  await books(order, { refunded_amount: 8000 });
  assert.equal(await page.evaluate(() => document.activeElement.dataset.name), 'do-credit');
  assert.deepEqual(await kept(page), []);
  await axe(page, 'what has been done');
  await page.locator('[data-name=do-credit]').click();       // another window: old news go
  assert.equal(await page.locator('[data-name=news]').count(), 0);
});

story('a draft is kept when something was typed, and only then', async (page) => {
  const order = await captured();
  await begin(page, order, 'credit');
  await dialog(page).getByLabel('An amount').check();
  await escaped(page);
  assert.deepEqual(await kept(page), []);
  await begin(page, order, 'credit');
  assert.ok(await dialog(page).getByLabel('Selected lines').isChecked());
  await field(page, 'comment').fill('too small');
  await escaped(page);
  assert.equal((await kept(page)).length, 1);
  await begin(page, order, 'credit');
  assert.equal(await field(page, 'comment').inputValue(), 'too small');
  await field(page, 'comment').fill('');
  await escaped(page);
  assert.deepEqual(await kept(page), []);
});

// What is chosen and what is not are told apart by more than a ground that these colours replace.
story('forced colours: choices, ticks and windows are seen', async (page) => {
  const order = await placed();
  await act(order, 'captures', { amount: 10000 });
  await page.emulateMedia({ forcedColors: 'active' });
  await page.goto(ADMIN);
  await page.locator('a.order-link').first().waitFor();
  await picture(page, 'forced-list');
  await open(page, order);
  await page.emulateMedia({ forcedColors: 'none' });  // Chromium keeps it for one page only
  await page.emulateMedia({ forcedColors: 'active' });
  await picture(page, 'forced-order');
  await begin(page, order, 'credit');
  await dialog(page).getByLabel('An amount').check();
  await picture(page, 'forced-credit');
  const looks = async (one, isOn) => {
    await one.setChecked(isOn);
    await submit(page).focus();
    return one.screenshot();
  };
  const tick = dialog(page).locator('[name=release]');
  assert.notDeepEqual(await looks(tick, true), await looks(tick, false));
  const [chosen, other] = await Promise.all(['amount', 'everything'].map(async (mode) => (
    dialog(page).locator(`[name=mode][value=${mode}]`).screenshot())));
  assert.notDeepEqual(chosen, other);
  const border = await dialog(page).locator('article').evaluate(
    (one) => getComputedStyle(one).borderTopStyle);
  assert.equal(border, 'solid');
  await axe(page, 'forced colours');
});

for (const [user, links] of [['operator', 1], ['clerk', 0]]) {
  story(`the link to the operator's page, for ${user}`, async (page) => {
    const asked = page.waitForResponse('**/operator/about');
    await page.goto(ADMIN);
    await asked;
    await page.locator('a.order-link').first().waitFor();
    await named(page, 'list-to_ship').waitFor();
    const link = page.getByRole('link', { name: 'Operations' });
    if (links) await link.waitFor();
    assert.equal(await link.count(), links);
    await page.goto(`${ADMIN}payments.html`);                // and is not asked again
    page.on('request', (request) => assert.ok(!request.url().endsWith('/operator/about')));
    if (links) await link.waitFor();
    await page.locator('h1').waitFor();
    assert.equal(await link.count(), links);
  }, { user });
}
