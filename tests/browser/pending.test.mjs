// SPDX-License-Identifier: Apache-2.0
// The state machine of one action in the admin pages: every transition, what is forbidden, which
// key is used when, and its memory over a reload.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Memory, books, isTyped, isUnderWay, keyOf, next, opened } from '../../admin/js/action/pending.mjs';
import { fakeStorage } from './storage.mjs';

const STEP = { path: 'orders/o1/credit-invoices', body: '{"amount":700}', expects: 'outcome' };
const PROBLEM = { code: 'too_much', field: 'amount' };

const form = (more) => opened({ order: 'o1', action: 'credit', key: 'K1', seen: 'S',
  values: { amount: '7' }, at: 1, ...more });
const run = (entry, ...events) => events.reduce(next, entry);
const submit = { type: 'submit', steps: [STEP], key: 'K2', user: 'clerk', at: 5 };
const send = { type: 'send' };
const lost = { type: 'lost', problem: { code: 'lost' } };
const answer = (verdict, more) => ({ type: 'answer', answer: { verdict, ...more } });
const following = answer('following', { operation: { id: 'op1' } });
const sent = () => run(form(), submit, send);

test('a form: typed, looked at again, thrown away', () => {
  assert.equal(form().state, 'editing');
  assert.deepEqual(run(form(), { type: 'edit', values: { amount: '8' } }).values, { amount: '8' });
  const looked = run(form(), { type: 'look', seen: 'T', problem: PROBLEM });
  assert.deepEqual([looked.state, looked.seen, looked.key], ['editing', 'T', 'K1']);
  assert.equal(run(form(), { type: 'discard' }), null);
});

test('what was typed is told from what is chosen again with one key', () => {
  const fresh = { mode: 'lines', quantity: {}, amount: '', rate: '25', release: false };
  const typed = (values, more) => isTyped({ values: { ...fresh, ...values }, open: 0, ...more }, fresh);
  for (const values of [{}, { mode: 'amount' }, { release: true }, { confirm: true }, { found: 'none' },
    { quantity: { MUG: '' } }]) assert.equal(typed(values), false, JSON.stringify(values));
  for (const values of [{ amount: '7' }, { quantity: { MUG: '1' } }, { rate: '' }, { comment: 'x' },
    { candidates: [] }]) assert.equal(typed(values), true, JSON.stringify(values));
  assert.equal(typed({}, { open: 1 }), true);     // a request that nobody has answered
});

test('submitted carries the key of the form, its steps and who asked', () => {
  const entry = run(form(), submit);
  assert.deepEqual([entry.state, entry.key, entry.user, entry.steps, entry.step, entry.at],
    ['submitted', 'K1', 'clerk', [STEP], 0, 5]);
});

test('done, refused, followed', () => {
  const done = run(sent(), answer('done', { result: { a: 1 } }));
  assert.deepEqual([done.state, done.result, done.open], ['done', { a: 1 }, 0]);
  assert.equal(run(done, { type: 'close' }), null);
  const refused = run(sent(), answer('refused', { problem: PROBLEM }));
  assert.deepEqual([refused.state, refused.problem], ['refused', PROBLEM]);
  assert.equal(run(refused, { type: 'close' }), null);
  const followed = run(sent(), following);
  assert.deepEqual([followed.state, followed.operation.id], ['following', 'op1']);
});

test('what is followed: seen, lost, ended and asked once more with the same key', () => {
  const entry = run(sent(), following, { type: 'seen', operation: { id: 'op1', state: 'unknown' } },
    lost);
  assert.deepEqual([entry.state, entry.operation.state], ['following', 'unknown']);
  const again = run(entry, { type: 'ended', operation: { id: 'op1', state: 'confirmed' } });
  assert.deepEqual([again.state, keyOf(again), again.steps], ['submitted', 'K1', [STEP]]);
  const second = run(again, send, answer('following', { operation: { id: 'op2' } }));
  assert.equal(second.operation.id, 'op2');
  assert.equal(run(second, { type: 'ended', operation: { id: 'op2' } }, send,
    answer('done', {})).state, 'done');
});

