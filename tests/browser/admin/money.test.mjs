// SPDX-License-Identifier: Apache-2.0
// What clerks do with money: ship, return, cancel, and everything that may come in between. After
// every story the sandbox's ledger says what moved, and that it moved once.
import assert from 'node:assert/strict';
import { looks } from './looks.mjs';
import { ADMIN, BASE_URL, act, ask, begin, books, captured, control, dialog, ended, eventually, fault,
  field, ledger, line, noFaults, open, part, placed, press, sandboxOrders, shows, sql, story, withBrowser }
  from './support.mjs';

withBrowser();

const LOST = { kind: 'drop_after' };            // executed, and nobody is told
const SLOW = { kind: 'delay', seconds: 6 };       // longer than a reload takes
const REFUSED = { kind: 'status', status: 403, body: { error_code: 'NOT_ALLOWED',
  error_messages: ['Not allowed right now.'] } };

const amountOf = (page, name) => page.locator(`.summary [data-part=${name}] .figure`);
const kr = (text) => new RegExp(text.replace(/[ .]/g, '\\s?.?'));

// A return of 100.00 of a captured order, up to the button that sends it.
async function refund100(page, order) {
  await begin(page, order, 'credit');
  await dialog(page).getByLabel('An amount').check();
  await field(page, 'amount').fill('100,00');
  await shows(dialog(page).locator('[data-name=preview]'), kr('The shopper gets SEK 100.00 back'));
}

async function once(order, amount) {
  const { refunds } = await books(order, { refunded_amount: amount });
  assert.deepEqual(refunds.map((refund) => refund.refunded_amount), [amount]);
}

const payments = (page, name) => page.getByRole('button', { name });

// --- the main job ---------------------------------------------------------------------------

story('paid in the shop, found, shipped, two lines returned with a fee', async (page) => {
  await page.goto(BASE_URL);
  await payments(page, 'Add to basket: Stoneware mug').click();
  await payments(page, 'Add to basket: The bread book').click();
  await payments(page, 'Continue to payment').click();
  await payments(page, /^Pay .* with Klarna$/).and(page.locator(':enabled')).click();
  await page.frameLocator('dialog iframe').getByRole('button', { name: /^Approve$/ }).click();
  await page.waitForURL(/\?order$/);
  const sold = (await sandboxOrders()).at(-1);
  const reference = encodeURIComponent(sold.klarna_reference);
  // Klarna's short reference comes with the worker's first look, a second after the payment.
  await eventually(async () => (await ask('GET', `orders?q=${reference}`)).body.orders.length === 1);

  await page.goto(ADMIN);
  await page.getByRole('searchbox').fill(sold.klarna_reference);
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL('**q=*');
  await page.locator('a.order-link').click();
  await page.waitForURL('**/order.html?id=*');
  const order = { id: new URL(page.url()).searchParams.get('id'), klarnaId: sold.order_id };
  assert.equal((await ask('GET', `orders/${order.id}`)).body.klarna_order_id, order.klarnaId);

  await begin(page, order, 'capture');
  await field(page, 'company').fill('PostNord');
  await field(page, 'number').fill(`PN-SHOP-${process.pid}`);
  await press(page, 'submit');
  await ended(page, 'Klarna has captured');
  await shows(part(page, 'captures'), `PN-SHOP-${process.pid}`);
  const shipped = await books(order, { status: 'CAPTURED', captured_amount: sold.order_amount });
  assert.equal(shipped.captures.length, 1);

  await begin(page, order, 'credit');
  await field(page, 'quantity-0').fill('1');
  await field(page, 'quantity-1').fill('1');
  await field(page, 'fee').fill('49');
  const [mug, book] = sold.order_lines;
  const back = mug.total_amount + book.total_amount - 4900;
  await shows(dialog(page).locator('[data-name=back]'), (back / 100).toFixed(2));
  await press(page, 'submit');
  await ended(page, 'Klarna has confirmed the credit invoice');
  await shows(amountOf(page, 'refunded'), (back / 100).toFixed(2));
  await shows(part(page, 'credit-invoices'), 'Return fee kept');
  await once(order, back);
});

