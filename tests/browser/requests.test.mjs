// SPDX-License-Identifier: Apache-2.0
// From the admin page's forms to the module's requests: what is sent, what is refused before it
// is sent and at which field, what the module's answers mean, and the preview of a credit invoice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, judgeProblem } from '../../admin/js/action/answers.mjs';
import { Preview } from '../../admin/js/action/preview.mjs';
import { NONE, fieldOf, foundAs, isUsed, mostAmount, mostOf, requestOf } from
  '../../admin/js/action/requests.mjs';

const line = (reference, open, credit, [openAmount, creditAmount]) => ({ reference,
  open_quantity: open, max_capture_quantity: open, max_credit_quantity: credit,
  open_amount: openAmount, max_capture_amount: openAmount, max_credit_amount: creditAmount });
const ORDER = { id: 'o1', purchase_currency: 'SEK', remaining_authorized_amount: 20000,
  max_credit_amount: 65500, order_lines: [
    line('MUG', 1, 3, [20000, 60000]), line('LAMP', 0, 1, [0, 10000]),
    line('VOUCHER', 0, 1, [0, -5000])] };
const CONTEXT = { locale: 'sv', digits: 2, operation: 'op1' };

function ask(action, values) {
  const { steps, wrong } = requestOf(action, ORDER, values, CONTEXT);
  return { wrong, sent: steps.map(({ path, body, expects }) => [path, JSON.parse(body), expects]) };
}

const sentBy = (action, values) => {
  const { wrong, sent } = ask(action, values);
  assert.deepEqual(wrong, {});
  assert.equal(sent.length, 1);
  return sent[0];
};
const wrongBy = (action, values) => ask(action, values).wrong;

test('what a line and the order still bear', () => {
  assert.deepEqual(mostOf('capture', ORDER.order_lines[0]), { quantity: 1, amount: 20000 });
  assert.deepEqual(mostOf('credit', ORDER.order_lines[0]), { quantity: 3, amount: 60000 });
  assert.equal(mostAmount('capture', ORDER), 20000);
  assert.equal(mostAmount('credit', ORDER), 65500);
});

test('no first parcel is the delivery alone; a later one may be, and an order of nothing else', () => {
  const ship = { ...line('SHIP', 1, 0, [5000, 0]), type: 'shipping_fee' };
  const wrong = (lines, captured, quantity) => requestOf('capture', { ...ORDER, order_lines: lines,
    captured_amount: captured }, { mode: 'lines', quantity }, CONTEXT).wrong;
  const both = [ORDER.order_lines[0], ship];
  assert.deepEqual(wrong(both, 0, { SHIP: '1' }), { lines: { code: 'no_lines' } });
  assert.deepEqual(wrong(both, 0, { SHIP: '1', MUG: '1' }), {});
  assert.deepEqual(wrong(both, 100, { SHIP: '1' }), {});
  assert.deepEqual(wrong([ship], 0, { SHIP: '1' }), {});
});

test('captures: everything, lines, an amount; tracking and reference when there are any', () => {
  assert.deepEqual(sentBy('capture', { mode: 'everything' }),
    ['orders/o1/captures', { everything: true }, 'outcome']);
  assert.deepEqual(sentBy('capture', { mode: 'lines', quantity: { MUG: ' 1 ', LAMP: '' },
    company: 'DHL ', number: ' T1', uri: 'https://t.example/1', reference: 'D-7' })[1],
  { lines: [{ reference: 'MUG', quantity: 1 }], reference: 'D-7',
    shipping_info: [{ shipping_company: 'DHL', tracking_number: 'T1',
      tracking_uri: 'https://t.example/1' }] });
  assert.deepEqual(sentBy('capture', { mode: 'amount', amount: '199,50' })[1],
    { amount: 19950 });
});

// A part-captured order with a discount of the whole order.
const PART = { ...ORDER, captured_amount: 50000, order_lines: [
  { ...line('MUG', 1, 2, [20000, 40000]), creditable_quantity: 2, creditable_amount: 40000,
    open_quantity: 1, open_amount: 20000 },
  { ...line('OFF', 1, 1, [-3000, -6000]), shared: true, creditable_quantity: 0,
    creditable_amount: -6000, open_quantity: 1, open_amount: -3000 }] };

const partly = (action, values) => {
  const { steps, wrong } = requestOf(action, PART, values, CONTEXT);
  return { wrong, body: JSON.parse(steps[0].body) };
};

