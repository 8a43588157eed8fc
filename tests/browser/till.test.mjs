// SPDX-License-Identifier: Apache-2.0
// What the till's modules promise without a browser: what is sent for what is typed, whose messages
// are heard, and what is known when answers overtake each other.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { judge, judgeProblem } from '../../admin/js/action/answers.mjs';
import { next, opened } from '../../admin/js/action/pending.mjs';
import { left, toSay } from '../../admin/js/till/clock.mjs';
import { newer } from '../../admin/js/till/follow.mjs';
import { hostOf, outcomeOf, wishOf } from '../../admin/js/till/host.mjs';
import { opening, startOf } from '../../admin/js/till/start.mjs';

const CLINIC = { name: 'clinic', way: 'hosted_page', send: ['qr', 'sms', 'email'], finalize: true,
  markets: [{ country: 'SE', currency: 'SEK', locales: ['sv-SE', 'en-SE'] },
    { country: 'FI', currency: 'EUR', locales: ['fi-FI'] }] };
const SHOP = { name: 'shop', way: 'qr', send: ['qr'], finalize: false,
  markets: [{ country: 'SE', currency: 'SEK', locales: ['sv-SE'] }] };
const PLACE = { department: 'clinic', till: 'Counter 1', terminal: '' };
const READ = { locale: 'sv', digits: 2 };

function typed(change = {}, { department = CLINIC, asked = {}, replaces } = {}) {
  const values = { ...opening(department, asked, READ), ready: true,
    ...(!asked.invoice && { reference: 'R-1' }), ...change };
  return startOf(values, { ...READ, department, place: PLACE, asked, replaces });
}

// --- a new payment ---------------------------------------------------------------------------

test('the least that is typed: an amount, its number, and three answers', () => {
  assert.deepEqual(typed({ amount: '129,50' }), { wrong: {}, body: { department: 'clinic',
    till: 'Counter 1', amount: 12950, currency: 'SEK', country: 'SE', locale: 'sv-SE',
    reference: 'R-1', send: 'qr' } });
});

test('what a host asks for is sent as it asked, the rest as the cashier typed', () => {
  const asked = { amount: 79900, currency: 'SEK', locale: 'sv-SE', tax_rate: 2500,
    customer: { phone: '0701740605', given_name: 'Anna' },
    invoice: { number: '4711', total: 129900, already_paid: 50000, credits: 100 } };
  const { body, wrong } = typed({}, { asked, replaces: 'p1' });
  assert.deepEqual(wrong, {});
  assert.deepEqual(body, { department: 'clinic', till: 'Counter 1', amount: 79900, currency: 'SEK',
    country: 'SE', locale: 'sv-SE', tax_rate: 2500, replaces: 'p1', finalize: true, send: 'sms',
    customer: { phone: '0701740605', given_name: 'Anna' },
    invoice: { number: '4711', total: 129900, already_paid: 50000, credits: 100 } });
});

test('how it reaches the customer: what is on file decides, both on file asks', () => {
  const way = (customer, department = CLINIC, send) => (
    opening(department, { customer, send }, READ).send);
  assert.equal(way({}), 'qr');
  assert.equal(way({ phone: '1' }), 'sms');
  assert.equal(way({ email: 'a@b.se' }), 'email');
  assert.equal(way({ phone: '1', email: 'a@b.se' }), '');
  assert.equal(way({ phone: '1', email: 'a@b.se' }, CLINIC, 'email'), 'email');
  assert.equal(way({ phone: '1' }, SHOP), 'qr');
  assert.equal(way({ phone: '1' }, { ...CLINIC, send: ['qr', 'email'] }), 'qr');
  const both = typed({ amount: '1' }, { asked: { customer: { phone: '12345', email: 'a@b.se' } } });
  assert.equal(both.wrong.send.code, 'not_chosen');
});

