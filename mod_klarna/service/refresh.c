/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna is the truth: read its record of the order, take over what it may decide, and book
 * what was done there without us.
 */
#include "service/service.h"

#include <string.h>
#include "api/order_management.h"
#include "core/schedule.h"

/* Takes what was read into order, as it stands in the store, and saves it. */
static kl_kind_t take_in(kl_service_t *svc, kl_order_t *order, const kl_klarna_order_t *seen,
                         kl_look_t *look, kl_error_t *err)
{
    apr_time_t last_look = order->updated_at, now = svc->now();
    int captures = order->captures->nelts, credit_invoices = order->credit_invoices->nelts;
    kl_order_t *again = NULL;
    kl_kind_t rv;

    look->booked = kl_order_import(order, svc->p, seen, now);
    if (look->booked < 0) {
        rv = svc->store->order_load(svc->store, svc->p, order->id, &again, err);
        if (rv != KL_OK) {
            return rv;
        }
        *order = *again;
        (void)kl_order_take_over(order, svc->p, seen);
        order->attention = "differs";
        look->booked = 0;
    }
    if (look->booked > 0) {
        kl_references_imported(svc, order, captures, credit_invoices);
    }
    look->differs = strcmp(order->attention, "differs") == 0;
    look->days = kl_schedule_warning(order, last_look, now);
    if (!order->pending_op[0]) { /* else the next look is for the operation's sake */
        order->checks = look->booked ? 0 : order->checks + 1;
        order->check_at = kl_schedule_next(order, now);
    }
    order->updated_at = now;
    rv = svc->store->order_save(svc->store, svc->p, order, err);
    kl_step(svc, "look_stored");
    return rv;
}

kl_kind_t kl_refresh(kl_service_t *svc, kl_order_t *order, kl_look_t *look, kl_error_t *err)
{
    kl_klarna_order_t seen;
    kl_response_t resp;
    kl_request_t req;
    kl_kind_t rv;

    memset(look, 0, sizeof(*look));
    if (!order->klarna_order_id[0]) {
        return KL_OK;
    }
    req = kl_om_read(svc->p, order);
    rv = kl_call(svc, &req, &resp, err);
    if (rv != KL_OK) {
        return rv;
    }
    kl_step(svc, "record_read");
    rv = kl_om_read_reply(&seen, svc->p, &resp, err);
    return rv == KL_OK ? take_in(svc, order, &seen, look, err) : rv;
}