test('a share of what belongs to the whole order: empty as proposed, 0 for none, an amount', () => {
  const MUG = { reference: 'MUG', quantity: 1 };
  const values = (OFF) => ({ mode: 'lines', quantity: { MUG: '1' }, value: { OFF } });
  for (const action of ['capture', 'credit']) {
    assert.deepEqual(partly(action, values('')).body.lines, [MUG]);
    assert.deepEqual(partly(action, values('0')).body.lines, [MUG,
      { reference: 'OFF', amount: 0 }]);
    assert.deepEqual(partly(action, values('-10,50')).body.lines, [MUG,
      { reference: 'OFF', amount: -1050 }]);
  }
  assert.deepEqual(partly('capture', values('-30,01')).wrong,
    { 'value-1': { code: 'too_little', least: -3000 } });
});

test('what waits to be shipped is taken off only when that is ticked', () => {
  assert.equal(mostAmount('credit', PART), 45500);
  assert.equal(mostAmount('credit', PART, true), 65500);
  assert.deepEqual(mostOf('credit', PART.order_lines[0], true), { quantity: 3, amount: 60000 });
  assert.deepEqual(partly('credit', { mode: 'amount', amount: '500', release: true }).body,
    { amount: 50000, release: true });
  assert.deepEqual(partly('credit', { mode: 'amount', amount: '500' }).wrong,
    { amount: { code: 'too_much', most: 45500 } });
  assert.deepEqual(partly('credit', { mode: 'everything', release: true }).body,
    { everything: true });
  assert.deepEqual(sentBy('credit', { mode: 'amount', amount: '5', release: true })[1],
    { amount: 500 });                             // nothing was captured: it can mean nothing else
});

test('a free amount may have a name and a VAT rate', () => {
  assert.deepEqual(sentBy('credit', { mode: 'amount', amount: '5', name: ' Scratch ',
    nameRate: '12' })[1], { amount: 500, name: 'Scratch', tax_rate: 1200 });
  assert.deepEqual(wrongBy('credit', { mode: 'amount', amount: '5', nameRate: '101' }),
    { nameRate: { code: 'too_much', most: 10000 } });
});

test('captures: what is wrong, at its field', () => {
  assert.deepEqual(wrongBy('capture', { mode: 'lines', quantity: { MUG: '2', LAMP: 'x' } }),
    { 'quantity-0': { code: 'too_many', most: 1 }, 'quantity-1': { code: 'not_a_count' } });
  assert.deepEqual(wrongBy('capture', { mode: 'lines', quantity: { MUG: '0' } }),
    { lines: { code: 'no_lines' } });
  assert.deepEqual(wrongBy('capture', { mode: 'amount', amount: '200,01' }),
    { amount: { code: 'too_much', most: 20000 } });
  assert.deepEqual(wrongBy('capture', { mode: 'amount', amount: '1.234' }),
    { amount: { code: 'ambiguous', decimals: 2 } });
  assert.deepEqual(wrongBy('capture', { mode: 'amount', amount: '0' }),
    { amount: { code: 'not_positive', least: 1 } });
  assert.deepEqual(wrongBy('capture', { mode: 'amount', amount: ' ' }),
    { amount: { code: 'missing' } });
  for (const uri of ['t.example', 'javascript:alert(1)', 'https://', 'https://a b']) {
    assert.deepEqual(wrongBy('capture', { mode: 'everything', uri }),
      { uri: { code: 'not_a_url' } });
  }
});

test('tracking afterwards', () => {
  assert.deepEqual(sentBy('tracking', { capture: 'c1', number: 'T2' }),
    ['orders/o1/captures/c1/shipping-info', { shipping_info: [{ tracking_number: 'T2' }] },
      'outcome']);
  assert.deepEqual(wrongBy('tracking', { capture: 'c1' }), { number: { code: 'no_tracking' } });
});

test('credit invoices: quantity and value, a discount as negative, fee, words', () => {
  assert.deepEqual(sentBy('credit', { mode: 'lines', quantity: { MUG: '2', VOUCHER: '1' },
    value: { MUG: '399,90', VOUCHER: '-50', LAMP: '12' }, fee: '49', rate: '25',
    comment: ' too small ', reference: 'CN-1' }),
  ['orders/o1/credit-invoices', { lines: [{ reference: 'MUG', quantity: 2, amount: 39990 },
    { reference: 'LAMP', amount: 1200 }, { reference: 'VOUCHER', quantity: 1, amount: -5000 }],
  return_fee: 4900, return_fee_tax_rate: 2500, reference: 'CN-1', comment: 'too small' },
  'outcome']);
  assert.deepEqual(sentBy('credit', { mode: 'everything', fee: '', rate: '25' })[1],
    { everything: true });
  assert.deepEqual(sentBy('credit', { mode: 'amount', amount: '655,00', fee: '0' })[1],
    { amount: 65500 });
});

