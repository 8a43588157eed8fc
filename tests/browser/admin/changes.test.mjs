// SPDX-License-Identifier: Apache-2.0
// What clerks change of an order that is there: its references, where it goes, its lines; and how
// one that was placed before the module came is taken over.
import assert from 'node:assert/strict';
import { looks } from './looks.mjs';
import { ADMIN, act, ask, begin, books, dialog, ended, field, ledger, part, placed, press, shows, sql,
  story, withBrowser } from './support.mjs';

withBrowser();

story('renamed, sent elsewhere, a lamp less and a rug more', async (page) => {
  const order = await placed(), renamed = `N-${process.pid}`;
  await begin(page, order, 'references');
  await press(page, 'submit');
  await shows(dialog(page), 'Nothing has been changed');
  await field(page, 'merchant_reference1').fill(renamed);
  await press(page, 'submit');
  await ended(page, 'Klarna has the references');
  assert.equal((await ledger(order)).merchant_reference1, renamed);
  await shows(page.locator('h1'), renamed);

  await begin(page, order, 'shipping_address');
  await looks(page, 'shipping-address');
  for (const [name, typed] of [['given_name', 'Brunhilda'], ['family_name', 'Umgezogen'],
    ['street_address', 'Neuallee 77'], ['postal_code', '11122'], ['city', 'Umzugsstadt']]) {
    await field(page, name).fill(typed);
  }
  await press(page, 'submit');
  await ended(page, 'Klarna has the new shipping address');
  assert.equal((await ledger(order)).shipping_address.street_address, 'Neuallee 77');
  assert.equal(sql("SELECT count(*) FROM klarna_operation WHERE body LIKE '%Neuallee%';"), '0');

  await begin(page, order, 'lines');
  await looks(page, 'lines');
  await field(page, 'pieces-1').fill('0');
  for (const [name, typed] of [['new_name', 'Rug'], ['new_reference', 'RUG'],
    ['new_quantity', '2'], ['new_price', '300,00'], ['new_rate', '25']]) {
    await field(page, name).fill(typed);
  }
  await shows(dialog(page).locator('[data-name=becomes]'), /1,250\.00 instead of .*1,150\.00/);
  await press(page, 'submit');
  await ended(page, 'The authorization is');
  const { order_lines: lines } = await books(order, { order_amount: 125000 });
  assert.deepEqual(lines.map(({ reference, total_amount }) => [reference, total_amount]),
    [['MUG', 60000], ['SHIP', 5000], ['RUG', 60000]]);
  await shows(part(page, 'history'), 'Change of lines');
  await act(order, 'captures', { everything: true });
  await books(order, { captured_amount: 125000 });
});

story('an order that Klarna has and the module has not is taken over', async (page) => {
  const order = await placed();
  for (const table of ['klarna_operation', 'klarna_reference']) {
    sql(`DELETE FROM ${table} WHERE order_id = '${order.id}';`);
  }
  for (const table of ['klarna_order', 'klarna_payment']) {
    sql(`DELETE FROM ${table} WHERE id = '${order.id}';`);
  }
  await page.goto(ADMIN);
  await page.locator('[data-name=takeover] summary').click();
  await page.getByLabel('Klarna’s order id').fill(order.klarnaId);
  await page.locator('[data-name=takeover-submit]').click();
  await shows(page.locator('[data-name=takeover-told]'), 'It is here now');
  await page.locator('[data-name=takeover-submit]').click();
  await shows(page.locator('[data-name=takeover-told]'), 'This order is here already');
  const { body } = await ask('GET', `orders?q=${order.klarnaId}`);
  assert.equal(body.orders.length, 1);
  await books({ id: body.orders[0].id, klarnaId: order.klarnaId }, { status: 'AUTHORIZED' });
}, { expected: ['/orders/take-over'] });
