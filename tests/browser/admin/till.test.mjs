// SPDX-License-Identifier: Apache-2.0
// A cashier takes payments: by code, SMS and e-mail, with customers who pay, refuse, walk away, are
// quicker or too slow; what is paid is verified and goes back. After every story both books agree.
import assert from 'node:assert/strict';
import { ask, control, eventually, noFaults, withBrowser } from './support.mjs';
import { TILL, atTill, begin, begun, box, called, inBooks, message, named, now, paid, paymentOf, phone, row,
  sandboxOf, shows, stands, tillStory, unpaid } from './tillsupport.mjs';

withBrowser();

const WAITING = /instore\/payments\/[^/]+\?wait=/;

// --- paid ----------------------------------------------------------------------------------------

tillStory('by QR code: opened, approved on the phone, verified, refunded in part and in full',
  async (page, context) => {
    await atTill(page);
    const id = await begun(page, '129,50', { reference: `R-QR-${process.pid}` });
    await named(page, 'qr').waitFor();
    await page.waitForFunction(() => document.querySelector('[data-name=qr]').naturalWidth > 100);
    assert.ok((await named(page, 'qr').boundingBox()).width >= 300);
    await shows(now(page, 'countdown'), / left/);
    await shows(now(page, 'sentence'), 'Waiting for the customer to open it');

    const handset = await context.newPage();
    const { link } = await paymentOf(id);
    await handset.goto(link);
    await handset.getByRole('button', { name: /^Approve/ }).first().waitFor();
    called(id);
    await stands(page, 'IN_PROGRESS');
    await shows(now(page, 'sentence'), 'The amount can no longer be changed');
    assert.equal(await now(page, 'other-amount').count(), 0);
    await handset.getByRole('button', { name: /^Approve/ }).first().click();
    await eventually(async () => (await sandboxOf(link)).ended);
    await handset.close(); // a page behind another is slow
    called(id);
    await stands(page, 'COMPLETED');
    await shows(now(page, 'sentence'), 'Paid. Save the sale now; nothing more can be added');
    const { klarna_reference: reference, klarna_order_id: order } = await paymentOf(id);
    await shows(named(page, 'now'), reference);
    await shows(named(page, 'now'), order);
    await inBooks(id, { captured_amount: 12950, refunded_amount: 0 });

    await now(page, 'verify').click();
    await stands(page, 'VERIFIED');
    assert.equal((await paymentOf(id)).verified_by, 'cashier');
    await row(page, id).locator('[data-name=refund]').click();
    await page.getByLabel('A part').check();
    await page.locator('#field-amount').fill('129,51');
    await box(page, 'submit').click();
    await shows(page.locator('#wrong-amount'), 'At most SEK 129.50');
    await page.locator('#field-amount').fill('29,50');
    await box(page, 'submit').click();
    await shows(named(page, 'news'), 'Klarna gives SEK 29.50 back');
    await inBooks(id, { refunded_amount: 2950 });
    await row(page, id).locator('[data-name=refund]').click();
    await shows(box(page, 'submit'), 'Refund SEK 100.00');
    await box(page, 'submit').click();
    await shows(named(page, 'news'), 'SEK 100.00');
    await shows(row(page, id), 'Everything has been refunded');
    await inBooks(id, { refunded_amount: 12950 });
  }, { expected: ['/pages/', '/eu/'] });

tillStory('by SMS, with the number corrected, then by e-mail as well', async (page) => {
  await atTill(page);
  await begin(page, '50', { way: 'sms', phone: '12345' });
  await page.locator('#field-phone[aria-invalid=true]').waitFor();
  await page.locator('#field-phone').fill('0701740605');
  await named(page, 'submit').click();
  const id = await stands(page, 'WAITING');
  await shows(now(page, 'sent'), 'SMS sent to +46701740605');
  const sms = await message();
  assert.deepEqual([sms.method, sms.to, sms.amount], ['sms', '0701740605', 5000]);

  await now(page, 'send-email').click();
  await page.locator('[data-name=send-form] input').fill('anna@');
  await named(page, 'send-now').click();
  await page.locator('#wrong-to').waitFor();
  await page.locator('[data-name=send-form] input').fill('anna@example.se');
  await named(page, 'send-now').click();
  await shows(now(page, 'sent'), 'E-mail sent to anna@example.se');
  const mail = await message();
  assert.deepEqual([mail.method, mail.to, mail.link], ['email', 'anna@example.se', sms.link]);
  await control('instore', { payment: mail.link, action: 'approve' });
  called(id);
  await stands(page, 'COMPLETED');
  await inBooks(id, { captured_amount: 5000 });
  const ended = await paymentOf(id);
  assert.equal(ended.distribution.to, null, 'what is personal goes when the payment ends');
}, { expected: ['instore/payments'] });

