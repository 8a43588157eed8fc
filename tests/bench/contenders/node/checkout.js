// SPDX-License-Identifier: Apache-2.0
// The checkout route in Node: fastify, undici with kept connections, a pool of pg.
// In the environment: PORT, UPSTREAM, COUNTRIES, CART_KEY, PGHOST, PGUSER, PGDATABASE.
import fastify from 'fastify';
import { Agent, request } from 'undici';
import { checkCart } from './cart.js';
import { newPayment, store } from './payment.js';
import { Refusal, object, only } from './read.js';
import { openCart } from './signed_cart.js';

const ROUTE = '/klarna/checkout/sessions';
const BODY = new Set(['signed_cart', 'cart']);
const SESSIONS = process.env.UPSTREAM + '/payments/v1/sessions';
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json',
  authorization: 'Basic ' + Buffer.from('bench:bench').toString('base64'),
};

const dispatcher = new Agent();
const app = fastify({ bodyLimit: 65536 });

function vouchedCart(body) {
  only(object(body, 'document'), BODY, '');
  if (body.cart !== undefined) {
    throw new Refusal(403, { detail: 'The cart is not signed.' });
  }
  return openCart(body.signed_cart);
}

async function createSession(cart) {
  const answer = await request(SESSIONS, {
    method: 'POST', dispatcher, headers: HEADERS, body: JSON.stringify(cart),
  });
  const session = await answer.body.json();
  if (answer.statusCode !== 200 || typeof session.session_id !== 'string'
      || typeof session.client_token !== 'string') {
    throw new Error(`upstream: ${answer.statusCode}`);
  }
  return session;
}

app.post(ROUTE, async (req, reply) => {
  const cart = vouchedCart(req.body);
  checkCart(cart);
  const session = await createSession(cart);
  const payment = newPayment();
  await store(payment, cart, session);
  reply.code(201).header('cache-control', 'no-store')
    .header('location', `${ROUTE}/${payment.id}?key=${payment.key}`);
  return {
    order_id: payment.id,
    key: payment.key,
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
