// SPDX-License-Identifier: Apache-2.0
//
// The keys of an order's page, and the ways to the orders before and after it in the list that was
// looked at last.
import { html, nothing } from '../lib/html.mjs';
import { t } from '../lib/i18n.mjs';
import { recall } from '../lib/kept.mjs';
import { press, useKeys } from '../lib/keys.mjs';
import { AROUND } from '../lib/orderview.mjs';

function around(id) {
  let shown;
  try {
    shown = JSON.parse(recall('sessionStorage', AROUND) || '[]');
  } catch {
    shown = [];
  }
  const at = shown.findIndex(([other]) => other === id);
  return at < 0 ? {} : { previous: shown[at - 1], next: shown[at + 1] };
}

function way(name, found) {
  if (!found) return nothing;
  const [id, order] = found;
  return html`<a href=${`order.html?id=${encodeURIComponent(id)}`} data-name=${`to-${name}`}>${
    t(`order.to_${name}`, { order })}</a>`;
}

export function neighbours(id) {
  const { previous, next } = around(id);
  if (!previous && !next) return nothing;
  return html`<nav aria-label=${t('order.neighbours')}>${way('previous', previous)}${
    way('next', next)}</nav>`;
}

const follow = (selector) => document.querySelector(`main ${selector}`)?.click();

export function useOrderKeys() {
  useKeys([
    { key: 'c', name: 'capture', act: () => press('do-capture') },
    { key: 'r', name: 'credit', act: () => press('do-credit') },
    { key: 't', name: 'tracking', act: () => press('do-tracking') },
    { key: 'm', name: 'note', act: () => document.getElementById('note')?.focus() },
    { key: 'g', name: 'tags', act: () => press('edit-tags') },
    { key: 'p', name: 'print', act: () => press('print-slip') },
    { key: 'l', name: 'look', act: () => press('look') },
    { key: 'n', name: 'next_order', act: () => follow('[data-name=to-next]') },
    { key: 'b', name: 'previous_order', act: () => follow('[data-name=to-previous]') },
    { key: 'u', name: 'back', act: () => follow('.back') },
  ]);
}
