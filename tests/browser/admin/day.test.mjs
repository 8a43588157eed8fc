// SPDX-License-Identifier: Apache-2.0
// A clerk's day in the list: rows are chosen and something is done with all of them, views get
// names, what is found is sorted and added up, and the list keeps up with what others do.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ADMIN, act, books, captured, control, eventually, fault, ledger, line, noFaults, placed,
  shows, sql, story, visit, withBrowser } from './support.mjs';
import { looks } from './looks.mjs';

withBrowser();

const HAT = [line('Hat', 'HAT', 1, 10000)];
const rows = (page) => page.locator('main table.orders tbody tr');
const links = (page) => page.locator('main tbody a.order-link');
const names = (page) => links(page).allInnerTexts();
const rowOf = (page, name) => rows(page).filter({ has: page.getByRole('link', { name, exact: true }) });
const chosen = (page) => page.locator('[data-name=chosen] strong');
const ticked = (page) => page.locator('tr[data-picked] a.order-link').allInnerTexts();

async function openList(page, search = '') {
  await page.goto(`${ADMIN}${search}`);
  await links(page).first().waitFor();
}

async function many(count, more = {}) {
  const made = [];
  while (made.length < count) {
    made.push(...await Promise.all(Array.from({ length: Math.min(5, count - made.length) },
      () => placed({ lines: HAT, ...more }))));
  }
  return made;
}

/** Orders of one second reference, and the list of them alone. */
async function group(count, name) {
  const reference = `${name}-${process.pid}`;
  const made = await many(count, { merchant_reference2: reference });
  return { made, reference, search: `?q=${reference}` };
}

async function file(page, button) {
  const [found] = await Promise.all([page.waitForEvent('download'), page.locator(button).click()]);
  assert.match(found.suggestedFilename(), /\.csv$/);
  return readFileSync(await found.path(), 'utf8').trim().split('\r\n');
}

// --- choosing rows ------------------------------------------------------------------------------

story('chosen by ticks, from one to another with Shift, and all of a page', async (page) => {
  const { search } = await group(5, 'PICK');
  await openList(page, search);
  const all = await names(page), tick = page.getByRole('checkbox', { name: /^Select T-/ });
  await tick.nth(1).click();
  await shows(chosen(page), '1 order selected');
  await tick.nth(3).click({ modifiers: ['Shift'] });
  await shows(chosen(page), '3 orders selected');
  assert.deepEqual(await ticked(page), all.slice(1, 4));
  await tick.nth(2).click();
  await shows(chosen(page), '2 orders selected');
  await page.getByLabel('Select all on this page').check();
  await shows(chosen(page), '5 orders selected');
  await page.reload();
  await shows(chosen(page), '5 orders selected');
  await page.locator('[data-name=clear-chosen]').click();
  await chosen(page).waitFor({ state: 'detached' });
  assert.deepEqual(await ticked(page), []);
});

story('what is chosen stays on other pages of the list, and ends with the list', async (page) => {
  await many(52);
  await openList(page, '?state=AUTHORIZED');
  await page.getByLabel('Select all on this page').check();
  await shows(chosen(page), '50 orders selected');
  await page.locator('[data-name=next]').click();
  await page.waitForURL('**cursor=*');
  await page.locator('[data-name=previous]').waitFor();
  await page.getByRole('checkbox', { name: /^Select / }).nth(1).click();
  await shows(chosen(page), '51 orders selected');
  await page.locator('[data-name=list-all]').click();
  await page.waitForURL((url) => !url.search);
  await chosen(page).waitFor({ state: 'detached' });
});

story('exported: those that were chosen, and no other', async (page) => {
  const { made, search } = await group(3, 'CSV');
  await openList(page, search);
  await rowOf(page, made[0].reference).getByRole('checkbox').check();
  await rowOf(page, made[2].reference).getByRole('checkbox').check();
  const [head, ...found] = await file(page, '[data-name=export-chosen]');
  assert.match(head, /order_amount/);
  assert.equal(found.length, 2);
  for (const one of [made[0], made[2]]) {
    assert.ok(found.some((text) => text.includes(one.reference)), one.reference);
  }
});

