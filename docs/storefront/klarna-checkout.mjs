// SPDX-License-Identifier: Apache-2.0
//
// Klarna in a shop's own page, through mod_klarna's checkout routes. Copy this file.
//
//   import { startKlarnaCheckout } from './klarna-checkout.mjs';
//
//   const checkout = startKlarnaCheckout({
//     routes: '/klarna/checkout',            // the Location with SetHandler klarna-checkout
//     sdk: 'https://x.klarnacdn.net/kp/lib/v1/api.js',
//     container: document.querySelector('#klarna'),
//     fetchCart: async () => '...',          // the shop's server signs the cart: a JWS
//     data: () => ({ billing_address }),     // optional, what the browser tells Klarna
//     onState: (state, text) => {},          // for the button and an aria-live line
//     onPlaced: (order) => {},               // { order_id, key, order_state, redirect_url, ... }
//     onRefused: (text) => {},               // Klarna said no; nothing was charged
//   });
//   button.onclick = () => checkout.pay();
//   checkout.refresh();                      // whenever the cart has changed
//
// States: starting, ready (pay() works now), authorizing, placing, waiting (Klarna's answer is
// late; asking again by itself), unknown (still not known: refresh() asks again), placed,
// refused and failed (refresh() tries again).
//
// Nothing is placed twice: pay() acts only in state ready; the order's id, key and authorization
// token are kept in sessionStorage, and while a token is there no other payment starts. After a
// reload, placing continues with the same token, which the module carries out once however often
// it is sent. Your page should therefore call startKlarnaCheckout without waiting for a click
// when unfinishedPayment() is true.
//
// When Klarna's widget refuses for good, the module is told what it said, for the shop's own list
// of unfinished payments. Nobody waits for that, and the shopper may try again.
//
// Addresses: Klarna must be told a billing address, by the signed cart or by data(), which is asked
// when the shopper pays: { billing_address, shipping_address, customer } in Klarna's words. Klarna
// refuses an order whose addresses are not those it was told, so the module is told them as well,
// with the token. Until the order is placed or refused they are in sessionStorage.
//
// This file sends no amounts: the shop's server signs the cart, and the module checks it.

const PAYMENT = 'klarna-checkout.payment'; // { order_id, key, authorization_token?, told? }
const PLACED = 'klarna-checkout.placed';   // { order_id, key }
const CALL_MS = 60000;                     // the module answers within 45 s
const SDK_MS = 20000;
const POLL_MS = 2000;
const POLLS = 3;                           // status polls before the placement is asked for again
const PATIENCE_MS = 180000;
const REASON_BYTES = 255;                  // the module takes no more
const LOCKED = ['authorizing', 'placing', 'waiting', 'placed']; // the cart stays as it is
const SHOPPER = ['billing_address', 'shipping_address', 'customer'];
const OPEN_STATES = ['CREATED', 'DECLINED', 'ABANDONED'];

const UNKNOWN = 'We do not know yet whether your order was placed. Please do not pay again: '
  + 'check again in a moment, or ask the shop about order ';

function recall(name) {
  return JSON.parse(sessionStorage.getItem(name) || 'null');
}

function remember(name, value) {
  if (value) sessionStorage.setItem(name, JSON.stringify(value));
  else sessionStorage.removeItem(name);
}

/** True if the shopper has approved a payment and we do not know that its order is placed. */
export function unfinishedPayment() {
  return Boolean(recall(PAYMENT)?.authorization_token);
}

/** The last order placed in this tab, { order_id, key }, or null. */
export function placedOrder() {
  return recall(PLACED);
}

/** An unsuccessful answer. `message` is plain text for people. */
export class Problem extends Error {
  constructor(document, status) {
    const told = [document.detail || document.title || 'Something went wrong.', document.next];
    super(told.filter(Boolean).join(' '));
    this.code = document.code;
    this.field = document.field;
    this.status = status; // 0: no answer, or half of one
  }

