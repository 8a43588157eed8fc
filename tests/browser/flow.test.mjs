// SPDX-License-Identifier: Apache-2.0
// An action on its way through lost answers, reloads, double clicks and other tabs, against a
// server that behaves as the module does: the same key is carried out once. No browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flow } from '../../admin/js/action/flow.mjs';
import { Memory, books, opened } from '../../admin/js/action/pending.mjs';
import { fakeStorage } from './storage.mjs';

const STEP = { path: 'orders/o1/credit-invoices', body: '{"amount":700,"comment":"ä"}',
  expects: 'outcome' };
const ORDER = { state: 'CAPTURED', captures: [], credit_invoices: [] };

function problem(status, code, more = {}) {
  return Object.assign(new Error(code), { status, code, ...more });
}

const lost = () => Object.assign(new Error('no answer'), { status: 0, code: 'lost' });
const created = () => ({ status: 201, body: { order_id: 'o1', state: 'confirmed' } });
const accepted = (id) => ({ status: 202, body: { order_id: 'o1', state: 'unknown' },
  location: `/klarna/orders/o1/operations/${id}` });

// script: what becomes of each request in turn: 'lost before', 'lost after', an Error to throw,
// an answer, or nothing: carried out unless its key was.
class Server {
  carriedOut = [];
  requests = [];
  operations = [];
  user = 'clerk';
  order = ORDER;

  constructor(...script) {
    this.script = script;
  }

  post = async (path, body, { key }) => {
    const text = JSON.stringify(body), what = this.script.shift();
    this.requests.push({ path, key, text });
    if (what === 'lost before') throw lost();
    if (what instanceof Error) throw what;
    const known = this.carriedOut.find((done) => done.key === key && done.user === this.user);
    if (known && known.text !== text) throw problem(422, 'idempotency_key_reused');
    if (!known) this.carriedOut.push({ key, text, user: this.user, path });
    if (what === 'lost after') throw lost();
    return what ?? created();
  };

  get = async (path) => {
    this.requests.push({ path });
    const found = this.operations.shift();
    if (found instanceof Error) throw found;
    return found;
  };
}

const form = (more) => opened({ order: 'o1', action: 'credit', key: 'K1', seen: books(ORDER),
  values: {}, at: 0, ...more });

// A tab: its storage outlives a reload. Its clock runs only while something waits.
class Tab {
  now = 0;
  waits = [];
  keys = 1;

  constructor(server, storage = fakeStorage()) {
    this.server = server;
    this.storage = storage;
  }

  flow(entry = new Memory(this.storage).find('o1', 'credit')) {
    return new Flow(entry, { memory: new Memory(this.storage), post: this.server.post,
      get: this.server.get, user: async () => this.server.user, now: () => this.now,
      newKey: () => `K${++this.keys}`, wait: (ms) => this.wait(ms) });
  }

  wait = async (ms) => {
    this.waits.push(ms);
    this.now += ms;
    if (this.waits.length > 50) throw new Error('waits for ever');
    if (this.dies) await new Promise(() => {});
  };

  submit = (flow, steps = [STEP]) => flow.submit(steps, async () => this.server.order);
}

const keys = (server) => server.requests.filter(({ key }) => key).map(({ key }) => key);

test('sent once, answered, done', async () => {
  const server = new Server(), tab = new Tab(server), flow = tab.flow(form());
  assert.equal(await tab.submit(flow), true);
  assert.equal(flow.entry.state, 'done');
  assert.deepEqual(server.requests, [{ path: STEP.path, key: 'K1', text: STEP.body }]);
});

test('a double click, and a third, are one request', async () => {
  const server = new Server(), tab = new Tab(server), flow = tab.flow(form());
  const told = await Promise.all([tab.submit(flow), tab.submit(flow), tab.submit(flow)]);
  assert.deepEqual(told, [true, false, false]);
  assert.equal(server.requests.length, 1);
  assert.equal(await tab.submit(flow), false);
});