// --- views, columns, order, sums ----------------------------------------------------------------

story('a view gets a name, keeps its filters for this person, and goes again', async (page) => {
  const order = await placed();
  await openList(page, '?state=AUTHORIZED&when=today&sort=amount_desc');
  await page.locator('[data-name=save-view]').click();
  await page.getByLabel('Name of the view').fill('Today, large first');
  await page.keyboard.press('Enter');
  const view = page.locator('[data-name=view]', { hasText: 'Today, large first' });
  await view.waitFor();
  await openList(page);
  await view.click();
  await page.waitForURL('**when=today*');
  await shows(links(page), order.reference);
  assert.equal(await view.getAttribute('aria-current'), 'true');
  await page.locator('[data-name=remove-view]').click();
  await view.waitFor({ state: 'detached' });
});

story('columns are chosen, and stay so', async (page) => {
  await openList(page);
  const heads = () => page.locator('table.orders thead th').allInnerTexts();
  assert.ok((await heads()).includes('Refunded'));
  await page.locator('[data-name=columns]').click();
  await page.locator('[name=column-refunded]').uncheck();
  await page.locator('[name=column-store]').check();
  await page.keyboard.press('Escape');
  await page.reload();
  await links(page).first().waitFor();
  const found = await heads();
  assert.ok(!found.includes('Refunded') && found.includes('Store'), found.join());
});

story('sorted by amount, and the other way round', async (page) => {
  const reference = `SORT-${process.pid}`;
  for (const price of [20000, 50000, 10000]) {
    await placed({ merchant_reference2: reference, lines: [line('Hat', 'HAT', 1, price)] });
  }
  const amounts = async () => (await rows(page).locator('[data-label=Total]').allInnerTexts())
    .map((text) => text.replace(/\s/g, ' '));
  const sorted = async (name, expected) => {
    await page.locator('[data-name=sort-total]').click();
    await page.waitForURL(`**sort=${name}*`);
    await eventually(async () => String(await amounts()) === String(expected));
  };
  await openList(page, `?q=${reference}`);
  await sorted('amount_desc', ['SEK 500.00', 'SEK 200.00', 'SEK 100.00']);
  assert.equal(await page.locator('th[aria-sort]').getAttribute('aria-sort'), 'descending');
  await sorted('amount_asc', ['SEK 100.00', 'SEK 200.00', 'SEK 500.00']);
  await shows(page.locator('[data-name=totals]'), '3 orders: SEK 800.00 in all, SEK 0.00 captured');
});

story('what is in another list is said, and one click away', async (page) => {
  const order = await captured();
  await openList(page, '?list=to_ship');
  await page.getByRole('searchbox').fill(order.reference);
  await page.keyboard.press('Enter');
  await page.goto(`${ADMIN}?list=to_ship&q=${order.reference}`);
  await shows(page.locator('.empty'), `“${order.reference}” is not in this list`);
  await page.locator('[data-name=elsewhere]').click();
  await page.waitForURL((url) => !url.searchParams.get('list'));
  await shows(links(page), order.reference);
});

story('found whatever the capitals, by an article and by an amount', async (page) => {
  const article = `Art-${process.pid}`;
  const order = await placed({ lines: [line('Hat', article, 1, 700000 + process.pid)] });
  const amount = ((700000 + process.pid) / 100).toFixed(2);
  for (const text of [order.reference.toLowerCase(), article.toUpperCase(), amount]) {
    await page.goto(`${ADMIN}?q=${encodeURIComponent(text)}`);
    await shows(links(page), order.reference);
  }
});

story('in review: a list of its own, and not to ship', async (page) => {
  const order = await placed({ outcome: 'pending' });
  await openList(page, '?list=in_review');
  await shows(links(page), order.reference);
  await openList(page, '?list=to_ship');
  assert.ok(!(await names(page)).includes(order.reference));
});

// --- days ---------------------------------------------------------------------------------------

// Half an hour after midnight in Stockholm it is yesterday in London.
const AFTER_MIDNIGHT = "CAST(strftime('%s', datetime('now', 'start of day', '-30 minutes')) AS INTEGER)";

