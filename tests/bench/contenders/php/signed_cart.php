<?php
// SPDX-License-Identifier: Apache-2.0
// Opening the shop's cart: a JWS, HS256, that has not expired. CART_KEY comes from the web server.
declare(strict_types=1);

const MAX_AGE_S = 86400;

function denied(string $detail): never
{
    answer(403, ['status' => 403, 'detail' => $detail]);
}

function unpacked(string $part): string
{
    return (string)base64_decode(strtr($part, '-_', '+/'), true);
}

function openCart(mixed $token): array
{
    $parts = is_string($token) ? explode('.', $token) : [];
    $head = count($parts) === 3 ? json_decode(unpacked($parts[0]), true) : null;
    $keys = ['bench' => $_SERVER['CART_KEY']];
    $key = $keys[$head['kid'] ?? ''] ?? null;
    if ($key === null || ($head['alg'] ?? '') !== 'HS256' || isset($head['crit'])
        || !hash_equals(hash_hmac('sha256', "$parts[0].$parts[1]", $key, true),
                        unpacked($parts[2]))) {
        denied("The cart's signature is not this shop's.");
    }
    $claims = json_decode(unpacked($parts[1]), true);
    $exp = $claims['exp'] ?? 0;
    if (!is_int($exp) || $exp <= time() || $exp > time() + MAX_AGE_S) {
        denied('The signed cart has expired.');
    }
    return members($claims['cart'] ?? null, 'cart');
}
