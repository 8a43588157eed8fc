// SPDX-License-Identifier: Apache-2.0
//
// What a person asked for and has no final answer to: the state machine of one action, and its
// memory over a reload. An entry carries the action's key from the moment its form opens; what
// was sent is sent again with the same key and the same body, which the module carries out once.
// A new key is made only when every request with the old one was answered and none of them
// started anything. Pure: no page, no network, no clock.
//
//                 submit             answer: done
//   (open) editing ----> submitted ------------------> done ----> (close)
//             ^            |  |  ^                       ^
//             | not started|  |  | lost, wait            |
//             +------------+  |  |                       |
//                             |  +-- following (202) ----+  its operation ended: asked again
//                             |
//                             +--> refused ----> (close), or editing again with a new key
//
// held: submitted, but it waits for a person: another user is signed in, the request is old, or
// the server turned it away without telling what became of an earlier one.

const VERSION = 1;
const NAME = 'klarna-admin.pending';

export const EDITING = 'editing', SUBMITTED = 'submitted', FOLLOWING = 'following', HELD = 'held';
export const REFUSED = 'refused', DONE = 'done';

/**
 * The entry of a form that opens. seen: the order's books as the person sees them (books());
 * hidden: the form was closed, what was typed in it is kept.
 */
export function opened({ order, action, target = '', key, seen, values, at }) {
  return { version: VERSION, order, action, target, key, user: '', seen, values, at, state: EDITING,
    hidden: false, steps: [], step: 0, open: 0, lost: 0, spent: false, why: '', operation: null,
    result: null, problem: null };
}

/** The key of the step that is sent: a second step has one of its own, made from the first. */
export function keyOf(entry) {
  return entry.step ? `${entry.key}.${entry.step + 1}` : entry.key;
}

/** True when something may have reached the module and has no final answer. */
export function isUnderWay(entry) {
  return [SUBMITTED, FOLLOWING, HELD].includes(entry.state);
}

// Choices and ticks are made again with one key; a request without an answer is never forgotten.
const QUICK = ['mode', 'then', 'capture', 'option', 'found'];

function textsOf(values) {
  return JSON.stringify(values, (name, value) => (
    QUICK.includes(name) || typeof value === 'boolean' || value === '' ? undefined : value));
}

/** Whether something was typed into a form that opens with these values. */
export function isTyped({ values, open }, fresh) {
  return open > 0 || textsOf(values) !== textsOf(fresh);
}

function submitted(entry, { steps, key, user, at }) {
  return { ...entry, state: SUBMITTED, key: entry.spent ? key : entry.key, spent: false, user,
    steps, step: 0, lost: 0, at, problem: null, operation: null };
}

function done(entry, answer) {
  const rest = { ...entry, open: 0, lost: 0, problem: null, result: answer.result };
  if (entry.step + 1 < entry.steps.length) {
    return { ...rest, state: SUBMITTED, step: entry.step + 1, operation: null };
  }
  return { ...rest, state: DONE };
}

// What the module gives to choose from becomes a part of the form, until its next answer.
function withChoice(values, { candidates }) {
  return candidates || values.candidates ? { ...values, candidates, found: '' } : values;
}

// Nothing of a second step can be corrected in the form of the first.
function notStarted(entry, { problem, keepsKey = false }) {
  if (entry.step) return { ...entry, state: REFUSED, open: 0, problem };
  return { ...entry, state: EDITING, spent: entry.open === 0 && !keepsKey,
    problem,
    values: withChoice(entry.values, problem) };
}

// Turned away at the door: that says nothing about an earlier request without an answer.
function barred(entry, answer) {
  if (entry.open || entry.step) {
    return { ...entry, state: HELD, why: 'barred', problem: answer.problem };
  }
  return notStarted(entry, answer);
}

const ANSWERS = {
  done,
  following: (entry, { operation }) => (
    { ...entry, state: FOLLOWING, lost: 0, operation, problem: null }),
  wait: (entry, { problem }) => ({ ...entry, lost: 0, problem }),
  not_started: notStarted,
  barred,
  // Another window sent this key with other values: nothing of ours can be carried out by it.
  reused: (entry, answer) => notStarted({ ...entry, open: 0 }, answer),
  refused: (entry, { problem }) => ({ ...entry, state: REFUSED, open: 0, problem }),
};

function answered(entry, { answer }) {
  return ANSWERS[answer.verdict]({ ...entry, open: Math.max(0, entry.open - 1) }, answer);
}

const MOVES = {
  [EDITING]: {
    edit: (entry, { values = entry.values, hidden = false }) => ({ ...entry, values, hidden }),
    look: (entry, { seen, problem }) => ({ ...entry, seen, problem }),
    submit: submitted,
    discard: () => null,
  },
  [SUBMITTED]: {
    send: (entry) => ({ ...entry, open: entry.open + 1 }),
    lost: (entry, { problem }) => ({ ...entry, lost: entry.lost + 1, problem }),
    answer: answered,
    hold: (entry, { why }) => ({ ...entry, state: HELD, why }),
  },
  [FOLLOWING]: {
    seen: (entry, { operation }) => ({ ...entry, operation, problem: null }),
    lost: (entry, { problem }) => ({ ...entry, problem }),
    ended: (entry, { operation }) => ({ ...entry, state: SUBMITTED, operation, problem: null }),
    answer: answered,
    hold: (entry, { why }) => ({ ...entry, state: HELD, why }),
  },
  [HELD]: {
    go: (entry, { at }) => ({ ...entry, state: SUBMITTED, why: '', at }),
    forget: () => null,
  },
  [REFUSED]: {
    again: (entry, { key }) => ({ ...entry, state: EDITING, key, steps: [], step: 0, open: 0,
      spent: false, problem: null, operation: null }),
    close: () => null,
  },
  [DONE]: { close: () => null },
};

/** The entry after the event, a new object; null when there is nothing to remember any more. */
export function next(entry, event) {
  const move = MOVES[entry.state]?.[event.type];
  if (!move) throw new Error(`${event.type} while ${entry.state}`);
  return move(entry, event);
}

/** What a form was opened upon: when this differs, the person saw other figures. */
export function books(order) {
  return JSON.stringify([order.state, order.fraud_status, order.pending_operation,
    order.order_amount, order.captured_amount, order.refunded_amount,
    order.remaining_authorized_amount, order.creditable_amount, order.captures?.length,
    order.credit_invoices?.length]);
}

const nameOf = ({ order, action, target }) => [NAME, order, action, target].join('|');

/** The entries in a tab's sessionStorage (or anything with its functions). */
export class Memory {
  #storage;

  constructor(storage) {
    this.#storage = storage;
  }

  /** Throws when it cannot be kept: then nothing may be sent. */
  save(entry) {
    const text = JSON.stringify(entry), name = nameOf(entry);
    this.#storage.setItem(name, text);
    if (this.#storage.getItem(name) !== text) throw new Error('not kept');
  }

  remove(entry) {
    this.#storage.removeItem(nameOf(entry));
  }

  find(order, action, target = '') {
    return this.#read(nameOf({ order, action, target }));
  }

  /** All of an order, in the order of their time. */
  all(order) {
    const names = Array.from({ length: this.#storage.length }, (_, i) => this.#storage.key(i));
    return names.filter((name) => name.startsWith(`${NAME}|${order}|`))
      .map((name) => this.#read(name)).filter(Boolean).sort((a, b) => a.at - b.at);
  }

  // What another release of these pages wrote is not understood, and not touched.
  #read(name) {
    const entry = JSON.parse(this.#storage.getItem(name) ?? 'null');
    return entry?.version === VERSION ? entry : null;
  }
}
