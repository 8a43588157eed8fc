// SPDX-License-Identifier: Apache-2.0
// The list of orders: found by any reference, narrowed, paged, exported; what needs a person is
// one click away.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ADMIN, act, ask, captured, line, placed, shows, started, story, withBrowser }
  from './support.mjs';

withBrowser();

const links = (page) => page.locator('main tbody a.order-link');
const names = (page) => links(page).allInnerTexts();
const search = (page) => page.getByRole('searchbox');

async function find(page, text) {
  await search(page).fill(text);
  await search(page).press('Enter');
  await page.waitForURL(`**q=${encodeURIComponent(text)}*`);
}

async function download(page) {
  const [file] = await Promise.all([page.waitForEvent('download'),
    page.locator('[data-name=csv]').click()]);
  assert.match(file.suggestedFilename(), /\.csv$/);
  return readFileSync(await file.path(), 'utf8').split('\r\n');
}

story('found by each of its references', async (page) => {
  const order = await placed({ merchant_reference2: `I-${process.pid}` });
  const number = `PN-${process.pid}`;
  await act(order, 'captures', { everything: true,
    shipping_info: [{ shipping_company: 'PostNord', tracking_number: number }] });
  await act(order, 'credit-invoices', { amount: 1000, reference: `CN-${process.pid}` });
  const { body } = await ask('GET', `orders/${order.id}?refresh=1`);
  const invoice = body.credit_invoices[0];
  await page.goto(ADMIN);
  for (const text of [order.reference, order.klarnaId, body.klarna_reference,
    `I-${process.pid}`, number, body.captures[0].capture_id, body.captures[0].klarna_reference,
    `CN-${process.pid}`, invoice.id, invoice.steps[0].refund_id]) {
    await find(page, text);
    await shows(links(page), order.reference);
    assert.deepEqual(await names(page), [order.reference], text);
  }
  await find(page, `nothing-${process.pid}`);
  await shows(page.locator('main'), 'No order has the reference');
});

story('what needs a person is one click away', async (page) => {
  await page.goto(ADMIN);
  // Of those to ship the one that expires first: the others' page is chance, with so many of a day.
  for (const [list, name, concern] of [['to_ship', 'A-1005', '5 days left'],
    ['expiring', 'A-1005', '5 days left'], ['orphans', 'A-1011', 'Orphan'],
    ['capture_unconfirmed', 'A-1008', 'Shipped, not captured'],
    ['refund_unconfirmed', 'A-1004', 'Refund did not go through']]) {
    const tab = page.locator(`[data-name=list-${list}]`);
    await tab.click();
    await page.waitForURL(`**list=${list}*`);
    await shows(page.locator('main tbody tr').filter({ hasText: name }), concern);
    assert.equal(await tab.getAttribute('aria-current'), 'true');
    if (list !== 'to_ship') assert.match(await tab.innerText(), /[1-9]/);
  }
  await page.goBack();
  await page.waitForURL('**list=capture_unconfirmed*');
  await shows(links(page), 'A-1008');
});

story('narrowed by state and by day', async (page) => {
  const order = await captured();
  await page.goto(ADMIN);
  const filters = page.getByRole('button', { name: /^Filters/ });
  if (await filters.isVisible()) await filters.click();
  await page.getByLabel('State').selectOption('CANCELLED');
  await page.waitForURL('**state=CANCELLED*');
  await shows(links(page), 'A-1001');
  assert.ok(!(await names(page)).includes(order.reference));
  await page.getByLabel('State').selectOption('CAPTURED');
  await shows(links(page), order.reference);
  assert.ok(!(await names(page)).includes('A-1001'));
  await page.getByLabel('Placed until').fill('2020-01-01');
  await shows(page.locator('main'), 'No order matches these filters');
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await shows(links(page), order.reference);
});

story('narrowed by where in a store it was paid', async (page) => {
  await page.goto(ADMIN);
  const filters = page.getByRole('button', { name: /^Filters/ }), till = page.getByLabel('Till');
  if (await filters.isVisible()) await filters.click();
  await page.getByLabel('Channel').selectOption('instore');
  await page.waitForURL('**channel=instore*');
  await till.fill('Nowhere');
  await till.press('Enter');
  await page.waitForURL('**till=Nowhere*');
  await shows(page.locator('main'), 'No order matches these filters');
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await till.waitFor({ state: 'detached' });
});

story('page by page, and back, without an order missing or twice', async (page) => {
  const hat = [line('Hat', 'HAT', 1, 100)];
  const made = [];
  for (let i = 0; i < 11; i++) {
    made.push(...await Promise.all(Array.from({ length: 5 }, () => placed({ lines: hat }))));
  }
  await page.goto(ADMIN);
  await shows(page.locator('main'), '50 orders on this page');
  const first = await names(page);
  await page.locator('[data-name=next]').click();
  await page.waitForURL('**cursor=*');
  await page.locator('[data-name=previous]').waitFor();
  await page.waitForFunction((name) => document.querySelector('a.order-link')?.innerText !== name,
    first[0]);
  const second = await names(page);
  assert.equal(new Set([...first, ...second]).size, first.length + second.length);
  for (const { reference } of made) assert.ok([...first, ...second].includes(reference), reference);
  await page.locator('[data-name=previous]').click();
  await page.waitForFunction((name) => document.querySelector('a.order-link')?.innerText === name,
    first[0]);
  assert.deepEqual(await names(page), first);
});

