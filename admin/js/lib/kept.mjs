// SPDX-License-Identifier: Apache-2.0
//
// What the browser remembers for convenience: the language, the colours, the last list. Where
// it may not store anything, it is as if nothing had been kept. What a form has sent is not
// kept here: pending.mjs has to know that it was.
//
//   recall('localStorage', name)            the text, or ''
//   keep('sessionStorage', name, text)

export function recall(storage, name) {
  try {
    return window[storage].getItem(name) || '';
  } catch {
    return '';
  }
}

export function keep(storage, name, text) {
  try {
    window[storage].setItem(name, text);
  } catch {
    // The choice holds for this page only.
  }
}