story('shipped in part: some pieces with tracking, the rest released', async (page) => {
  const order = await placed();
  await begin(page, order, 'capture');
  await dialog(page).getByLabel('Selected lines').check();
  await field(page, 'quantity-0').fill('4');
  await press(page, 'submit');
  await shows(dialog(page), 'At most 3');
  await field(page, 'quantity-0').fill('2');
  await field(page, 'quantity-2').fill('');           // the delivery later
  await press(page, 'submit');
  await ended(page, kr('Klarna has captured SEK 400.00'));
  await books(order, { status: 'PART_CAPTURED', captured_amount: 40000 });
  await begin(page, order, 'tracking');
  await field(page, 'number').fill(`PN-LATE-${process.pid}`);
  await press(page, 'submit');
  await ended(page, 'Klarna has the tracking');
  await shows(part(page, 'captures'), `PN-LATE-${process.pid}`);
  await begin(page, order, 'release');
  await press(page, 'submit');
  await ended(page, 'Klarna has released the rest');
  await books(order, { captured_amount: 40000, remaining_authorized_amount: 0 });
});

story('cancelled, but only after a tick that says it is final', async (page) => {
  const order = await placed();
  await begin(page, order, 'cancel');
  await press(page, 'submit');
  await shows(dialog(page), 'Tick this to continue');
  await books(order, { status: 'AUTHORIZED' });
  await dialog(page).getByRole('checkbox').check();
  await press(page, 'submit');
  await ended(page, 'The order is cancelled');
  await books(order, { status: 'CANCELLED', captured_amount: 0, remaining_authorized_amount: 0 });
  const { body } = await ask('GET', `orders/${order.id}`);
  for (const [button, action] of [['capture', 'capture'], ['credit', 'credit_invoice'],
    ['cancel', 'cancel']]) {
    const greyed = page.locator(`[data-name=do-${button}][aria-disabled=true]`);
    const why = await greyed.getAttribute('aria-describedby');
    await shows(page.locator(`[id="${why}"]`), body.actions[action].reason);
  }
});

story('extended: the authorization ends later', async (page) => {
  await control('behaviour', { authorization_days: 10 });
  const order = await placed();
  const before = await books(order);
  await control('behaviour', { authorization_days: 28 });
  await begin(page, order, 'extend');
  await press(page, 'submit');
  await ended(page, 'Klarna has extended the authorization; it now ends on');
  assert.ok((await books(order)).expires_at > before.expires_at);
  await shows(part(page, 'history'), 'Extension');
});

story('the shopper gets more time to pay, at Klarna\'s price, and is written to again', async (page) => {
  const order = await captured();
  await begin(page, order, 'due_date');
  await press(page, 'submit');
  await shows(dialog(page), 'Choose one of these.');
  await dialog(page).getByLabel('14 days, for SEK 39.00').check();
  await press(page, 'submit');
  await ended(page, 'Klarna has moved the due date by 14 days');
  await shows(part(page, 'captures'), 'The shopper may pay 14 days later');
  const [capture] = (await ledger(order)).captures;
  assert.deepEqual(capture.due_date_extensions, [{ number_of_days: 14, amount: 3900 }]);
  await shows(part(page, 'captures'), capture.klarna_reference);
  await page.locator('[data-name=do-due_date]').click();
  await shows(dialog(page), 'Klarna offers no later due date');
  await page.keyboard.press('Escape');

  await page.locator('[data-name=do-send_out]').click();
  await press(page, 'submit');
  await ended(page, 'Klarna writes to the shopper again');
  assert.equal((await ledger(order)).captures[0].send_outs, 1);
});

