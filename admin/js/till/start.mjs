// SPDX-License-Identifier: Apache-2.0
//
// From what stands in the form of a new payment to what the module is asked, or what is wrong, by
// field. Pure; the module decides.
//
//   startOf(values, { department, place, locale, digits })   { body, wrong }
//   opening(department, asked)                    the form's first values; asked: what a host wants
import { readAmount, writeAmount } from '../lib/typed.mjs';

const MUCH = 200000000;
const PHONE = /^[+\d][\d\s()/.-]{4,24}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const SHORT_CODE = /^\d{2,20}$/;

/** Empty members are left out. */
const filled = (members) => Object.fromEntries(Object.entries(members).filter(
  ([, value]) => value !== '' && value !== null && value !== undefined));

// Both on file: the customer is asked. One: that. None: the code is shown.
function methodFor(department, { phone, email }, wanted) {
  const may = department.send;
  if (wanted && may.includes(wanted)) return wanted;
  const known = [phone && 'sms', email && 'email'].filter((way) => way && may.includes(way));
  if (known.length > 1) return '';
  return known[0] ?? (may.includes('qr') ? 'qr' : may[0]);
}

/** asked is what a host's page or an ended payment hands over, amounts in minor units. */
export function opening(department, asked, { locale, digits }) {
  const { customer = {}, invoice = null } = asked;
  const text = (amount) => (amount ? writeAmount(amount, { locale, digits }) : '');
  const market = department.markets.findIndex(({ country, currency }) => (
    (!asked.currency || currency === asked.currency)
    && (!asked.country || country === asked.country)));
  return { market: String(Math.max(market, 0)), locale: asked.locale ?? '', amount: text(asked.amount),
    reference: asked.reference ?? '', number: invoice?.number ?? '', total: text(invoice?.total),
    paid: text(invoice?.already_paid), phone: customer.phone ?? '', email: customer.email ?? '',
    send: methodFor(department, customer, asked.send), short_code: '', finalize: true,
    ready: false };
}

class Reader {
  wrong = {};

  constructor(values, context) {
    this.values = values;
    this.context = context;
  }

  text(field) {
    return (this.values[field] ?? '').trim();
  }

  say(field, code, more = {}) {
    this.wrong[field] ??= { code, ...more };
    return null;
  }

  amount(field, { least, most = MUCH }) {
    const { locale, digits } = this.context;
    const { value, wrong } = readAmount(this.text(field), { locale, digits,
      currency: this.context.currency });
    if (wrong === '') return null;
    if (wrong) return this.say(field, wrong, { decimals: digits });
    if (value < least) return this.say(field, 'not_positive', { least });
    return value > most ? this.say(field, 'too_much', { most }) : value;
  }

  fits(field, pattern, code) {
    const text = this.text(field);
    if (text && !pattern.test(text)) this.say(field, code);
    return text;
  }

  needs(field, present, code = 'missing') {
    if (!present) this.say(field, code);
  }
}

// What is left of the invoice bounds the amount; the module knows of Klarna's own payments too.
function invoiceOf(read, amount, asked) {
  const number = read.text('number');
  if (!number) return null;
  const total = read.amount('total', { least: 1 });
  const paid = read.amount('paid', { least: 0 }) ?? 0;
  read.needs('total', total !== null);
  if (amount !== null && total !== null && amount > total - paid) {
    read.say('amount', 'over_invoice', { most: Math.max(total - paid, 0) });
  }
  return filled({ number, total, already_paid: paid, credits: asked.invoice?.credits });
}

function contact(read, asked) {
  const phone = read.fits('phone', PHONE, 'not_phone');
  const email = read.fits('email', EMAIL, 'not_email');
  const { send } = read.values;
  if (send === 'sms') read.needs('phone', phone);
  if (send === 'email') read.needs('email', email);
  const customer = filled({ ...asked.customer, phone, email });
  return Object.keys(customer).length ? customer : null;
}

function codeOf(read, department) {
  if (department.way !== 'qr' || read.values.send !== 'qr') return null;
  return read.fits('short_code', SHORT_CODE, 'not_short_code');
}

/** The country's first language unless another of its languages is chosen. */
export function localeOf({ locales }, chosen) {
  return locales.includes(chosen) ? chosen : locales[0];
}

/** asked: as opening() took it, for what has no field; replaces: the id of a payment, or ''. */
export function startOf(values, { department, place, locale, digits, asked = {}, replaces = '' }) {
  const market = department.markets[Number(values.market)] ?? department.markets[0];
  const read = new Reader(values, { locale, digits, currency: market.currency });
  const amount = read.amount('amount', { least: 1 });
  read.needs('amount', amount !== null);
  const invoice = invoiceOf(read, amount, asked), customer = contact(read, asked);
  read.needs('send', values.send, 'not_chosen');
  read.needs('ready', values.ready, 'ask_customer');
  read.needs('reference', read.text('reference') || invoice);
  const short_code = codeOf(read, department);
  const body = filled({ department: department.name, till: place.till, terminal: place.terminal,
    amount, currency: market.currency, country: market.country,
    locale: localeOf(market, values.locale),
    tax_rate: asked.tax_rate, lines: asked.lines, reference: read.text('reference'), invoice,
    customer, send: values.send, short_code, replaces,
    finalize: invoice && department.finalize && values.finalize ? true : null });
  return { body, wrong: read.wrong };
}
