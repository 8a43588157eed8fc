/* SPDX-License-Identifier: Apache-2.0 */
/* See attention.h. */
#include <string.h>

#include "core/attention.h"
#include "core/order.h"

static const char *const names[] = {
    [KL_ATTENTION_NONE] = "",           [KL_ATTENTION_EXPIRING] = "expiring",
    [KL_ATTENTION_OUTSIDE] = "outside", [KL_ATTENTION_DIFFERS] = "differs",
    [KL_ATTENTION_ORPHAN] = "orphan",   [KL_ATTENTION_REJECTED] = "fraud_rejected",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == KL_ATTENTION_ORPHAN + 1, "each mark has a name");

const char *kl_attention_name(kl_attention_t mark)
{
    return names[mark];
}

int kl_attention_parse(const char *name, kl_attention_t *out)
{
    for (int i = KL_ATTENTION_NONE; i <= KL_ATTENTION_ORPHAN; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (kl_attention_t)i;
            return 1;
        }
    }
    return 0;
}

void kl_attention_raise(kl_order_t *order, kl_attention_t mark)
{
    if (mark > order->attention) {
        order->attention = mark;
    }
}

void kl_attention_lower(kl_order_t *order, kl_attention_t mark)
{
    if (order->attention == mark) {
        order->attention = KL_ATTENTION_NONE;
    }
}

void kl_attention_agree(kl_order_t *order, int booked)
{
    kl_attention_lower(order, KL_ATTENTION_DIFFERS);
    if (booked) {
        kl_attention_raise(order, KL_ATTENTION_OUTSIDE);
    }
}

void kl_attention_see(kl_order_t *order, apr_time_t now)
{
    if (order->attention == KL_ATTENTION_EXPIRING) {
        order->seen_at = now; /* marked again at the next mark only */
    }
    if (order->attention != KL_ATTENTION_ORPHAN) {
        order->attention = KL_ATTENTION_NONE;
    }
}
