/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any numbers as an amount that is shared, what it is spread over, and the parts that
 * are taken of that. No share exceeds what is left, and together they are the whole.
 */
#include <stdlib.h>
#include <string.h>

#include "core/money.h"
#include "core/share.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(int truth)
{
    if (!truth) {
        abort();
    }
}

static apr_int64_t number(const unsigned char **data, size_t *size)
{
    apr_int64_t n = 0;
    size_t bytes = *size < sizeof(n) ? *size : sizeof(n);

    memcpy(&n, *data, bytes);
    *data += bytes;
    *size -= bytes;
    return n;
}

static void take(apr_int64_t left, apr_int64_t base, const unsigned char *data, size_t size)
{
    while (base > 0) {
        apr_int64_t part = size > 0 ? number(&data, &size) : base;
        apr_int64_t share;

        part = part < 0 || part > base ? base : part;
        share = kl_share_of(left, part, base);
        check(kl_money_within(share, left));
        left -= share;
        base -= part;
    }
    check(left == 0);
}

/* What is more than a number holds comes to the highest one. */
static int is_affordable(apr_int64_t part, const kl_share_pot_t *pot, apr_int64_t money)
{
    apr_int64_t net = part;

    for (int i = 0; i < pot->n; i++) {
        if (!kl_money_add(net, kl_share_of(pot->own[i], part, pot->base), &net)) {
            return money == APR_INT64_MAX;
        }
    }
    return net <= money;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_int64_t own[2] = {number(&data, &size), number(&data, &size)};
    apr_int64_t base = number(&data, &size), line = number(&data, &size);
    const kl_share_pot_t pot = {.base = base, .own = own, .n = 2};
    apr_int64_t most = kl_share_most(line, own[0], &pot);

    check(most >= 0 && (line <= 0 ? most == 0 : most <= line));
    check(most == 0 || is_affordable(most, &pot, own[0]));
    if (base > 0) {
        take(own[0], base, data, size);
    }
    return 0;
}