story('what is typed wrong is said at its field, and nothing is sent', async (page) => {
  const order = await captured();
  await begin(page, order, 'credit');
  await dialog(page).getByLabel('An amount').check();
  for (const [typed, words] of [['12.345', 'Use at most 2 decimals'], ['x', 'not an amount'],
    ['1150,01', 'At most'], ['0', 'more than zero'], ['', 'This is required']]) {
    await field(page, 'amount').fill(typed);
    await press(page, 'submit');
    await shows(dialog(page).locator('[id="wrong-amount"]'), words);
  }
  await field(page, 'amount').fill('0.01');
  await press(page, 'submit');
  await ended(page, 'confirmed');
  await once(order, 1);
}, { expected: ['/preview'] });

// --- what may come in between ---------------------------------------------------------------

story('a reply lost while refunding: progress, then confirmed, one refund', async (page) => {
  const order = await captured();
  await refund100(page, order);
  await fault(order, 'refunds', LOST, -1);
  await press(page, 'submit');
  await shows(dialog(page).locator('[data-name=standing]'), /answer was lost|Waiting for Klarna|Received/);
  await shows(amountOf(page, 'refunded'), '0.00');      // nothing is called done
  await noFaults();
  await ended(page, kr('for SEK 100.00'));
  await shows(amountOf(page, 'refunded'), '100.00');
  await once(order, 10000);
});

story('a double click on the button: one refund', async (page) => {
  const order = await captured();
  await refund100(page, order);
  await fault(order, 'refunds', SLOW);
  await dialog(page).locator('[data-name=submit]').dblclick();
  await ended(page, 'confirmed');
  await once(order, 10000);
});

story('a reload in the middle of a slow refund: goes on, one refund', async (page) => {
  const order = await captured();
  await refund100(page, order);
  await fault(order, 'refunds', SLOW);
  await press(page, 'submit');
  await dialog(page).locator('[data-name=standing][data-state=submitted]').waitFor();
  await page.waitForTimeout(500);
  await page.reload();
  await dialog(page).locator('[data-name=waiting]').waitFor();
  await ended(page, 'confirmed');
  await once(order, 10000);
}, { expected: ['/credit-invoices'] });

story('the connection is lost after the request went out: one refund', async (page) => {
  const order = await captured();
  await refund100(page, order);
  await page.route('**/credit-invoices', async (route) => {
    await route.fetch();
    await route.abort('connectionreset');
  }, { times: 1 });
  await press(page, 'submit');
  await shows(page.locator('[data-name=lost]'), /\w/);
  await ended(page, 'confirmed');
  await once(order, 10000);
}, { expected: ['/credit-invoices'] });

story('out of reach for a while in the middle of a refund: one refund', async (page, context) => {
  const order = await captured();
  await refund100(page, order);
  await fault(order, 'refunds', SLOW);
  await press(page, 'submit');
  await page.waitForTimeout(500);
  await context.setOffline(true);
  await page.reload().catch(() => {});
  await context.setOffline(false);
  await open(page, order);
  await ended(page, 'confirmed');
  await once(order, 10000);
}, { expected: ['/klarna/'] });

story('the window is closed before it is sent: what was typed is kept', async (page) => {
  const order = await captured();
  await refund100(page, order);
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await page.locator('[data-name=do-credit]').click();
  assert.equal(await field(page, 'amount').inputValue(), '100,00');
  await press(page, 'discard');
  await page.locator('[data-name=do-credit]').click();
  await dialog(page).getByLabel('An amount').check();
  assert.equal(await field(page, 'amount').inputValue(), '');
  await books(order, { refunded_amount: 0 });
});

story('two windows: the second one sees that the order has changed', async (page, context) => {
  const order = await captured();
  await refund100(page, order);
  const other = await context.newPage();
  await refund100(other, order);
  await press(other, 'submit');
  await ended(other, 'confirmed');
  await press(page, 'submit');
  await shows(dialog(page), 'The order has changed');
  await press(page, 'discard');
  await once(order, 10000);
});