test('credit invoices: a number that the order has already is confirmed', () => {
  const order = { credit_invoices: [{ reference: 'CN-1', state: 'paid' },
    { reference: 'CN-2', state: 'refused' }] };
  assert.equal(isUsed(order, ' CN-1 '), true);
  assert.equal(isUsed(order, 'CN-2'), false);
  assert.equal(isUsed(order, ''), false);
  const { wrong } = requestOf('credit', { ...ORDER, ...order }, { mode: 'amount', amount: '1',
    reference: 'CN-1' }, CONTEXT);
  assert.deepEqual(wrong, { again: { code: 'not_confirmed' } });
});

test('credit invoices: what is wrong, at its field', () => {
  assert.deepEqual(wrongBy('credit', { mode: 'lines', quantity: { MUG: '4' },
    value: { VOUCHER: '50', LAMP: '-1', MUG: '600,01' }, fee: 'x' }),
  { 'quantity-0': { code: 'too_many', most: 3 }, 'value-0': { code: 'too_much', most: 60000 },
    'value-1': { code: 'too_little', least: 0 },
    'value-2': { code: 'not_negative', least: -5000 },
    fee: { code: 'not_a_number', decimals: 2 } });
  assert.deepEqual(wrongBy('credit', { mode: 'lines', value: { VOUCHER: '-50,01' } }),
    { 'value-2': { code: 'too_little', least: -5000 } });
  assert.deepEqual(wrongBy('credit', { mode: 'everything', fee: '1', rate: '100,01' }),
    { rate: { code: 'too_much', most: 10000 } });
});

test('cancelling needs its tick; adopting needs an id, and is one step or two', () => {
  assert.deepEqual(wrongBy('cancel', {}), { confirm: { code: 'not_confirmed' } });
  assert.deepEqual(sentBy('cancel', { confirm: true, comment: 'sold out' }),
    ['orders/o1/cancel', { confirm_final: true, comment: 'sold out' }, 'outcome']);
  assert.deepEqual(sentBy('adopt', { klarna_order_id: ' k1 ', then: 'keep' }),
    ['orders/o1/adopt', { klarna_order_id: 'k1' }, 'order']);
  assert.deepEqual(wrongBy('adopt', { then: 'cancel' }), {
    klarna_order_id: { code: 'missing' }, confirm: { code: 'not_confirmed' } });
  assert.deepEqual(ask('adopt', { klarna_order_id: 'k1', then: 'cancel', confirm: true }).sent,
    [['orders/o1/adopt', { klarna_order_id: 'k1' }, 'order'],
      ['orders/o1/cancel', { confirm_final: true }, 'outcome']]);
});

test('the small ones', () => {
  assert.deepEqual(sentBy('extend', {}), ['orders/o1/extend', {}, 'outcome']);
  assert.deepEqual(sentBy('release', {}), ['orders/o1/release', {}, 'outcome']);
  assert.deepEqual(sentBy('send_again', {}),
    ['orders/o1/operations/op1/send-again', {}, 'operation']);
  assert.deepEqual(sentBy('give_up', { reason: 'lost' }),
    ['orders/o1/operations/op1/give-up', { reason: 'lost' }, 'operation']);
  assert.deepEqual(wrongBy('give_up', { reason: ' ' }), { reason: { code: 'missing' } });
});

test('a due date is sent with the price that was shown', () => {
  assert.deepEqual(sentBy('due_date', { capture: 'c1', option: '14:3900' }),
    ['orders/o1/captures/c1/due-date', { number_of_days: 14, amount: 3900 }, 'outcome']);
  assert.deepEqual(sentBy('due_date', { capture: 'c1', option: '28:0' })[1],
    { number_of_days: 28, amount: 0 });
  assert.deepEqual(wrongBy('due_date', { capture: 'c1' }), { option: { code: 'not_chosen' } });
  assert.equal(fieldOf('number_of_days', {}, ORDER), 'option');
  assert.deepEqual(sentBy('send_out', { capture: 'c1' }),
    ['orders/o1/captures/c1/send-out', {}, 'outcome']);
});

