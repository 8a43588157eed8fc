// SPDX-License-Identifier: Apache-2.0
// What the stories of the till stand on: a counter of its own for each, the customer's phone at
// the sandbox, and both books.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, BASE_URL, ask, control, shows, sql, visit } from './support.mjs';

export const TILL = `${ADMIN}till.html`;
export const SCREEN = `${BASE_URL}/klarna/screen/`;
export const TABLET = { width: 1024, height: 768 };
let made = 0;

export const named = (page, name) => page.locator(`[data-name=${name}]`);
export const now = (page, name) => page.locator(`[data-name=now] [data-name=${name}]`);
export const box = (page, name) => page.locator(`dialog[open] [data-name=${name}]`);
export const row = (page, id) => page.locator(`tr[data-name=payment-${id}]`);

/** The present payment has come to this state; gives its id. */
export async function stands(page, state) {
  const panel = page.locator(`[data-name=now][data-state=${state}]`);
  await panel.waitFor();
  return panel.getAttribute('data-id');
}

/** At a till of its own, chosen as a cashier chooses it once. */
export async function atTill(page, department = 'desk') {
  await page.goto(TILL);
  const known = named(page, 'change');
  await page.locator('#field-till').or(known).waitFor();
  if (await known.count()) await known.click();
  await page.locator('select[name=department]').selectOption(department);
  await page.locator('#field-till').fill(`Counter ${process.pid}-${++made}`);
  await named(page, 'save-place').click();
  await page.locator('#field-amount').waitFor();
}

/** A payment is asked for; more: what is typed besides, by field. */
export async function begin(page, amount, { way = 'qr', ...more } = {}) {
  await page.locator('#field-amount').fill(amount);
  if (more.number) await page.locator('details.more').evaluate((one) => { one.open = true; });
  const typed = { reference: `R-${process.pid}-${++made}`, ...more };
  for (const [field, text] of Object.entries(typed)) {
    await page.locator(`#field-${field}`).fill(text);
  }
  await page.locator(`input[name=send][value=${way}]`).check();
  await page.getByLabel('Yes to all three').check();
  await named(page, 'start').locator('[data-name=submit]').click();
}

export const begun = async (page, amount, more) => {
  await begin(page, amount, more);
  return stands(page, 'WAITING');
};

export const paymentOf = async (id) => (await ask('GET', `instore/payments/${id}`,
  undefined, { user: 'cashier' })).body;

/** What the sandbox has of the payment with this link. */
export const sandboxOf = async (link) => (
  (await control('instore')).payments.find((one) => one.link === link));

/** The module looks at Klarna at its next turn, as it does when Klarna calls. */
export const called = (id) => sql(
  `UPDATE klarna_payment SET check_at = 1 WHERE id = '${id}' AND check_at > 0`);

/** The customer does it, on the phone. */
export async function phone(id, action, more = {}) {
  const { link } = await paymentOf(id);
  await control('instore', { payment: link, action, ...more });
  called(id);
}

/** What came to the phone last. */
export const message = async () => (await control('outbox')).messages.at(-1);

/** Paid, and told so. */
export async function paid(page, amount, more) {
  const id = await begun(page, amount, more);
  await phone(id, 'approve');
  assert.equal(await stands(page, 'COMPLETED'), id);
  return id;
}

/** Both books say the same, and this of the payment. */
export async function inBooks(id, expected) {
  const ours = await paymentOf(id), theirs = await control(`ledger/${ours.klarna_order_id}`);
  for (const name of ['captured_amount', 'refunded_amount']) {
    assert.equal(ours[name], theirs[name], name);
  }
  assert.equal(ours.amount, theirs.original_order_amount ?? theirs.order_amount);
  assert.deepEqual({ ...theirs, ...expected }, theirs);
  return theirs;
}

/** Nobody paid: the sandbox has no order of it; besides: how many others have its number. */
export async function unpaid(id, besides = 0) {
  const ours = await paymentOf(id);
  assert.equal(ours.klarna_order_id, '');
  const { orders } = await control('ledger');
  assert.equal(orders.filter((order) => order.merchant_reference1 === ours.reference1).length,
    besides);
}

export const tillStory = (name, run, { user = 'cashier', ...options } = {}) => (
  test(name, () => visit(user, run, options)));

export { shows };
