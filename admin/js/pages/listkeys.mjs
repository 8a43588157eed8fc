// SPDX-License-Identifier: Apache-2.0
//
// The keys of the list of orders. The row that has the focus, on the order's name, is the one that
// is meant; a row is opened with Enter, as every link.
import { press, useKeys } from '../lib/keys.mjs';

const TABS = [...'123456789'];     // '1' is the first list, and so on

const rows = () => [...document.querySelectorAll('table.orders tbody tr')];

function at() {
  return rows().findIndex((row) => row.contains(document.activeElement));
}

// From nowhere it is the first row, in both directions.
function move(by) {
  const all = rows(), from = at();
  const to = from < 0 ? 0 : Math.min(Math.max(from + by, 0), all.length - 1);
  all[to]?.querySelector('a.order-link').focus();
}

export function useListKeys(list, selection) {
  const here = () => list.orders?.find(({ id }) => id === rows()[at()]?.dataset.id);
  const pick = (isRange) => {
    const order = here();
    if (order) selection.pick(order, list.orders, isRange ? { isOn: true, isRange } : {});
  };
  const tab = (event) => {
    document.querySelectorAll('.lists a')[Number(event.key) - 1]?.click();
  };
  useKeys([
    { key: 'j', name: 'down', act: () => move(1) },
    { key: 'k', name: 'up', act: () => move(-1) },
    { key: 'x', name: 'pick', act: () => pick(false) },
    { key: 'X', name: 'pick_to', act: () => pick(true) },
    { key: 'a', name: 'pick_all', act: () => selection.pickAll(list.orders ?? [], true) },
    { key: 'Escape', name: 'clear', act: () => { if (selection.orders.size) selection.clear(); } },
    { key: 'c', name: 'capture_chosen', act: () => press('capture-chosen') },
    { key: 'p', name: 'print_chosen', act: () => press('print-slip') },
    { key: 'e', name: 'export', act: () => press(selection.orders.size ? 'export-chosen' : 'csv') },
    { key: 'n', name: 'next_page', act: () => list.turn('next') },
    { key: 'b', name: 'previous_page', act: () => list.turn('previous') },
    { key: 'r', name: 'refresh', act: () => list.read() },
    { key: '/', name: 'search', act: () => document.getElementById('q').focus() },
    { key: '1 … 9', any: TABS, name: 'tab', act: tab },
  ]);
}