story('days are those of whoever looks', async (page) => {
  const order = await placed();
  sql(`UPDATE klarna_order SET created_at = ${AFTER_MIDNIGHT} * 1000000 WHERE id = '${order.id}'`);
  const day = sql("SELECT date('now')");
  const search = `?q=${order.reference}&from=${day}&to=${day}`;
  await page.goto(`${ADMIN}${search}`);
  await shows(links(page), order.reference);
  await visit('clerk', async (other) => {
    await other.goto(`${ADMIN}${search}`);
    await shows(other.locator('.empty'), `“${order.reference}” is not in this list`);
  }, { timezoneId: 'UTC' });
});

// --- the list keeps up --------------------------------------------------------------------------

story('what others do is seen; nothing moves, and what is chosen stays', async (page) => {
  await page.clock.install();
  const { made, search } = await group(3, 'KEEP');
  await openList(page, `${search}&state=AUTHORIZED`);
  const before = await names(page);
  await rowOf(page, made[0].reference).getByRole('checkbox').check();
  await links(page).nth(1).focus();
  await act(made[1], 'captures', { everything: true });
  const more = await placed({ lines: HAT, merchant_reference2: search.slice(3) });
  await page.clock.runFor(21000);
  await shows(page.locator('[data-name=fresh]'), '1 new order');
  assert.deepEqual(await names(page), before);
  await shows(rowOf(page, made[1].reference), 'Captured');
  assert.deepEqual(await ticked(page), [made[0].reference]);
  assert.equal(await page.evaluate(() => document.activeElement.innerText), before[1]);
  await page.locator('[data-name=show-news]').click();
  await shows(links(page), more.reference);
  assert.ok(!(await names(page)).includes(made[1].reference));
  assert.deepEqual(await ticked(page), [made[0].reference]);
});

// --- without the mouse --------------------------------------------------------------------------

story('twenty orders are shipped without the mouse', async (page) => {
  const { made, search } = await group(20, 'KEYS');
  let pressed = 0;
  const press = (key) => {
    pressed += 1;
    return page.keyboard.press(key);
  };
  await openList(page, search);
  await press('j');
  await press('Enter');
  for (let i = 0; i < made.length; i++) {
    await page.locator('[data-name=do-capture]:not([aria-disabled])').waitFor();
    await press('c');
    await page.locator('dialog[open]').waitFor();
    await press('Enter');
    await shows(page.locator('[data-name=state-CAPTURED]').first(), 'Captured');
    if (await page.locator('dialog[open]').count()) await press('Enter');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    if (i < made.length - 1) {
      const before = page.url();
      await press('n');
      await page.waitForURL((url) => url.href !== before);
    }
  }
  for (const order of made) await books(order, { captured_amount: 10000 });
  assert.ok(pressed <= 4 * made.length + 1, `${pressed} keys`); // two of them open the first
});

story('keys choose rows, their sheet names them, and they can be turned off', async (page) => {
  const { search } = await group(4, 'ROWS');
  await openList(page, search);
  const all = await names(page);
  for (const key of ['j', 'x', 'j', 'j', 'X', 'k']) await page.keyboard.press(key);
  assert.deepEqual(await ticked(page), all.slice(0, 3));
  assert.equal(await page.evaluate(() => document.activeElement.innerText), all[1]);
  await page.keyboard.press('a');
  await shows(chosen(page), '4 orders selected');
  await page.keyboard.press('Escape');
  await chosen(page).waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.keyboard.type('jxa?');
  assert.equal(await page.getByRole('searchbox').inputValue(), `${search.slice(3)}jxa?`);
  await links(page).first().focus();
  await page.keyboard.press('?');
  const sheet = page.locator('dialog[data-name=keys]');
  await shows(sheet, 'Select the row');
  await looks(page, 'keys');
  await sheet.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('x');
  assert.deepEqual(await ticked(page), []);
  await page.locator('button[data-name=keys]').click();
  await sheet.getByRole('checkbox').check();
  await page.keyboard.press('Escape');
  await page.keyboard.press('2');
  await page.waitForURL('**list=to_ship*');
});