test('references: what was changed is sent, an emptied one as empty', () => {
  const order = { ...ORDER, merchant_reference1: 'A-1', merchant_reference2: 'till' };
  const values = { merchant_reference1: ' A-2 ', merchant_reference2: 'till' };
  assert.deepEqual(requestOf('references', order, values, CONTEXT).body,
    { merchant_reference1: 'A-2' });
  assert.deepEqual(requestOf('references', order, { ...values, merchant_reference1: 'A-1',
    merchant_reference2: '' }, CONTEXT).body, { merchant_reference2: '' });
  assert.deepEqual(requestOf('references', ORDER, {}, CONTEXT).wrong,
    { merchant_reference1: { code: 'nothing_changed' } });
});

test('lines: other quantities, and a new one with its VAT', () => {
  const order = { ...ORDER, order_lines: [{ ...line('MUG', 1, 3, [20000, 60000]),
    captured_quantity: 2 }, { ...line('LAMP', 1, 1, [10000, 10000]), captured_quantity: 0 }] };
  const ask = (values) => requestOf('lines', order, values, CONTEXT);
  const pieces = { MUG: '3', LAMP: '1' };
  assert.deepEqual(ask({ pieces: { ...pieces, LAMP: '0' } }).body,
    { order_lines: [{ reference: 'LAMP', quantity: 0 }] });
  assert.deepEqual(ask({ pieces, new_name: 'Rug', new_reference: 'R1', new_quantity: '2',
    new_price: '99,00', new_rate: '25' }).body, { order_lines: [{ reference: 'R1', name: 'Rug',
    quantity: 2, unit_price: 9900, tax_rate: 2500, total_amount: 19800, total_tax_amount: 3960 }] });
  assert.deepEqual(ask({ pieces }).wrong, { new_name: { code: 'nothing_changed' } });
  assert.deepEqual(ask({ pieces: { ...pieces, MUG: 'x' } }).wrong['pieces-0'].code, 'not_a_count');
  assert.deepEqual(Object.keys(ask({ pieces, new_name: 'Rug' }).wrong).sort(),
    ['new_price', 'new_quantity', 'new_rate', 'new_reference']);
});

test('a shipping address: as a whole, without what is empty', () => {
  const whole = { given_name: 'A', family_name: 'B', street_address: 'C 1', postal_code: ' 1 ',
    city: 'D', country: 'SE' };
  assert.deepEqual(sentBy('shipping_address', { ...whole, phone: ' ', confirm: false }),
    ['orders/o1/shipping-address', { shipping_address: { ...whole, postal_code: '1' } }, 'outcome']);
  assert.deepEqual(wrongBy('shipping_address', { ...whole, city: '' }),
    { city: { code: 'missing' } });
  assert.equal(fieldOf('shipping_address.postal_code', {}, ORDER), 'postal_code');
});

test('given up by what a person found, once there is something to choose from', () => {
  const candidates = [{ id: 'none', amount: 700 }], reason = 'looked';
  assert.deepEqual(wrongBy('give_up', { reason, candidates, found: '' }),
    { found: { code: 'not_chosen' } });
  assert.deepEqual(sentBy('give_up', { reason, candidates, found: foundAs(candidates[0]) })[1],
    { reason, executed_as: 'none' });
  assert.deepEqual(sentBy('give_up', { reason, candidates: [], found: NONE })[1],
    { reason, not_executed: true });
  assert.deepEqual(sentBy('give_up', { reason, found: NONE })[1], { reason });
});

test('the module\'s field is found in the form', () => {
  const body = { lines: [{ reference: 'LAMP' }, { reference: 'VOUCHER' }, { reference: 'GONE' }] };
  for (const [theirs, ours] of [['lines[0].quantity', 'quantity-1'], ['lines[1].amount', 'value-2'],
    ['lines[1].reference', 'quantity-2'], ['lines[2].quantity', 'lines'], ['lines', 'lines'],
    ['amount', 'amount'], ['return_fee', 'fee'], ['return_fee_tax_rate', 'rate'],
    ['shipping_info[0].tracking_uri', 'uri'], ['shipping_info[0]', 'number'],
    ['confirm_final', 'confirm'], ['klarna_order_id', 'klarna_order_id']]) {
    assert.equal(fieldOf(theirs, body, ORDER), ours, theirs);
  }
});

// --- answers --------------------------------------------------------------------------------

const OUTCOME = { expects: 'outcome' }, OPERATION = { expects: 'operation' };