story('exported as CSV: what is filtered, and nothing a spreadsheet would run', async (page) => {
  const order = await captured({ merchant_reference1: `=HYPERLINK("x${process.pid}")`,
    merchant_reference2: `CSV-${process.pid}` });
  const other = await captured();
  await page.goto(ADMIN);
  await find(page, `CSV-${process.pid}`);
  await shows(page.getByRole('status'), '1 order found');
  const [head, row, ...rest] = await download(page);
  assert.match(head, /order_amount/);
  assert.ok(row.includes(`"'=HYPERLINK(""x${process.pid}"")"`), row);
  assert.ok(row.includes(order.klarnaId) && row.includes('1150.00'), row);
  assert.deepEqual(rest, ['']);
  await page.goto(`${ADMIN}?state=CAPTURED`);
  await shows(links(page), other.reference);
  const rows = await download(page);
  assert.ok(rows.some((text) => text.includes(other.reference)));
  assert.ok(rows.slice(1, -1).every((text) => text.includes('CAPTURED')));
});

// --- payments that became no order --------------------------------------------------------------

const rowOf = (page, name) => page.locator('main tbody tr').filter({ hasText: name });

story('unfinished payments stand apart from the orders, with the reason', async (page) => {
  const order = await placed(), payment = await started();
  await page.goto(ADMIN);
  await shows(links(page), order.reference);
  assert.equal((await names(page))[0], order.reference);
  assert.deepEqual(await page.locator('select[name=state] option').evaluateAll(
    (options) => options.map(({ value }) => value).filter(
      (state) => ['CREATED', 'DECLINED', 'ABANDONED'].includes(state))), []);
  await page.getByRole('link', { name: 'Payments', exact: true }).click();
  await shows(page.getByRole('heading', { level: 1 }), 'Unfinished payments');
  await shows(rowOf(page, payment.reference), '1,150.00');
  await shows(rowOf(page, 'A-1015'), 'The shopper has not finished the purchase yet');
  await shows(rowOf(page, 'A-1015'), '536.00');
  assert.equal(await rowOf(page, 'A-1011').count(), 0); // an orphan is an order
  await page.locator('[data-name=payments-DECLINED]').click();
  await page.waitForURL('**state=DECLINED*');
  await shows(rowOf(page, 'A-1013'), 'In Klarna’s payment form: pay_later not approved');
  await shows(rowOf(page, 'A-1014'), 'NOT_ALLOWED: Not allowed right now.');
  await page.locator('[data-name=payments-ABANDONED]').click();
  await shows(rowOf(page, 'A-1012'), 'The shopper never finished the purchase');
  assert.equal(await rowOf(page, 'A-1013').count(), 0);
  assert.equal(await page.locator('[data-name=csv]').count(), 0);
  const filters = page.getByRole('button', { name: /^Filters/ });
  if (await filters.isVisible()) await filters.click();
  await page.getByLabel('Started until').fill('2020-01-01');
  await shows(page.locator('main'), 'No payment matches these filters');
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await shows(links(page), 'A-1012');
});

story('a payment shows what there is, and offers nothing', async (page) => {
  const parts = () => page.locator('main section.part').evaluateAll(
    (sections) => sections.map(({ dataset }) => dataset.name).filter(Boolean));
  await page.goto(`${ADMIN}payments.html?state=DECLINED`);
  await page.getByRole('link', { name: 'A-1014', exact: true }).click();
  await shows(page.getByRole('heading', { level: 1 }), 'Payment A-1014');
  await shows(page.locator('[data-name=refusal]'), 'NOT_ALLOWED: Not allowed right now.');
  await shows(page.locator('section[data-name=history] tbody tr'), 'Placement');
  assert.deepEqual(await parts(), ['lines', 'links', 'history']);
  assert.equal(await page.locator('[data-name^=do-], [data-name=look]').count(), 0);
  assert.equal(await page.locator('header [aria-current=page]').innerText(), 'Payments');
  await page.getByRole('link', { name: 'Unfinished payments' }).click();
  await page.waitForURL('**/payments.html?state=DECLINED');
  await page.getByRole('link', { name: 'A-1013', exact: true }).click();
  await shows(page.locator('section[data-name=history]'), 'No attempt was made');
  assert.deepEqual(await parts(), ['lines', 'links', 'history']);
});

story('a payment that is placed after all becomes an order', async (page) => {
  const order = await placed({ declined: 'pay_later not approved' });
  await page.goto(`${ADMIN}payments.html?state=DECLINED`);
  await shows(links(page), 'A-1013');
  assert.ok(!(await names(page)).includes(order.reference));
  await page.goto(`${ADMIN}order.html?id=${order.id}`);
  await shows(page.getByRole('heading', { level: 1 }), `Order ${order.reference}`);
  assert.equal(await page.locator('[data-name=refusal]').count(), 0);
  await page.locator('[data-name=do-capture]:not([aria-disabled])').waitFor();
});
