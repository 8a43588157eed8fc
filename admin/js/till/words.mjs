// SPDX-License-Identifier: Apache-2.0
//
// A payment of the till in words: its state, a sentence on where it stands, what was sent. What the
// module says itself is shown for what these files do not know.
import { badge, nothing } from '../lib/html.mjs';
import { money } from '../lib/format.mjs';
import { t, word } from '../lib/i18n.mjs';

const TONES = { WAITING: 'wait', IN_PROGRESS: 'info', COMPLETED: 'good', VERIFIED: 'good',
  EXPIRED: 'bad', DECLINED: 'bad', FAILED: 'bad' };

const BACK = ['given_back', 'giving_back'];

/** COMPLETED has halves: what was verified is a payment like any other, what went back is none. */
export function shownState({ state, verified_at: verified, sentence_code: code }) {
  if (state !== 'COMPLETED') return state;
  if (BACK.includes(code)) return 'GIVEN_BACK';
  return verified ? 'VERIFIED' : state;
}

export function stateBadge(payment) {
  const state = shownState(payment);
  return badge(word(`instore_state.${state}`, state), TONES[state] || 'quiet', `state-${state}`);
}

export const amountOf = (payment) => money(payment.amount, payment.currency);

export function sentenceOf({ sentence_code: code, sentence }) {
  return word(`now.${code}`, sentence);
}

/** Why, when Klarna or the module gave a reason. */
export function reasonOf({ reason, sentence_code: code }) {
  return reason && reason.code !== code ? word(`why.${reason.code}`, reason.text) : '';
}

export function sentWords({ distribution }) {
  const { method, state, to, reason } = distribution;
  if (!['sms', 'email'].includes(method) || state === 'none' || !to) return nothing;
  const said = t(`now.sent.${method}.${state}`, { to });
  return state === 'refused' && reason ? `${said} (${reason})` : said;
}
