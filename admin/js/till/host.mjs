// SPDX-License-Identifier: Apache-2.0
//
// The page that opened this window (klarna-till.mjs): what it wants paid comes in, how it went goes
// out. Its origin stands in this window's fragment and must be this server's own or one of
// config.json's `hosts`; messages of others are not heard, and nothing is said to them.
//
//   const host = hostOf(location.hash, { hosts, own, opener })    null: opened by nobody
//   host.origin
//   host.listen((wish) => {})      wish: what openTill() was given, cut to what is known here
//   host.tell('state', payment)    'state', 'outcome'

const KIND = 'klarna-till';
const NUMBERS = ['amount', 'tax_rate'];
const TEXTS = ['currency', 'country', 'locale', 'reference', 'send', 'payment_id'];
const CUSTOMER = ['phone', 'email', 'given_name', 'family_name', 'street_address', 'postal_code',
  'city', 'country'];

function pick(from, names, type) {
  return Object.fromEntries(names.filter((name) => typeof from?.[name] === type)
    .map((name) => [name, from[name]]));
}

/** Only what is known, of the types it must have: the module checks the rest. */
export function wishOf(given, host) {
  const { invoice, customer, lines } = given;
  return { host, ...pick(given, NUMBERS, 'number'), ...pick(given, TEXTS, 'string'),
    customer: pick(customer, CUSTOMER, 'string'),
    ...(Array.isArray(lines) && { lines }),
    ...(invoice?.number && { invoice: { number: String(invoice.number),
      ...pick(invoice, ['total', 'already_paid', 'credits'], 'number') } }) };
}

export function outcomeOf(payment) {
  const { payment_id, state, cancelled_by, amount, currency, invoice, reference1, klarna_order_id,
    klarna_reference, completed_at, verified_at, captured_amount, refunded_amount } = payment;
  return { payment_id, state, cancelled_by, amount, currency, invoice, reference: reference1,
    klarna_order_id, klarna_reference, completed_at, verified_at, captured_amount,
    refunded_amount };
}

class Host {
  #id;
  #opener;

  constructor(origin, id, opener) {
    this.origin = origin;
    this.#id = id;
    this.#opener = opener;
  }

  listen(onWish) {
    window.addEventListener('message', ({ source, origin, data }) => {
      if (source !== this.#opener || origin !== this.origin) return;
      if (data?.kind !== KIND || data.id !== this.#id) return;
      if (data.type === 'hello') this.#say({ type: 'ready' });
      if (data.type === 'open' && data.wish) onWish(wishOf(data.wish, this.origin));
    });
    this.#say({ type: 'ready' });
  }

  #say(message) {
    this.#opener.postMessage({ kind: KIND, id: this.#id, ...message }, this.origin);
  }

  tell(type, payment) {
    this.#say({ type, outcome: outcomeOf(payment) });
  }
}

export function hostOf(hash, { hosts, own, opener }) {
  const asked = new URLSearchParams(hash.slice(1));
  const origin = asked.get('host'), id = asked.get('id');
  if (!opener || !origin || !id || ![own, ...hosts].includes(origin)) return null;
  return new Host(origin, id, opener);
}
