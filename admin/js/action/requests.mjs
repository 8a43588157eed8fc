// SPDX-License-Identifier: Apache-2.0
//
// From what stands in a form to what the module is asked: the steps of an action, each with the
// path, the body as it will be sent and as it will be sent again, and what is expected; or what
// is wrong, by field. Pure. Bounds are the order's own figures, so that a person hears at once;
// the module decides.
//
//   requestOf('capture', order, values, context)   { steps, body, wrong }
//   context: { locale, digits, capture, operation }: the ids an action is about
//   fieldOf('lines[0].quantity', body, order)       'quantity-3': the module's field in the form
import { readAmount, readQuantity } from '../lib/typed.mjs';

/** What a line still bears, for each action: pieces and value. */
export function mostOf(action, line, isReleased = false) {
  if (action === 'capture') {
    return { quantity: line.max_capture_quantity, amount: line.max_capture_amount };
  }
  return isReleased ? { quantity: line.creditable_quantity + line.open_quantity,
    amount: line.creditable_amount + line.open_amount }
    : { quantity: line.max_credit_quantity, amount: line.max_credit_amount };
}

/** Something was captured, and something waits: whether that may be taken off is to be said. */
export function mayRelease(order) {
  return order.captured_amount > 0 && order.remaining_authorized_amount > 0;
}

/** The most that a free amount may be. */
export function mostAmount(action, order, isReleased = false) {
  if (action === 'capture') return order.remaining_authorized_amount;
  return mayRelease(order) && !isReleased
    ? order.max_credit_amount - order.remaining_authorized_amount : order.max_credit_amount;
}

/** A line of the first parcel that is captured only together with goods. */
export function isDelivery({ captured_amount: captured, order_lines: lines }, { type }) {
  return type === 'shipping_fee' && !captured && lines.some((line) => line.type !== type);
}

class Reader {
  wrong = {};

  constructor(values, context) {
    this.values = values;
    this.context = context;
  }

  /** An amount between least and most, or null; an empty one is null without a word. */
  amount(field, text, { least, most, digits = this.context.digits, currency, decimals = digits }) {
    const { locale } = this.context;
    const { value, wrong } = readAmount(text ?? '', { locale, digits, currency });
    if (wrong === '') return null;
    if (wrong) return this.#say(field, wrong, { decimals });
    if (value > most && most <= 0) return this.#say(field, 'not_negative', { least });
    if (value > most) return this.#say(field, 'too_much', { most });
    if (value < least) {
      return this.#say(field, least > 0 ? 'not_positive' : 'too_little', { least });
    }
    return value;
  }

  quantity(field, text, most) {
    const { value, wrong } = readQuantity(text ?? '');
    if (wrong === '') return null;
    if (wrong) return this.#say(field, 'not_a_count');
    return value > most ? this.#say(field, 'too_many', { most }) : value;
  }

  text(name) {
    return (this.values[name] ?? '').trim();
  }

  needs(field, present, code = 'missing') {
    if (!present && !this.wrong[field]) this.#say(field, code);
  }

  #say(field, code, more = {}) {
    this.wrong[field] = { code, ...more };
    return null;
  }
}

// Empty members are left out: the module takes no empty text for a parcel's.
const filled = (members) => Object.fromEntries(
  Object.entries(members).filter(([, value]) => value !== '' && value !== null));

// --- what is picked ------------------------------------------------------------------------

function pickOf(action, read, line, i, currency) {
  const { values } = read, most = mostOf(action, line, values.release);
  const quantity = line.shared ? null : read.quantity(`quantity-${i}`,
    values.quantity?.[line.reference], most.quantity);
  const amount = action === 'capture' && !line.shared ? null : read.amount(`value-${i}`,
    values.value?.[line.reference], { least: Math.min(0, most.amount),
      most: Math.max(0, most.amount), currency });
  if (line.shared) return amount !== null && { reference: line.reference, amount };
  return (quantity || amount) && filled({ reference: line.reference, quantity: quantity || null,
    amount });
}

// What a free amount is called, and its VAT rate, where a person says so.
function named(read) {
  const rate = read.amount('nameRate', read.values.nameRate, { least: 0, most: 10000, digits: 2 });
  return filled({ name: read.text('name'), tax_rate: rate });
}