  // The outcome is unknown, or nothing was executed: the same request may be repeated.
  get undecided() {
    return this.status === 0 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

/** POSTs body as JSON (GETs without one); returns the parsed answer or throws a Problem. */
export async function call(url, body) {
  const post = { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body) };
  let answer, content;
  try {
    answer = await fetch(url, { ...(body && post), cache: 'no-store',
      signal: AbortSignal.timeout(CALL_MS) });
  } catch {
    throw new Problem({ detail: 'The shop cannot be reached.' }, 0);
  }
  try {
    content = await answer.json();
  } catch {
    throw new Problem({ detail: `The shop\u2019s answer could not be read (${answer.status}).` },
      answer.ok ? 0 : answer.status);
  }
  if (!answer.ok) throw new Problem(content, answer.status);
  return content;
}

/** The order's public status: { state, sentence, fraud_status, order_amount, pending, ... }. */
export function readOrder(routes, { order_id, key }) {
  return call(`${routes}/orders/${encodeURIComponent(order_id)}?key=${encodeURIComponent(key)}`);
}

function isPlaced(order) {
  return !OPEN_STATES.includes(order.state);
}

function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

// In words and names of fields; what the shopper typed is not repeated.
function wordsOf(error) {
  const fields = (error?.invalid_fields || []).filter((name) => /^[\w.[\]]+$/.test(name));
  return [error?.message, fields.length && `invalid fields: ${fields.join(', ')}`]
    .filter(Boolean).join('; ');
}

// Whole characters of the text, as many as fit.
function clipped(text) {
  const bytes = new TextEncoder().encode(text).subarray(0, REASON_BYTES);
  return new TextDecoder().decode(bytes, { stream: true });
}

// Without what is not set, and on one line each, as the module reads it too.
function plain(data) {
  return JSON.parse(JSON.stringify(data ?? {}, (name, value) => (typeof value === 'string'
    ? value.replace(/[\0-\x1f\x7f]+/g, ' ') : value ?? undefined)));
}

function withoutShopper(data) {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !SHOPPER.includes(name)));
}

// Klarna adds what it is told to what it was told before: what is left out now is empty.
function completed(name, now, before = {}) {
  const kept = Object.entries(before).map(([member, value]) => (
    [member, name === 'customer' || member === 'country' ? value : '']));
  return { ...Object.fromEntries(kept), ...now };
}

let sdkLoading = null;

// Klarna's SDK calls klarnaAsyncCallback when it is ready to be used.
function loadSdk(url) {
  sdkLoading ||= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    const fail = () => {
      script.remove();
      sdkLoading = null;
      reject(new Problem({ detail: 'Klarna could not be loaded. Please try again.' }, 0));
    };
    if (window.Klarna?.Payments) {
      resolve();
      return;
    }
    window.klarnaAsyncCallback = resolve;
    script.src = url;
    script.async = true;
    script.addEventListener('error', fail);
    setTimeout(() => { if (!window.Klarna?.Payments) fail(); }, SDK_MS);
    document.head.append(script);
  });
  return sdkLoading;
}

class KlarnaCheckout {
  #options;
  #state = '';
  #busy = false;
  #again = false;        // the cart changed while the payment was being prepared
  #shown = '';           // the payment methods the container shows
  #initialized = '';     // the client token the SDK has
  #method = '';          // identifier of the chosen payment method
  #told = {};            // what Klarna was told of the shopper, all in all

  constructor(options) {
    this.#options = { data: () => ({}), onState() {}, onRefused() {}, ...options };
  }

  get state() {
    return this.#state;
  }

