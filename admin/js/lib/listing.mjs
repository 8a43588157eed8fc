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
//     asked: (filter) => ({}),      // what the request says besides or, with '', does not say
//     isShown: (order) => true,     // of what is found
//     found: (count) => '',         // said to those who do not see the list change
//     beside: async (filter) => {}, // read at the same time
//     byIds: false,                 // whether single rows can be read anew by their ids
//   });
//   list.filter, list.orders        what is looked for, and the page found (null: nothing yet)
//   list.elsewhere                  how many there are without the list and the filters
//   list.news                       null, or { count } of new ones since the page was read
//   list.start()                    reads it, and again whenever it should be
//   list.filters, choice, text, day, results   what stands on the page
//
// While somebody looks, the page is read again now and then. What is shown stays where it is: its
// rows are brought up to date, and what else has changed is only told (list.news).
import { get } from './api.mjs';
import { html, live, nothing } from './html.mjs';
import { t } from './i18n.mjs';
import { keep } from './kept.mjs';
import { poll } from './poll.mjs';
import { draw, failure, onBack, say } from './shell.mjs';

const PAGE_ROWS = 50;
const EVERY_MS = 20000;     // how often a page is brought up to date

export class Listing {
  orders = null;
  isLoading = false;
  error = null;
  elsewhere = 0;
  news = null;
  #options;
  #kept;
  #nextCursor = '';
  #isOpen = false;          // the filters, where there is little room
  #reading = null;          // AbortController of the newest request

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
    for (const [name, value] of Object.entries(more)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    return query.toString();
  }

  /** What an address of hrefOf() looks for. */
  filterOf(href) {
    return this.#filterOf(new URL(href, location.href).search);
  }

  hrefOf(wanted) {
    const query = this.#queryOf(wanted);
    return query ? `?${query}` : location.pathname;
  }

  /** The request for what is wanted, with these parameters besides. */
  routeOf(wanted, more, route = 'orders') {
    return `${route}?${this.#queryOf(wanted, { ...this.#options.asked(wanted), ...more })}`;
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
      this.elsewhere = answer.elsewhere || 0;
      this.#nextCursor = answer.next_cursor || '';
      this.error = null;
      this.news = null;
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

  // Nothing moves: rows stay, also when they are no longer on this page of the list.
  async refresh() {
    if (this.isLoading || this.error || !this.orders) return;
    const { filter, orders } = this;
    const answer = await get(this.routeOf(filter, { limit: PAGE_ROWS }));
    const found = answer.orders.filter(this.#options.isShown);
    const fresh = new Map(found.map((order) => [order.id, order]));
    const gone = orders.filter(({ id }) => !fresh.has(id));
    if (gone.length && this.#options.byIds) {
      const ids = gone.map(({ id }) => id).join(',');
      const again = await get(`orders?ids=${ids}&limit=${PAGE_ROWS}`);
      for (const order of again.orders) fresh.set(order.id, order);
    }
    if (this.orders !== orders || this.isLoading) return; // something else was asked for
    const shown = new Set(orders.map(({ id }) => id));
    const count = found.filter(({ id }) => !shown.has(id)).length;
    this.news = count || gone.length ? { count } : null;
    this.orders = orders.map((order) => fresh.get(order.id) ?? order);
    draw();
  }

  async start() {
    const read = () => this.read();
    window.addEventListener('popstate', read);
    window.addEventListener('pageshow', (event) => { if (event.persisted) read(); });
    onBack(read);
    await read();
    poll(() => this.refresh(), { first: EVERY_MS, most: EVERY_MS });
  }

  /** The next page or the one before it, when there is one. */
  turn(name) {
    document.querySelector(`.paging [data-name="${name}"]`)?.click();
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
