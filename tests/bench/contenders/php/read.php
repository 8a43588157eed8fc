<?php
// SPDX-License-Identifier: Apache-2.0
// Reading JSON that others wrote: a wrong member is refused by name.
declare(strict_types=1);

const MAX_AMOUNT = 200000000;

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

function members(mixed $value, string $where): array
{
    if (!is_array($value) || array_is_list($value)) {
        refuse($where, 'an object');
    }
    return $value;
}

function only(array $from, array $names, string $where): void
{
    foreach (array_diff_key($from, $names) as $key => $_) {
        refuse($where . $key, array_keys($names));
    }
}

/** A string of min to max characters without control characters; '' when it is absent and may be. */
function text(array $from, string $key, int $min, int $max, string $where,
              bool $required = false): string
{
    $value = $from[$key] ?? null;
    if ($value === null && !$required) {
        return '';
    }
    if (!is_string($value) || strlen($value) < $min
        || (strlen($value) > $max && preg_match_all('/./us', $value) > $max)) {
        refuse($where . $key, "a string of $min to $max characters");
    }
    if (preg_match('/[\x00-\x1f\x7f]/', $value)) {
        refuse($where . $key, 'a string without control characters');
    }
    return $value;
}

/** An integer from min to max; 0 when it is absent and may be. */
function number(array $from, string $key, int $min, int $max, string $where,
                bool $required = false): int
{
    $value = $from[$key] ?? null;
    if ($value === null && !$required) {
        return 0;
    }
    if (!is_int($value) || $value < $min || $value > $max) {
        refuse($where . $key, "an integer from $min to $max");
    }
    return $value;
}
