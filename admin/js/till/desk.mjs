// SPDX-License-Identifier: Apache-2.0
//
// What goes on at a till: the payment it is taking, followed until it ends, and today's list. Each
// answer that has a payment in it comes through took(), so that both always tell the same.
//
//   const desk = new Desk({ place, changed, settled })   place(): of place.mjs; changed(): draw;
//                                                    settled(payment): the present one ended
//   desk.current, desk.payments, desk.more           payments: newest first, null: not read yet
//   desk.choose('2026-11-27')                        of that day, '': of today
//   desk.trouble            { id, error } of what was asked for last
//   desk.quicker            the id of one that was paid before it could be aborted, or ''
//   await desk.read(); desk.show(payment); desk.clear(); desk.took(payment)
//   desk.abort(payment, query); desk.verify(payment); desk.send(payment, body)
//   desk.start(body, extra, onEnd)      extra: { exchange }
//   desk.leaves()           aborts what is pending although the page goes
import { get, remove } from '../lib/api.mjs';
import { keep, recall } from '../lib/kept.mjs';
import { poll } from '../lib/poll.mjs';
import { ask } from './asking.mjs';
import { follow, isFinal, isPending, newer } from './follow.mjs';

const CURRENT = 'klarna-till.current';
const EXCHANGES = 'klarna-till.exchanges'; // a new sale's id -> { id, refund } of what came back
const PACE = { first: 3000, most: 15000 };
const MOVING = ['pending', 'partly_paid'];

const path = (id) => `instore/payments/${encodeURIComponent(id)}`;

// The moment at which the day began here: only the browser knows where that is.
function beginOf(day) {
  const midnight = day ? new Date(`${day}T00:00:00`) : new Date();
  midnight.setHours(0, 0, 0, 0);
  return midnight.toISOString().replace('.000', '');
}

// Klarna's short reference comes a moment after the payment.
const isMoving = (payment) => isPending(payment)
  || (payment.state === 'COMPLETED' && !payment.klarna_reference)
  || payment.refunds.some(({ state }) => MOVING.includes(state));

export class Desk {
  current = null;
  payments = null;
  error = null;          // why the list could not be read
  trouble = null;
  quicker = '';
  #unwanted = new Set(); // ids whose abort was asked for before they were paid
  aborting = '';         // the id of the payment that is being aborted
  more = null;
  day = '';              // of the list, '' for today
  #with;
  #following = null;
  #polling = null;
  #exchanges = JSON.parse(recall('sessionStorage', EXCHANGES) || '{}');

  constructor(given) {
    this.#with = given;
  }

  // --- what is known -------------------------------------------------------------------------

