<?php
// SPDX-License-Identifier: Apache-2.0
// The payment's one row. PDO_DSN and PERSISTENT ("1" or "0") come from the web server.
declare(strict_types=1);

const LIFE_US = 48 * 3600 * 1000000;

function uuid(): string
{
    $b = random_bytes(16);
    $b[6] = chr(ord($b[6]) & 0x0f | 0x40);
    $b[8] = chr(ord($b[8]) & 0x3f | 0x80);
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($b), 4));
}

function newPayment(): array
{
    return ['id' => uuid(), 'payment_key' => bin2hex(random_bytes(16)),
            'callback_secret' => bin2hex(random_bytes(16))];
}

function row(array $payment, array $cart, array $session): array
{
    $now = (int)(microtime(true) * 1e6);
    return $payment + [
        'version' => 1, 'merchant' => 'default', 'environment' => 'playground', 'kind' => 'online',
        'client_hash' => '', 'cart_claim' => $payment['id'], 'keep_until' => 0,
        'state' => 'CREATED', 'session_id' => $session['session_id'],
        'client_token' => $session['client_token'], 'country' => $cart['purchase_country'],
        'currency' => $cart['purchase_currency'], 'locale' => $cart['locale'] ?? '',
        'order_amount' => $cart['order_amount'],
        'order_tax_amount' => $cart['order_tax_amount'] ?? 0,
        'reference1' => $cart['merchant_reference1'] ?? '',
        'reference2' => $cart['merchant_reference2'] ?? '',
        'confirmation_url' => $cart['merchant_urls']['confirmation'] ?? '', 'pending_op' => '',
        'cart' => json_encode(['version' => 1, 'lines' => $cart['order_lines'],
            'payment_methods' => $session['payment_method_categories'] ?? []],
            JSON_UNESCAPED_SLASHES),
        'reason_code' => '', 'reason' => '', 'addresses' => '', 'department' => '',
        'till' => '', 'terminal' => '', 'cashier' => '', 'invoice' => '', 'created_at' => $now,
        'updated_at' => $now, 'expires_at' => $now + LIFE_US, 'check_at' => $now + LIFE_US,
    ];
}

function store(array $payment, array $cart, array $session): void
{
    $db = new PDO($_SERVER['PDO_DSN'], null, null, [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_PERSISTENT => $_SERVER['PERSISTENT'] === '1',
    ]);
    $row = row($payment, $cart, $session);
    $marks = implode(', ', array_fill(0, count($row), '?'));
    $insert = $db->prepare('INSERT INTO bench_payment (' . implode(', ', array_keys($row))
                           . ") VALUES ($marks)");
    $insert->execute(array_values($row));
}
