// SPDX-License-Identifier: Apache-2.0
//
// What people type: amounts, quantities and rates become integers, or a word for what is wrong
// with them. Nothing is guessed where money is concerned: "1,234" is one thousand in London and
// too many decimals in Stockholm. Pure, and no number is ever a fraction.
//
//   readAmount('1 234,50', { locale: 'sv', digits: 2, currency: 'SEK' })   { value: 123450 }
//   readAmount('1.234', { locale: 'sv' })                      { wrong: 'ambiguous' }
//   writeAmount(-123450, { locale: 'sv', digits: 2 })          '-1234,50': for an input
//   readQuantity('2')                                          { value: 2 }
//
// wrong: '' (nothing typed), 'not_a_number', 'ambiguous', 'grouping', 'too_many_decimals',
// 'too_large'.

const MOST_DIGITS = 12;
const GROUP = "[ '’]";      // spaces of every kind become ' ' first

function parts(locale) {
  const found = new Intl.NumberFormat(locale, { useGrouping: 'always' }).formatToParts(1234567.5);
  const value = (type) => found.find((part) => part.type === type)?.value ?? '';
  return { decimal: value('decimal'), group: value('group') };
}

// "kr" of a pasted "1 234,50 kr", and "SEK".
function withoutCurrency(text, { locale, currency }) {
  if (!currency) return text;
  const names = ['symbol', 'narrowSymbol', 'code'].map((currencyDisplay) => (
    new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay })
      .formatToParts(0).find((part) => part.type === 'currency').value.toLowerCase()));
  const lower = text.toLowerCase();
  const ahead = names.find((name) => lower.startsWith(name));
  const behind = names.find((name) => lower.endsWith(name));
  if (ahead) return text.slice(ahead.length).trim();
  return behind ? text.slice(0, -behind.length).trim() : text;
}

// Where the fraction begins: the index of the decimal separator, the text's length when there
// is none, or a word for what is wrong.
function decimalAt(text, locale) {
  const marks = [...text.matchAll(/[.,]/g)];
  if (!marks.length) return text.length;
  const { 0: mark, index } = marks.at(-1);
  const same = marks.filter((other) => other[0] === mark).length;
  if (same < marks.length) return same === 1 ? index : 'grouping';
  if (same > 1) return text.length;
  if (!/^\d{3}$/.test(text.slice(index + 1)) || text.slice(0, index).includes(' ')) return index;
  const { decimal, group } = parts(locale);
  if (mark === group) return text.length;
  return mark === decimal ? index : 'ambiguous';
}

function readWhole(text) {
  if (text.length === 0 || /^\d+$/.test(text)) return text;
  for (const group of [GROUP, '\\.', ',']) {
    if (new RegExp(`^[1-9]\\d{0,2}(${group}\\d{3})+$`).test(text)) return text.replace(/\D/g, '');
  }
  return null;
}

/** How many digits of a currency's amounts stand behind the decimal sign. */
export function digitsOf(currency) {
  return new Intl.NumberFormat('en', { style: 'currency', currency })
    .resolvedOptions().maximumFractionDigits;
}

/** An integer of minor units, below 10^12 of them. */
export function readAmount(typed, { locale = 'en', digits = 2, currency = '' } = {}) {
  let text = typed.replace(/\s/gu, ' ').trim();
  if (!text) return { wrong: '' };
  text = withoutCurrency(text.replace(/\u2212/g, '-'), { locale, currency });
  const sign = text.startsWith('-') ? -1 : 1;
  if (sign < 0) text = withoutCurrency(text.slice(1).trim(), { locale, currency });
  if (!/^\d[\d .,'’]*$|^[.,]\d+$/.test(text) || !/\d$/.test(text)) return { wrong: 'not_a_number' };
  const at = decimalAt(text, locale);
  if (typeof at === 'string') return { wrong: at };
  const whole = readWhole(text.slice(0, at)), fraction = text.slice(at + 1);
  if (whole === null || !/^\d*$/.test(fraction)) return { wrong: 'grouping' };
  if (fraction.length > digits) return { wrong: 'too_many_decimals' };
  const minor = (whole + fraction.padEnd(digits, '0')).replace(/^0+/, '');
  if (minor.length > MOST_DIGITS) return { wrong: 'too_large' };
  return { value: minor ? sign * Number(minor) : 0 };
}

export function writeAmount(minor, { locale = 'en', digits = 2 } = {}) {
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits), fraction = text.slice(text.length - digits);
  return (minor < 0 ? '-' : '') + whole + (digits ? parts(locale).decimal + fraction : '');
}

/** A whole number of pieces, 0 or more. */
export function readQuantity(typed) {
  const text = typed.trim();
  if (!text) return { wrong: '' };
  if (!/^\d+$/.test(text)) return { wrong: 'not_a_number' };
  return text.length > 9 ? { wrong: 'too_large' } : { value: Number(text) };
}
