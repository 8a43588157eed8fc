<?php
// SPDX-License-Identifier: Apache-2.0
// The checkout route as a shop plugin does it: curl handle and PDO made in the request.
// UPSTREAM comes from the web server.
declare(strict_types=1);

require __DIR__ . '/read.php';
require __DIR__ . '/signed_cart.php';
require __DIR__ . '/cart.php';
require __DIR__ . '/payment.php';

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
    if (!is_string($session['session_id'] ?? null) || !is_string($session['client_token'] ?? null)) {
        answer(502, ['status' => 502, 'detail' => curl_error($curl)]);
    }
    return $session;
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    answer(404, ['status' => 404, 'detail' => 'There is nothing at this path.']);
}
$body = members(json_decode(file_get_contents('php://input'), true), 'document');
only($body, ['signed_cart' => 1, 'cart' => 1], '');
if (isset($body['cart'])) {
    denied('The cart is not signed.');
}
$cart = openCart($body['signed_cart'] ?? null);
checkCart($cart);
$session = createSession($cart);
$payment = newPayment();
store($payment, $cart, $session);
header("Location: $_SERVER[REQUEST_URI]/$payment[id]?key=$payment[payment_key]");
answer(201, [
    'order_id' => $payment['id'],
    'key' => $payment['payment_key'],
    'state' => 'CREATED',
    'session_id' => $session['session_id'],
    'client_token' => $session['client_token'],
    'payment_method_categories' => $session['payment_method_categories'],
    'order_amount' => $cart['order_amount'],
    'purchase_currency' => $cart['purchase_currency'],
]);
