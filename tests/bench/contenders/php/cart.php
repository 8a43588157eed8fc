<?php
// SPDX-License-Identifier: Apache-2.0
// The cart by the module's rules: members, lengths, signs, arithmetic, sums, country.
declare(strict_types=1);

const TYPES = ['physical', 'digital', 'shipping_fee', 'discount', 'gift_card', 'store_credit',
               'surcharge'];
const PAID_VALUE = ['gift_card', 'store_credit'];
const CART = ['purchase_country' => 1, 'purchase_currency' => 1, 'locale' => 1, 'order_amount' => 1,
              'order_tax_amount' => 1, 'order_lines' => 1, 'merchant_reference1' => 1,
              'merchant_reference2' => 1, 'merchant_urls' => 1];
const LINE = ['type' => 1, 'reference' => 1, 'name' => 1, 'quantity' => 1, 'quantity_unit' => 1,
              'unit_price' => 1, 'tax_rate' => 1, 'total_amount' => 1,
              'total_discount_amount' => 1, 'total_tax_amount' => 1, 'image_url' => 1,
              'product_url' => 1, 'merchant_data' => 1];

/** Its total, its tax and its reference. */
function checkLine(array $line, int $i): array
{
    $where = "order_lines[$i].";
    only($line, LINE, $where);
    text($line, 'name', 1, 255, $where, true);
    text($line, 'quantity_unit', 0, 8, $where);
    foreach (['image_url', 'product_url', 'merchant_data'] as $key) {
        text($line, $key, 0, 1024, $where);
    }
    $type = isset($line['type']) ? text($line, 'type', 1, 255, $where) : 'physical';
    $reference = text($line, 'reference', 0, 255, $where) ?: 'line-' . ($i + 1);
    $quantity = number($line, 'quantity', 1, 1000000000, $where, true);
    $price = number($line, 'unit_price', -MAX_AMOUNT, MAX_AMOUNT, $where, true);
    $rate = number($line, 'tax_rate', 0, 10000, $where);
    $total = number($line, 'total_amount', -MAX_AMOUNT, MAX_AMOUNT, $where, true);
    $discount = number($line, 'total_discount_amount', 0, MAX_AMOUNT, $where);
    $tax = number($line, 'total_tax_amount', -MAX_AMOUNT, MAX_AMOUNT, $where);
    if (!in_array($type, TYPES, true)) {
        refuse($where . 'type', TYPES);
    }
    $isPaidValue = in_array($type, PAID_VALUE, true);
    $sign = $type === 'discount' || $isPaidValue ? -1 : 1;
    if ($sign * $price < 0 || $sign * $total < 0) {
        refuse($where . 'unit_price', 'the sign of this type');
    }
    if ($total !== $quantity * $price - $discount) {
        refuse($where . 'total_amount', $quantity * $price - $discount);
    }
    if ($isPaidValue && $rate !== 0) {
        refuse($where . 'tax_rate', 0);
    }
    $exact = $total - intdiv($total * 10000, 10000 + $rate);
    if (abs($tax - $exact) > 1) {
        refuse($where . 'total_tax_amount', $exact);
    }
    return [$total, $tax, $reference];
}

/** The sums of the totals and of the tax. */
function checkLines(mixed $lines): array
{
    if (!is_array($lines) || !array_is_list($lines) || $lines === [] || count($lines) > 1000) {
        refuse('order_lines', '1 to 1000 lines');
    }
    $sum = $taxSum = 0;
    $seen = [];
    foreach ($lines as $i => $line) {
        [$total, $tax, $reference] = checkLine(members($line, "order_lines[$i]"), $i);
        if (isset($seen[$reference])) {
            refuse("order_lines[$i].reference", 'a reference no other line has');
        }
        $seen[$reference] = true;
        $sum += $total;
        $taxSum += $tax;
    }
    return [$sum, $taxSum];
}

function checkCountry(array $cart): void
{
    $code = text($cart, 'purchase_country', 2, 2, '', true);
    $countries = json_decode(file_get_contents(__DIR__ . '/countries.json'), true);
    $country = $countries[$code] ?? refuse('purchase_country', 'a country of region eu');
    if (text($cart, 'purchase_currency', 3, 3, '', true) !== $country['currency']) {
        refuse('purchase_currency', $country['currency']);
    }
    $locale = text($cart, 'locale', 0, 5, '');
    $locales = array_map(fn ($word) => "$word-$code", $country['languages']);
    if ($locale !== '' && !in_array($locale, $locales, true)) {
        refuse('locale', $locales);
    }
}

function checkUrls(array $urls): void
{
    only($urls, ['confirmation' => 1], 'merchant_urls.');
    $url = text($urls, 'confirmation', 0, 2000, 'merchant_urls.');
    if ($url !== '' && !preg_match('#^https?://#', $url)) {
        refuse('merchant_urls.confirmation', 'an address that starts with https:// or http://');
    }
}

function checkCart(array $cart): void
{
    only($cart, CART, '');
    checkCountry($cart);
    $amount = number($cart, 'order_amount', 1, MAX_AMOUNT, '', true);
    $taxAmount = number($cart, 'order_tax_amount', 0, MAX_AMOUNT, '');
    text($cart, 'merchant_reference1', 0, 255, '');
    text($cart, 'merchant_reference2', 0, 255, '');
    checkUrls(members($cart['merchant_urls'] ?? ['confirmation' => ''], 'merchant_urls'));
    [$sum, $taxSum] = checkLines($cart['order_lines'] ?? null);
    if (abs($taxAmount - $taxSum) > count($cart['order_lines'])) {
        refuse('order_tax_amount', $taxSum);
    }
    if ($amount !== $sum) {
        refuse('order_amount', $sum);
    }
}
