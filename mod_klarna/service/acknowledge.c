/* SPDX-License-Identifier: Apache-2.0 */
/* See acknowledge.h. */
#include "service/acknowledge.h"

#include "core/waiting.h"
#include "service/change.h"
#include "core/why_not.h"

static kl_kind_t acknowledge(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_seen(order);

    (void)p;
    if (why) {
        return kl_error_because(err, KL_CONFLICT, why->code, why);
    }
    kl_attention_see(order, change->now);
    kl_waiting_seen(order);
    return KL_OK;
}

kl_kind_t kl_acknowledge_order(kl_service_t *svc, const char *order_id, kl_order_t **out,
                               kl_error_t *err)
{
    kl_change_t change = {.make = acknowledge, .note = 1};
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_order(svc, order_id, &order, err);

    if (rv == KL_OK) {
        rv = kl_change_order(svc, &change, order_id, &order, err);
    }
    *out = order;
    return rv;
}
