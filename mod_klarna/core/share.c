/* SPDX-License-Identifier: Apache-2.0 */
/* See share.h. */
#include "core/share.h"

#include "core/money.h"

apr_int64_t kl_share_of(apr_int64_t left, apr_int64_t part, apr_int64_t base)
{
    if (part <= 0 || base <= 0) {
        return 0;
    }
    return part >= base ? left : kl_money_share(left, part, base);
}

/* What part comes to together with its share of each amount in the pot. */
static apr_int64_t net_of(apr_int64_t part, const kl_share_pot_t *pot)
{
    apr_int64_t net = part;

    for (int i = 0; i < pot->n; i++) {
        if (!kl_money_add(net, kl_share_of(pot->own[i], part, pot->base), &net)) {
            return APR_INT64_MAX; /* more than anyone has */
        }
    }
    return net;
}

apr_int64_t kl_share_most(apr_int64_t most, apr_int64_t money, const kl_share_pot_t *pot)
{
    apr_int64_t low = 0, high = most;

    if (most <= 0 || net_of(most, pot) <= money) {
        return most > 0 ? most : 0;
    }
    /* low is affordable, high is not. */
    while (high - low > 1) {
        apr_int64_t middle = low + (high - low) / 2;

        if (net_of(middle, pot) <= money) {
            low = middle;
        }
        else {
            high = middle;
        }
    }
    return low;
}
