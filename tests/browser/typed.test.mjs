// SPDX-License-Identifier: Apache-2.0
// Amounts as people type them in the admin pages: read to the minor unit, or refused in a word.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAmount, readQuantity, writeAmount } from '../../admin/js/lib/typed.mjs';

const LOCALES = ['en', 'sv', 'nb', 'fi', 'de', 'nl', 'fr', 'it', 'es'];
const read = (text, locale, more) => readAmount(text, { locale, ...more });

const ANYWHERE = [
  ['0', 0], ['1', 100], ['1234', 123400], ['1234.5', 123450], ['1234,5', 123450],
  ['1 234,50', 123450], ['1\u00a0234,50', 123450], ['1\u202f234.50', 123450],
  ['1.234,50', 123450], ['1,234.50', 123450], ["1'234.50", 123450], ['1’234,50', 123450],
  ['1.234.567', 123456700], ['1,234,567', 123456700], ['1.234.567,8', 123456780],
  ['1 234 567', 123456700], ['.5', 50], [',05', 5], ['0,1', 10], ['00012,00', 1200],
  ['-50', -5000], ['-0,00', 0], ['\u2212 50,25', -5025], [' 12 ', 1200], ['2000000', 200000000],
  ['9999999999', 999999999900], ['0.29', 29], ['1.15', 115], ['4.35', 435], ['1.005,01', 100501],
];
for (const [text, value] of ANYWHERE) {
  test(`${JSON.stringify(text)} is ${value} in every language`, () => {
    for (const locale of LOCALES) assert.deepEqual(read(text, locale), { value }, locale);
  });
}

const WRONG = [
  ['', ''], ['   ', ''], ['x', 'not_a_number'], ['12x', 'not_a_number'], ['1e3', 'not_a_number'],
  ['--5', 'not_a_number'], ['5-', 'not_a_number'], ['+5', 'not_a_number'], ['5,', 'not_a_number'],
  ['NaN', 'not_a_number'], ['١٢', 'not_a_number'], ['0x10', 'not_a_number'], ['-', 'not_a_number'],
  ['1,5555', 'too_many_decimals'], ['1.2345', 'too_many_decimals'],
  ['1 234.567', 'too_many_decimals'],
  ['12 34', 'grouping'], ['1 23', 'grouping'], ['1.23.45', 'grouping'], ['1,2,3', 'grouping'],
  ['1.234,567.89', 'grouping'], ['1,234.567,89', 'grouping'], ['12.34,50', 'grouping'],
  ['0.123.456', 'grouping'], ['1.5 0', 'grouping'], ['99999999999', 'too_large'],
];
for (const [text, wrong] of WRONG) {
  test(`${JSON.stringify(text)} is refused in every language: ${wrong || 'nothing typed'}`, () => {
    for (const locale of LOCALES) assert.deepEqual(read(text, locale), { wrong }, locale);
  });
}

test('one separator and three digits: what the language says, and never a guess', () => {
  assert.deepEqual(read('1,234', 'en'), { value: 123400 });
  assert.deepEqual(read('1.234', 'en'), { wrong: 'too_many_decimals' });
  for (const locale of ['de', 'nl', 'it', 'es']) {
    assert.deepEqual(read('1.234', locale), { value: 123400 });
    assert.deepEqual(read('1,234', locale), { wrong: 'too_many_decimals' });
  }
  for (const locale of ['sv', 'nb', 'fi', 'fr']) {
    assert.deepEqual(read('1.234', locale), { wrong: 'ambiguous' });
    assert.deepEqual(read('1,234', locale), { wrong: 'too_many_decimals' });
  }
  assert.deepEqual(read('0,123', 'en'), { wrong: 'grouping' });
});

test('a pasted amount may name its currency', () => {
  assert.deepEqual(read('1 234,50 kr', 'sv', { currency: 'SEK' }), { value: 123450 });
  assert.deepEqual(read('SEK 12', 'en', { currency: 'SEK' }), { value: 1200 });
  assert.deepEqual(read('-€ 12,50', 'nl', { currency: 'EUR' }), { value: -1250 });
  assert.deepEqual(read('12,50\u00a0€', 'de', { currency: 'EUR' }), { value: 1250 });
  assert.deepEqual(read('12 $', 'sv', { currency: 'SEK' }), { wrong: 'not_a_number' });
});

test('the currency\'s own digits', () => {
  assert.deepEqual(readAmount('1234', { locale: 'en', digits: 0 }), { value: 1234 });
  assert.deepEqual(readAmount('12.3', { locale: 'en', digits: 0 }), { wrong: 'too_many_decimals' });
});

test('what is written is read back as the same', () => {
  for (const locale of LOCALES) {
    for (const minor of [0, 1, 9, 10, 99, 100, 101, 123456, 200000000, -1, -5000, -123499]) {
      assert.deepEqual(read(writeAmount(minor, { locale }), locale), { value: minor });
    }
  }
  assert.equal(writeAmount(-5, { locale: 'sv' }), '-0,05');
  assert.equal(writeAmount(1234, { locale: 'en', digits: 0 }), '1234');
});

test('quantities are whole pieces', () => {
  assert.deepEqual(readQuantity(' 2 '), { value: 2 });
  assert.deepEqual(readQuantity('0'), { value: 0 });
  assert.deepEqual(readQuantity(''), { wrong: '' });
  for (const text of ['-1', '1.5', '1,0', 'x', '1e2', '1 0']) {
    assert.deepEqual(readQuantity(text), { wrong: 'not_a_number' });
  }
  assert.deepEqual(readQuantity('1234567890'), { wrong: 'too_large' });
});
