// SPDX-License-Identifier: Apache-2.0
// The windows around a till: the customer's screen, the page of a host that opens it, the receipt;
// and how all of them look to those who see them differently, touch them or have only keys.
import assert from 'node:assert/strict';
import { BASE_URL, NARROW, WIDE, ask, eventually, withBrowser } from './support.mjs';
import { looks } from './looks.mjs';
import { axe } from '../looks.mjs';
import { TABLET, TILL, atTill, begun, box, inBooks, named, now, paid, paymentOf, phone, row, shows,
  stands, tillStory } from './tillsupport.mjs';

withBrowser();

// --- the customer's screen -----------------------------------------------------------------------

async function screenOf(page) {
  await named(page, 'screen').click();
  const address = await page.locator('dialog[open] code').textContent();
  await page.keyboard.press('Escape');
  return address;
}

const shown = (page, state) => page.locator(`main[data-state=${state}]`).waitFor();

tillStory('the customer\'s screen follows, in their language, through a lost connection',
  async (page, context) => {
    await atTill(page);
    const address = await screenOf(page);
    const other = await context.browser().newContext({ viewport: TABLET, locale: 'en-GB' });
    const screen = await other.newPage();
    await screen.goto(address);
    await shown(screen, 'NONE');
    await page.bringToFront();
    const id = await begun(page, '129,50');
    await shown(screen, 'WAITING');
    await screen.waitForFunction(() => document.documentElement.lang === 'sv');
    await shows(screen.locator('.amount'), /129,50\skr/);
    const code = await screen.locator('[data-name=qr]').getAttribute('src');
    assert.ok(code.startsWith('data:image/svg+xml'));
    await looks(screen, 'customer-waiting');

    await other.setOffline(true);
    await named(screen, 'lost').waitFor();
    await other.setOffline(false);
    await phone(id, 'open');
    await shown(screen, 'IN_PROGRESS');
    assert.equal(await screen.locator('[data-name=qr]').count(), 0);
    assert.equal(await named(screen, 'lost').count(), 0);
    await phone(id, 'approve');
    await shown(screen, 'COMPLETED');
    await axe(screen, 'customer-paid');
    await screen.goto(`${address}0`); // another key: the page begins anew
    await shown(screen, 'unlinked');
    await other.close();
    await stands(page, 'COMPLETED');
  });

tillStory('the customer\'s screen stays with its till when a code is asked for too late, and thanks '
  + 'for nothing that goes back', async (page, context) => {
  await atTill(page);
  const address = await screenOf(page);
  const other = await context.browser().newContext({ viewport: TABLET });
  const screen = await other.newPage();
  await screen.route('**/display/qr.svg', (route) => route.fulfill({ status: 404,
    contentType: 'application/problem+json', body: '{"code":"no_link"}' }));
  await screen.goto(address);
  await page.bringToFront();
  const id = await begun(page, '12,00');
  await shown(screen, 'WAITING_NO_CODE');
  await phone(id, 'approve');
  await shown(screen, 'COMPLETED');
  await stands(page, 'COMPLETED');
  await now(page, 'abort').click();
  await box(page, 'submit').click();
  await stands(page, 'GIVEN_BACK');
  await shown(screen, 'GIVEN_BACK');
  await other.close();
});

// --- a host's page ---------------------------------------------------------------------------------

// With the policy of a page that loads nothing but its own scripts.
async function journal(page, script) {
  await atTill(page);
  await page.route('**/journal/*', (route) => (route.request().url().endsWith('.mjs')
    ? route.fulfill({ contentType: 'text/javascript', body: script })
    : route.fulfill({ contentType: 'text/html', body: `<!DOCTYPE html><title>Journal</title>
      <button id="pay">Pay</button><button id="card">Card first</button><pre id="told"></pre>
      <script type="module" src="page.mjs"></script>`,
    headers: { 'Content-Security-Policy': 'default-src \'none\'; script-src \'self\'' } })));
  await page.goto(`${BASE_URL}/journal/page.html`);
}

