// SPDX-License-Identifier: Apache-2.0
// The payment's one row, by a statement with a name.
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';

const LIFE_US = 48 * 3600 * 1e6;
const COLUMNS = ['id', 'version', 'merchant', 'environment', 'kind', 'payment_key',
  'callback_secret', 'client_hash', 'cart_claim', 'keep_until', 'state', 'session_id',
  'client_token', 'country', 'currency', 'locale', 'order_amount', 'order_tax_amount',
  'reference1', 'reference2', 'confirmation_url', 'pending_op', 'cart', 'reason_code', 'reason',
  'addresses', 'department', 'till', 'terminal', 'cashier', 'invoice', 'created_at', 'updated_at',
  'expires_at', 'check_at'];
const INSERT = {
  name: 'insert_payment',
  text: `INSERT INTO bench_payment (${COLUMNS}) VALUES (${COLUMNS.map((_, i) => `$${i + 1}`)})`,
};

const database = new pg.Pool({ max: 8 });

function secret() {
  return randomBytes(16).toString('hex');
}

export function newPayment() {
  return { id: randomUUID(), key: secret(), callbackSecret: secret() };
}

export function store(payment, cart, session) {
  const now = Date.now() * 1000;
  const stored = JSON.stringify({ version: 1, lines: cart.order_lines,
    payment_methods: session.payment_method_categories });
  return database.query({ ...INSERT, values: [payment.id, 1, 'default', 'playground', 'online',
    payment.key, payment.callbackSecret, '', payment.id, 0, 'CREATED',
    session.session_id, session.client_token, cart.purchase_country, cart.purchase_currency,
    cart.locale ?? '', cart.order_amount, cart.order_tax_amount ?? 0,
    cart.merchant_reference1 ?? '', cart.merchant_reference2 ?? '',
    cart.merchant_urls?.confirmation ?? '', '', stored, '', '', '', '', '', '', '', '', now, now,
    now + LIFE_US, now + LIFE_US] });
}
