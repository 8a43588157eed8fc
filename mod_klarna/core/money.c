/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on amounts. Results are exact or refused: nothing wraps, nothing is rounded
 * but where the header says so, and no floating-point number is ever involved.
 */
#include "core/money.h"

/* Twice the product of two amounts does not fit in 64 bits. */
__extension__ typedef __int128 wide_t;

int kl_money_add(apr_int64_t a, apr_int64_t b, apr_int64_t *out)
{
    apr_int64_t sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return 0;
    }
    *out = sum;
    return 1;
}

int kl_money_sub(apr_int64_t a, apr_int64_t b, apr_int64_t *out)
{
    apr_int64_t difference;

    if (__builtin_sub_overflow(a, b, &difference)) {
        return 0;
    }
    *out = difference;
    return 1;
}

int kl_money_mul(apr_int64_t a, apr_int64_t b, apr_int64_t *out)
{
    apr_int64_t product;

    if (__builtin_mul_overflow(a, b, &product)) {
        return 0;
    }
    *out = product;
    return 1;
}

int kl_money_within(apr_int64_t part, apr_int64_t whole)
{
    return whole >= 0 ? part >= 0 && part <= whole : part <= 0 && part >= whole;
}

/* n / d to the nearest whole number, halves away from zero; d > 0. */
static wide_t divide_rounded(wide_t n, wide_t d)
{
    return n < 0 ? -((-2 * n + d) / (2 * d)) : (2 * n + d) / (2 * d);
}

apr_int64_t kl_money_tax_within(apr_int64_t total, apr_int64_t rate)
{
    return (apr_int64_t)(total - divide_rounded((wide_t)total * 10000, 10000 + rate));
}

apr_int64_t kl_money_share(apr_int64_t total, apr_int64_t part, apr_int64_t whole)
{
    return (apr_int64_t)divide_rounded((wide_t)total * part, whole);
}