story('Klarna refuses: said in words, listed, and a new try succeeds', async (page) => {
  const order = await captured();
  await refund100(page, order);
  await fault(order, 'refunds', REFUSED);
  await press(page, 'submit');
  await shows(dialog(page).locator('[data-name=refused]'), 'Not allowed right now.');
  await shows(dialog(page).locator('.codes'), 'NOT_ALLOWED');
  await books(order, { refunded_amount: 0 });
  await press(page, 'again');
  await press(page, 'submit');
  await ended(page, 'confirmed');
  await once(order, 10000);
}, { expected: ['/credit-invoices'] });

// --- what needs a person --------------------------------------------------------------------

// An action that never reached Klarna, left alone by the worker, its last try two minutes ago.
async function lostAction(order, action, body, path = action) {
  await fault(order, path, { kind: 'drop_before' }, -1);
  const answer = await ask('POST', `orders/${order.id}/${action}`, body);
  assert.equal(answer.status, 202);
  await noFaults();
  await eventually(async () => {
    sql(`UPDATE klarna_operation SET next_at = next_at + 3600000000,
      updated_at = updated_at - 120000000 WHERE order_id = '${order.id}' AND next_at > 0
      AND lease_until = 0`);
    const found = sql(`SELECT COUNT(*) FROM klarna_operation WHERE order_id = '${order.id}'
      AND next_at > (SELECT MAX(created_at) + 1800000000 FROM klarna_operation)`);
    return found === '1';
  });
  return order;
}

const stuckCapture = async () => lostAction(await placed(), 'captures', { everything: true });

const stuck = (page, order) => page.locator('section[data-name=queue] tbody tr')
  .filter({ hasText: order.id.slice(0, 8) });

story('an operation that is stuck is sent again', async (page) => {
  const order = await stuckCapture();
  await page.goto(`${ADMIN}operations.html`);
  await stuck(page, order).getByRole('button', { name: 'Send again' }).click();
  await ended(page, 'Klarna has confirmed it');
  const { captures } = await books(order, { captured_amount: 115000 });
  assert.equal(captures.length, 1);
  await stuck(page, order).waitFor({ state: 'detached' });
}, { user: 'operator' });

story('an operation that is stuck is given up: Klarna\'s record decides', async (page) => {
  const order = await stuckCapture();
  await open(page, order);
  await part(page, 'history').getByRole('button', { name: 'Give up' }).click();
  await press(page, 'submit');
  await shows(dialog(page), 'This is required');
  await field(page, 'reason').fill('not shipped');
  await press(page, 'submit');
  await ended(page, 'No money has moved');
  await books(order, { captured_amount: 0, status: 'AUTHORIZED' });
  await shows(page.locator('[data-name=attention-capture_unconfirmed]'), /\w/);
  await page.locator('[data-name=seen]').click();
  await page.locator('[data-name=attention-capture_unconfirmed]').waitFor({ state: 'detached' });
});

// A refund of 100.00 without an answer, and two like it in Klarna's portal: the form, once the
// module has said that the record does not tell.
async function ambiguous(page) {
  const order = await lostAction(await captured(), 'credit-invoices', { amount: 10000 }, 'refunds');
  for (let i = 0; i < 2; i++) {
    await control(`orders/${order.klarnaId}/portal`, { action: 'refund', amount: 10000 });
  }
  await open(page, order);
  await part(page, 'history').getByRole('button', { name: 'Give up' }).click();
  await field(page, 'reason').fill('looked in the portal');
  await press(page, 'submit');
  await dialog(page).locator('[data-name=problem-unclear]').waitFor();
  return { order, refunds: (await ledger(order)).refunds };
}

async function twoRefunds(page, order, { credited, ours }) {
  await page.locator('[data-name=attention-outside]').waitFor();
  const { refunds } = await books(order, { refunded_amount: 20000 });
  assert.deepEqual(refunds.map(({ source }) => source), ['portal', 'portal']);
  const { body } = await ask('GET', `orders/${order.id}`);
  assert.equal(body.pending_operation, null);
  assert.equal(body.max_credit_amount, 95000);
  assert.deepEqual(body.credit_invoices.map(({ state }) => state), credited);
  assert.equal(body.credit_invoices[0].steps[0].refund_id ?? null, ours);
}

