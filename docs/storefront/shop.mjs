// SPDX-License-Identifier: Apache-2.0
// The example shop: catalogue, basket, payment, confirmation. Prices and sums are the server's
// (cart.cgi); this page asks for them and shows them. Klarna is klarna-checkout.mjs.
import { call, placedOrder, readOrder, startKlarnaCheckout, unfinishedPayment }
  from './klarna-checkout.mjs';

const BASKET = 'shop.basket';              // { items: { sku: quantity }, discount_code }
const MAX_QUANTITY = 99;
const LOCKED = ['authorizing', 'placing', 'waiting', 'unknown', 'placed'];
const BAD = ['failed', 'refused', 'unknown'];
const STATUS_MS = 4000;
const STATUS_POLLS = 75;
const SHOPPERS_WORDS = {
  AUTHORIZED: ['Order received', 'Your payment is approved. We are packing your things.'],
  PART_CAPTURED: ['Partly shipped', 'Part of your order is on its way.'],
  CAPTURED: ['Shipped', 'Your order is on its way.'],
  CANCELLED: ['Cancelled', 'The order was cancelled. You pay nothing for what was not shipped.'],
  EXPIRED: ['Expired', 'The payment expired before anything was shipped.'],
};

const $ = (id) => document.getElementById(id);
const basket = JSON.parse(sessionStorage.getItem(BASKET) || '{"items":{},"discount_code":""}');
let catalogue, config, cart = null, checkout = null, newestPricing = 0;

function money(amount, currency = catalogue.purchase_currency) {
  return new Intl.NumberFormat('sv-SE', { style: 'currency', currency }).format(amount / 100);
}

function clone(template) {
  return $(template).content.firstElementChild.cloneNode(true);
}

function fact(list, term, value, className = '') {
  const row = document.createElement('div');
  const dt = document.createElement('dt');
  const dd = document.createElement('dd');
  row.className = className;
  dt.textContent = term;
  dd.textContent = value;
  row.append(dt, dd);
  list.append(row);
}

function say(text, bad = false) {
  $('said').textContent = bad ? '' : text;
  $('problem').textContent = bad ? text : '';
}

// --- catalogue and basket ------------------------------------------------------------------

function drawProducts() {
  $('products').replaceChildren(...catalogue.products.map((product) => {
    const card = clone('product-template');
    const add = card.querySelector('.add');
    card.querySelector('img').src = product.image;
    card.querySelector('h2').textContent = product.name;
    card.querySelector('.text').textContent = product.text;
    card.querySelector('.amount').textContent = money(product.unit_price);
    card.querySelector('.vat').textContent = `${product.tax_rate / 100} % VAT`;
    add.dataset.sku = product.sku;
    add.setAttribute('aria-label', `Add to basket: ${product.name}`);
    add.addEventListener('click', () => {
      change(product.sku, (basket.items[product.sku] || 0) + 1);
      say(`${product.name} is in the basket.`);
    });
    return card;
  }));
}

function change(sku, quantity) {
  if (LOCKED.includes(checkout?.state)) return;
  if (quantity > 0) basket.items[sku] = Math.min(quantity, MAX_QUANTITY);
  else delete basket.items[sku];
  basketChanged();
}

async function basketChanged() {
  sessionStorage.setItem(BASKET, JSON.stringify(basket));
  say('');
  drawLines();
  if (!cartSize()) return;
  try {
    await (checkout ? checkout.refresh() : signedCart());
  } catch (problem) {
    say(problem.message, true);
  }
}

function cartSize() {
  return Object.values(basket.items).reduce((sum, quantity) => sum + quantity, 0);
}

function newLine(product) {
  const line = clone('line-template');
  const input = line.querySelector('input');
  const button = (name, label, quantity) => {
    line.querySelector(name).setAttribute('aria-label', label);
    line.querySelector(name).addEventListener('click', () => change(product.sku, quantity()));
  };
  line.dataset.sku = product.sku;
  line.querySelector('.name').textContent = product.name;
  input.setAttribute('aria-label', `Quantity of ${product.name}`);
  input.addEventListener('change', () => {
    const wanted = Number.parseInt(input.value, 10);
    change(product.sku, wanted > 0 ? wanted : basket.items[product.sku]);
  });
  button('.less', `One ${product.name} less`, () => Math.max(basket.items[product.sku] - 1, 1));
  button('.more', `One ${product.name} more`, () => basket.items[product.sku] + 1);
  button('.remove', `Remove ${product.name}`, () => 0);
  return line;
}

// Lines that stay are kept, so that the focus stays where it is.
function drawLines() {
  const list = $('lines');
  const focused = list.contains(document.activeElement);
  for (const line of [...list.children]) {
    if (!basket.items[line.dataset.sku]) line.remove();
  }
  for (const product of catalogue.products) {
    const quantity = basket.items[product.sku];
    if (!quantity) continue;
    let line = [...list.children].find((known) => known.dataset.sku === product.sku);
    if (!line) list.append(line = newLine(product));
    line.querySelector('input').value = quantity;
    line.querySelector('.less').disabled = quantity === 1;
    line.querySelector('.more').disabled = quantity === MAX_QUANTITY;
  }
  $('count').textContent = cartSize();
  $('empty').hidden = cartSize() > 0;
  $('filled').hidden = cartSize() === 0;
  if (focused && !list.contains(document.activeElement)) $('basket').focus();
}

