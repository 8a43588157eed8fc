// SPDX-License-Identifier: Apache-2.0
//
// What a credit invoice would do, asked of the module while a person fills in the form: the same
// plan that will be carried out. Asked when nothing was typed for a moment; an answer that is not
// about the last question is dropped. No page in it.
//
//   const preview = new Preview({ ask, changed, wait })
//   preview.about({ amount: 700 })     or null: there is nothing to ask about yet
//   preview.state                      'none', 'asking', 'known', 'wrong'
//   preview.plan, preview.problem
//   preview.forget(), preview.stop()
//
//   ask(body, signal) -> { amount, steps: [{ verb, amount }] }, or throws a Problem or Lost

const PAUSE_MS = 400;

export class Preview {
  state = 'none';
  plan = null;
  problem = null;
  #with;
  #text = '';
  #asking = null;

  constructor(using) {
    this.#with = using;
  }

  about(body) {
    const text = body ? JSON.stringify(body) : '';
    if (text === this.#text) return;
    this.#text = text;
    this.#asking?.abort();
    this.#asking = null;
    if (text) this.#ask(body);
    else this.#to('none');
  }

  /** The order changed: the same question may have another answer. */
  forget() {
    this.#text = '';
  }

  /** What is still being asked is not needed any more: the form is being sent. */
  stop() {
    if (this.state !== 'asking') return;
    this.#asking?.abort();
    this.#asking = null;
    this.#text = '';
  }

  #to(state, { plan = null, problem = null } = {}) {
    Object.assign(this, { state, plan, problem });
    this.#with.changed();
  }

  async #ask(body) {
    const asking = new AbortController();
    this.#asking = asking;
    this.state = 'asking';
    try {
      await this.#with.wait(PAUSE_MS, asking.signal);
      if (asking.signal.aborted) return;
      const plan = await this.#with.ask(body, asking.signal);
      if (this.#asking === asking) this.#to('known', { plan });
    } catch (problem) {
      if (this.#asking === asking) this.#to('wrong', { problem });
    }
  }
}