function selection(action, order, read) {
  const currency = order.purchase_currency;
  if (read.values.mode === 'everything') return { everything: true };
  if (read.values.mode === 'amount') {
    const amount = read.amount('amount', read.values.amount, { least: 1,
      most: mostAmount(action, order, read.values.release), currency });
    read.needs('amount', amount !== null);
    return { amount, ...(action === 'credit' && named(read)) };
  }
  const lines = order.order_lines.map((line, i) => pickOf(action, read, line, i, currency))
    .filter(Boolean);
  const isAny = lines.some(({ reference }) => !(action === 'capture' && isDelivery(order,
    order.order_lines.find((line) => line.reference === reference))));
  if (!Object.keys(read.wrong).length) read.needs('lines', isAny, 'no_lines');
  return { lines };
}

// --- tracking ------------------------------------------------------------------------------

function parcel(read) {
  const uri = read.text('uri');
  read.needs('uri', !uri || /^https?:\/\/[^\s]+$/.test(uri), 'not_a_url');
  return filled({ shipping_company: read.text('company'), tracking_number: read.text('number'),
    tracking_uri: uri });
}

// --- what a person found in Klarna's portal ------------------------------------------------

/** Stands for "none of these"; a candidate's value is made by foundAs(). */
export const NONE = 'none';

export const foundAs = ({ id }) => `id:${id}`;

const said = (found) => (found === NONE ? { not_executed: true }
  : { executed_as: found?.slice('id:'.length) });

/** Whether a credit invoice of the order has that number already. */
export const isUsed = ({ credit_invoices: made = [] }, reference) => Boolean(reference?.trim())
  && made.some((one) => one.reference === reference.trim() && one.state !== 'refused');

// --- the actions ---------------------------------------------------------------------------

// --- other lines ---------------------------------------------------------------------------

const MANY = 1000000000, MUCH = 200000000;

function changeOf(read, line, i) {
  const typed = read.values.pieces?.[line.reference];
  if (typed === undefined) return null;
  const quantity = read.quantity(`pieces-${i}`, typed, MANY);
  read.needs(`pieces-${i}`, quantity !== null);
  return quantity === null || quantity === line.open_quantity + line.captured_quantity ? null
    : { reference: line.reference, quantity };
}

// VAT within an amount, rounded half up, as the module checks it.
const taxWithin = (amount, rate) => amount - Math.round(amount * 10000 / (10000 + rate));

function newLine(order, read) {
  const names = ['new_name', 'new_reference', 'new_quantity', 'new_price', 'new_rate'];
  if (!names.some((name) => read.text(name))) return null;
  names.forEach((name) => read.needs(name, read.text(name)));
  const quantity = read.quantity('new_quantity', read.text('new_quantity'), MANY);
  const price = read.amount('new_price', read.text('new_price'), { least: 0, most: MUCH,
    currency: order.purchase_currency });
  const rate = read.amount('new_rate', read.text('new_rate'), { least: 0, most: 10000, digits: 2 });
  const total = quantity * price;
  return { reference: read.text('new_reference'), name: read.text('new_name'), quantity,
    unit_price: price, tax_rate: rate, total_amount: total,
    total_tax_amount: taxWithin(total, rate) };
}

/** What an address cannot do without, and what it may have besides. */
export const NEEDED = ['given_name', 'family_name', 'street_address', 'postal_code', 'city',
  'country'];
const OPTIONAL = ['organization_name', 'street_address2', 'region', 'email', 'phone'];

