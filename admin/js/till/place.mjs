// SPDX-License-Identifier: Apache-2.0
//
// Which till this is: chosen once, kept in this browser.
//
//   place()                 { department, till, terminal }, or null
//   keepPlace(one)
import { keep, recall } from '../lib/kept.mjs';

const NAME = 'klarna-till.place';

let chosen = null;       // where the browser may not store anything

export function place() {
  try {
    chosen ??= JSON.parse(recall('localStorage', NAME) || 'null');
  } catch {
    // Not written by these pages.
  }
  return chosen?.till ? chosen : null;
}

export function keepPlace(one) {
  chosen = one;
  keep('localStorage', NAME, JSON.stringify(one));
}