  /** Opens Klarna. Call it directly from the click: Klarna may open a window. */
  pay() {
    if (this.#state !== 'ready' || unfinishedPayment()) return;
    this.#to('authorizing', 'Waiting for you to finish at Klarna.');
    try {
      window.Klarna.Payments.authorize({ payment_method_category: this.#method },
        this.#tellShopper(), (answer) => this.#answered(answer));
    } catch (error) {
      this.#to('failed', error.message);
    }
  }

  #tellShopper() {
    const data = plain(this.#options.data());
    for (const name of SHOPPER.filter((one) => data[one])) {
      this.#told[name] = completed(name, data[name], this.#told[name]);
    }
    return { ...data, ...this.#told };
  }

  /** Takes over the cart as it is now; if the outcome of a placement is unknown, asks again. */
  async refresh() {
    await this.#prepare(() => this.#open());
  }

  // One at a time; changes made meanwhile are taken over before the shopper can pay.
  async #prepare(work) {
    if (LOCKED.includes(this.#state)) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.#to('starting', 'Preparing the payment.');
    try {
      await (unfinishedPayment() ? this.#open() : work());
      while (this.#again && this.#state === 'starting') {
        this.#again = false;
        await this.#open();
      }
    } catch (error) {
      this.#to('failed', error.message);
    } finally {
      this.#busy = this.#again = false;
    }
  }

  #to(state, text) {
    const methods = this.#options.container.querySelector('.klarna-methods');
    this.#state = state;
    if (methods) methods.disabled = LOCKED.includes(state) || unfinishedPayment();
    this.#options.onState(state, text);
  }

  async #open() {
    if (unfinishedPayment()) {
      await this.#place();
      return;
    }
    const { routes, fetchCart, sdk } = this.#options;
    const [signed_cart] = await Promise.all([fetchCart(), loadSdk(sdk)]);
    const session = (recall(PAYMENT) && await this.#update(signed_cart))
      || (this.#state === 'starting' && await call(`${routes}/sessions`, { signed_cart }));
    if (!session) return;
    remember(PAYMENT, { order_id: session.order_id, key: session.key });
    if (!this.#again) await this.#show(session);
  }

  // The session of this tab with the new cart; null when there has to be a new one.
  async #update(signed_cart) {
    const known = recall(PAYMENT);
    const url = `${this.#options.routes}/sessions/${encodeURIComponent(known.order_id)}`;
    try {
      return await call(url, { key: known.key, signed_cart });
    } catch (problem) {
      if (![404, 409, 422].includes(problem.status)) throw problem;
    }
    const order = await readOrder(this.#options.routes, known).catch((problem) => {
      if (problem.status !== 404) throw problem;
      return null;
    });
    if (order?.pending) throw new Problem({ detail: order.sentence }, 409);
    remember(PAYMENT, null);
    if (order && isPlaced(order)) this.#placed({ ...order, ...known });
    return null;
  }

  async #show({ client_token, payment_method_categories: methods }) {
    if (this.#initialized !== client_token) {
      window.Klarna.Payments.init({ client_token });
      this.#initialized = client_token;
    }
    if (!methods?.length) {
      this.#refused('Klarna offers no payment method for this purchase.');
      return;
    }
    const chosen = methods.find(({ identifier }) => identifier === this.#method) || methods[0];
    const shown = JSON.stringify(methods);
    if (this.#shown !== shown) {
      const widget = document.createElement('div');
      widget.id = 'klarna-widget';
      this.#options.container.replaceChildren(...this.#choice(methods, chosen), widget);
      this.#shown = shown;
    }
    await this.#load(chosen.identifier);
  }

  // Radio buttons, when there is something to choose.
  #choice(methods, chosen) {
    if (methods.length < 2) return [];
    const field = document.createElement('fieldset');
    const legend = document.createElement('legend');
    legend.textContent = 'How do you want to pay?';
    field.className = 'klarna-methods';
    field.append(legend, ...methods.map(({ identifier, name }) => {
      const label = document.createElement('label');
      const radio = document.createElement('input');
      radio.type = 'radio';
      radio.name = 'klarna-method';
      radio.checked = identifier === chosen.identifier;
      radio.addEventListener('change', () => {
        this.#method = identifier;
        this.#prepare(() => this.#load(identifier));
      });
      label.append(radio, ` ${name || identifier}`);
      return label;
    }));
    return [field];
  }

  #load(identifier) {
    this.#method = identifier;
    return new Promise((resolve) => {
      const shown = ({ show_form, error }) => {
        resolve();
        if (this.#again) return; // what was loaded is not the cart any more
        if (show_form && !error) {
          this.#to('ready', '');
          return;
        }
        if (!show_form) this.#tell('not offered', error);
        this.#refused('Klarna does not offer this payment method for this purchase.');
      };
      window.Klarna.Payments.load({ container: '#klarna-widget',
        payment_method_category: identifier }, withoutShopper(plain(this.#options.data())), shown);
    });
  }

  async #answered({ approved, show_form, authorization_token, error }) {
    if (this.#state !== 'authorizing') return;
    if (approved && authorization_token) {
      remember(PAYMENT, { ...recall(PAYMENT), authorization_token, told: this.#told });
      await this.#place();
    } else if (show_form && error?.invalid_fields) {
      this.#to('ready', `Klarna cannot use these details: ${error.invalid_fields.join(', ')}.`);
    } else if (show_form) {
      this.#to('ready', 'You have not paid. You can try again.');
    } else {
      this.#tell('not approved', error);
      this.#refused('Klarna did not approve the purchase. Nothing was charged.');
    }
  }

  // The widget's last word, for the shop. Whatever becomes of it, the page goes on.
  #tell(what, error) {
    const { order_id, key } = recall(PAYMENT);
    const told = [`${this.#method} ${what}`, wordsOf(error)].filter(Boolean).join(': ');
    fetch(`${this.#options.routes}/sessions/${encodeURIComponent(order_id)}/declined`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, keepalive: true,
      body: JSON.stringify({ key, reason: clipped(told) }),
    }).catch(() => {});
  }

  // The same request until its outcome is known; the token makes it one placement.
  async #place() {
    const { routes } = this.#options;
    const { told, ...payment } = recall(PAYMENT);
    const deadline = Date.now() + PATIENCE_MS;
    this.#to('placing', 'Placing your order.');
    while (Date.now() < deadline) {
      const order = await this.#tryToPlace(payment, told);
      if (order) return;
      this.#to('waiting', 'Klarna\u2019s answer is late. Please wait, and do not pay again.');
      for (let polls = 0, now = null; polls < POLLS && (!now || now.pending); polls++) {
        await pause(POLL_MS);
        now = await readOrder(routes, payment).catch(() => null);
      }
    }
    this.#to('unknown', `${UNKNOWN}${payment.order_id}.`);
  }

  // True when the outcome is known.
  async #tryToPlace(payment, told) {
    try {
      const answer = await call(`${this.#options.routes}/orders`, { ...payment, ...told });
      if (answer.state !== 'confirmed') return false;
      this.#placed({ ...answer, ...payment });
      return true;
    } catch (problem) {
      return problem.status === 409 ? this.#isPlacedAlready(payment, problem)
        : this.#isRefused(payment, problem);
    }
  }

  #isRefused({ order_id, key }, problem) {
    if (problem.undecided) return false;
    remember(PAYMENT, problem.status === 404 ? null : { order_id, key });
    this.#refused(problem.message);
    return true;
  }

  // Somebody holds the order, or it was placed before.
  async #isPlacedAlready(payment, problem) {
    const order = await readOrder(this.#options.routes, payment).catch(() => null);
    if (!order || order.pending || order.state === 'CREATED') return false;
    if (isPlaced(order)) this.#placed({ ...order, order_state: order.state, ...payment });
    else {
      remember(PAYMENT, null);
      this.#refused(problem.message);
    }
    return true;
  }

  #refused(text) {
    this.#to('refused', text);
    this.#options.onRefused(text);
  }

  #placed({ authorization_token, ...order }) {
    remember(PLACED, { order_id: order.order_id, key: order.key });
    remember(PAYMENT, null);
    this.#to('placed', 'Your order is placed.');
    this.#options.onPlaced(order);
  }
}

/** Starts a payment, or continues an unfinished one; see above. Returns at once and reports
 *  everything, errors included, through onState, which is never called before it returns. */
export function startKlarnaCheckout(options) {
  const checkout = new KlarnaCheckout(options);
  queueMicrotask(() => checkout.refresh());
  return checkout;
}
