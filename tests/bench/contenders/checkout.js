// SPDX-License-Identifier: Apache-2.0
// The checkout route in Node: fastify, undici with kept connections, a pool of pg.
// In the environment: PORT, UPSTREAM, PGHOST, PGUSER, PGDATABASE.
import { randomUUID } from 'node:crypto';
import fastify from 'fastify';
import pg from 'pg';
import { Agent, request } from 'undici';

const TYPES = new Set(['physical', 'digital', 'shipping_fee', 'discount', 'gift_card',
  'store_credit', 'surcharge']);
const BELOW_ZERO = new Set(['discount', 'gift_card', 'store_credit']);
const SESSIONS = process.env.UPSTREAM + '/payments/v1/sessions';
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json',
  authorization: 'Basic ' + Buffer.from('bench:bench').toString('base64'),
};
const INSERT = {
  name: 'insert',
  text: 'INSERT INTO bench_order VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
};

const dispatcher = new Agent();
const database = new pg.Pool();
const app = fastify({ bodyLimit: 65536 });

class Refusal extends Error {
  constructor(field, expected) {
    super(field);
    this.body = { status: 400, field, expected };
  }
}

function text(from, key, max, where) {
  const value = from[key];
  if (typeof value !== 'string' || value === '' || value.length > max) {
    throw new Refusal(where + key, `a string of 1 to ${max} characters`);
  }
  return value;
}

function number(from, key, min, max, where) {
  const value = from[key];
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new Refusal(where + key, `an integer from ${min} to ${max}`);
  }
  return value;
}

function checkLine(line, where) {
  const type = text(line, 'type', 255, where);
  text(line, 'reference', 255, where);
  text(line, 'name', 255, where);
  const quantity = number(line, 'quantity', 1, 1000000000, where);
  const price = number(line, 'unit_price', -200000000, 200000000, where);
  const rate = number(line, 'tax_rate', 0, 10000, where);
  const total = number(line, 'total_amount', -200000000, 200000000, where);
  const tax = number(line, 'total_tax_amount', -200000000, 200000000, where);
  if (!TYPES.has(type)) {
    throw new Refusal(where + 'type', [...TYPES]);
  }
  if (BELOW_ZERO.has(type) ? price > 0 : price < 0) {
    throw new Refusal(where + 'unit_price', 'the sign of this type');
  }
  if (total !== quantity * price) {
    throw new Refusal(where + 'total_amount', quantity * price);
  }
  const exact = total - Math.trunc(total * 10000 / (10000 + rate));
  if (Math.abs(tax - exact) > 1) {
    throw new Refusal(where + 'total_tax_amount', exact);
  }
}

function checkCart(cart) {
  text(cart, 'purchase_country', 2, '');
  text(cart, 'purchase_currency', 3, '');
  const amount = number(cart, 'order_amount', 1, 200000000, '');
  const taxAmount = number(cart, 'order_tax_amount', 0, 200000000, '');
  const lines = cart.order_lines;
  if (!Array.isArray(lines) || lines.length < 1 || lines.length > 1000) {
    throw new Refusal('order_lines', '1 to 1000 lines');
  }
  const seen = new Set();
  let sum = 0;
  let taxSum = 0;
  lines.forEach((line, i) => {
    checkLine(line, `order_lines[${i}].`);
    sum += line.total_amount;
    taxSum += line.total_tax_amount;
    if (seen.has(line.reference)) {
      throw new Refusal(`order_lines[${i}].reference`, 'a reference no other line has');
    }
    seen.add(line.reference);
  });
  if (Math.abs(taxAmount - taxSum) > lines.length) {
    throw new Refusal('order_tax_amount', taxSum);
  }
  if (amount !== sum) {
    throw new Refusal('order_amount', sum);
  }
}

async function createSession(cart) {
  const answer = await request(SESSIONS, {
    method: 'POST', dispatcher, headers: HEADERS, body: JSON.stringify(cart),
  });
  const session = await answer.body.json();
  if (answer.statusCode !== 200 || typeof session.session_id !== 'string') {
    throw new Error(`upstream: ${answer.statusCode}`);
  }
  return session;
}

app.post('/klarna/checkout/sessions', async (req, reply) => {
  const cart = req.body?.cart;
  if (cart === null || typeof cart !== 'object') {
    throw new Refusal('cart', 'an object');
  }
  checkCart(cart);
  const session = await createSession(cart);
  const id = randomUUID();
  await database.query({ ...INSERT, values: [id, 'CREATED', session.session_id,
    session.client_token, cart.purchase_country, cart.purchase_currency, cart.order_amount,
    cart.order_tax_amount, Date.now() * 1000, JSON.stringify(cart.order_lines)] });
  reply.code(201).header('cache-control', 'no-store');
  return {
    order_id: id,
    state: 'CREATED',
    session_id: session.session_id,
    client_token: session.client_token,
    payment_method_categories: session.payment_method_categories,
    order_amount: cart.order_amount,
    purchase_currency: cart.purchase_currency,
  };
});

app.setErrorHandler((error, req, reply) => {
  const body = error.body ?? { status: error.statusCode ?? 502, detail: error.message };
  reply.code(body.status).send(body);
});

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 4096 });
