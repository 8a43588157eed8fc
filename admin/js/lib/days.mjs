// SPDX-License-Identifier: Apache-2.0
//
// Days as the reader's calendar has them. The address keeps days and the names of spans, so that a
// view that was kept means today whenever it is opened; the module is asked for points in time.
//
//   spanOf({ when: 'today' })                         { from, to }: midnight to midnight, in UTC
//   spanOf({ from: '2026-11-01', to: '2026-11-02' })  both days and nothing else; '' is no bound

export const SPANS = ['today', 'yesterday', 'last_7_days', 'this_month'];

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

// Midnight in the reader's zone. A day that a clock is put forward or back on is not 24 h long:
// days are counted, not hours.
function midnight(year, month, day) {
  return `${new Date(year, month, day).toISOString().slice(0, 19)}Z`;
}

function ofDay(text, after) {
  const [, year, month, day] = (text || '').match(DAY) || [];
  return year ? midnight(Number(year), month - 1, Number(day) + after) : text || '';
}

/** Of a filter's when, from and to; a name of a span goes before single days. */
export function spanOf({ when, from, to }, now = new Date()) {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const days = (first, last) => ({ from: midnight(year, month, first),
    to: midnight(year, month, last + 1) });
  switch (when) {
    case 'today': return days(day, day);
    case 'yesterday': return days(day - 1, day - 1);
    case 'last_7_days': return days(day - 6, day);
    case 'this_month': return days(1, day);
    default: return { from: ofDay(from, 0), to: ofDay(to, 1) };
  }
}