// --- on paper -----------------------------------------------------------------------------------

story('packing slips of many orders, each on its own sheet', async (page, context) => {
  const { made, search } = await group(3, 'SLIP');
  await act(made[0], 'captures', { everything: true });
  await openList(page, search);
  await page.getByLabel('Select all on this page').check();
  const [paper] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('p')]);
  await paper.locator('[data-name=slip]').first().waitFor();
  await shows(paper.locator('main'), '3 packing slips');
  for (const { reference, id } of made) {
    await shows(paper.locator(`[data-name=slip][data-id="${id}"]`), reference);
  }
  await looks(paper, 'slips');
  await paper.emulateMedia({ media: 'print' });
  assert.equal(await paper.locator('.print-tools').first().isVisible(), false);
  assert.equal(await paper.locator('header.top').isVisible(), false);
  const breaks = await paper.locator('.paper').evaluateAll(
    (papers) => papers.map((one) => getComputedStyle(one).breakBefore));
  assert.deepEqual(breaks, ['auto', 'page', 'page']);
});

story('a slip says what is left to pack; what must not leave has none', async (page) => {
  const part = await placed(), review = await placed({ outcome: 'pending' });
  await act(part, 'captures', { lines: [{ reference: 'MUG', quantity: 2 }] });
  await page.goto(`${ADMIN}print.html?kind=slip#${part.id},${review.id}`);
  const slip = page.locator('[data-name=slip]');
  await shows(slip.locator('tr'), 'Stoneware mug');
  assert.deepEqual(await slip.locator('tbody tr').evaluateAll((found) => found.map(
    (row) => row.lastElementChild.innerText.trim())), ['1', '1']);
  assert.equal(await slip.count(), 1);
  await shows(page.locator('[data-name=none]'), review.reference);
});

story('a credit note, of an order or of one return', async (page) => {
  const order = await captured(), none = await captured();
  await act(order, 'credit-invoices', { lines: [{ reference: 'MUG', quantity: 1 }],
    reference: `CN-${process.pid}` });
  const { credit_invoice: second } = await act(order, 'credit-invoices', { amount: 1000 });
  await page.goto(`${ADMIN}print.html?kind=credit#${order.id},${none.id}`);
  const notes = page.locator('[data-name=credit]');
  await shows(notes, `CN-${process.pid}`);
  assert.equal(await notes.count(), 2);
  const mug = notes.filter({ hasText: 'Stoneware mug' });
  await shows(mug, 'SEK 200.00');
  await shows(mug, 'SEK 40.00'); // VAT of 25 % in it
  await shows(page.locator('[data-name=none]'), none.reference);
  await looks(page, 'credit-notes');
  await page.goto(`${ADMIN}print.html?kind=credit#${order.id}:${second.id}`);
  await page.reload();
  await shows(notes, 'SEK 10.00');
  assert.equal(await notes.count(), 1);
});

story('the list with all of it open', async (page) => {
  const { search } = await group(2, 'LOOK');
  await openList(page, search);
  await page.getByLabel('Select all on this page').check();
  await page.locator('[data-name=save-view]').click();
  await looks(page, 'list-chosen');
  await page.emulateMedia({ forcedColors: 'active' });
  assert.equal(await page.locator('tr[data-picked]').first().evaluate(
    (row) => getComputedStyle(row).outlineStyle), 'solid');
});

// --- many at once -------------------------------------------------------------------------------

const REFUSAL = { kind: 'status', status: 403, body: { error_code: 'NOT_ALLOWED',
  error_messages: ['Not allowed right now.'], correlation_id: 'batch' } };