test('in the customer\'s language, if it is one of the country\'s', () => {
  const locale = (chosen) => typed({ amount: '1', locale: chosen }).body.locale;
  assert.deepEqual(['', 'en-SE', 'de-DE'].map(locale), ['sv-SE', 'en-SE', 'sv-SE']);
});

test('the market follows the currency that is asked for', () => {
  assert.equal(opening(CLINIC, { currency: 'EUR' }, READ).market, '1');
  assert.equal(opening(CLINIC, { currency: 'USD' }, READ).market, '0');
});

for (const [what, change, field, code, department = CLINIC] of [
  ['no amount', { amount: '' }, 'amount', 'missing'],
  ['nothing to pay', { amount: '0' }, 'amount', 'not_positive'],
  ['too much', { amount: '2000000,01' }, 'amount', 'too_much'],
  ['three decimals', { amount: '1,234.567' }, 'amount', 'too_many_decimals'],
  ['neither a receipt nor an invoice', { reference: '' }, 'reference', 'missing'],
  ['no answer to the three questions', { ready: false }, 'ready', 'ask_customer'],
  ['an SMS to nobody', { send: 'sms' }, 'phone', 'missing'],
  ['an SMS to a word', { send: 'sms', phone: 'anna' }, 'phone', 'not_phone'],
  ['a mail to nobody', { send: 'email' }, 'email', 'missing'],
  ['a mail to nowhere', { send: 'email', email: 'anna@' }, 'email', 'not_email'],
  ['an invoice without a total', { number: '1' }, 'total', 'missing'],
  ['more than is left of the invoice', { number: '1', total: '90', paid: '40' }, 'amount',
    'over_invoice'],
  ['a short code of letters', { short_code: 'ab' }, 'short_code', 'not_short_code', SHOP],
]) {
  test(`refused at its field: ${what}`, () => {
    const { wrong } = typed({ amount: '100', ...change }, { department });
    assert.equal(wrong[field]?.code, code);
    assert.deepEqual(Object.keys(wrong), [field]);
  });
}

test('a short code goes with a QR session only, finalising with an invoice only', () => {
  assert.equal(typed({ amount: '1', short_code: '2005' }, { department: SHOP }).body.short_code,
    '2005');
  assert.equal(typed({ amount: '1', short_code: '2005' }).body.short_code, undefined);
  assert.equal(typed({ amount: '1' }).body.finalize, undefined);
  assert.equal(typed({ amount: '1', number: '1', total: '1' }).body.finalize, true);
  assert.equal(typed({ amount: '1', number: '1', total: '1', finalize: false }).body.finalize,
    undefined);
});

// --- answers -----------------------------------------------------------------------------------

const STEP = { path: 'instore/payments', expects: 'payment' };

test('a payment is an answer whatever is known of it; a failure is asked about again', () => {
  for (const status of [200, 201, 202]) {
    assert.equal(judge(STEP, { status, body: { payment_id: 'p' } }).verdict, 'done');
  }
  for (const [status, code, verdict] of [[503, 'database', 'lost'], [500, 'http_500', 'lost'],
    [502, 'finalize_failed', 'not_started'], [0, 'lost', 'lost'], [409, 'in_progress', 'wait'], [400, 'amount', 'not_started'],
    [409, 'paid', 'not_started'], [401, 'http_401', 'barred'],
    [422, 'klarna_refused', 'refused']]) {
    assert.equal(judgeProblem(STEP, { status, code }).verdict, verdict, `${status} ${code}`);
  }
});

test('a host that did not finalise its invoice is asked again with the same key', () => {
  const sent = [['submit', { steps: [STEP], key: 'b', user: '', at: 1 }], ['send', {}]].reduce(
    (entry, [type, more]) => next(entry, { type, ...more }),
    opened({ order: 'till', action: 'start', key: 'a', seen: '', values: {}, at: 0 }));
  const again = (code, status) => next(next(sent, { type: 'answer',
    answer: judgeProblem(STEP, { status, code }) }), { type: 'submit', steps: [STEP], key: 'c',
    user: '', at: 2 }).key;
  assert.equal(again('finalize_failed', 502), 'a');
  assert.equal(again('amount', 400), 'c');
});

