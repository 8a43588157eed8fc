// SPDX-License-Identifier: Apache-2.0
// A tab's sessionStorage without a browser; `kept` is what it holds.
export function fakeStorage() {
  const kept = new Map();
  return { kept, get length() { return kept.size; }, key: (i) => [...kept.keys()][i],
    getItem: (name) => kept.get(name) ?? null, removeItem: (name) => kept.delete(name),
    setItem: (name, text) => kept.set(name, text) };
}
