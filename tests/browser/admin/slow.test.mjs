// SPDX-License-Identifier: Apache-2.0
// The pages on a slow network (800 ms, 400 kbit/s): how many requests they need, in how many waves
// that wait for each other, until their content stands; with an empty cache, and with theirs. The
// seconds are printed only, because they are this machine's, too.
import assert from 'node:assert/strict';
import { ADMIN, BASE_URL, PASSWORDS, placed, story, withBrowser } from './support.mjs';
import { slowly } from './slow.mjs';

withBrowser();

// Logged in before, because a password is no part of a visit; by the address, because Playwright
// lets a page keep nothing while it knows the password itself.
const PLAIN = { httpCredentials: undefined, expected: ['about:blank', '/favicon.ico'] };
const login = (page) => page.goto(
  `${BASE_URL.replace('//', `//clerk:${PASSWORDS.clerk}@`)}/klarna/orders?limit=1`);

async function visits(page, name, { address, selector, most }) {
  await login(page);
  for (const which of ['first', 'second']) {
    const { requests, waves, bytes, seconds, paths } = await slowly(page, address, selector,
      { isFresh: which === 'first' });
    console.log(`${name}, ${which} visit: ${requests} requests in ${waves} waves, ${
      Math.round(bytes / 1000)} kB, ${seconds.toFixed(1)} s`);
    assert.ok(waves <= 2, `${which} visit: ${waves} waves of ${paths}`);
    assert.ok(requests <= most[which], `${which} visit: ${paths}`);
  }
}

story('the list on a slow network', (page) => visits(page, 'list', { address: ADMIN,
  selector: 'a.order-link', most: { first: 7, second: 4 } }), PLAIN);

story('an order on a slow network', async (page) => {
  const order = await placed();
  await visits(page, 'order', { address: `${ADMIN}order.html?id=${order.id}`,
    selector: '[data-name=do-capture]', most: { first: 7, second: 4 } });
}, PLAIN);