test('"submitted" is remembered before the request goes out', async () => {
  const server = new Server(), tab = new Tab(server), flow = tab.flow(form());
  const post = server.post;
  let kept;
  server.post = (...request) => {
    kept = new Memory(tab.storage).find('o1', 'credit');
    return post(...request);
  };
  await tab.submit(tab.flow(form()));
  assert.deepEqual([kept.state, kept.key, kept.open, kept.steps], ['submitted', 'K1', 1, [STEP]]);
  assert.equal(flow.entry.state, 'editing');
});

test('when it cannot be remembered nothing is sent', async () => {
  const server = new Server(), tab = new Tab(server);
  tab.storage.setItem = () => { throw new Error('QuotaExceededError'); };
  const flow = tab.flow(form());
  assert.equal(await tab.submit(flow), false);
  assert.deepEqual([flow.entry.state, flow.entry.problem.code], ['editing', 'not_kept']);
  assert.deepEqual(server.requests, []);
});

for (const what of ['lost before', 'lost after']) {
  test(`the answer is ${what}: the same key and body until there is one`, async () => {
    const server = new Server(what, what, 'lost before', problem(503, 'database'),
      problem(502, 'http_502')), tab = new Tab(server);
    const flow = tab.flow(form());
    await tab.submit(flow);
    assert.equal(flow.entry.state, 'done');
    assert.equal(server.carriedOut.length, 1);
    assert.deepEqual(new Set(server.requests.map((sent) => JSON.stringify(sent))).size, 1);
    assert.deepEqual(tab.waits, [1000, 2000, 4000, 8000, 15000]);
  });
}

test('in_progress waits as long as it is told', async () => {
  const server = new Server(problem(409, 'in_progress', { retryAfter: 7 })), tab = new Tab(server);
  const flow = tab.flow(form());
  await tab.submit(flow);
  assert.deepEqual(tab.waits, [7000]);
  assert.deepEqual([flow.entry.state, keys(server)], ['done', ['K1', 'K1']]);
});

test('202 is followed until it ended, and asked for once more', async () => {
  const server = new Server(accepted('op1'), accepted('op2')), tab = new Tab(server);
  server.operations = [{ id: 'op1', state: 'queued' }, lost(), { id: 'op1', state: 'unknown' },
    { id: 'op1', state: 'confirmed' }, { id: 'op2', state: 'confirmed' }];
  const flow = tab.flow(form()), states = [];
  flow.addEventListener('change', () => {
    const shown = `${flow.entry.state} ${flow.entry.operation?.state ?? ''}`;
    if (states.at(-1) !== shown) states.push(shown);
  });
  await tab.submit(flow);
  assert.deepEqual(states, ['editing ', 'submitted ', 'following ', 'following queued',
    'following unknown', 'submitted confirmed', 'following ', 'submitted confirmed',
    'done confirmed']);
  assert.deepEqual(keys(server), ['K1', 'K1', 'K1']);
  assert.equal(server.carriedOut.length, 1);
});

test('what was followed and refused ends with Klarna\'s words', async () => {
  const no = problem(422, 'klarna_refused', { errorCode: 'REFUND_NOT_ALLOWED', messages: ['m'],
    correlationId: 'c' });
  const server = new Server(accepted('op1'), no), tab = new Tab(server);
  server.operations = [{ id: 'op1', state: 'refused' }];
  const flow = tab.flow(form());
  await tab.submit(flow);
  assert.equal(flow.entry.state, 'refused');
  assert.deepEqual([flow.entry.problem.errorCode, flow.entry.problem.correlationId],
    ['REFUND_NOT_ALLOWED', 'c']);
});

test('a field is wrong: the form stays, corrected it goes out with a new key', async () => {
  const server = new Server(problem(400, 'too_much', { field: 'amount' })), tab = new Tab(server);
  const flow = tab.flow(form());
  await tab.submit(flow);
  assert.deepEqual([flow.entry.state, flow.entry.problem.field], ['editing', 'amount']);
  await tab.submit(flow, [{ ...STEP, body: '{"amount":600}' }]);
  assert.equal(flow.entry.state, 'done');
  assert.deepEqual([keys(server)[0], server.carriedOut.length], ['K1', 1]);
  assert.notEqual(keys(server)[1], 'K1');
});