test('what the module gives to choose from is a part of the form until its next answer', () => {
  const candidates = [{ id: 'r1', amount: 700 }];
  const told = run(sent(), answer('not_started', { problem: { code: 'unclear', candidates } }));
  assert.deepEqual(told.values, { amount: '7', candidates, found: '' });
  const chosen = run(told, { type: 'edit', values: { ...told.values, found: 'id:r1' } }, submit,
    send);
  assert.equal(chosen.values.found, 'id:r1');
  const { values } = run(chosen, answer('not_started', { problem: { code: 'contradicted' } }));
  assert.deepEqual(values, { amount: '7', candidates: undefined, found: '' });
  assert.deepEqual(run(sent(), answer('not_started', { problem: PROBLEM })).values,
    { amount: '7' });
});

test('lost: asked again with the same key and body, however often', () => {
  let entry = sent();
  for (let i = 1; i < 5; i++) {
    entry = run(entry, lost);
    assert.deepEqual([entry.state, entry.lost, keyOf(entry), entry.steps],
      ['submitted', i, 'K1', [STEP]]);
    entry = run(entry, send);
  }
  assert.equal(run(entry, answer('done', {})).state, 'done');
});

test('wait: the same key again, the reason is shown', () => {
  const entry = run(sent(), answer('wait', { problem: { code: 'in_progress' } }));
  assert.deepEqual([entry.state, keyOf(entry), entry.problem.code, entry.open],
    ['submitted', 'K1', 'in_progress', 0]);
});

test('nothing started: the form stays, the next request has a new key', () => {
  const entry = run(sent(), answer('not_started', { problem: PROBLEM }));
  assert.deepEqual([entry.state, entry.problem, entry.values],
    ['editing', PROBLEM, { amount: '7' }]);
  const again = run(entry, { type: 'edit', values: { amount: '6' } }, submit);
  assert.deepEqual([again.key, again.problem], ['K2', null]);
  // Not before it was answered that way: one submission uses one key.
  assert.equal(run(again, send, answer('not_started', { problem: PROBLEM }),
    { ...submit, key: 'K3' }).key, 'K3');
});

test('nothing started, but an earlier request had no answer: the key stays', () => {
  const entry = run(sent(), lost, send, answer('not_started', { problem: PROBLEM }));
  assert.deepEqual([entry.state, entry.open], ['editing', 1]);
  const again = run(entry, submit);
  assert.equal(again.key, 'K1');
  // The late one was carried out after all: the module says that the key was used.
  const reused = run(again, send, answer('reused', { problem: PROBLEM }));
  assert.deepEqual([reused.state, reused.problem], ['editing', PROBLEM]);
  assert.equal(run(reused, submit).key, 'K2');
});

test('turned away at the door: the form again, or held when an answer is missing', () => {
  assert.equal(run(sent(), answer('barred', { problem: PROBLEM })).state, 'editing');
  const held = run(sent(), lost, send, answer('barred', { problem: PROBLEM }));
  assert.deepEqual([held.state, held.why], ['held', 'barred']);
  assert.ok(isUnderWay(held));
  assert.deepEqual(run(held, { type: 'go', at: 9 }).state, 'submitted');
  assert.equal(run(held, { type: 'forget' }), null);
});

test('refused: again with a new key and the same values', () => {
  const entry = run(sent(), answer('refused', { problem: PROBLEM }), { type: 'again', key: 'K2' });
  assert.deepEqual([entry.state, entry.key, entry.values, entry.open, entry.problem],
    ['editing', 'K2', { amount: '7' }, 0, null]);
});

test('two steps: each with its own key, and the first is never done again', () => {
  const steps = [{ ...STEP, path: 'adopt' }, { ...STEP, path: 'cancel' }];
  const first = run(form(), { ...submit, steps }, send);
  assert.equal(keyOf(first), 'K1');
  const second = run(first, answer('done', {}));
  assert.deepEqual([second.state, second.step, keyOf(second), second.open],
    ['submitted', 1, 'K1.2', 0]);
  assert.equal(run(second, send, answer('done', {})).state, 'done');
  const no = run(second, send, answer('not_started', { problem: PROBLEM }));
  assert.deepEqual([no.state, no.step], ['refused', 1]);
  assert.equal(run(second, send, answer('barred', { problem: PROBLEM })).state, 'held');
  assert.equal(run(first, answer('not_started', { problem: PROBLEM })).state, 'editing');
});

const ALLOWED = { editing: ['edit', 'look', 'submit', 'discard'],
  submitted: ['send', 'lost', 'answer', 'hold'],
  following: ['seen', 'lost', 'ended', 'answer', 'hold'],
  held: ['go', 'forget'], refused: ['again', 'close'], done: ['close'] };