function drawSums() {
  const sum = (type) => cart.order_lines.filter((line) => line.type === type)
    .reduce((total, line) => total + line.total_amount, 0);
  for (const line of cart.order_lines) {
    const shown = [...$('lines').children].find(({ dataset }) => dataset.sku === line.reference);
    if (shown) shown.querySelector('.amount').textContent = money(line.total_amount);
  }
  $('sums').replaceChildren();
  fact($('sums'), 'Goods', money(sum('physical')));
  if (sum('discount')) fact($('sums'), 'Discount', money(sum('discount')));
  fact($('sums'), 'Delivery', money(sum('shipping_fee')));
  fact($('sums'), 'To pay', money(cart.order_amount), 'total');
  fact($('sums'), 'of which VAT', money(cart.order_tax_amount), 'soft');
  $('pay').textContent = `Pay ${money(cart.order_amount)} with Klarna`;
}

// Asks the shop's server for the sums; an answer that was overtaken is not shown.
async function signedCart() {
  const pricing = ++newestPricing;
  const items = Object.entries(basket.items).map(([sku, quantity]) => ({ sku, quantity }));
  if (!items.length) throw new Error('The basket is empty.');
  try {
    const answer = await call('cart.cgi', { items, discount_code: basket.discount_code });
    if (pricing === newestPricing) {
      cart = answer.cart;
      drawSums();
    }
    return answer.signed_cart;
  } catch (problem) {
    if (problem.field !== 'discount_code') throw problem;
    return refuseDiscount(problem);
  }
}

// A code that does not count must not keep anybody from buying.
function refuseDiscount(problem) {
  basket.discount_code = '';
  sessionStorage.setItem(BASKET, JSON.stringify(basket));
  $('discount-said').textContent = problem.message;
  $('discount').setAttribute('aria-invalid', 'true');
  return signedCart();
}

function applyDiscount(event) {
  event.preventDefault();
  basket.discount_code = $('discount').value.trim();
  $('discount').removeAttribute('aria-invalid');
  $('discount-said').textContent = '';
  basketChanged();
}

// --- payment -------------------------------------------------------------------------------

function showPayment(state, text) {
  const ready = state === 'ready';
  say(text, BAD.includes(state));
  $('basket').setAttribute('aria-busy', String(['starting', 'placing', 'waiting'].includes(state)));
  $('editable').disabled = LOCKED.includes(state);
  for (const add of document.querySelectorAll('.add')) add.disabled = LOCKED.includes(state);
  $('pay').disabled = !ready;
  $('again').hidden = !BAD.includes(state);
  $('again').textContent = state === 'unknown' ? 'Check again' : 'Try again';
  if (BAD.includes(state) && document.activeElement === document.body) $('again').focus();
}

function toPayment() {
  $('to-payment').hidden = true;
  $('payment').hidden = false;
  checkout = startKlarnaCheckout({
    routes: config.routes,
    sdk: config.sdk,
    container: $('klarna'),
    fetchCart: signedCart,
    onState: showPayment,
    onPlaced: showOrder,
  });
}

function showOrder(order) {
  sessionStorage.removeItem(BASKET);
  const onward = order.redirect_url ? new URL(order.redirect_url, location.href) : null;
  location.assign(onward && /^https?:$/.test(onward.protocol) ? onward.href : './?order');
}

// --- confirmation --------------------------------------------------------------------------

function words(order) {
  if (order.pending) return ['In progress', 'Your order is being processed.', 'wait'];
  if (order.fraud_status === 'PENDING') {
    return ['In review', 'Thank you. Klarna is reviewing the purchase; this can take up to a '
      + 'day. We ship once Klarna approves it.', 'wait'];
  }
  if (order.fraud_status === 'REJECTED') {
    return ['Not approved', 'Klarna did not approve the purchase. You pay nothing.', 'bad'];
  }
  const [badge, text] = SHOPPERS_WORDS[order.state] || [order.state, order.sentence];
  return [badge, text, ['CANCELLED', 'EXPIRED'].includes(order.state) ? 'bad' : 'good'];
}

function drawOrder(order) {
  const [badge, text, kind] = words(order);
  $('order-badge').textContent = badge;
  $('order-badge').dataset.kind = kind;
  $('order-title').textContent = kind === 'bad' ? 'Your order' : 'Thank you for your order';
  if ($('order-text').textContent !== text) $('order-text').textContent = text;
  $('order-facts').replaceChildren();
  fact($('order-facts'), 'Order', order.order_id);
  fact($('order-facts'), 'Status', order.state);
  if (order.fraud_status) fact($('order-facts'), 'Klarna’s check', order.fraud_status);
  fact($('order-facts'), 'Amount', money(order.order_amount, order.purchase_currency), 'total');
  return kind === 'wait';
}

async function confirm() {
  const order = placedOrder();
  for (const id of ['shop', 'skip', 'to-basket']) $(id).hidden = true;
  $('confirmation').hidden = false;
  $('order-title').focus();
  for (let polls = 0, waiting = true; waiting && polls < STATUS_POLLS; polls++) {
    try {
      waiting = drawOrder(await readOrder(config.routes, order));
    } catch (problem) {
      $('order-text').textContent = problem.message;
    }
    await new Promise((resolve) => { setTimeout(resolve, STATUS_MS); });
  }
}

async function start() {
  config = await call('config.json');
  if (config.phone) {
    $('phone').href = config.phone;
    $('phone').hidden = false;
  }
  if (new URLSearchParams(location.search).has('order') && placedOrder()) {
    await confirm();
    return;
  }
  catalogue = await call('catalogue.json');
  drawProducts();
  $('discount').value = basket.discount_code;
  $('discount-form').addEventListener('submit', applyDiscount);
  $('to-payment').addEventListener('click', toPayment);
  $('pay').addEventListener('click', () => checkout.pay());
  $('again').addEventListener('click', () => checkout.refresh());
  await basketChanged();
  if (unfinishedPayment()) toPayment();
}

// A page that comes back from the browser's cache shows a basket of long ago.
window.addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
start().catch((problem) => say(problem.message, true));
