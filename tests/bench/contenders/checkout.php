<?php
// SPDX-License-Identifier: Apache-2.0
// The checkout route as a shop plugin does it: curl handle and PDO made in the request.
// UPSTREAM, PDO_DSN and PERSISTENT ("1" or "0") come from the web server.
declare(strict_types=1);

const TYPES = ['physical', 'digital', 'shipping_fee', 'discount', 'gift_card', 'store_credit',
               'surcharge'];
const BELOW_ZERO = ['discount', 'gift_card', 'store_credit'];

function answer(int $status, array $body): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    header('Cache-Control: no-store');
    echo json_encode($body, JSON_UNESCAPED_SLASHES);
    exit;
}

function refuse(string $field, mixed $expected): never
{
    answer(400, ['status' => 400, 'field' => $field, 'expected' => $expected]);
}

function text(array $from, string $key, int $max, string $where): string
{
    $value = $from[$key] ?? null;
    if (!is_string($value) || $value === '' || strlen($value) > $max) {
        refuse($where . $key, "a string of 1 to $max characters");
    }
    return $value;
}

function number(array $from, string $key, int $min, int $max, string $where): int
{
    $value = $from[$key] ?? null;
    if (!is_int($value) || $value < $min || $value > $max) {
        refuse($where . $key, "an integer from $min to $max");
    }
    return $value;
}

function checkLine(array $line, string $where): array
{
    $type = text($line, 'type', 255, $where);
    text($line, 'reference', 255, $where);
    text($line, 'name', 255, $where);
    $quantity = number($line, 'quantity', 1, 1000000000, $where);
    $price = number($line, 'unit_price', -200000000, 200000000, $where);
    $rate = number($line, 'tax_rate', 0, 10000, $where);
    $total = number($line, 'total_amount', -200000000, 200000000, $where);
    $tax = number($line, 'total_tax_amount', -200000000, 200000000, $where);
    if (!in_array($type, TYPES, true)) {
        refuse($where . 'type', TYPES);
    }
    if (in_array($type, BELOW_ZERO, true) ? $price > 0 : $price < 0) {
        refuse($where . 'unit_price', 'the sign of this type');
    }
    if ($total !== $quantity * $price) {
        refuse($where . 'total_amount', $quantity * $price);
    }
    $exact = $total - intdiv($total * 10000, 10000 + $rate);
    if (abs($tax - $exact) > 1) {
        refuse($where . 'total_tax_amount', $exact);
    }
    return [$total, $tax];
}

function checkCart(array $cart): void
{
    text($cart, 'purchase_country', 2, '');
    text($cart, 'purchase_currency', 3, '');
    $amount = number($cart, 'order_amount', 1, 200000000, '');
    $taxAmount = number($cart, 'order_tax_amount', 0, 200000000, '');
    $lines = $cart['order_lines'] ?? null;
    if (!is_array($lines) || !array_is_list($lines) || $lines === [] || count($lines) > 1000) {
        refuse('order_lines', '1 to 1000 lines');
    }
    $sum = $taxSum = 0;
    $seen = [];
    foreach ($lines as $i => $line) {
        [$total, $tax] = checkLine($line, "order_lines[$i].");
        $sum += $total;
        $taxSum += $tax;
        if (isset($seen[$line['reference']])) {
            refuse("order_lines[$i].reference", 'a reference no other line has');
        }
        $seen[$line['reference']] = true;
    }
    if (abs($taxAmount - $taxSum) > count($lines)) {
        refuse('order_tax_amount', $taxSum);
    }
    if ($amount !== $sum) {
        refuse('order_amount', $sum);
    }
}

function createSession(array $cart): array
{
    $curl = curl_init($_SERVER['UPSTREAM'] . '/payments/v1/sessions');
    curl_setopt_array($curl, [
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => json_encode($cart, JSON_UNESCAPED_SLASHES),
        CURLOPT_HTTPHEADER => ['Content-Type: application/json', 'Accept: application/json'],
        CURLOPT_USERPWD => 'bench:bench',
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 60,
    ]);
    $body = curl_exec($curl);
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    $session = is_string($body) && $status === 200 ? json_decode($body, true) : null;
    if (!is_array($session) || !is_string($session['session_id'] ?? null)) {
        answer(502, ['status' => 502, 'detail' => curl_error($curl)]);
    }
    return $session;
}

function uuid(): string
{
    $b = random_bytes(16);
    $b[6] = chr(ord($b[6]) & 0x0f | 0x40);
    $b[8] = chr(ord($b[8]) & 0x3f | 0x80);
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($b), 4));
}

function store(string $id, array $cart, array $session): void
{
    $db = new PDO($_SERVER['PDO_DSN'], null, null, [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_PERSISTENT => $_SERVER['PERSISTENT'] === '1',
    ]);
    $insert = $db->prepare('INSERT INTO bench_order VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    $insert->execute([$id, 'CREATED', $session['session_id'], $session['client_token'],
        $cart['purchase_country'], $cart['purchase_currency'], $cart['order_amount'],
        $cart['order_tax_amount'], (int)(microtime(true) * 1e6),
        json_encode($cart['order_lines'], JSON_UNESCAPED_SLASHES)]);
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    answer(404, ['status' => 404, 'detail' => 'There is nothing at this path.']);
}
$body = json_decode(file_get_contents('php://input'), true);
$cart = $body['cart'] ?? null;
if (!is_array($cart)) {
    refuse('cart', 'an object');
}
checkCart($cart);
$session = createSession($cart);
$id = uuid();
store($id, $cart, $session);
answer(201, [
    'order_id' => $id,
    'state' => 'CREATED',
    'session_id' => $session['session_id'],
    'client_token' => $session['client_token'],
    'payment_method_categories' => $session['payment_method_categories'],
    'order_amount' => $cart['order_amount'],
    'purchase_currency' => $cart['purchase_currency'],
]);
