// SPDX-License-Identifier: Apache-2.0
// The shopper's stories in a real browser: the example shop, the module behind it, the sandbox.
// BASE_URL is the shop, PHONE_URL the sandbox's phone page. Every story counts the orders in the
// sandbox's own ledger, and no story may leave an error in the browser's console (a breach of
// the page's Content-Security-Policy is one).
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { control, watch } from './common.mjs';

const { BASE_URL, PHONE_URL, SCREENSHOTS, USERS, CHROMIUM = '/usr/bin/chromium' } = process.env;
const WAIT_MS = 60000;        // only a failure, or a busy machine, waits so long
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 740 };
let browser;

async function orders() {
  return (await control('ledger')).orders;
}

// What the shop's clerk reads of the newest payment that was refused.
async function refusedLast() {
  const login = btoa(`clerk:${JSON.parse(USERS).clerk}`);
  const answer = await fetch(`${BASE_URL}/klarna/orders?state=DECLINED&limit=1`,
    { headers: { Authorization: `Basic ${login}` } });
  const [payment] = (await answer.json()).orders;
  return [payment.reason_code, payment.reason];
}

async function picture(page, name) {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.evaluate(() => window.scrollTo({ top: 0, behavior: 'instant' }));
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}

// story(name, run, { expected, ...browser context }): a shopper of its own on an empty sandbox.
function story(name, run, { expected = [], ...options } = {}) {
  test(name, async () => {
    await control('reset', {});
    const context = await browser.newContext({ viewport: WIDE, ...options });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    const errors = watch(page, expected);
    try {
      await page.goto(BASE_URL);
      await run(page, context);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}

const add = (page, name) => page.getByRole('button', { name: `Add to basket: ${name}` }).click();
const total = (page) => page.locator('#sums .total dd');
const pay = (page) => page.getByRole('button', { name: /^Pay .* with Klarna$/ });
const said = (page) => page.locator('#basket [role=status]');
const problem = (page) => page.getByRole('alert');
const atKlarna = (page, name) => page.frameLocator('dialog iframe').getByRole('button', { name });

async function shows(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor();
}

async function fill(page) {
  await add(page, 'Stoneware mug');
  await add(page, 'The bread book');
  await shows(total(page), '487,00');
}

async function toPayment(page) {
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await pay(page).and(page.locator(':enabled')).waitFor();
}

async function toKlarna(page) {
  await fill(page);
  await toPayment(page);
  await pay(page).click();
}

async function confirmed(page, badge) {
  await page.waitForURL(/\?order$/);
  await shows(page.locator('#order-badge'), badge);
}

// Nothing is wider than the page or than the box it stands in.
async function everythingFits(page) {
  const outside = await page.evaluate(() => {
    const right = (element) => element.getBoundingClientRect().right;
    return [...document.querySelectorAll('body *')].filter((element) => {
      const box = element.closest('.basket, .product, .confirmation, body');
      return element.checkVisibility() && !element.closest('.hidden')
        && right(element) > right(box) + 1;
    }).map((element) => element.outerHTML.slice(0, 80));
  });
  assert.deepEqual(outside, []);
}

before(async () => {
  assert.ok(BASE_URL && PHONE_URL, 'BASE_URL and PHONE_URL name the shop and the phone');
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});

after(() => browser?.close());

story('pays five lines with discount, delivery and two rates of VAT', async (page) => {
  await picture(page, 'shop');
  await fill(page);
  await page.getByRole('button', { name: 'One Stoneware mug more' }).click();
  await page.getByLabel('Discount code').fill('welcome10');
  await page.getByLabel('Discount code').press('Enter');
  await shows(total(page), '613,30');
  await toPayment(page);
  await picture(page, 'payment');
  await pay(page).click();
  await atKlarna(page, 'Approve').first().waitFor();
  await picture(page, 'at-klarna');
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  await shows(page.locator('#order-facts'), 'AUTHORIZED');
  await shows(page.locator('#order-facts'), '613,30');
  await picture(page, 'confirmation');
  const [order, ...more] = await orders();
  assert.equal(more.length, 0);
  assert.equal(order.order_amount, 61330);
  assert.equal(order.order_lines.length, 5);
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  await shows(page.locator('#empty'), 'Nothing in it yet');
});

story('refused by Klarna: says so, and another try can succeed', async (page) => {
  await toKlarna(page);
  const told = page.waitForResponse('**/declined');
  await atKlarna(page, 'Refuse').click();
  await shows(problem(page), 'Nothing was charged');
  assert.equal((await told).status(), 200);
  assert.deepEqual(await refusedLast(), ['widget', 'klarna not approved']);
  assert.equal(await pay(page).isEnabled(), false);
  await picture(page, 'refused');
  assert.equal((await orders()).length, 0);
  await page.getByRole('button', { name: 'Try again' }).click();
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
});

// Klarna's widget answers like this: what is clipped is whole characters, in 255 bytes.
const NOT_OFFERED = { status: 400, headers: { 'Access-Control-Allow-Origin': '*' },
  json: { error_messages: [`No: ${'ö'.repeat(200)}`] } };

story('a method that is not offered: the shop is told why, another one pays', async (page) => {
  await control('behaviour', { categories: 'three' });
  await page.route('**/sdk/load', (route) => route.fulfill(NOT_OFFERED), { times: 1 });
  await fill(page);
  const told = page.waitForResponse('**/declined');
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await shows(problem(page), 'does not offer this payment method');
  assert.equal((await told).status(), 200);
  const start = 'pay_later not offered: No: ';
  const fits = Math.floor((255 - start.length) / 2);
  assert.deepEqual(await refusedLast(), ['widget', start + 'ö'.repeat(fits)]);
  await page.getByLabel('Pay over time').check();
  await pay(page).and(page.locator(':enabled')).waitFor();
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
}, { expected: ['/sdk/load'] });

story('refused, and the shop cannot be told: another try succeeds', async (page) => {
  await page.route('**/declined', (route) => route.abort());
  await toKlarna(page);
  const told = page.waitForRequest('**/declined');
  await atKlarna(page, 'Refuse').click();
  await shows(problem(page), 'Nothing was charged');
  await told;
  await page.getByRole('button', { name: 'Try again' }).click();
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
}, { expected: ['/declined'] });

story('details that Klarna cannot use are no refusal', async (page) => {
  const invalid = { ...NOT_OFFERED, json: { error_messages: ['Bad value: billing_address.city'] } };
  await page.route('**/sdk/authorize', (route) => route.fulfill(invalid), { times: 1 });
  const told = [];
  page.on('request', (request) => { if (/declined$/.test(request.url())) told.push(request); });
  await toKlarna(page);
  await shows(said(page), 'Klarna cannot use these details: billing_address.city.');
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  assert.deepEqual(told, []);
}, { expected: ['/sdk/authorize'] });

// The example shop asks nobody for an address; this one does.
const withShopper = (page) => page.route('**/shop.mjs', async (route) => {
  const script = await (await route.fetch()).text();
  await route.fulfill({ contentType: 'text/javascript',
    body: script.replace('onState:', 'data: () => window.shopper, onState:') });
});
const tell = (page, shopper) => page.evaluate((told) => { window.shopper = told; }, shopper);
const ADA = { given_name: 'Ada', family_name: 'Berg', street_address: 'Lilla\tgatan 1',
  street_address2: 'Door 2', postal_code: '111 22', city: 'Lund', country: 'SE', phone: null };

story('the module hears what Klarna was told, also after a change of mind and a reload',
  async (page) => {
    await withShopper(page);
    await page.reload();
    await fill(page);
    await toPayment(page);
    await tell(page, { billing_address: ADA, shipping_address: ADA });
    await pay(page).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await shows(said(page), 'You have not paid');
    const { street_address2, ...moved } = { ...ADA, city: 'Malmö' };
    await tell(page, { billing_address: moved, customer: { date_of_birth: '1971-03-29' } });
    await page.route('**/checkout/orders', (route) => route.abort(), { times: 1 });
    const lost = page.waitForRequest('**/checkout/orders');
    await pay(page).click();
    await atKlarna(page, /^Approve$/).click();
    await lost;
    const again = page.waitForRequest('**/checkout/orders');
    await page.reload();
    const { billing_address, shipping_address, customer } = (await again).postDataJSON();
    assert.deepEqual(billing_address, { given_name: 'Ada', family_name: 'Berg',
      street_address: 'Lilla gatan 1', street_address2: '', postal_code: '111 22', city: 'Malmö',
      country: 'SE' });
    assert.equal(shipping_address.street_address2, 'Door 2');
    assert.equal(customer.date_of_birth, '1971-03-29');
    await confirmed(page, 'Order received');
    assert.equal((await orders()).length, 1);
    assert.doesNotMatch(await page.evaluate(() => JSON.stringify(sessionStorage)), /Ada|gatan/);
  }, { expected: ['/checkout/orders'] });

story('chooses another payment method by keyboard', async (page) => {
  await control('behaviour', { categories: 'three' });
  await fill(page);
  await toPayment(page);
  await page.getByLabel('Pay later').focus();
  await page.keyboard.press('ArrowDown');
  await shows(page.locator('#klarna-widget'), 'Pay over time');
  assert.ok(await page.getByLabel('Pay over time').isChecked());
  assert.ok(await page.getByLabel('Pay over time').evaluate((it) => it === document.activeElement));
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
});

story('changes the basket during the preparation: pays what it shows', async (page, context) => {
  await fill(page);
  await toPayment(page);
  await context.route('**/sdk/load', async (route) => {
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    await route.continue();
  });
  const more = page.getByRole('button', { name: 'One Stoneware mug more' });
  const loading = page.waitForRequest('**/sdk/load');
  await more.click();
  await loading;
  for (let clicks = 0; clicks < 4; clicks++) await more.click();
  await shows(pay(page), '1 432,00');
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  assert.deepEqual((await orders()).map((order) => order.order_amount), [143200]);
});

story('walks away, changes the basket and pays the new sum', async (page) => {
  await toKlarna(page);
  await atKlarna(page, 'Walk away').click();
  await shows(said(page), 'You have not paid');
  assert.equal((await orders()).length, 0);
  await page.getByRole('button', { name: 'Remove Stoneware mug' }).click();
  await shows(pay(page), '298,00');
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  const all = await orders();
  assert.deepEqual(all.map((order) => order.order_amount), [29800]);
});

story('lands in fraud review: placed, and told as not decided', async (page) => {
  await toKlarna(page);
  await atKlarna(page, 'Approve, lands in fraud review').click();
  await confirmed(page, 'In review');
  await shows(page.locator('#order-facts'), 'PENDING');
  await picture(page, 'in-review');
  assert.equal((await orders()).length, 1);
});

story('decides on the phone', async (page, context) => {
  await toKlarna(page);
  const phone = await context.newPage();
  await phone.goto(PHONE_URL);
  await phone.getByRole('button', { name: /^Approve$/ }).click();
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
});

story('reloads while the order is being placed: goes on with the same token', async (page) => {
  await toKlarna(page);
  await control('faults', { match: { method: 'POST', path: '/order$' }, times: 1,
    fault: { kind: 'delay', seconds: 3 } });
  await atKlarna(page, /^Approve$/).click();
  await shows(said(page), 'Placing your order');
  await page.reload();
  await shows(said(page), /Placing your order|answer is late/);
  await picture(page, 'placing');
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
}, { expected: ['/klarna/checkout/orders'] });

story('reloads while Klarna asks: pays later with the same session', async (page) => {
  await toKlarna(page);
  await atKlarna(page, /^Approve$/).waitFor();
  await page.reload();
  await toPayment(page);
  assert.equal((await control('ledger')).sessions.length, 1);
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
});

story('double click on pay: one page of Klarna, one order', async (page) => {
  await fill(page);
  await toPayment(page);
  await pay(page).dblclick();
  await atKlarna(page, /^Approve$/).waitFor();
  assert.equal(await page.locator('dialog').count(), 1);
  await atKlarna(page, /^Approve$/).dblclick();
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
});

story('a page that lets pay() be called twice: one page of Klarna', async (page) => {
  await fill(page);
  await page.evaluate(async () => {
    const { startKlarnaCheckout } = await import('/klarna-checkout.mjs');
    const config = await (await fetch('/config.json')).json();
    const asked = { items: [{ sku: 'MUG-01', quantity: 1 }] };
    const body = { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(asked) };
    const fetchCart = async () => (await (await fetch('/cart.cgi', body)).json()).signed_cart;
    document.querySelector('#payment').hidden = false;
    await new Promise((resolve) => {
      const checkout = startKlarnaCheckout({ ...config, fetchCart,
        container: document.querySelector('#klarna'), onPlaced() {},
        onState(state) {
          if (state === 'ready') resolve(setTimeout(() => { checkout.pay(); checkout.pay(); }));
        } });
    });
  });
  await atKlarna(page, /^Approve$/).first().waitFor();
  assert.equal(await page.locator('dialog').count(), 1);
});

story('Klarna\'s answer is lost: waits, asks again, one order', async (page) => {
  await toKlarna(page);
  await control('faults', { match: { method: 'POST', path: '/order$' }, times: 4,
    fault: { kind: 'drop_after' } });
  await atKlarna(page, /^Approve$/).click();
  await shows(said(page), 'answer is late');
  assert.equal(await page.getByLabel('Quantity of Stoneware mug').isEnabled(), false);
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
});

story('Klarna stays silent: says so, offers no second payment, and can ask again', async (page) => {
  await control('behaviour', { categories: 'three' });
  await page.clock.install();
  await toKlarna(page);
  await control('faults', { match: { method: 'POST', path: '/order$' }, times: -1,
    fault: { kind: 'drop_after' } });
  await atKlarna(page, /^Approve$/).click();
  await shows(said(page), 'answer is late');
  await page.clock.fastForward(180000);
  await shows(problem(page), 'do not pay again');
  assert.equal(await pay(page).isEnabled(), false);
  assert.equal(await page.getByLabel('Pay over time').isEnabled(), false);
  await picture(page, 'unknown');
  await control('faults', null, 'DELETE');
  await page.getByRole('button', { name: 'Check again' }).click();
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
});

story('Klarna refuses to place: says so in words, and a new try can succeed', async (page) => {
  await toKlarna(page);
  await control('faults', { match: { method: 'POST', path: '/order$' }, times: 1,
    fault: { kind: 'status', status: 400, body: { error_code: 'BAD_VALUE',
      error_messages: ['Bad value: authorization_token'], correlation_id: 'c-1' } } });
  await atKlarna(page, /^Approve$/).click();
  await problem(page).filter({ hasText: /\w/ }).waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await pay(page).and(page.locator(':enabled')).waitFor();
  await pay(page).click();
  await atKlarna(page, /^Approve$/).click();
  await confirmed(page, 'Order received');
  assert.equal((await orders()).length, 1);
}, { expected: ['/klarna/checkout/orders'] });

story('a wrong discount code is told at its field and keeps nobody from buying', async (page) => {
  await fill(page);
  await page.getByLabel('Discount code').fill('FREE');
  await page.getByRole('button', { name: 'Apply' }).click();
  await shows(page.locator('#discount-said'), 'not valid');
  await shows(total(page), '487,00');
  await toPayment(page);
}, { expected: ['/cart.cgi'] });

story('Klarna\'s SDK does not load: a plain sentence, and a second try', async (page, context) => {
  await context.route('**/sdk/lib.js', (route) => route.abort(), { times: 1 });
  await fill(page);
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await shows(problem(page), 'Klarna could not be loaded');
  await page.getByRole('button', { name: 'Try again' }).click();
  await pay(page).and(page.locator(':enabled')).waitFor();
}, { expected: ['/sdk/lib.js'] });

story('with the keyboard alone, on a narrow dark screen', async (page) => {
  const press = async (name) => {
    const focused = () => page.evaluate(() => {
      const element = document.activeElement;
      return element.getAttribute('aria-label') || element.textContent.trim();
    });
    for (let tabs = 0; tabs < 60; tabs++) {
      await page.keyboard.press('Tab');
      if (name.test(await focused())) break;
    }
    assert.match(await focused(), name);
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, 'none', `focus on ${name} cannot be seen`);
    await page.keyboard.press('Enter');
  };
  await picture(page, 'narrow-shop');
  await everythingFits(page);
  await press(/^Add to basket: Wool blanket$/);
  await shows(total(page), '948,00');
  await press(/^Continue to payment$/);
  await pay(page).and(page.locator(':enabled')).waitFor();
  await picture(page, 'narrow-payment');
  await everythingFits(page);
  await press(/^Pay .* with Klarna$/);
  await atKlarna(page, /^Approve$/).focus();
  await page.keyboard.press('Enter');
  await confirmed(page, 'Order received');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'order-title');
  await picture(page, 'narrow-confirmation');
  await everythingFits(page);
}, { viewport: NARROW, colorScheme: 'dark' });

story('at 1440 pixels nothing runs out of the page', async (page) => {
  await fill(page);
  await toPayment(page);
  await picture(page, 'wide-dark');
  await everythingFits(page);
}, { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });

test('the page names every control', async () => {
  const page = await browser.newPage();
  await page.goto(BASE_URL);
  await fill(page);
  await toPayment(page);
  const nameless = await page.evaluate(() => [...document.querySelectorAll('button, input, a')]
    .filter((element) => !element.closest('[hidden], template'))
    .filter((element) => !(element.getAttribute('aria-label') || element.textContent.trim()
      || element.labels?.length))
    .map((element) => element.outerHTML));
  assert.deepEqual(nameless, []);
  await page.close();
});
