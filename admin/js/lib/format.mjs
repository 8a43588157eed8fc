// SPDX-License-Identifier: Apache-2.0
//
// Amounts and times in the reader's locale. Amounts are integers of minor units everywhere;
// none of them ever becomes a fraction. What is typed is read by typed.mjs.
//
//   money(1999, 'SEK')               "19,99 kr"
//   date(iso), dateTime(iso), clock(iso)     null gives "–"
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

export function date(iso) {
  return iso ? intl('DateTimeFormat', { dateStyle: 'medium' }).format(new Date(iso)) : NONE;
}

export function dateTime(iso) {
  return iso ? intl('DateTimeFormat', { dateStyle: 'medium', timeStyle: 'short' })
    .format(new Date(iso)) : NONE;
}

export function clock(iso) {
  return iso ? intl('DateTimeFormat', { timeStyle: 'short' }).format(new Date(iso)) : NONE;
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
