// SPDX-License-Identifier: Apache-2.0
//
// Rows that a person has chosen in the list: by ticks, by Shift and a click from the last one to
// this one, or all of a page. They stay chosen on other pages of the same list, when it refreshes
// itself and when the page is loaded again; another list or filter begins anew.
//
//   const selection = new Selection({ of: () => 'to_ship|', changed: draw });
//   selection.orders          Map: id -> { name, currency, remaining }
//   selection.restore()       when the list is another one, or was loaded
import { html, live } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { keep, recall } from '../lib/kept.mjs';
import { isOpen, nameOf } from '../lib/orderview.mjs';

const KEPT = 'klarna-admin.selection';
export const MOST = 1000;        // in one batch

const short = (order) => ({ name: nameOf(order), currency: order.purchase_currency,
  remaining: isOpen(order) ? order.remaining_authorized_amount : 0 });

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export class Selection {
  orders = new Map();
  #last = '';            // where a range begins
  #options;

  constructor(options) {
    this.#options = options;
  }

  restore() {
    const kept = parsed(recall('sessionStorage', KEPT));
    const isSame = kept?.of === this.#options.of();
    this.orders = new Map(isSame ? kept.orders : []);
    this.#last = '';
  }

  #changed() {
    keep('sessionStorage', KEPT, JSON.stringify({ of: this.#options.of(),
      orders: [...this.orders] }));
    this.#options.changed();
  }

  has({ id }) {
    return this.orders.has(id);
  }

  #set(orders, isOn) {
    for (const order of orders) {
      if (!isOn) this.orders.delete(order.id);
      else if (this.orders.size < MOST) this.orders.set(order.id, short(order));
    }
    this.#changed();
  }

  /** This one and, with a range, all from the last one to it. */
  pick(order, shown, { isOn = !this.has(order), isRange = false } = {}) {
    const from = isRange ? shown.findIndex(({ id }) => id === this.#last) : -1;
    const to = shown.findIndex(({ id }) => id === order.id);
    this.#last = order.id;
    this.#set(from < 0 ? [order] : shown.slice(Math.min(from, to), Math.max(from, to) + 1), isOn);
  }

  pickAll(shown, isOn) {
    this.#set(shown, isOn);
  }

  clear() {
    this.orders.clear();
    this.#changed();
  }

  // --- what stands in the table ---------------------------------------------------------------

  tick(order, shown) {
    return html`<td role="cell" class="pick-cell"><label><input type="checkbox" name="pick"
      .checked=${live(this.has(order))} aria-label=${t('pick.one', { name: nameOf(order) })}
      @click=${(event) => this.pick(order, shown, { isOn: event.target.checked,
        isRange: event.shiftKey })}></label></td>`;
  }

  tickAll(shown) {
    const count = shown.filter((order) => this.has(order)).length;
    const isAll = count > 0 && count === shown.length;
    return html`<label class="pick-all"><input type="checkbox" name="pick-all"
      .checked=${live(isAll)} .indeterminate=${live(count > 0 && !isAll)}
      aria-label=${t('pick.page')} @change=${(event) => this.pickAll(shown,
        event.target.checked)}><span>${t('pick.page')}</span></label>`;
  }
}
