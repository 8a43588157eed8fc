// SPDX-License-Identifier: Apache-2.0
//
// A list page by page. What is looked for stands in the address, so that a view can be kept, sent
// to somebody and reached with the browser's back button; nothing else is kept but the way back
// through the pages (in history.state).
//
//   const list = new Listing({
//     names: ['list', 'q'],         // what may stand in the address, beside what narrows the list
//     narrowing: ['store', 'from'], // what stands behind "Filters"
//     last: LAST_LIST,              // where its address is remembered for the way back
//     asked: (filter) => ({}),      // what the request says besides
//     isShown: (order) => true,     // of what is found
//     found: (count) => '',         // said to those who do not see the list change
//     beside: async (filter) => {}, // read at the same time
//   });
//   list.filter, list.orders        what is looked for, and the page found (null: nothing yet)
//   list.start()                    reads it, and again whenever it should be
//   list.filters, choice, text, day, results   what stands on the page
import { get } from './api.mjs';
import { html, live, nothing } from './html.mjs';
import { t } from './i18n.mjs';
import { keep } from './kept.mjs';
import { draw, failure, onBack, say } from './shell.mjs';

const PAGE_ROWS = 50;
const STALE_MS = 20000;     // a list that was out of sight for longer is read again

export class Listing {
  orders = null;
  isLoading = false;
  error = null;
  #options;
  #kept;
  #nextCursor = '';
  #isOpen = false;          // the filters, where there is little room
  #reading = null;          // AbortController of the newest request
  #readAt = 0;