test('an answer is missing, then a no: a corrected form cannot be a second refund', async () => {
  // The first request is on its way still when the second is refused, and arrives after that.
  const server = new Server('lost before', problem(409, 'order_busy')), tab = new Tab(server);
  const flow = tab.flow(form());
  await tab.submit(flow);
  assert.equal(flow.entry.state, 'editing');
  await server.post(STEP.path, JSON.parse(STEP.body), { key: 'K1' });
  await tab.submit(flow, [{ ...STEP, body: '{"amount":600}' }]);
  assert.deepEqual([flow.entry.state, flow.entry.problem.code],
    ['editing', 'idempotency_key_reused']);
  assert.equal(server.carriedOut.length, 1);
});

test('the order changed since the form was opened: nothing is sent, then it may be', async () => {
  const server = new Server(), tab = new Tab(server), flow = tab.flow(form());
  server.order = { ...ORDER, refunded_amount: 700 };
  assert.equal(await tab.submit(flow), false);
  assert.deepEqual([flow.entry.state, flow.entry.problem.code], ['editing', 'order_changed']);
  assert.deepEqual(server.requests, []);
  assert.equal(await tab.submit(flow), true);
  assert.deepEqual(keys(server), ['K1']);
});

test('the order cannot be read: nothing is sent and the form stays', async () => {
  const server = new Server(), tab = new Tab(server), flow = tab.flow(form());
  assert.equal(await flow.submit([STEP], async () => { throw lost(); }), false);
  assert.deepEqual([flow.entry.state, flow.entry.problem.code], ['editing', 'lost']);
  assert.equal(await tab.submit(flow), true);
});

// --- reload in the middle -------------------------------------------------------------------

for (const [name, script, operations] of [
  ['before the request arrived', ['lost before'], []],
  ['after it was carried out', ['lost after'], []],
  ['while Klarna has not answered', [accepted('op1')], [{ id: 'op1', state: 'confirmed' }]]]) {
  test(`a reload ${name}`, async () => {
    const server = new Server(...script), tab = new Tab(server);
    tab.dies = true;
    tab.submit(tab.flow(form()));
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    tab.dies = false;
    server.operations = operations;
    const flow = tab.flow();
    await flow.resume();
    assert.equal(flow.entry.state, 'done');
    assert.equal(server.carriedOut.length, 1);
    assert.deepEqual(new Set(keys(server)), new Set(['K1']));
    assert.deepEqual(new Set(server.requests.map(({ text }) => text).filter(Boolean)),
      new Set([STEP.body]));
  });
}

test('a reload while the form is filled in sends nothing', async () => {
  const server = new Server(), tab = new Tab(server);
  tab.flow(form()).apply({ type: 'edit', values: { amount: '7,' } });
  const flow = tab.flow();
  await flow.resume();
  assert.deepEqual([flow.entry.state, flow.entry.values, server.requests],
    ['editing', { amount: '7,' }, []]);
});

test('after a reload somebody else is signed in: nothing is sent in that name', async () => {
  const server = new Server('lost before'), tab = new Tab(server);
  tab.dies = true;
  tab.submit(tab.flow(form()));
  await new Promise((resolve) => { setTimeout(resolve, 5); });
  tab.dies = false;
  server.user = 'boss';
  const flow = tab.flow();
  await flow.resume();
  assert.deepEqual([flow.entry.state, flow.entry.why, server.carriedOut], ['held', 'user', []]);
  await flow.go();
  assert.deepEqual([flow.entry.state, server.requests.length], ['held', 1]);
  server.user = 'clerk';
  await flow.go();
  assert.deepEqual([flow.entry.state, server.carriedOut.length], ['done', 1]);
});

test('what was sent long ago waits for a person', async () => {
  const server = new Server('lost before'), tab = new Tab(server);
  tab.dies = true;
  tab.submit(tab.flow(form()));
  await new Promise((resolve) => { setTimeout(resolve, 5); });
  tab.dies = false;
  tab.now += 16 * 60000;
  const flow = tab.flow();
  await flow.resume();
  assert.deepEqual([flow.entry.state, flow.entry.why, server.requests.length], ['held', 'old', 1]);
  await flow.go();
  assert.deepEqual([flow.entry.state, keys(server)], ['done', ['K1', 'K1']]);
});