tillStory('the answer to an SMS is lost: the till is told, and sends it again only when asked',
  async (page) => {
    await atTill(page);
    const before = (await control('outbox')).messages.length;
    await control('faults', { match: { path: '/distribution$' }, times: 1,
      fault: { kind: 'drop_after' } });
    await begin(page, '51', { way: 'sms', phone: '0701740605' });
    const id = await stands(page, 'WAITING');
    await shows(now(page, 'sent'), 'is not known. Ask the customer before you send it again');
    assert.equal((await control('outbox')).messages.length, before + 1);
    await now(page, 'send-sms').click();
    await page.locator('[data-name=send-form] input').fill('0701740605');
    await named(page, 'send-now').click();
    await shows(now(page, 'sent'), 'SMS sent to');
    assert.equal((await control('outbox')).messages.length, before + 2);
    await noFaults();
    await now(page, 'abort').click();
    await stands(page, 'CANCELLED');
    await unpaid(id);
  });

tillStory('a QR session at the bicycle shop: short code, approved', async (page) => {
  await atTill(page, 'bikes');
  const { code } = await control('short-codes', { digits: 6 });
  const id = await begun(page, '4 999', { short_code: code });
  await control('instore', { payment: code, action: 'approve' });
  called(id);
  await stands(page, 'COMPLETED');
  await inBooks(id, { order_amount: 499900 });
  await now(page, 'verify').click();
  await stands(page, 'VERIFIED');
  await inBooks(id, { captured_amount: 499900 });
});

// --- not paid --------------------------------------------------------------------------------------

tillStory('the staff\'s check, refused, walked away, aborted while open',
  async (page) => {
    await atTill(page);
    const id = await begun(page, '60');
    await phone(id, 'manual');
    await stands(page, 'IN_PROGRESS');
    await shows(named(page, 'now'), 'compare the customer’s identity document');
    await phone(id, 'deny');
    await shows(now(page, 'sentence'), 'The customer can try again');
    assert.equal(await named(page, 'now').getByText('identity document').count(), 0);
    await phone(id, 'walk_away');
    await now(page, 'abort').click();
    await stands(page, 'CANCELLED');
    await shows(now(page, 'sentence'), 'Aborted at the till. Nothing was paid');
    await unpaid(id);
  });

tillStory('cancelled by the customer; declined at the bicycle shop', async (page) => {
  await atTill(page);
  const id = await begun(page, '61');
  await phone(id, 'cancel');
  await stands(page, 'CANCELLED');
  await shows(now(page, 'sentence'), 'The customer cancelled');
  await unpaid(id);
  await atTill(page, 'bikes');
  const other = await begun(page, '62');
  await phone(other, 'fail', { error_code: 'REJECTED' });
  await stands(page, 'DECLINED');
  await shows(now(page, 'sentence'), 'take another means of payment');
  await unpaid(other);
});

tillStory('aborted before it was opened, one more in one touch, another amount instead',
  async (page) => {
    await atTill(page);
    const first = await begun(page, '70');
    await row(page, first).locator('[data-name=abort]').click();
    await stands(page, 'CANCELLED');
    await now(page, 'again').click();
    const second = await stands(page, 'WAITING');
    assert.notEqual(second, first);
    assert.equal((await paymentOf(second)).amount, 7000);
    await now(page, 'other-amount').click();
    await shows(named(page, 'replaces'), 'SEK 70.00, which is aborted first');
    await page.locator('#field-amount').fill('75');
    await page.getByLabel('Yes to all three').check();
    await named(page, 'submit').click();
    await page.locator('[data-name=now] .figure').filter({ hasText: '75.00' }).waitFor();
    const third = await stands(page, 'WAITING');
    assert.equal((await paymentOf(second)).state, 'CANCELLED');
    await phone(third, 'approve');
    await stands(page, 'COMPLETED');
    await unpaid(first, 1);
    await unpaid(second, 1);
    await inBooks(third, { captured_amount: 7500 });
  });