const journalOf = (number) => `
  import { cardTerminal, openTill } from '/klarna/admin/klarna-till.mjs';
  const wish = { amount: 79900, currency: 'SEK', tax_rate: 2500,
    invoice: { number: '${number}', total: 129900, already_paid: 50000 },
    customer: { phone: '0701740605', email: 'anna@example.se' } };
  const told = document.getElementById('told');
  window.addEventListener('klarna-till', ({ detail }) => { told.textContent = JSON.stringify(detail); });
  document.getElementById('pay').onclick = () => openTill(wish);
  document.getElementById('card').onclick = () => {
    cardTerminal(window.open('/journal/terminal', 'terminal', 'popup'));
    openTill({ ...wish, after: 'card', onBlocked: (button) => document.body.append(button) });
  };`;

const outcome = async (page) => JSON.parse(await page.locator('#told:not(:empty)').textContent());

async function answered(till, way = 'qr') {
  await till.locator(`input[name=send][value=${way}]`).check();
  await till.getByLabel('Yes to all three').check();
  await named(till, 'submit').click();
  return stands(till, 'WAITING');
}

tillStory('a host\'s page: both on file asks, a reload finds the window, the outcome comes',
  async (host, context) => {
    await journal(host, journalOf(`J-${process.pid}`));
    const [till] = await Promise.all([context.waitForEvent('page'), host.locator('#pay').click()]);
    await shows(named(till, 'from-host'), BASE_URL);
    await shows(named(till, 'both'), 'ask the customer which one to use');
    assert.equal(await till.locator('#field-amount').inputValue(), '799.00');
    assert.equal(await till.locator('nav[aria-label=Pages]').count(), 0);
    await till.locator('#field-amount').fill('799.01');
    await named(till, 'submit').click();
    await shows(till.locator('#wrong-amount'), 'the rest of the invoice');
    await till.locator('#field-amount').fill('799.00');
    const id = await answered(till, 'email');

    await host.reload();
    await phone(id, 'approve');
    const told = await outcome(host);
    assert.deepEqual([told.state, told.payment_id, told.amount, told.invoice],
      ['COMPLETED', id, 79900, `J-${process.pid}`]);
    assert.equal(context.pages().length, 2, 'the window was found, not opened again');
    await inBooks(id, { captured_amount: 79900 });
    assert.equal((await paymentOf(id)).tax_amount, 15980);
  }, { expected: ['favicon'] });

tillStory('after a card terminal\'s window; the window closed; opened again after a reload',
  async (host, context) => {
    await context.route('**/journal/terminal', (route) => route.fulfill({ contentType: 'text/html',
      body: '<!DOCTYPE html><title>Terminal</title>' }));
    await journal(host, journalOf(`T-${process.pid}`));
    const [terminal] = await Promise.all([context.waitForEvent('page'),
      host.locator('#card').click()]);
    await terminal.waitForLoadState();
    assert.equal(context.pages().length, 2);
    const opened = context.waitForEvent('page');
    await terminal.close();
    const till = await opened;
    const id = await answered(till);
    till.on('dialog', (dialog) => dialog.accept());
    await till.close({ runBeforeUnload: true });
    const told = await outcome(host);
    assert.ok(['CLOSED', 'CANCELLED'].includes(told.state), told.state);
    assert.equal(told.payment_id, id);
    await eventually(async () => (await paymentOf(id)).state === 'CANCELLED');

    const [again] = await Promise.all([context.waitForEvent('page'), host.locator('#pay').click()]);
    const second = await answered(again);
    await host.evaluate((kept) => sessionStorage.setItem('klarna-till.open', kept),
      JSON.stringify({ id: 'other', name: 'klarna-till-other', wish: {}, payment_id: second }));
    const [third] = await Promise.all([context.waitForEvent('page'), host.reload()]);
    assert.equal(await stands(third, 'WAITING'), second, 'what is pending is shown again');
    await phone(second, 'approve');
    assert.equal((await outcome(host)).state, 'COMPLETED');
  }, { expected: ['favicon'] });

