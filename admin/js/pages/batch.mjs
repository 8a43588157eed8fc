// SPDX-License-Identifier: Apache-2.0
//
// Many orders captured at once: the module's worker does it, one by one, at the pace that Klarna
// takes, whether this page is open or not. The page hands the orders over once, under a key that is
// kept before it is sent, so that a lost answer or a closed tab sends the same request again and
// never a second one; and it tells how far the batch is and which orders did not go through.
//
//   const batches = new Batches({ changed: draw, moved: () => {} });
//   batches.start()            when the page is there: goes on with what was under way
//   batches.send(orders)       Map: id -> { name }; not while it isBusy
//   batches.view()             a panel for each that is working, or ended and not put away
import { get, post } from '../lib/api.mjs';
import { html, nothing, repeat } from '../lib/html.mjs';
import { number } from '../lib/format.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { keep, recall } from '../lib/kept.mjs';
import { poll } from '../lib/poll.mjs';
import { say } from '../lib/shell.mjs';

const SENDING = 'klarna-admin.batch';        // what has been sent and not been taken yet
const SEEN = 'klarna-admin.batches.seen';    // ids that were put away
const MOST_SEEN = 50;
const RECENT_MS = 86400000;                  // what ended longer ago is not told of any more
const LOOK = { first: 1000, most: 5000 };
const SETTLED = ['confirmed', 'waiting', 'working'];

function parsed(text, otherwise) {
  try {
    return JSON.parse(text) ?? otherwise;
  } catch {
    return otherwise;
  }
}

const user = async () => (await get('orders/about')).user;

export class Batches {
  #options;
  #shown = [];           // batches, newest first
  #sending = null;       // { key, user, orders }
  #problem = null;       // why it was not taken
  #isBusy = false;
  #following = null;

  constructor(options) {
    this.#options = options;
  }

  // --- handing over ----------------------------------------------------------------------------

  /** Whether one is being handed over, or waits to be asked for again. */
  get isBusy() {
    return this.#isBusy || Boolean(this.#sending);
  }

  async send(orders) {
    if (this.isBusy) return;
    this.#isBusy = true;
    try {
      this.#sending = { key: crypto.randomUUID(), user: await user(), orders: [...orders.keys()] };
      keep('localStorage', SENDING, JSON.stringify(this.#sending));
    } catch (error) {
      this.#problem = error;
    }
    if (this.#sending) await this.#post();
    this.#isBusy = false;
    this.#options.changed();
  }

  // With the same key and the same orders, however often: the module takes it once.
  async #post() {
    this.#isBusy = true;
    this.#problem = null;
    this.#options.changed();
    try {
      const { key, orders } = this.#sending;
      const { body } = await post('orders/batches', { action: 'capture', orders }, { key });
      this.#sent();
      this.#take(body);
      this.#follow();
    } catch (error) {
      this.#problem = error;
      // A plain no has started nothing; of everything else it is not known.
      if (error.status >= 400 && error.status < 500 && ![408, 429].includes(error.status)) {
        this.#sent();
      }
    }
    this.#isBusy = false;
    this.#options.changed();
  }

  #sent() {
    this.#sending = null;
    keep('localStorage', SENDING, '');
  }

  // A key counts for one user: under another name the same request would be a new batch.
  async #goOn() {
    const kept = parsed(recall('localStorage', SENDING), null);
    if (!kept || this.isBusy || kept.user !== await user()) return;
    this.#sending = kept;
    await this.#post();
  }

  // --- following -------------------------------------------------------------------------------