const REQUESTS = {
  capture(order, read) {
    const tracking = parcel(read);
    return [['captures', { ...selection('capture', order, read),
      ...filled({ reference: read.text('reference') }),
      ...(Object.keys(tracking).length ? { shipping_info: [tracking] } : {}) }]];
  },
  tracking(order, read) {
    const tracking = parcel(read);
    read.needs('number', Object.keys(tracking).length, 'no_tracking');
    return [[`captures/${read.values.capture}/shipping-info`, { shipping_info: [tracking] }]];
  },
  credit(order, read) {
    const fee = read.amount('fee', read.values.fee, { least: 0, most: mostAmount('credit', order),
      currency: order.purchase_currency });
    const rate = fee ? read.amount('rate', read.values.rate, { least: 0, most: 10000, digits: 2 })
      : null;
    const release = read.values.release && read.values.mode !== 'everything' && mayRelease(order);
    const reference = read.text('reference'), isAgain = isUsed(order, reference);
    read.needs('again', !isAgain || read.values.again, 'not_confirmed');
    return [['credit-invoices', { ...selection('credit', order, read),
      ...(release && { release: true }), ...filled({
      return_fee: fee || null, return_fee_tax_rate: rate, reference,
      comment: read.text('comment') }), ...(isAgain && { confirm_reference: true }) }]];
  },
  cancel(order, read) {
    read.needs('confirm', read.values.confirm, 'not_confirmed');
    return [['cancel', { confirm_final: true, ...filled({ comment: read.text('comment') }) }]];
  },
  due_date(order, read) {
    read.needs('option', read.values.option, 'not_chosen');
    const [days, amount] = (read.values.option ?? '').split(':').map(Number);
    return [[`captures/${read.values.capture}/due-date`, { number_of_days: days, amount }]];
  },
  send_out: (order, { values }) => [[`captures/${values.capture}/send-out`, {}]],
  extend: () => [['extend', {}]],
  release: () => [['release', {}]],
  lines(order, read) {
    const changes = order.order_lines.map((line, i) => changeOf(read, line, i)).filter(Boolean);
    const more = newLine(order, read);
    if (!Object.keys(read.wrong).length) {
      read.needs('new_name', changes.length || more, 'nothing_changed');
    }
    return [['lines', { order_lines: more ? [...changes, more] : changes }]];
  },
  references(order, read) {
    const names = ['merchant_reference1', 'merchant_reference2'].filter(
      (name) => read.text(name) !== (order[name] ?? ''));
    read.needs('merchant_reference1', names.length, 'nothing_changed');
    return [['references', Object.fromEntries(names.map((name) => [name, read.text(name)]))]];
  },
  shipping_address(order, read) {
    NEEDED.forEach((name) => read.needs(name, read.text(name)));
    return [['shipping-address', { shipping_address: filled(Object.fromEntries(
      [...NEEDED, ...OPTIONAL].map((name) => [name, read.text(name)]))) }]];
  },
  send_again: (order, { context }) => [[`operations/${context.operation}/send-again`, {},
    'operation']],
  give_up(order, read) {
    const { candidates, found } = read.values;
    read.needs('found', !candidates || found, 'not_chosen');
    read.needs('reason', read.text('reason'));
    return [[`operations/${read.context.operation}/give-up`, { reason: read.text('reason'),
      ...(candidates && said(found)) }, 'operation']];
  },
  adopt(order, read) {
    const id = read.text('klarna_order_id');
    read.needs('klarna_order_id', id);
    if (read.values.then !== 'cancel') return [['adopt', { klarna_order_id: id }, 'order']];
    read.needs('confirm', read.values.confirm, 'not_confirmed');
    return [['adopt', { klarna_order_id: id }, 'order'], ['cancel', { confirm_final: true }]];
  },
};

/** The body is kept as text: what is sent again is the same to the byte. */
export function requestOf(action, order, values, context) {
  const read = new Reader(values, context);
  const wanted = REQUESTS[action](order, read);
  const steps = wanted.map(([path, body, expects = 'outcome']) => (
    { path: `orders/${order.id}/${path}`, body: JSON.stringify(body), expects }));
  return { steps, body: wanted[0][1], wrong: read.wrong };
}

const FIELDS = { shipping_company: 'company', tracking_number: 'number', tracking_uri: 'uri',
  return_fee: 'fee', return_fee_tax_rate: 'rate', tax_rate: 'nameRate', number_of_days: 'option',
  confirm_final: 'confirm', confirm_reference: 'again' };

/** The form's field for the module's; body is what was sent. '' when the form has none. */
export function fieldOf(field, body, order) {
  const [, index, member] = field.match(/^lines\[(\d+)\]\.(\w+)$/) || [];
  if (member) {
    const line = order.order_lines.findIndex(
      ({ reference }) => reference === body.lines?.[index]?.reference);
    return line < 0 ? 'lines' : `${member === 'amount' ? 'value' : 'quantity'}-${line}`;
  }
  const name = field.replace(/^shipping_(info\[\d+\]|address)\.?/, '') || 'number';
  return FIELDS[name] ?? name;
}