// --- tabs -----------------------------------------------------------------------------------

test('a copied tab sends the same form: carried out once', async () => {
  const server = new Server(), tab = new Tab(server), copy = new Tab(server);
  const [one, two] = [tab.flow(form()), copy.flow(form())];
  await Promise.all([tab.submit(one), copy.submit(two)]);
  assert.deepEqual([one.entry.state, two.entry.state], ['done', 'done']);
  assert.equal(server.carriedOut.length, 1);
});

test('a copied tab sends other values: told, and not carried out', async () => {
  const server = new Server(), tab = new Tab(server), copy = new Tab(server);
  await tab.submit(tab.flow(form()));
  const flow = copy.flow(form());
  await copy.submit(flow, [{ ...STEP, body: '{"amount":1}' }]);
  assert.deepEqual([flow.entry.state, flow.entry.problem.code],
    ['editing', 'idempotency_key_reused']);
  assert.equal(server.carriedOut.length, 1);
});

test('another tab with a form of its own is told that the order changed', async () => {
  const server = new Server(), tab = new Tab(server), other = new Tab(server);
  const second = other.flow(form({ key: 'L1' }));
  await tab.submit(tab.flow(form()));
  server.order = { ...ORDER, pending_operation: null, refunded_amount: 700 };
  await other.submit(second);
  assert.deepEqual([second.entry.problem.code, server.carriedOut.length], ['order_changed', 1]);
});

// --- other kinds of actions -----------------------------------------------------------------

const TWO = [{ path: 'orders/o1/adopt', body: '{"klarna_order_id":"k"}', expects: 'order' },
  { path: 'orders/o1/cancel', body: '{"confirm_final":true}', expects: 'outcome' }];

test('adopt, then cancel: a loss and a reload between them', async () => {
  const server = new Server('lost after', { status: 200, body: {} }, 'lost after');
  const tab = new Tab(server), flow = tab.flow(form()), { wait } = tab;
  tab.wait = async (ms) => {
    tab.dies = flow.entry.step === 1;
    await wait(ms);
  };
  tab.submit(flow, TWO);
  await new Promise((resolve) => { setTimeout(resolve, 5); });
  assert.ok(tab.dies);
  Object.assign(tab, { wait, dies: false });
  const again = tab.flow();
  await again.resume();
  assert.equal(again.entry.state, 'done');
  assert.deepEqual(server.carriedOut.map(({ path, key }) => [path, key]),
    [['orders/o1/adopt', 'K1'], ['orders/o1/cancel', 'K1.2']]);
});

test('send again: followed on the operation itself, no second request', async () => {
  const steps = [{ path: 'orders/o1/operations/op1/send-again', body: '{}', expects: 'operation' }];
  const server = new Server({ status: 200, body: { id: 'op1', state: 'unknown' } });
  server.operations = [{ id: 'op1', state: 'sent' }, { id: 'op1', state: 'confirmed' }];
  const tab = new Tab(server), flow = tab.flow(form({ action: 'send_again' }));
  await flow.submit(steps);
  assert.deepEqual([flow.entry.state, flow.entry.result.state], ['done', 'confirmed']);
  assert.equal(server.requests.filter(({ key }) => key).length, 1);
});

test('given up: well, whether Klarna had carried it out or not', async () => {
  const steps = [{ path: 'orders/o1/operations/op1/give-up', body: '{}', expects: 'operation' }];
  for (const state of ['confirmed', 'refused']) {
    const server = new Server({ status: 200, body: { id: 'op1', state } }), tab = new Tab(server);
    const flow = tab.flow(form({ action: 'give_up' }));
    await flow.submit(steps);
    assert.deepEqual([flow.entry.state, flow.entry.result.state], ['done', state]);
  }
  const early = new Server(problem(409, 'in_progress', { retryAfter: 60 })), tab = new Tab(early);
  const flow = tab.flow(form({ action: 'give_up' }));
  await flow.submit(steps);
  assert.deepEqual([flow.entry.state, flow.entry.problem.code, tab.waits],
    ['editing', 'in_progress', []]);
});
