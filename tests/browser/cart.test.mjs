// SPDX-License-Identifier: Apache-2.0
// The example shop's server side: what cart.cgi prices, what it refuses, and that the README's
// ways to sign a cart make carts the module takes. CART_KEY is the file with the shop's secret;
// without it the README's programs are left out.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { BASE_URL, CART_KEY } = process.env;
const MUG = { sku: 'MUG-01', quantity: 1 };
const LANGUAGES = { php: ['php'], python: ['/usr/bin/python3', '-'], javascript: ['node', '-'] };

async function post(path, body, type = 'application/json') {
  const answer = await fetch(`${BASE_URL}${path}`, { method: 'POST',
    headers: { 'Content-Type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body) });
  return { ...await answer.json(), status: answer.status,
    type: answer.headers.get('Content-Type') };
}

const cartOf = (items, discount_code) => post('/cart.cgi', { items, discount_code });

test('prices come from the catalogue, tax is exact, sums meet', async () => {
  const items = ['MUG-01', 'PRINT-07', 'BOOK-03'].map((sku) => ({ sku, quantity: 3 }));
  const { cart } = await cartOf(items, 'WELCOME10');
  const lines = cart.order_lines;
  assert.deepEqual(lines.map((line) => [line.type, line.tax_rate, line.total_amount,
    line.total_tax_amount]), [
    ['physical', 2500, 56700, 11340], ['physical', 1200, 148500, 15911],
    ['physical', 600, 74700, 4228], ['discount', 2500, -5670, -1134],
    ['discount', 1200, -14850, -1591], ['discount', 600, -7470, -423],
    ['shipping_fee', 2500, 4900, 980]]);
  assert.equal(cart.order_amount, 256810);
  assert.equal(cart.order_tax_amount, 29311);
});

test('the module takes the signed cart, and none that was changed on the way', async () => {
  const { signed_cart } = await cartOf([MUG]);
  assert.equal((await post('/klarna/checkout/sessions', { signed_cart })).status, 201);
  const [head, claims, signature] = signed_cart.split('.');
  const text = Buffer.from(claims, 'base64url').toString().replaceAll('18900', '18901');
  const forged = [head, Buffer.from(text).toString('base64url'), signature].join('.');
  assert.equal((await post('/klarna/checkout/sessions', { signed_cart: forged })).status, 403);
});

const REFUSED = [
  ['not JSON', '{', 400], ['a list', [], 400], ['deep', '['.repeat(16000), 400],
  ['no items', {}, 400, 'items'], ['empty', { items: [] }, 400, 'items'],
  ['five products', { items: Array(5).fill(MUG) }, 400, 'items'],
  ['a price', { items: [{ ...MUG, unit_price: 1 }] }, 400, 'items[0]'],
  ['a sum', { items: [MUG], order_amount: 1 }, 400, 'body'],
  ['unknown product', { items: [{ sku: 'X', quantity: 1 }] }, 400, 'items[0].sku'],
  ['a list as product', { items: [{ sku: [], quantity: 1 }] }, 400, 'items[0].sku'],
  ['twice', { items: [MUG, MUG] }, 400, 'items[1].sku'],
  ...[0, -1, 100, 1.5, '1', true, null].map((quantity) => [`quantity ${quantity}`,
    { items: [{ sku: 'MUG-01', quantity }] }, 400, 'items[0].quantity']),
  ['discount code', { items: [MUG], discount_code: 'FREE' }, 400, 'discount_code'],
  ['a list as code', { items: [MUG], discount_code: ['WELCOME10'] }, 400, 'discount_code'],
  ['too large', ' '.repeat(16385), 413], ['far too large', ' '.repeat(60000), 413],
];
for (const [name, body, status, field] of REFUSED) {
  test(`cart.cgi refuses: ${name}`, async () => {
    const answer = await post('/cart.cgi', body);
    assert.equal(answer.status, status);
    assert.equal(answer.type, 'application/problem+json');
    assert.equal(answer.field, field);
    assert.ok(answer.detail);
  });
}

test('cart.cgi refuses: another method, another media type', async () => {
  const got = await fetch(`${BASE_URL}/cart.cgi`);
  assert.equal(got.status, 405);
  assert.equal(got.headers.get('Allow'), 'POST');
  assert.equal((await post('/cart.cgi', '{}', 'text/plain')).status, 415);
});

const readme = readFileSync(new URL('../../docs/storefront/README.md', import.meta.url), 'utf8');
for (const [language, command] of Object.entries(LANGUAGES)) {
  const [, program] = readme.match(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``));
  const missing = spawnSync(command[0], ['--version']).error;
  const skip = missing ? `${command[0]} is not installed` : !CART_KEY && 'CART_KEY is not set';

  test(`README: a cart signed in ${language} is taken`, { skip }, async () => {
    const { cart } = await cartOf([MUG]);
    const text = JSON.stringify(cart);
    const code = program.replace('my_shop_cart()', language === 'php' ? `json_decode('${text}')`
      : `json.loads('${text}')`).replace('myShopCart()', text);
    assert.notEqual(code, program);
    const made = spawnSync(command[0], command.slice(1), { input: code, encoding: 'utf8',
      env: { ...process.env, KLARNA_CART_KEY: CART_KEY, KLARNA_CART_KID: 'demo' } });
    assert.equal(made.status, 0, made.stderr);
    const answer = await post('/klarna/checkout/sessions', { signed_cart: made.stdout.trim() });
    assert.equal(answer.status, 201, answer.detail);
    assert.equal(answer.order_amount, cart.order_amount);
  });
}
