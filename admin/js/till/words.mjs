// SPDX-License-Identifier: Apache-2.0
//
// A payment of the till in words: its state, a sentence on where it stands, what was sent. What the
// module says itself is shown for what these files do not know.
import { badge, nothing } from '../lib/html.mjs';
import { money } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';
import { isPending } from './follow.mjs';

const TONES = { WAITING: 'wait', IN_PROGRESS: 'info', COMPLETED: 'good', VERIFIED: 'good',
  EXPIRED: 'bad', DECLINED: 'bad', FAILED: 'bad' };

/** COMPLETED has a second half: what was verified is a payment like any other. */
export function shownState({ state, verified_at: verified }) {
  return state === 'COMPLETED' && verified ? 'VERIFIED' : state;
}

export function stateBadge(payment) {
  const state = shownState(payment);
  return badge(word(`instore_state.${state}`, state), TONES[state] || 'quiet', `state-${state}`);
}

export const amountOf = (payment) => money(payment.amount, payment.currency);

/** What is left of it as money of the shop's. */
export const keptOf = (payment) => payment.captured_amount - payment.refunded_amount;

const isGivenBack = (payment) => payment.state === 'CANCELLED' && payment.refunded_amount > 0;

export function sentenceOf(payment) {
  const { state, start, cancelled_by: by, sentence } = payment;
  if (isPending(payment) && start === 'unknown') return t('now.start_unknown');
  if (isPending(payment) && start === 'calling') return t('now.STARTING');
  if (isGivenBack(payment)) return t('now.CANCELLED.refunded');
  if (state === 'CANCELLED' && by) return word(`now.CANCELLED.${by}`, t('now.CANCELLED'));
  return word(`now.${shownState(payment)}`, sentence);
}

/** Why, when Klarna or the module gave a reason. */
export function reasonOf({ reason }) {
  return reason ? word(`reason.${reason.code}`, reason.text) : '';
}

export function sentWords({ distribution }) {
  const { method, state, to, reason } = distribution;
  if (!['sms', 'email'].includes(method) || state === 'none') return nothing;
  const said = t(`now.sent.${method}.${state}`, { to: to ?? '–' });
  return state === 'refused' && reason ? `${said} (${reason})` : said;
}