test('successes: done, followed, or not understood', () => {
  assert.equal(judge(OUTCOME, { status: 201, body: {} }, 'credit').verdict, 'done');
  const { verdict, operation } = judge(OUTCOME, { status: 202, body: { order_id: 'o1' },
    location: '/klarna/orders/o1/operations/op9' }, 'credit');
  assert.deepEqual([verdict, operation.id], ['following', 'op9']);
  assert.equal(judge(OUTCOME, { status: 200, body: {} }, 'credit').verdict, 'lost');
  assert.equal(judge(OPERATION, { status: 200, body: { state: 'queued' } }, 'send_again').verdict,
    'following');
  assert.equal(judge({ expects: 'order' }, { status: 200, body: {} }, 'adopt').verdict, 'done');
});

for (const [status, code, verdict, step = OUTCOME] of [
  [0, 'lost', 'lost'], [408, 'http_408', 'lost'], [500, 'internal', 'lost'],
  [502, 'http_502', 'lost'], [503, 'database', 'lost'], [504, 'unknown', 'lost'],
  [429, 'rate_limited', 'wait'], [409, 'in_progress', 'wait'], [409, 'order_busy', 'not_started'],
  [422, 'klarna_refused', 'refused'], [422, 'idempotency_key_reused', 'reused'],
  [400, 'too_much', 'not_started'], [404, 'no_such_capture', 'not_started'],
  [409, 'not_creditable', 'not_started'], [401, 'http_401', 'barred'], [403, 'http_403', 'barred'],
  [403, 'cross_site', 'barred'], [400, 'http_400', 'barred'], [404, 'http_404', 'barred'],
  [413, 'http_413', 'barred'], [409, 'in_progress', 'not_started', OPERATION],
  [503, 'klarna_unreachable', 'not_started', OPERATION], [503, 'http_503', 'lost', OPERATION]]) {
  test(`${status} ${code} to ${step.expects} is ${verdict}`, () => {
    const answer = judgeProblem(step, { status, code, retryAfter: 2 });
    assert.deepEqual([answer.verdict, answer.problem.code], [verdict, code]);
  });
}

// --- preview --------------------------------------------------------------------------------

function previewing(answers) {
  const asked = [], waiting = [];
  const preview = new Preview({ changed() {},
    wait: (ms, signal) => new Promise((resolve) => {
      waiting.push(resolve);
      signal.addEventListener('abort', resolve);
    }),
    ask: (body) => {
      asked.push(body);
      return answers.shift();
    } });
  const settle = () => new Promise((resolve) => { setTimeout(resolve, 1); });
  return { preview, asked, pause: async () => {
    waiting.at(-1)();
    await settle();
  }, settle };
}

const plan = (amount) => ({ amount, steps: [{ verb: 'release', amount: 5 },
  { verb: 'refund', amount }] });

test('asked once when typing has paused, and not for what was asked last', async () => {
  const { preview, asked, pause, settle } = previewing([Promise.resolve(plan(3))]);
  preview.about({ amount: 1 });
  preview.about({ amount: 2 });
  preview.about({ amount: 3 });
  await settle();
  assert.deepEqual([asked, preview.state], [[], 'asking']);
  await pause();
  preview.about({ amount: 3 });
  assert.deepEqual([asked, preview.state, preview.plan], [[{ amount: 3 }], 'known', plan(3)]);
  preview.about(null);
  assert.equal(preview.state, 'none');
});

test('a late answer to an older question is dropped', async () => {
  let late;
  const { preview, pause, settle } = previewing([new Promise((resolve) => { late = resolve; }),
    Promise.resolve(plan(2))]);
  preview.about({ amount: 1 });
  await pause();
  preview.about({ amount: 2 });
  await pause();
  late(plan(1));
  await settle();
  assert.equal(preview.plan.amount, 2);
});

test('what a form asks while it is being sent is not asked, and can be asked again', async () => {
  const { preview, asked, settle, pause } = previewing([Promise.resolve(plan(4))]);
  preview.about({ amount: 4 });
  preview.stop();
  await settle();
  assert.deepEqual(asked, []);
  preview.about({ amount: 4 });
  await pause();
  assert.deepEqual([asked, preview.state], [[{ amount: 4 }], 'known']);
  preview.stop();
  assert.deepEqual([preview.state, preview.plan.amount], ['known', 4]);
});

test('what the module refuses is shown as it is', async () => {
  const { preview, pause } = previewing([Promise.reject(new Error('too_much'))]);
  preview.about({ amount: 9 });
  await pause();
  assert.deepEqual([preview.state, preview.problem.message], ['wrong', 'too_much']);
});
