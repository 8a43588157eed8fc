// SPDX-License-Identifier: Apache-2.0
//
// One payment, followed until it ends: the server answers when something of it has changed. No
// answer, and an answer without news, are followed by a pause that grows.
//
//   const following = follow(payment, (newest) => {});
//   following.stop()
import { get } from '../lib/api.mjs';

const WAIT_SECONDS = 20;
const AT_ONCE_MS = 1000;  // no news so soon: the server has no place for one who waits
const FULL_MS = 2000;
const LOST_MS = [1000, 2000, 4000, 8000];
const FINAL = ['COMPLETED', 'CANCELLED', 'EXPIRED', 'DECLINED', 'FAILED'];

/** It never leaves that state by itself. */
export function isFinal(payment) {
  return FINAL.includes(payment.state);
}

export function isPending(payment) {
  return !isFinal(payment);
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The newer of two answers: one that was overtaken by another tells of the past. */
export function newer(one, other) {
  return !other || (one && one.version > other.version) ? one : other;
}

async function loop({ payment_id: id, version }, onNews, signal) {
  let lost = 0, known = version;
  while (!signal.aborted) {
    const asked = Date.now();
    try {
      const found = await get(`instore/payments/${id}?wait=${WAIT_SECONDS}&version=${known}`,
        { signal });
      const isNews = found.version !== known;
      known = found.version;
      lost = 0;
      onNews(found);
      if (isFinal(found)) return;
      if (!isNews && Date.now() - asked < AT_ONCE_MS) await pause(FULL_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404) return;
      await pause(LOST_MS[Math.min(lost++, LOST_MS.length - 1)], signal);
    }
  }
}

export function follow(payment, onNews) {
  const ending = new AbortController();
  if (isPending(payment)) loop(payment, onNews, ending.signal);
  return { id: payment.payment_id, stop: () => ending.abort() };
}
