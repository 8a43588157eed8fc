// SPDX-License-Identifier: Apache-2.0
// The cart by the module's rules: members, lengths, signs, arithmetic, sums, country.
import { readFileSync } from 'node:fs';
import { number, object, only, refuse, text } from './read.js';

const COUNTRIES = JSON.parse(readFileSync(process.env.COUNTRIES));
const TYPES = new Set(['physical', 'digital', 'shipping_fee', 'discount', 'gift_card',
  'store_credit', 'surcharge']);
const PAID_VALUE = new Set(['gift_card', 'store_credit']);
const CART = new Set(['purchase_country', 'purchase_currency', 'locale', 'order_amount',
  'order_tax_amount', 'order_lines', 'merchant_reference1', 'merchant_reference2',
  'merchant_urls']);
const LINE = new Set(['type', 'reference', 'name', 'quantity', 'quantity_unit', 'unit_price',
  'tax_rate', 'total_amount', 'total_discount_amount', 'total_tax_amount', 'image_url',
  'product_url', 'merchant_data']);
const URLS = new Set(['confirmation']);
const MAX_AMOUNT = 200000000;
const REQUIRED = true;

function readLine(line, i) {
  const where = `order_lines[${i}].`;
  only(object(line, where), LINE, where);
  text(line, 'name', 1, 255, where, REQUIRED);
  text(line, 'quantity_unit', 0, 8, where);
  text(line, 'image_url', 0, 1024, where);
  text(line, 'product_url', 0, 1024, where);
  text(line, 'merchant_data', 0, 1024, where);
  const type = line.type === undefined ? 'physical' : text(line, 'type', 1, 255, where);
  if (!TYPES.has(type)) {
    refuse(where + 'type', [...TYPES]);
  }
  return {
    type,
    where,
    reference: text(line, 'reference', 0, 255, where) || `line-${i + 1}`,
    quantity: number(line, 'quantity', 1, 1000000000, where, REQUIRED),
    price: number(line, 'unit_price', -MAX_AMOUNT, MAX_AMOUNT, where, REQUIRED),
    rate: number(line, 'tax_rate', 0, 10000, where),
    total: number(line, 'total_amount', -MAX_AMOUNT, MAX_AMOUNT, where, REQUIRED),
    discount: number(line, 'total_discount_amount', 0, MAX_AMOUNT, where),
    tax: number(line, 'total_tax_amount', -MAX_AMOUNT, MAX_AMOUNT, where),
  };
}

function checkLine({ type, where, quantity, price, rate, total, discount, tax }) {
  const isPaidValue = PAID_VALUE.has(type);
  const sign = type === 'discount' || isPaidValue ? -1 : 1;
  if (sign * price < 0 || sign * total < 0) {
    refuse(where + 'unit_price', 'the sign of this type');
  }
  if (total !== quantity * price - discount) {
    refuse(where + 'total_amount', quantity * price - discount);
  }
  if (isPaidValue && rate !== 0) {
    refuse(where + 'tax_rate', 0);
  }
  const exact = total - Math.trunc(total * 10000 / (10000 + rate));
  if (Math.abs(tax - exact) > 1) {
    refuse(where + 'total_tax_amount', exact);
  }
}

function checkLines(lines) {
  if (!Array.isArray(lines) || lines.length < 1 || lines.length > 1000) {
    refuse('order_lines', '1 to 1000 lines');
  }
  const seen = new Set();
  let sum = 0;
  let taxSum = 0;
  lines.forEach((value, i) => {
    const line = readLine(value, i);
    checkLine(line);
    if (seen.has(line.reference)) {
      refuse(line.where + 'reference', 'a reference no other line has');
    }
    seen.add(line.reference);
    sum += line.total;
    taxSum += line.tax;
  });
  return { sum, taxSum };
}

function checkCountry(cart) {
  const country = COUNTRIES[text(cart, 'purchase_country', 2, 2, '', REQUIRED)];
  if (!country) {
    refuse('purchase_country', 'a country of region eu');
  }
  if (text(cart, 'purchase_currency', 3, 3, '', REQUIRED) !== country.currency) {
    refuse('purchase_currency', country.currency);
  }
  const locale = text(cart, 'locale', 0, 5, '');
  if (locale && !country.languages.some((word) => locale === `${word}-${cart.purchase_country}`)) {
    refuse('locale', country.languages);
  }
}

function checkUrls(urls) {
  only(object(urls, 'merchant_urls'), URLS, 'merchant_urls.');
  const url = text(urls, 'confirmation', 0, 2000, 'merchant_urls.');
  if (url && !/^https?:\/\//.test(url)) {
    refuse('merchant_urls.confirmation', 'an address that starts with https:// or http://');
  }
}

export function checkCart(cart) {
  only(object(cart, 'cart'), CART, '');
  checkCountry(cart);
  const amount = number(cart, 'order_amount', 1, MAX_AMOUNT, '', REQUIRED);
  const taxAmount = number(cart, 'order_tax_amount', 0, MAX_AMOUNT, '');
  text(cart, 'merchant_reference1', 0, 255, '');
  text(cart, 'merchant_reference2', 0, 255, '');
  if (cart.merchant_urls !== undefined) {
    checkUrls(cart.merchant_urls);
  }
  const { sum, taxSum } = checkLines(cart.order_lines);
  if (Math.abs(taxAmount - taxSum) > cart.order_lines.length) {
    refuse('order_tax_amount', taxSum);
  }
  if (amount !== sum) {
    refuse('order_amount', sum);
  }
}
