/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person has seen what an order was marked for. That takes the mark away and nothing else:
 * no amount, no operation. What still holds (amounts that differ) is marked again by the next
 * look at Klarna's record.
 */
#include "service/service.h"

#include <string.h>
#include "core/waiting.h"

static void take_marks_away(kl_order_t *order, apr_time_t now)
{
    if (strcmp(order->attention, "expiring") == 0) {
        order->seen_at = now;
    }
    if (strcmp(order->attention, "orphan") != 0) {
        order->attention = "";
    }
    kl_waiting_seen(order);
}

static kl_kind_t seen_once(kl_service_t *svc, const char *order_id, kl_order_t **out,
                           kl_error_t *err)
{
    const kl_words_t *why;
    kl_kind_t rv = kl_service_order(svc, order_id, out, err);

    if (rv != KL_OK) {
        return rv;
    }
    why = kl_why_not_seen(*out);
    if (why) {
        return kl_error_because(err, KL_CONFLICT, why->code, why);
    }
    take_marks_away(*out, svc->now());
    return svc->store->order_save(svc->store, svc->p, *out, err);
}

kl_kind_t kl_seen(kl_service_t *svc, const char *order_id, kl_order_t **out, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    for (int tries = 0; tries < KL_MAX_TRIES; tries++) {
        kl_error_clear(err);
        rv = seen_once(svc, order_id, out, err);
        if (rv != KL_CONFLICT || strcmp(err->code, "version") != 0) {
            break;
        }
    }
    return rv;
}
