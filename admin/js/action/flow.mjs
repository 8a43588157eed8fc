// SPDX-License-Identifier: Apache-2.0
//
// One action on its way: remembers before it sends, asks again with the same key when no answer
// came, follows what Klarna has not confirmed, until a final answer. It has no page: what it
// needs is handed in, so that every way it can go is tested without a browser.
//
//   const flow = new Flow(entry, { memory, post, get, user, newKey, now, wait })
//   flow.addEventListener('change', draw)     flow.entry; flow.againAt: when it asks again, or 0
//   await flow.submit(steps, readOrder)       from the form; goes on until it ends or is held
//   await flow.resume()                       after a reload
//   flow.askNow()                             does not wait for the time to ask again
//
//   post, get   of api.mjs        user()        who is signed in, asked of the server
//   wait(ms, signal)              resolves after ms or when the signal aborts
import { isFinal, judge, judgeProblem, problemOf } from './answers.mjs';
import { books, EDITING, FOLLOWING, HELD, keyOf, next, SUBMITTED } from './pending.mjs';

const OLD_MS = 15 * 60000;         // after that a person says whether it is still wanted
const ASK_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const LOOK_MS = [1000, 1000, 2000, 3000, 5000, 10000];

const at = (list, i) => list[Math.min(i, list.length - 1)];

export class Flow extends EventTarget {
  againAt = 0;
  isBusy = false;        // between the press of the button and the first stored step
  #with;
  #waiting = null;
  #drives = false;

  constructor(entry, using) {
    super();
    this.entry = entry;
    this.#with = using;
  }

  get drives() {
    return this.#drives;
  }

  /**
   * Takes a step and remembers it. What cannot be remembered stops nothing once the request
   * itself was: a reload then asks with the same key and body, which changes nothing.
   * @return the entry, also when there is nothing to remember of it any more
   */
  apply(event) {
    const entry = next(this.entry, event), ended = this.entry;
    try {
      if (entry) this.#with.memory.save(entry);
      else this.#with.memory.remove(ended);
    } catch (error) {
      if (event.type === 'submit') throw error;
    }
    this.entry = entry;
    this.#changed();
    return entry ?? ended;
  }

  /**
   * Sends the form. A second call while the first is under way does nothing, and so does one
   * after it. read() gives the order as it is now: when it is not what the form was opened upon,
   * the person looks again first; without read() that does not matter.
   * @return false when nothing was sent
   */
  async submit(steps, read) {
    if (this.isBusy || this.entry?.state !== EDITING) return false;
    this.isBusy = true;
    this.#changed();
    const ready = await this.#prepare(steps, read);
    this.isBusy = false;
    this.#changed();
    if (ready) await this.#drive();
    return ready;
  }

  async #prepare(steps, read) {
    let order, user;
    try {
      [order, user] = await Promise.all([read?.(), this.#with.user()]);
    } catch (error) {
      return this.#notSent(error);
    }
    if (order && books(order) !== this.entry.seen) {
      this.apply({ type: 'look', seen: books(order),
        problem: problemOf({ code: 'order_changed', status: 409 }) });
      return false;
    }
    try {
      this.apply({ type: 'submit', steps, key: this.#with.newKey(), at: this.#with.now(), user });
    } catch {
      return this.#notSent({ code: 'not_kept' });
    }
    return true;
  }

  #notSent(error) {
    this.entry = { ...this.entry, problem: problemOf(error) };
    return false;
  }

  /** Goes on with what was left; asks a person first where that is not plainly right. */
  async resume() {
    const { state } = this.entry;
    if (state === SUBMITTED || state === FOLLOWING) {
      if (!await this.#isSameUser()) this.apply({ type: 'hold', why: 'user' });
      else if (state === SUBMITTED && this.#with.now() - this.entry.at > OLD_MS) {
        this.apply({ type: 'hold', why: 'old' });
      }
      await this.#drive();
    }
  }

  /** A person wants what is held to go on. */
  async go() {
    if (this.entry?.state !== HELD) return;
    if (!await this.#isSameUser()) {
      this.entry = { ...this.entry, why: 'user' };
      this.#changed();
      return;
    }
    this.apply({ type: 'go', at: this.#with.now() });
    await this.#drive();
  }

  askNow() {
    this.#waiting?.abort();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  // A key counts for one user: under another name the same request would be a new one.
  async #isSameUser() {
    for (let i = 0; ; i++) {
      try {
        return await this.#with.user() === this.entry.user;
      } catch (error) {
        if (error.status >= 400 && error.status < 500) return false;
        await this.#pause(at(ASK_MS, i));
      }
    }
  }

  async #drive() {
    if (this.#drives) return;
    this.#drives = true;
    try {
      await this.#walk();
    } finally {
      this.#drives = false;
      this.#changed();
    }
  }

  async #walk() {
    let looks = 0, waits = 0;
    while (this.entry?.state === SUBMITTED || this.entry?.state === FOLLOWING) {
      if (this.entry.state === FOLLOWING) {
        await this.#pause(at(LOOK_MS, looks++));
        await this.#look();
      } else {
        const step = this.entry.step, pause = await this.#ask();
        if (step !== this.entry?.step) waits = 0;
        if (pause !== null) await this.#pause(Math.max(pause, at(ASK_MS, waits++)));
      }
    }
  }

  // Gives the least pause before it is asked again in ms, null when it need not be.
  async #ask() {
    this.apply({ type: 'send' });
    const { entry } = this, step = entry.steps[entry.step];
    const answer = await this.#answer(step, entry);
    if (answer.verdict === 'lost') {
      this.apply({ type: 'lost', problem: answer.problem });
      return 0;
    }
    this.apply({ type: 'answer', answer });
    return answer.verdict === 'wait' ? answer.problem.retryAfter * 1000 : null;
  }

  async #answer(step, entry) {
    try {
      const answer = await this.#with.post(step.path, JSON.parse(step.body),
        { key: keyOf(entry) });
      return judge(step, answer, entry.action);
    } catch (error) {
      return judgeProblem(step, error);
    }
  }

  // One look at the operation that Klarna has not confirmed. When it ended the request is asked
  // for once more, with its key: the answer to that is the final one, and a credit invoice may
  // have a second operation behind the first.
  async #look() {
    const { order, operation, action, steps, step } = this.entry;
    try {
      const found = await this.#with.get(`orders/${order}/operations/${operation.id}`);
      if (!isFinal(found)) this.apply({ type: 'seen', operation: found });
      else if (steps[step].expects === 'outcome') this.apply({ type: 'ended', operation: found });
      else this.apply({ type: 'answer', answer: judge(steps[step], { body: found }, action) });
    } catch (error) {
      if (error.status === undefined) throw error;
      this.apply({ type: 'lost', problem: problemOf(error) });
    }
  }

  async #pause(ms) {
    this.#waiting = new AbortController();
    this.againAt = this.#with.now() + ms;
    this.#changed();
    await this.#with.wait(ms, this.#waiting.signal);
    this.#waiting = null;
    this.againAt = 0;
  }
}