tillStory('where the browser opens no window by itself there is a button', async (host, context) => {
  await journal(host, `
    import { openTill } from '/klarna/admin/klarna-till.mjs';
    const open = window.open.bind(window);
    window.open = (...given) => (navigator.userActivation.isActive ? open(...given) : null);
    document.getElementById('pay').onclick = () => setTimeout(() => openTill({ amount: 100,
      currency: 'SEK', reference: 'B' }), 0);
    setTimeout(() => openTill({ amount: 100, currency: 'SEK', reference: 'B' }), 0);`);
  const [till] = await Promise.all([context.waitForEvent('page'),
    host.getByRole('dialog').getByRole('button').click()]);
  await named(till, 'from-host').waitFor();
}, { expected: ['favicon'] });

// --- the receipt, an exchange ----------------------------------------------------------------------

tillStory('an exchange: what came back and the new sale stand on one receipt', async (page, context) => {
  await atTill(page);
  const first = await paid(page, '100');
  await now(page, 'verify').click();
  await stands(page, 'VERIFIED');
  await now(page, 'exchange').click();
  await page.getByLabel('A part').check();
  await page.locator('#field-amount').fill('40');
  await box(page, 'submit').click();
  await shows(named(page, 'exchange'), 'SEK 40.00 goes back');
  const second = await paid(page, '65,50');
  await inBooks(first, { captured_amount: 10000, refunded_amount: 4000 });
  await inBooks(second, { captured_amount: 6550, refunded_amount: 0 });
  await eventually(async () => (await paymentOf(second)).klarna_reference);
  const [receipt] = await Promise.all([context.waitForEvent('page'),
    now(page, 'receipt').click()]);
  const slip = named(receipt, 'receipt');
  for (const text of ['SEK 65.50', '-SEK 40.00', 'SEK 25.50', 'cashier', 'desk',
    (await paymentOf(first)).klarna_reference, (await paymentOf(second)).klarna_reference,
    (await paymentOf(second)).klarna_order_id]) {
    await shows(slip, text);
  }
  await looks(receipt, 'receipt');
  for (const [paper, width] of [['80', 227], ['a4', 595]]) {
    await receipt.locator('select[name=paper]').selectOption(paper);
    const pdf = (await receipt.pdf({ preferCSSPageSize: true })).toString('latin1');
    const [, found] = pdf.match(/\/MediaBox\s*\[\s*0 0 ([\d.]+)/);
    assert.equal(Math.round(found), width);
    assert.equal(pdf.match(/\/Type\s*\/Page\b/g).length, 1);
  }
});

// --- a credit note -----------------------------------------------------------------------------------

tillStory('a credit note: shown, finalised, each payment refunded in full, found again',
  async (page) => {
    await atTill(page);
    const number = `C-${process.pid}`, ids = [];
    for (const amount of ['60', '40']) {
      ids.push(await paid(page, amount, { number, total: '150', paid: '50', reference: '' }));
      await now(page, 'verify').click();
      await stands(page, 'VERIFIED');
      await now(page, 'fresh').click();
    }
    await row(page, ids[0]).locator('[data-name=refund]').click();
    await page.getByLabel('A part').check();
    await page.locator('dialog[open] #field-amount').fill('15');
    await box(page, 'submit').click();
    await named(page, 'news').waitFor();

    await named(page, 'credit').click();
    await page.locator('dialog[open] #field-number').fill(number);
    await box(page, 'find').click();
    await page.locator('dialog[open] #field-reference').fill(`${number}-CN`);
    await box(page, 'preview').click();
    await shows(box(page, `entry-${ids[0]}`), 'SEK 45.00');
    await shows(box(page, `entry-${ids[1]}`), 'SEK 40.00');
    await looks(page, 'till-credit');
    await box(page, 'finalize').click();
    await shows(box(page, 'done'), `Credit note ${number}-CN is finalised`);
    await box(page, `entry-${ids[0]}`).locator('[data-name=refund-entry]').click();
    await box(page, `entry-${ids[0]}`).locator('[data-name=refunded]').waitFor();
    await inBooks(ids[0], { refunded_amount: 6000 });
    await inBooks(ids[1], { refunded_amount: 0 });
    await box(page, 'close').click();

    await named(page, 'credit').click();
    await page.locator('dialog[open] #field-number').fill(number);
    await box(page, 'find').click();
    await box(page, 'note').click();
    await box(page, `entry-${ids[0]}`).locator('[data-name=refunded]').waitFor();
    await box(page, `entry-${ids[1]}`).locator('[data-name=refund-entry]').click();
    await box(page, `entry-${ids[1]}`).locator('[data-name=refunded]').waitFor();
    await inBooks(ids[1], { refunded_amount: 4000 });
    const { body } = await ask('GET', `instore/invoices/${number}?department=desk`, undefined,
      { user: 'cashier' });
    assert.deepEqual(body.negative_payments.map(({ amount }) => amount).sort(),
      [1500, 4000, 4500]);
  });

// --- how it looks, and by keys alone ---------------------------------------------------------------

tillStory('each window is clean in light and dark, wide, on a tablet and at 360 px', async (page) => {
  await page.goto(TILL);
  await page.locator('#field-till').waitFor();
  await looks(page, 'till-place');
  await atTill(page);
  await page.locator('summary').click();
  await page.locator('#field-amount').fill('x');
  await named(page, 'submit').click();
  await looks(page, 'till-form');
  const id = await begun(page, '12', { number: `L-${process.pid}`, total: '12' });
  await now(page, 'send-sms').click();
  await looks(page, 'till-waiting');
  await page.setViewportSize(TABLET);
  const qr = await named(page, 'qr').boundingBox();
  assert.ok(qr.width >= 300 && qr.y + qr.height <= TABLET.height, 'the code is in sight on a tablet');
  await axe(page, 'till-tablet');
  await page.setViewportSize(NARROW);
  assert.ok((await named(page, 'qr').boundingBox()).width >= 250);
  await page.setViewportSize(WIDE);
  await phone(id, 'approve');
  await stands(page, 'COMPLETED');
  await looks(page, 'till-paid');
  await now(page, 'abort').click();
  await looks(page, 'till-abort-paid');
  await page.keyboard.press('Escape');
  await now(page, 'verify').click();
  await stands(page, 'VERIFIED');
  await now(page, 'refund').click();
  await page.getByLabel('A part').check();
  await looks(page, 'till-refund');
  await page.keyboard.press('Escape');
  await named(page, 'screen').click();
  await page.locator('dialog[open] code').waitFor();
  await looks(page, 'till-screen');
  await page.keyboard.press('Escape');
  await page.locator('input[name=day]').fill('2026-01-02');
  await shows(named(page, 'today'), 'No payment was made here on that day');
  await page.locator('input[name=day]').fill('');
  await row(page, id).waitFor();
});

tillStory('by keys alone: asked for, aborted, and the focus is where the news is', async (page) => {
  await atTill(page);
  await page.locator('#field-amount').focus();
  await page.keyboard.type('33');
  await page.keyboard.press('Tab');
  await page.keyboard.type(`K-${process.pid}`);
  await page.keyboard.press('Enter');
  await shows(page.locator('#wrong-ready'), 'Ask the customer');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'ready');
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await stands(page, 'WAITING');
  await page.waitForFunction(() => document.activeElement.id === 'now-title');
  const reached = async (name) => {
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement.dataset.name) === name) return true;
    }
    return false;
  };
  assert.ok(await reached('abort'));
  await page.keyboard.press('Enter');
  await stands(page, 'CANCELLED');
  await shows(page.locator('#live'), 'Aborted at the till');
});
