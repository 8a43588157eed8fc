// SPDX-License-Identifier: Apache-2.0
// Who may: pages of other sites, although the browser sends the clerk's password by itself; and
// people whose login lacks the right.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { ADMIN, BASE_URL, books, captured, open, shows, story, visit, withBrowser }
  from './support.mjs';

withBrowser();

// --- forged by another site -----------------------------------------------------------------

// A page that does what it is told in its address: one of ways, against one target.
const EVIL = `<!DOCTYPE html><form method="post" enctype="text/plain"></form><script>
const { way, target, body } = Object.fromEntries(new URLSearchParams(location.search));
const send = (mode, type) => fetch(target, { method: 'POST', mode, credentials: 'include', body,
  headers: { 'Content-Type': type } }).then(() => 'sent', () => 'refused')
  .then((word) => { document.title = word; });
if (way === 'form') {
  const form = document.querySelector('form'), field = document.createElement('input');
  field.name = body.slice(0, -1) + ',"x":"';     // text/plain writes name=value
  field.value = '"}';
  form.action = target;
  form.append(field);
  form.submit();
}
if (way === 'text') send('no-cors', 'text/plain');
if (way === 'json') send('cors', 'application/json');
</script>`;
let evil;

before(async () => {
  evil = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(EVIL);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => { evil.on('listening', resolve); });
});
after(() => evil.close());

// 127.0.0.1 is of the same site as the admin page (another port), localhost of another one.
for (const host of ['localhost', '127.0.0.1']) {
  for (const way of ['form', 'text', 'json']) {
    test(`forged by a page of ${host}, ${way}: refused, nothing moved`, async () => {
      const order = await captured();
      await visit('clerk', async (page) => {
        await page.goto(ADMIN);             // the browser knows the password now
        const answers = [];
        page.on('response', (answer) => {
          if (answer.url().includes('/credit-invoices')) answers.push(answer);
        });
        const target = `${BASE_URL}/klarna/orders/${order.id}/credit-invoices`;
        const query = new URLSearchParams({ way, target, body: '{"everything":true}' });
        await page.goto(`http://${host}:${evil.address().port}/?${query}`);
        if (way === 'form') await page.waitForURL(target);
        else await page.waitForFunction(() => document.title);
        const posts = answers.filter((answer) => answer.request().method() === 'POST');
        // JSON is stopped by the preflight; the others come with the password (no 401), but for
        // a fetch from another site, to which this browser gives none.
        if (way === 'json') assert.equal(posts.length, 0);
        else assert.equal(posts.at(-1).status(), way === 'text' && host === 'localhost' ? 401 : 403);
        if (way === 'form') await shows(page.locator('body'), 'cross_site');
      }, { expected: ['/klarna/orders', '/?way=', '/favicon.ico'] });
      await books(order, { refunded_amount: 0, captured_amount: 115000 });
    });
  }
}

test('a breach of the policy would be told', () => assert.rejects(visit('clerk', async (page) => {
  await page.goto(ADMIN);
  const told = page.waitForEvent('console');
  await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<p style="top:0">'));
  await told;
}), /Content Security Policy/));

// --- without the right -----------------------------------------------------------------------

const denied = (page) => page.locator('main [role=alert]');

story('without the group of clerks: every page says which right is missing', async (page) => {
  const order = await captured();
  for (const address of [ADMIN, `${ADMIN}order.html?id=${order.id}`]) {
    await page.goto(address);
    await shows(denied(page), 'Permission to see and change orders is missing');
    await shows(denied(page), '/klarna/orders');
    assert.equal(await page.getByRole('table').count(), 0);
    assert.equal(await page.getByText(order.reference).count(), 0);
  }
  await page.goto(`${ADMIN}operations.html`);
  await shows(denied(page), 'Permission to operate the module');
}, { user: 'guest', expected: ['/klarna/orders', '/klarna/operator'] });

story('a clerk who is no operator: the operations page says so, orders work', async (page) => {
  const order = await captured();
  await page.goto(`${ADMIN}operations.html`);
  await shows(denied(page), 'clerk does not have access to this');
  await shows(denied(page), '/klarna/operator');
  await open(page, order);
  await shows(page.getByRole('heading', { level: 1 }), order.reference);
}, { expected: ['/klarna/operator'] });