  #take(batch) {
    const others = this.#shown.filter(({ id }) => id !== batch.id);
    this.#shown = [...others, batch].toSorted((a, b) => b.created_at.localeCompare(a.created_at));
  }

  #isWanted(batch, name, seen) {
    if (batch.by !== name || seen.includes(batch.id)) return false;
    return batch.state === 'working' || Date.now() - new Date(batch.created_at) < RECENT_MS;
  }

  // What cannot be read shows no panel: the list's own request says what is wrong.
  async start() {
    try {
      await this.#read();
    } catch (error) {
      if (error.status === undefined) throw error;
    }
  }

  async #read() {
    const [{ batches }, name] = await Promise.all([get('orders/batches'), user()]);
    const seen = parsed(recall('localStorage', SEEN), []);
    const wanted = batches.filter((batch) => this.#isWanted(batch, name, seen));
    for (const batch of await Promise.all(wanted.map(({ id }) => get(`orders/batches/${id}`)))) {
      this.#take(batch);
    }
    this.#options.changed();
    this.#follow();
    await this.#goOn();
  }

  #follow() {
    this.#following ||= poll(async () => {
      const working = this.#shown.filter(({ state }) => state === 'working');
      await Promise.all(working.map((batch) => this.#look(batch)));
      if (this.#shown.some(({ state }) => state === 'working')) return true;
      this.#following = null;
      return false;
    }, LOOK);
  }

  async #look(before) {
    const batch = await get(`orders/batches/${before.id}`);
    this.#take(batch);
    if (batch.state !== 'working') {
      say(this.#counts(batch));
      this.#options.moved();
    }
    this.#options.changed();
  }

  #putAway({ id }) {
    const seen = parsed(recall('localStorage', SEEN), []);
    keep('localStorage', SEEN, JSON.stringify([...seen, id].slice(-MOST_SEEN)));
    this.#shown = this.#shown.filter((batch) => batch.id !== id);
    this.#options.changed();
    document.getElementById('main').focus();
  }

  // --- what is shown ---------------------------------------------------------------------------

  #counts({ confirmed, waiting, refused }) {
    return [t('batch.confirmed', { count: confirmed }), waiting ? t('batch.waiting',
      { count: waiting }) : '', refused ? t('batch.refused', { count: refused }) : '']
      .filter(Boolean).join(' · ');
  }

  #item({ order_id: id, reference, state, reason, sentence, next }) {
    const why = state === 'unknown' && !reason ? t('batch.unknown')
      : explain({ code: reason, detail: sentence, next });
    return html`<li data-id=${id}><a href=${`order.html?id=${encodeURIComponent(id)}`}>${
      reference || id.slice(0, 8)}</a> ${why}</li>`;
  }

  #panel(batch) {
    const { id, state, total, waiting, items = [] } = batch, isOver = state !== 'working';
    const failed = items.filter((item) => !SETTLED.includes(item.state));
    return html`<section class="part batch" data-name="batch" data-state=${state}
      aria-labelledby=${`batch-${id}`}><div class="part-head"><h2 id=${`batch-${id}`}>${
      t('batch.title', { count: total })}</h2>${isOver ? html`<button type="button"
        class="quiet small" data-name="put-away" @click=${() => this.#putAway(batch)}>${
        t('batch.put_away')}</button>` : nothing}</div>
      <progress max=${total} value=${total - waiting} aria-labelledby=${`batch-${id}`}></progress>
      <p data-name="counts">${this.#counts(batch)}</p>
      ${isOver ? nothing : html`<p class="soft">${t('batch.closed_tab')}</p>`}
      ${failed.length ? html`<h3>${t('batch.failed')}</h3><ul class="failures">${
        repeat(failed, (item) => item.order_id, (item) => this.#item(item))}</ul>` : nothing}
      </section>`;
  }

  #notTaken() {
    const again = () => this.#post();
    if (this.#isBusy && this.#sending && !this.#problem) {
      return html`<p role="status" aria-busy="true" data-name="batch-sending">${t('batch.sending', {
        count: number(this.#sending.orders.length) })}</p>`;
    }
    if (!this.#problem) return nothing;
    return html`<div class="notice" data-tone="bad" role="alert" data-name="batch-problem"><p
      class="notice-title">${t(this.#sending ? 'batch.not_known' : 'batch.not_taken')}</p><p>${
      explain(this.#problem)}</p>${this.#sending ? html`<p><button type="button"
      data-name="send-again" aria-busy=${String(this.#isBusy)} @click=${again}>${
      t('batch.send_again')}</button></p>` : nothing}</div>`;
  }

  view() {
    return html`${this.#notTaken()}${repeat(this.#shown, ({ id }) => id,
      (batch) => this.#panel(batch))}`;
  }
}

/** What would be captured of these: [[currency, minor units]], and of how many. */
export function sums(orders) {
  const found = new Map();
  for (const { currency, remaining } of orders.values()) {
    if (remaining > 0) found.set(currency, (found.get(currency) ?? 0) + remaining);
  }
  return [...found];
}