test('an answer that was overtaken does not undo what is known', () => {
  const first = { version: 1 }, second = { version: 2 };
  assert.equal(newer(second, first), second);
  assert.equal(newer(first, second), second);
  assert.equal(newer(first, undefined), first);
});

// --- the clock ---------------------------------------------------------------------------------

test('the time that is left, and what is said of it', () => {
  const inSeconds = (s) => left(new Date(Date.now() + s * 1000 - 1).toISOString());
  assert.equal(inSeconds(247).text, '4:07');
  assert.equal(inSeconds(3 * 3600 + 61).text, '3:01:01');
  assert.equal(inSeconds(-5).seconds, 0);
  assert.equal(left(null), null);
  assert.deepEqual([[601, 600], [600, 599], [301, 300], [61, 60], [60, 59]].map(
    ([before, now]) => toSay(before, now)), [10, 0, 5, 1, 0]);
});

// --- the page that opened it ---------------------------------------------------------------------

const OWN = 'https://pay.example', JOURNAL = 'https://journal.example';

function windowed() {
  const heard = [], said = [];
  globalThis.window = { addEventListener: (type, listener) => heard.push(listener) };
  const opener = { postMessage: (message, to) => said.push({ message, to }) };
  return { opener, said, hear: (event) => heard.forEach((listener) => listener(event)) };
}

afterEach(() => { delete globalThis.window; });

test('only an origin that is named may open the till for its own sale', () => {
  const { opener } = windowed();
  const given = (origin, more = {}) => hostOf(`#host=${encodeURIComponent(origin)}&id=1`,
    { hosts: [JOURNAL], own: OWN, opener, ...more });
  assert.equal(given(JOURNAL).origin, JOURNAL);
  assert.equal(given(OWN).origin, OWN);
  assert.equal(given('https://evil.example'), null);
  assert.equal(given('https://journal.example.evil.example'), null);
  assert.equal(given('null'), null);
  assert.equal(given(JOURNAL, { opener: null }), null);
  assert.equal(hostOf('', { hosts: [JOURNAL], own: OWN, opener }), null);
});

test('nobody else is heard, and nobody else is told', () => {
  const { opener, said, hear } = windowed(), wishes = [];
  const host = hostOf(`#host=${JOURNAL}&id=1`, { hosts: [JOURNAL], own: OWN, opener });
  host.listen((wish) => wishes.push(wish));
  const message = { kind: 'klarna-till', id: '1', type: 'open', wish: { amount: 5 } };
  hear({ source: opener, origin: 'https://evil.example', data: message });
  hear({ source: {}, origin: JOURNAL, data: message });
  hear({ source: opener, origin: JOURNAL, data: { ...message, id: '2' } });
  hear({ source: opener, origin: JOURNAL, data: null });
  assert.deepEqual(wishes, []);
  hear({ source: opener, origin: JOURNAL, data: message });
  assert.deepEqual(wishes.map(({ amount }) => amount), [5]);
  host.tell('outcome', { payment_id: 'p', state: 'COMPLETED', link: 'secret' });
  assert.ok(said.length === 2 && said.every(({ to }) => to === JOURNAL));
  assert.equal(said[1].message.outcome.state, 'COMPLETED');
  assert.equal(said[1].message.outcome.link, undefined);
});

test('of a wish only what is known is taken, with the type it must have', () => {
  assert.deepEqual(wishOf({ amount: '5', currency: 'SEK', till: 'x', customer: { phone: 7,
    email: 'a@b.se', iban: 'y' }, invoice: { number: 12, total: 5, credits: '1' }, lines: 'z' },
  JOURNAL), { host: JOURNAL, currency: 'SEK', customer: { email: 'a@b.se' },
    invoice: { number: '12', total: 5 } });
  assert.equal(outcomeOf({ reference1: 'R' }).reference, 'R');
});