const EVENTS = [...new Set(Object.values(ALLOWED).flat())];
for (const [state, allowed] of Object.entries(ALLOWED)) {
  test(`${state}: nothing but ${allowed.join(', ')}`, () => {
    for (const type of EVENTS.filter((name) => !allowed.includes(name))) {
      assert.throws(() => next({ ...form(), state }, { type }),
        new RegExp(`${type} while ${state}`));
    }
  });
}

test('no event changes the entry it was given', () => {
  const entry = Object.freeze({ ...form() });
  next(entry, submit);
  const under = Object.freeze(run(form(), submit));
  next(under, send);
  next(under, lost);
});

// --- memory ---------------------------------------------------------------------------------

test('a reload at each point finds the same entry: key, body and all', () => {
  const storage = fakeStorage();
  const points = [form(), run(form(), submit), sent(), run(sent(), lost), run(sent(), following),
    run(sent(), lost, send, answer('barred', {})), run(sent(), answer('refused', {})),
    run(sent(), answer('not_started', { problem: PROBLEM })), run(sent(), answer('done', {}))];
  for (const point of points) {
    new Memory(storage).save(point);
    const again = new Memory(storage).find('o1', 'credit');
    assert.deepEqual(again, JSON.parse(JSON.stringify(point)), point.state);
    assert.equal(keyOf(again), keyOf(point));
    assert.deepEqual(again.steps.map((step) => step.body), point.steps.map((step) => step.body));
  }
});

test('an order\'s entries, oldest first, and no other\'s', () => {
  const memory = new Memory(fakeStorage());
  memory.save(form({ action: 'capture', at: 3 }));
  memory.save(form({ action: 'tracking', target: 'c1', at: 2 }));
  memory.save(form({ order: 'o12', at: 1 }));
  assert.deepEqual(memory.all('o1').map(({ action }) => action), ['tracking', 'capture']);
  assert.equal(memory.find('o1', 'tracking'), null);
  assert.equal(memory.find('o1', 'tracking', 'c1').target, 'c1');
  memory.remove(form({ action: 'capture' }));
  assert.equal(memory.all('o1').length, 1);
});

test('what cannot be kept is told', () => {
  const full = { ...fakeStorage(), setItem() { throw new Error('QuotaExceededError'); } };
  assert.throws(() => new Memory(full).save(form()));
  const deaf = { ...fakeStorage(), setItem() {}, getItem: () => null };
  assert.throws(() => new Memory(deaf).save(form()), /not kept/);
});

test('what another release kept is left alone', () => {
  const storage = fakeStorage();
  new Memory(storage).save({ ...form(), version: 2 });
  assert.equal(new Memory(storage).find('o1', 'credit'), null);
  assert.deepEqual(new Memory(storage).all('o1'), []);
  assert.equal(storage.kept.size, 1);
});

test('two tabs: a copied tab has the key of the first, another tab one of its own', () => {
  const first = fakeStorage();
  new Memory(first).save(run(form(), submit));
  const copy = fakeStorage();
  first.kept.forEach((text, name) => copy.setItem(name, text));
  assert.equal(keyOf(new Memory(copy).find('o1', 'credit')), 'K1');
  new Memory(first).remove(form());
  assert.equal(new Memory(copy).find('o1', 'credit').state, 'submitted');
  assert.equal(new Memory(fakeStorage()).find('o1', 'credit'), null);
});

test('the books differ when money, state or what is under way differs', () => {
  const order = { state: 'CAPTURED', pending_operation: null, order_amount: 1, captured_amount: 1,
    refunded_amount: 0, remaining_authorized_amount: 0, creditable_amount: 1,
    fraud_status: 'ACCEPTED',
    captures: [{}], credit_invoices: [], updated_at: 'x' };
  assert.equal(books({ ...order, updated_at: 'y', sentence: 'z' }), books(order));
  for (const change of [{ state: 'CLOSED' }, { pending_operation: 'p' }, { refunded_amount: 1 },
    { captured_amount: 2 }, { order_amount: 2 }, { remaining_authorized_amount: 1 },
    { creditable_amount: 0 }, { credit_invoices: [{}] }, { captures: [] },
    { fraud_status: 'PENDING' }]) {
    assert.notEqual(books({ ...order, ...change }), books(order), JSON.stringify(change));
  }
});