story('nobody can tell: the clerk says which refund it was', async (page) => {
  const { order, refunds } = await ambiguous(page);
  await looks(page, 'dialog-give_up-unclear');
  const choices = dialog(page).getByRole('radio');
  assert.equal(await choices.count(), 3);
  await shows(dialog(page), kr('SEK 100.00'));
  await press(page, 'submit');
  await shows(dialog(page), 'Choose one of these');
  assert.ok(await choices.first().evaluate((it) => it === document.activeElement));
  const keys = page.keyboard;
  await keys.press('ArrowDown');
  assert.ok(await dialog(page).getByRole('radio', { name: refunds[1].refund_id }).isChecked());
  await keys.press('Enter');
  await ended(page, 'it now counts as confirmed');
  await twoRefunds(page, order, { credited: ['paid', 'paid'], ours: refunds[1].refund_id });
}, { expected: ['/give-up'] });

story('nobody can tell: the clerk says that it was none of them', async (page) => {
  const { order } = await ambiguous(page);
  await page.reload();
  await dialog(page).getByRole('radio', { name: /^None of these/ }).check();
  assert.equal(await field(page, 'reason').inputValue(), 'looked in the portal');
  await press(page, 'submit');
  await ended(page, 'No money has moved');
  await twoRefunds(page, order, { credited: ['refused', 'paid', 'paid'], ours: null });
  await begin(page, order, 'credit');
  await dialog(page).getByLabel('An amount').check();
  await field(page, 'amount').fill('950,01');
  await press(page, 'submit');
  await shows(dialog(page), kr('At most SEK 950.00'));
}, { expected: ['/give-up', '/preview'] });

// The shopper paid, Klarna's answer was lost, and Klarna does not repeat it.
async function orphan() {
  const order = await placed({ losing: LOST });
  await eventually(async () => (
    (await ask('GET', `orders/${order.id}`)).body.attention === 'orphan'), 40);
  const found = (await sandboxOrders()).filter((each) => each.session_id === order.session);
  assert.equal(found.length, 1);
  return { ...order, klarnaId: found[0].order_id };
}

for (const [then, words, expected] of [
  ['Keep it and ship it', 'can be captured', { status: 'AUTHORIZED' }],
  ['Cancel it: the shopper will not pay for it', 'Klarna has cancelled it',
    { status: 'CANCELLED' }]]) {
  story(`an orphan is adopted: ${then}`, async (page) => {
    const order = await orphan();
    await begin(page, order, 'adopt');
    await field(page, 'klarna_order_id').fill(order.klarnaId);
    await dialog(page).getByLabel(then).check();
    if (expected.status === 'CANCELLED') await dialog(page).getByRole('checkbox').check();
    await press(page, 'submit');
    await ended(page, words);
    await books(order, { captured_amount: 0, ...expected });
    assert.equal((await sandboxOrders()).filter(
      (each) => each.session_id === order.session).length, 1);
  });
}

story('done in Klarna\'s portal: seen, booked, marked, ticked off', async (page) => {
  const order = await captured();
  await control(`orders/${order.klarnaId}/portal`, { action: 'refund', amount: 500 });
  await open(page, order);
  await page.locator('[data-name=look]').click();
  await page.locator('[data-name=attention-outside]').waitFor();
  await books(order, { refunded_amount: 500 });
  await page.locator('[data-name=seen]').click();
  await page.locator('[data-name=attention-outside]').waitFor({ state: 'detached' });
});

// --- without a mouse ------------------------------------------------------------------------

async function tabTo(page, locator) {
  for (let i = 0; i < 100; i++) {
    if (await locator.count() && await locator.evaluate((it) => it === document.activeElement)) {
      return;
    }
    await page.keyboard.press('Tab');
  }
  assert.fail(`never reached: ${locator}`);
}