// As somebody may: chosen on four pages, handed over, the tab closed, and looked at later.
test('two hundred captures from one selection, with five refusals and a closed tab', async () => {
  const { made, search } = await group(200, 'BATCH');
  const bad = made.filter((_, i) => i % 40 === 7);
  for (const order of bad) await fault(order, 'captures', REFUSAL, -1);
  await control('faults', { match: { method: 'POST', path: 'captures$' }, times: 3,
    fault: { kind: 'rate_limit' } });
  await visit('clerk', async (page, context) => {
    await openList(page, search);
    for (let i = 0; i < 4; i++) {
      if (i) {
        const before = (await names(page))[0];
        await page.keyboard.press('n');
        await page.waitForFunction((name) => (
          document.querySelector('a.order-link')?.innerText !== name), before);
      }
      await page.keyboard.press('a');
      await shows(chosen(page), `${50 * (i + 1)} orders selected`);
    }
    await page.keyboard.press('c');
    await shows(page.locator('dialog[data-name=capture]'), 'SEK 20,000.00');
    await page.keyboard.press('Enter');
    await page.locator('[data-name=batch]').waitFor();
    await page.close();
    const later = await context.newPage();
    await later.goto(ADMIN);
    const batch = later.locator('[data-name=batch]');
    await later.locator('[data-name=batch][data-state=done]').waitFor({ timeout: 240000 });
    await shows(batch, '195 captured · 5 did not go through');
    const told = await batch.locator('.failures a').allInnerTexts();
    assert.deepEqual(told.toSorted(), bad.map(({ reference }) => reference).toSorted());
    await looks(later, 'batch-done');
    await later.locator('[data-name=put-away]').click();
    await later.reload();
    await links(later).first().waitFor();
    assert.equal(await batch.count(), 0);
  });
  await noFaults();
  for (const order of made) {
    const { captures, captured_amount: amount } = await ledger(order);
    const isBad = bad.includes(order);
    assert.deepEqual([captures.length, amount], isBad ? [0, 0] : [1, 10000], order.reference);
  }
});

story('a batch whose answer is lost is asked for again, and captured once', async (page) => {
  const { made, search } = await group(2, 'LOST');
  let lost = 0;
  await page.route('**/orders/batches', async (route) => {
    if (route.request().method() !== 'POST' || lost) return route.fallback();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  await openList(page, search);
  await page.getByLabel('Select all on this page').check();
  await page.locator('[data-name=capture-chosen]').click();
  await page.keyboard.press('Enter');
  await shows(page.locator('[data-name=batch-problem]'), 'not known whether the server');
  await page.reload(); // what was kept is asked for again, with its key
  const batch = page.locator('[data-name=batch]').filter({ hasText: 'Capture of 2 orders' });
  await shows(batch, '2 captured');
  assert.equal(await batch.count(), 1);
  for (const order of made) await books(order, { captured_amount: 10000 });
}, { expected: ['/orders/batches'] });

// --- what people tell each other ----------------------------------------------------------------

story('notes and tags: kept for the next person, and found', async (page) => {
  const order = await placed(), tag = `fragile${process.pid}`;
  await page.goto(`${ADMIN}order.html?id=${order.id}`);
  await page.locator('[data-name=do-capture]').waitFor();
  await page.keyboard.press('m');
  await page.keyboard.type('Call before delivery.');
  await page.locator('[data-name=add-note]').click();
  await shows(page.locator('[data-name=notes] li'), 'Call before delivery.');
  assert.equal(await page.locator('#note').inputValue(), '');
  await page.locator('[data-name=edit-tags]').click();
  await page.keyboard.type(`${tag}, gift`);
  await looks(page, 'order-desk');
  await page.locator('#tags').press('Enter');
  await shows(page.locator('[data-name=tag]'), tag);
  await visit('operator', async (other) => {
    await openList(other);
    await other.locator('select[name=tag]').selectOption(tag);
    await other.waitForURL(`**tag=${tag}*`);
    await shows(links(other), order.reference);
    await links(other).first().click();
    await shows(other.locator('[data-name=notes] li'), 'clerk');
  });
});

story('an order leads to where else it is known', async (page) => {
  const order = await placed();
  await page.goto(`${ADMIN}order.html?id=${order.id}`);
  const link = page.locator('[data-name=links]').getByRole('link', { name: 'The shop' });
  assert.equal(await link.getAttribute('href'), `/?order=${order.reference}`);
});