tillStory('the customer was quicker than the abort: paid, told, and given back when asked',
  async (page) => {
    await atTill(page);
    const id = await begun(page, '80');
    await page.route(WAITING, (route) => route.abort());
    const { link } = await paymentOf(id);
    await control('instore', { payment: link, action: 'approve' });
    await row(page, id).locator('[data-name=abort]').click();
    await page.unroute(WAITING);
    await stands(page, 'COMPLETED');
    await shows(now(page, 'quicker'), 'The customer was quicker');
    await now(page, 'abort').click();
    await shows(page.locator('dialog[open]'), 'gives everything back to the customer');
    await box(page, 'keep').click();
    await inBooks(id, { refunded_amount: 0 });
    await now(page, 'abort').click();
    await box(page, 'submit').click();
    await stands(page, 'GIVEN_BACK');
    await inBooks(id, { captured_amount: 8000, refunded_amount: 8000 });
    assert.equal(await now(page, 'verify').count(), 0);
  }, { expected: ['wait=', 'instore/payments'] });

tillStory('where Klarna only places: an abort after it is paid cancels, verifying captures',
  async (page) => {
    await atTill(page, 'eyes');
    const first = await paid(page, '81');
    await inBooks(first, { captured_amount: 0 });
    await now(page, 'abort').click();
    await shows(page.locator('dialog[open]'), 'the customer pays nothing');
    await box(page, 'submit').click();
    await stands(page, 'GIVEN_BACK');
    await inBooks(first, { captured_amount: 0, status: 'CANCELLED' });
    await now(page, 'fresh').click();
    const second = await paid(page, '82');
    await now(page, 'verify').click();
    await stands(page, 'VERIFIED');
    await inBooks(second, { captured_amount: 8200 });
    await shows(row(page, second), 'Refunds in this department are not agreed with Klarna');
    assert.equal(await row(page, second).locator('[data-name=refund]').count(), 0);
  });

tillStory('its time runs out: ended at Klarna, a fresh one in one touch', async (page) => {
  await atTill(page, 'hasty');
  const id = await begun(page, '90');
  await stands(page, 'CANCELLED');
  await shows(now(page, 'sentence'), 'It took too long');
  await unpaid(id);
  await now(page, 'again').click();
  const second = await stands(page, 'WAITING');
  await phone(second, 'approve');
  await stands(page, 'COMPLETED');
  await inBooks(second, { captured_amount: 9000 });
});

// --- what may come in between -------------------------------------------------------------------

tillStory('the answer to the start is lost: asked again with its key, one payment', async (page) => {
  await atTill(page);
  let lost = 0;
  await page.route('**/instore/payments', async (route) => {
    if (route.request().method() !== 'POST' || lost++) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await begin(page, '91', { reference: `R-LOST-${process.pid}` });
  const id = await stands(page, 'WAITING');
  assert.equal(lost, 2);
  const { till } = await paymentOf(id);
  const { body } = await ask('GET', `instore/payments?till=${encodeURIComponent(till)}`, undefined,
    { user: 'cashier' });
  assert.deepEqual(body.payments.map((one) => one.payment_id), [id]);
  await now(page, 'abort').click();
  await stands(page, 'CANCELLED');
}, { expected: ['instore/payments'] });

tillStory('reloaded by key it goes on; left, it asks and aborts', async (page, context) => {
  await atTill(page);
  const id = await begun(page, '92');
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('F5')]);
  assert.equal(await stands(page, 'WAITING'), id);
  const asked = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    dialog.accept();
  });
  await page.close({ runBeforeUnload: true });
  await eventually(async () => (await paymentOf(id)).state === 'CANCELLED');
  assert.deepEqual(asked, ['beforeunload']);
  await unpaid(id);
  const other = await context.newPage();
  await other.goto(page.url());
  await shows(row(other, id), 'Cancelled');
});

tillStory('somebody who may not take payments is told which right is missing', async (page) => {
  await page.goto(TILL);
  await shows(page.locator('.failure'), 'Permission to take payments at a till is missing');
}, { user: 'guest', expected: ['instore/'] });