story('a whole return with the keyboard alone', async (page) => {
  const order = await captured({ lines: [line('Cup', 'CUP', 2, 10000)] });
  const keys = page.keyboard;
  await page.goto(ADMIN);
  await tabTo(page, page.getByRole('searchbox'));
  await keys.type(order.reference);
  await keys.press('Enter');
  await shows(page.getByRole('status'), '1 order found');
  await tabTo(page, page.locator('a.order-link'));
  await keys.press('Enter');
  await tabTo(page, page.locator('[data-name=do-credit]'));
  await keys.press('Enter');
  await tabTo(page, field(page, 'quantity-0'));
  await keys.type('1');
  await tabTo(page, field(page, 'comment'));
  await keys.type('too small');
  await shows(dialog(page).locator('[data-name=preview]'), '100.00');
  await tabTo(page, dialog(page).locator('[data-name=submit]'));
  await keys.press('Enter');
  await ended(page, 'confirmed');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.name), 'do-credit');
  await once(order, 10000);
});

story('a discount goes with its goods, as proposed and as a clerk changes it', async (page) => {
  const order = await placed({ lines: [line('Coat', 'A', 1, 10000), line('Hat', 'B', 1, 5000),
    line('Voucher', 'OFF', 1, -3000, { type: 'discount' })] });
  await begin(page, order, 'capture');
  await dialog(page).getByLabel('Selected lines').check();
  await field(page, 'quantity-1').fill('1');
  await shows(dialog(page).locator('[data-name=preview]'), kr('Klarna captures SEK 40.00'));
  await shows(dialog(page).locator('[data-name=share-OFF]'), '10.00');
  await press(page, 'submit');
  await ended(page, 'Klarna has captured');
  await begin(page, order, 'capture');
  await press(page, 'submit');
  await ended(page, 'Klarna has captured');
  await books(order, { captured_amount: 12000, status: 'CAPTURED' });

  await begin(page, order, 'credit');
  await field(page, 'quantity-0').fill('1');
  await shows(dialog(page).locator('[data-name=preview]'), kr('The shopper gets SEK 80.00 back'));
  await field(page, 'value-2').fill('-5,00');
  await shows(dialog(page).locator('[data-name=preview]'), kr('The shopper gets SEK 95.00 back'));
  await press(page, 'submit');
  await ended(page, kr('for SEK 95.00'));
  await once(order, 9500);
});

story('captured by amount: what waits is taken off only after a tick; a name for Klarna', async (page) => {
  const order = await placed();
  await act(order, 'captures', { amount: 70000 });
  await begin(page, order, 'credit');
  await dialog(page).getByLabel('An amount').check();
  await field(page, 'amount').fill('800,00');
  await press(page, 'submit');
  await shows(dialog(page).locator('#wrong-amount'), '700.00');
  await dialog(page).getByLabel(/Take off what waits/).check();
  await field(page, 'name').fill('Compensation');
  await field(page, 'nameRate').fill('25');
  await shows(dialog(page).locator('[data-name=preview]'), kr('The shopper gets SEK 700.00 back'));
  await press(page, 'submit');
  await ended(page, kr('for SEK 800.00'));
  const { refunds } = await books(order, { refunded_amount: 70000 });
  assert.deepEqual(refunds[0].order_lines.map(({ name, tax_rate }) => [name, tax_rate]),
    [['Compensation', 2500]]);
});

story('what was returned before cannot be returned again', async (page) => {
  const order = await captured();
  await act(order, 'credit-invoices', { lines: [{ reference: 'MUG', quantity: 3 }] });
  await begin(page, order, 'credit');
  assert.equal(await field(page, 'quantity-0').count(), 0);
  await dialog(page).getByLabel(/Everything that is left/).check();
  await press(page, 'submit');
  await ended(page, kr('for SEK 550.00'));
  await books(order, { refunded_amount: 115000 });
}, { expected: ['/preview'] });
