/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shares: what of an amount that belongs to a whole (a discount, a gift card, US sales tax) goes
 * with a part of it. Numbers only. Each share is a share of what is left, so that the last one
 * takes the rest, whatever was decided before it: the shares of any sequence of parts add up to the
 * whole.
 */
#ifndef KL_SHARE_H
#define KL_SHARE_H

#include <apr.h>

/* What is shared, and what it is spread over; what is left of each. */
typedef struct kl_share_pot_t {
    apr_int64_t base;       /* that it is spread over, minor units */
    const apr_int64_t *own; /* the amounts that are shared, each of either sign */
    int n;
} kl_share_pot_t;

/**
 * The share of `left` that goes with `part` of `base`, to the nearest minor unit: never more than
 * left, never of another sign; 0 when there is no part of it, all of it with all that is left.
 */
apr_int64_t kl_share_of(apr_int64_t left, apr_int64_t part, apr_int64_t base);

/** The most of 0..most that comes to no more than `money` together with its shares. */
apr_int64_t kl_share_most(apr_int64_t most, apr_int64_t money, const kl_share_pot_t *pot);

#endif