  #isListed({ payment_id: id }) {
    return this.payments.some((one) => one.payment_id === id);
  }

  #place(payment) {
    const at = this.payments.findIndex((one) => one.payment_id === payment.payment_id);
    if (at >= 0) this.payments[at] = newer(this.payments[at], payment);
    else this.payments.unshift(payment);
  }

  took(payment) {
    payment.exchange = this.#exchanges[payment.payment_id];
    const before = this.current, id = payment.payment_id;
    if (payment.state === 'COMPLETED' && this.#unwanted.delete(id)) this.quicker = id;
    if (before?.payment_id === payment.payment_id) {
      this.current = newer(before, payment);
      if (isPending(before) && isFinal(this.current)) this.#with.settled(this.current);
    }
    if (this.payments && (!this.day || this.#isListed(payment))) this.#place(payment);
    this.#watch();
    this.#with.changed();
  }

  async #look(id) {
    this.took(await get(path(id)));
  }

  // --- the present payment -------------------------------------------------------------------

  show(payment) {
    if (this.current?.payment_id !== payment.payment_id) this.trouble = null;
    this.#following?.stop();
    this.current = payment;
    keep('sessionStorage', CURRENT, payment.payment_id);
    this.took(payment);
    this.#following = follow(payment, (newest) => this.took(newest));
  }

  clear() {
    this.#following?.stop();
    this.current = null;
    this.trouble = null;
    keep('sessionStorage', CURRENT, '');
    this.#with.changed();
  }

  /** After a reload: the payment that was shown before it. */
  async restore(id = recall('sessionStorage', CURRENT)) {
    if (!id) return;
    try {
      this.show(await get(path(id)));
    } catch (error) {
      if (error.status !== 404) throw error;
      keep('sessionStorage', CURRENT, '');
    }
  }

  // --- today's list --------------------------------------------------------------------------

  async read() {
    const { till, department } = this.#with.place();
    const query = new URLSearchParams({ till, department, day: beginOf(this.day) });
    try {
      const { payments, next } = await get(`instore/payments?${query}`);
      this.error = null;
      this.#gather(payments, next, query);
    } catch (error) {
      if (error.status === undefined) throw error;
      this.error = error;
    }
    this.#watch();
    this.#with.changed();
  }

  choose(day) {
    this.day = day;
    this.payments = null;
    this.#with.changed();
    return this.read();
  }

  #gather(found, next, query) {
    const known = new Map((this.payments ?? []).map((one) => [one.payment_id, one]));
    for (const payment of found) payment.exchange = this.#exchanges[payment.payment_id];
    this.payments = found.map((one) => newer(one, known.get(one.payment_id)));
    const current = this.payments.find((one) => one.payment_id === this.current?.payment_id);
    if (current && isFinal(this.current)) this.current = newer(current, this.current);
    this.more = next && (async () => {
      const page = await get(`instore/payments?${query}&cursor=${encodeURIComponent(next)}`);
      this.#gather([...this.payments, ...page.payments], page.next, query);
      this.#with.changed();
    });
  }

  // What other windows and the worker do here is seen while something moves.
  #watch() {
    const others = (this.payments ?? []).filter((one) => isMoving(one)
      && !(isPending(one) && one.payment_id === this.current?.payment_id));
    if (!others.length || this.#polling) return;
    this.#polling = poll(async () => {
      this.#polling?.stop();
      this.#polling = null;
      await this.read();
      return false;
    }, PACE);
  }

  // --- what can be done ----------------------------------------------------------------------

  #told(id, end) {
    this.trouble = end.problem ? { id, error: end.problem } : null;
    if (end.result) this.took(end.result);
    this.#with.changed();
  }

  start(body, { exchange }, onEnd) {
    return ask('start', '', { path: 'instore/payments', body }, (end) => {
      if (end.result) this.started(end.result, exchange);
      onEnd(end);
    });
  }

  started(payment, exchange) {
    if (exchange) {
      this.#exchanges[payment.payment_id] = exchange;
      keep('sessionStorage', EXCHANGES, JSON.stringify(this.#exchanges));
    }
    this.show(payment);
    this.read();
  }

  verify({ payment_id: id }) {
    return ask('verify', id, { path: `${path(id)}/verify`, body: {} },
      (end) => this.#told(id, end));
  }

  send({ payment_id: id }, body, onEnd) {
    return ask('send', id, { path: `${path(id)}/send`, body }, (end) => {
      this.#told(id, end);
      onEnd(end);
    });
  }

  /** Whatever a reload interrupted ends here. */
  endOf(action, id) {
    return (end) => {
      if (action === 'start' && end.result) this.started(end.result);
      else if (action !== 'credit_note') this.#told(id, end);
    };
  }

  async abort({ payment_id: id }, query = '') {
    this.aborting = id;
    this.quicker = '';
    this.trouble = null;
    if (!query) this.#unwanted.add(id);
    this.#with.changed();
    try {
      this.took((await remove(`${path(id)}${query}`)).body);
    } catch (error) {
      if (error.status === undefined) throw error;
      // The customer was quicker, or it had ended: what it is now says more than the refusal.
      if (error.status === 409 && !query) await this.#look(id).catch(() => {});
      else this.trouble = { id, error };
    }
    this.aborting = '';
    this.#with.changed();
  }

  get isPending() {
    return Boolean(this.current) && isPending(this.current);
  }

  leaves() {
    if (!this.isPending) return;
    remove(path(this.current.payment_id), { keepalive: true }).catch(() => {});
  }
}
