// SPDX-License-Identifier: Apache-2.0
//
// Amounts and times in the reader's locale. Amounts are integers of minor units everywhere;
// none of them ever becomes a fraction.
//
//   money(1999, 'SEK')               "19,99 kr"
//   moneyInput(1999, 'SEK')          "19,99": for an input, without currency and grouping
//   parseMoney('19,99', 'SEK')       1999; comma or point; null when it is not an amount >= 0
//   parseCount('2')                  2; null when it is not a whole number >= 0
//   date(iso), dateTime(iso)         null gives "–"
//   ago(iso)                         "3 minutes ago", "in 2 days"
//   daysLeft(iso)                    whole days from now, rounded up; 0 or less: it is over
//   number(n), milliseconds(ms), percent(2500)   "25 %": a tax rate in hundredths of a percent
import { locale } from './i18n.mjs';

const DAY_MS = 86400000;
const NONE = '–';
const UNITS = [['year', 365 * DAY_MS], ['month', 30 * DAY_MS], ['day', DAY_MS],
  ['hour', 3600000], ['minute', 60000], ['second', 1000]];
const made = new Map(); // Intl objects are dear to make

function intl(kind, options) {
  const name = `${locale()} ${kind} ${JSON.stringify(options)}`;
  if (!made.has(name)) made.set(name, new Intl[kind](locale(), options));
  return made.get(name);
}

function currencyFormat(currency) {
  return intl('NumberFormat', { style: 'currency', currency });
}

function digitsOf(currency) {
  return currencyFormat(currency).resolvedOptions().maximumFractionDigits;
}

function decimal(minor, digits) {
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const sign = minor < 0 ? '-' : '';
  return digits ? `${sign}${whole}.${text.slice(-digits)}` : sign + whole;
}

export function money(minor, currency) {
  return currencyFormat(currency).format(decimal(minor, digitsOf(currency)));
}

function separator(type) {
  const part = intl('NumberFormat', { useGrouping: 'always' }).formatToParts(12345.6)
    .find((found) => found.type === type);
  return part ? part.value : '';
}

export function moneyInput(minor, currency) {
  return decimal(minor, digitsOf(currency)).replace('.', separator('decimal'));
}

// The last comma or point is the decimal one when at most the currency's digits follow it; what
// stands before it may be grouped by threes. One separator with three digits after it is grouping
// where the locale groups with it, and else not an amount.
export function parseMoney(text, currency) {
  const digits = digitsOf(currency);
  const bare = text.trim().replace(/[\s'’]/g, '');
  const [, before, mark, after] = bare.match(/^(.*?)(?:([.,])(\d*))?$/s);
  const isFraction = mark && after.length > 0 && after.length <= digits;
  if (mark && !isFraction && (after.length !== 3 || separator('group') !== mark)) return null;
  const whole = isFraction ? before : before + (mark || '') + (after || '');
  if (!/^\d+$|^\d{1,3}([.,])\d{3}(?:\1\d{3})*$/.test(whole)) return null;
  if (isFraction && whole.includes(mark)) return null;
  const minor = Number(whole.replace(/[.,]/g, '') + (isFraction ? after : '').padEnd(digits, '0'));
  return Number.isSafeInteger(minor) ? minor : null;
}

export function parseCount(text) {
  const bare = String(text).trim();
  return /^\d{1,9}$/.test(bare) ? Number(bare) : null;
}

export function date(iso) {
  return iso ? intl('DateTimeFormat', { dateStyle: 'medium' }).format(new Date(iso)) : NONE;
}

export function dateTime(iso) {
  return iso ? intl('DateTimeFormat', { dateStyle: 'medium', timeStyle: 'short' })
    .format(new Date(iso)) : NONE;
}

export function ago(iso) {
  if (!iso) return NONE;
  const passed = new Date(iso) - Date.now();
  const [unit, size] = UNITS.find(([, ms]) => Math.abs(passed) >= ms) || UNITS.at(-1);
  return intl('RelativeTimeFormat', { numeric: 'auto' }).format(Math.round(passed / size), unit);
}

export function daysLeft(iso) {
  return Math.ceil((new Date(iso) - Date.now()) / DAY_MS);
}

export function number(n) {
  return intl('NumberFormat', {}).format(n);
}

export function milliseconds(ms) {
  return ms ? intl('NumberFormat', { style: 'unit', unit: 'millisecond' }).format(ms) : NONE;
}

export function percent(hundredths) {
  return intl('NumberFormat', { style: 'percent', maximumFractionDigits: 2 })
    .format(hundredths / 10000);
}