  constructor(options) {
    this.#options = { asked: () => ({}), isShown: () => true, beside: async () => {},
      ...options };
    this.#kept = [...options.names, ...options.narrowing, 'cursor'];
    this.filter = this.#filterOf(location.search);
  }

  // --- the address ---------------------------------------------------------------------------

  #filterOf(search) {
    const found = new URLSearchParams(search);
    return Object.fromEntries(this.#kept.map((name) => [name, found.get(name) || '']));
  }

  #queryOf(wanted, more = {}) {
    const query = new URLSearchParams();
    for (const name of this.#kept) if (wanted[name]) query.set(name, wanted[name]);
    for (const [name, value] of Object.entries(more)) query.set(name, value);
    return query.toString();
  }

  hrefOf(wanted) {
    const query = this.#queryOf(wanted);
    return query ? `?${query}` : location.pathname;
  }

  /** The request for what is wanted, with these parameters besides. */
  routeOf(wanted, more) {
    return `orders?${this.#queryOf(wanted, { ...this.#options.asked(wanted), ...more })}`;
  }

  // way: the cursors of the pages before it.
  #go(wanted, way = []) {
    history.pushState({ trail: way }, '', this.hrefOf(wanted));
    this.read();
  }

  narrow(change) {
    this.#go({ ...this.filter, ...change, cursor: '' });
  }

  /** A link that stays in the page, unless it is wanted in another tab. */
  follow(event, wanted, way) {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#go(wanted, way);
  }

  // --- reading -------------------------------------------------------------------------------

  async #readPage() {
    this.#reading?.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    this.isLoading = true;
    draw();
    try {
      const answer = await get(this.routeOf(this.filter, { limit: PAGE_ROWS }), { signal });
      this.orders = answer.orders.filter(this.#options.isShown);
      this.#nextCursor = answer.next_cursor || '';
      this.error = null;
      this.#readAt = Date.now();
      say(this.#options.found(this.orders.length));
    } catch (problem) {
      if (signal.aborted) return;
      this.error = problem;
    }
    this.isLoading = false;
    draw();
  }

  async read() {
    const before = JSON.stringify({ ...this.filter, cursor: '' });
    this.filter = this.#filterOf(location.search);
    if (before !== JSON.stringify({ ...this.filter, cursor: '' })) this.orders = null;
    keep('sessionStorage', this.#options.last, location.search);
    await Promise.all([this.#readPage(), this.#options.beside(this.filter)]);
  }

  async start() {
    const read = () => this.read();
    window.addEventListener('popstate', read);
    window.addEventListener('pageshow', (event) => { if (event.persisted) read(); });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && Date.now() - this.#readAt > STALE_MS) read();
    });
    onBack(read);
    await read();
  }

  // --- filters -------------------------------------------------------------------------------

  get isNarrowed() {
    return this.#options.narrowing.some((name) => this.filter[name]);
  }

  /** words: { label, any }; wordOf: from a value to its word. */
  choice(name, values, words, wordOf = (value) => value) {
    const chosen = this.filter[name];
    return html`<label>${words.label}<select name=${name} .value=${live(chosen)}
      @change=${(event) => this.narrow({ [name]: event.target.value })}>
      <option value="" ?selected=${!chosen}>${words.any}</option>${
      values.map((value) => html`<option value=${value} ?selected=${chosen === value}>${
        wordOf(value)}</option>`)}</select></label>`;
  }

  text(name, label) {
    return html`<label>${label}<input name=${name} maxlength="255" autocomplete="off"
      spellcheck="false" .value=${this.filter[name]}
      @change=${(event) => this.narrow({ [name]: event.target.value.trim() })}></label>`;
  }

  day(name, label) {
    return html`<label>${label}<input type="date" name=${name} .value=${live(this.filter[name])}
      @change=${(event) => this.narrow({ [name]: event.target.value })}></label>`;
  }

  /** cleared: what is left when the filters are cleared. */
  filters(content, cleared) {
    const used = this.#options.narrowing.filter((name) => this.filter[name]).length;
    const toggle = () => {
      this.#isOpen = !this.#isOpen;
      draw();
    };
    return html`<button type="button" class="quiet filters-button"
        aria-expanded=${String(this.#isOpen)} aria-controls="filters" @click=${toggle}>${
        used ? t('orders.filters_used', { count: used }) : t('orders.filters')}</button>
      <div class="filters" id="filters" role="group" aria-label=${t('orders.filters')}
        ?data-open=${this.#isOpen}>
        ${content}
        ${used || this.filter.q ? html`<a class="clear" href=${this.hrefOf(cleared)}
          @click=${(event) => this.follow(event, cleared)}>${t('orders.clear')}</a>` : nothing}
      </div>`;
  }

  // --- the page found ------------------------------------------------------------------------

  #pageLink(name, wanted, way, kind) {
    return html`<a class="button quiet" data-name=${kind} href=${this.hrefOf(wanted)}
      @click=${(event) => { this.follow(event, wanted, way); window.scrollTo(0, 0); }}>${name}</a>`;
  }

  #paging(shown, more) {
    const way = history.state?.trail || [];
    const before = { ...this.filter, cursor: way.at(-1) || '' };
    return html`<nav class="paging" aria-label=${t('orders.paging')}>
      ${this.filter.cursor ? this.#pageLink(way.length ? t('orders.previous') : t('orders.first'),
        before, way.slice(0, -1), 'previous') : nothing}
      <span class="soft">${shown}</span>
      ${this.#nextCursor ? this.#pageLink(t('orders.next'), { ...this.filter,
        cursor: this.#nextCursor }, [...way, this.filter.cursor], 'next') : nothing}
      ${more}</nav>`;
  }

  /** table and emptiness are functions; shown: how many, in words; more: what can be done. */
  results({ table, emptiness, shown, more = nothing }) {
    if (this.error && !(this.orders && this.error.code === 'lost')) {
      return html`${failure(this.error, { retry: () => this.read() })}${this.filter.cursor
        ? html`<p>${this.#pageLink(t('orders.first'), { ...this.filter, cursor: '' }, [],
          'first')}</p>` : nothing}`;
    }
    if (!this.orders) return html`<p class="loading" aria-busy="true">${t('loading')}</p>`;
    if (!this.orders.length && !this.#nextCursor) {
      return html`<div class="empty">${emptiness()}</div>`;
    }
    return html`${table()}${this.#paging(shown(this.orders.length), more)}`;
  }
}
