/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amounts: signed 64-bit integers in minor units. Nothing here or anywhere else in the
 * module holds money in a floating-point number. Every sum is checked for overflow.
 */
#ifndef KL_MONEY_H
#define KL_MONEY_H

#include <apr.h>

/* Each returns 1 and sets *out, or returns 0 on overflow and leaves *out alone. */
int kl_money_add(apr_int64_t a, apr_int64_t b, apr_int64_t *out);
int kl_money_sub(apr_int64_t a, apr_int64_t b, apr_int64_t *out);
int kl_money_mul(apr_int64_t a, apr_int64_t b, apr_int64_t *out);

/** 1 when part lies between 0 and whole, on whole's side of zero. */
int kl_money_within(apr_int64_t part, apr_int64_t whole);

/**
 * The tax inside a gross amount: total - round(total * 10000 / (10000 + rate)), halves away
 * from zero. Klarna checks it with a tolerance of one minor unit (Klarna Payments, order
 * line total_tax_amount).
 * @param total gross amount, minor units, may be negative (discounts)
 * @param rate tax rate in hundredths of a percent, 0..KL_MAX_TAX_RATE
 */
apr_int64_t kl_money_tax_within(apr_int64_t total, apr_int64_t rate);

/**
 * The share of total that part out of whole units bears, rounded to nearest, halves away
 * from zero; part == whole gives total exactly.
 * @param part 0..whole, @param whole >= 1
 */
apr_int64_t kl_money_share(apr_int64_t total, apr_int64_t part, apr_int64_t whole);

#endif
