/* SPDX-License-Identifier: Apache-2.0 */
/* See reconcile.h. */
#include "service/reconcile.h"

#include <string.h>
#include "core/contract.h"
#include "core/klarna_record.h"
#include "core/schedule.h"
#include "service/call.h"
#include "service/change.h"
#include "core/import.h"

typedef struct taking_t {
    const kl_klarna_record_t *record;
    kl_look_t *look;
} taking_t;

/* While an operation holds the order the next look is for that operation's sake. */
static void after_look(kl_change_t *change, kl_order_t *order, apr_time_t last_look)
{
    kl_look_t *look = ((taking_t *)change->baton)->look;

    look->differs = order->attention == KL_ATTENTION_DIFFERS;
    look->days = kl_schedule_warning(order, last_look, change->now);
    if (!order->pending_op[0]) {
        change->look = look->booked ? KL_LOOK_CHANGED : KL_LOOK_RARER;
    }
}

static kl_kind_t take_in(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    taking_t *taking = change->baton;
    apr_time_t last_look = order->updated_at;
    int booked = kl_import_record(order, p, taking->record, change->now);

    KL_CONTRACT(booked >= 0, err); /* what fits can be booked */
    taking->look->booked = booked;
    after_look(change, order, last_look);
    return KL_OK;
}

/* KL_STALE when the order changed while its record was read: the record may not show what was
 * booked meanwhile, so it is read again. */
static kl_kind_t reconcile_once(kl_service_t *svc, kl_order_t **order, kl_look_t *look,
                                kl_error_t *err)
{
    const char *id = (*order)->id;
    kl_klarna_record_t *record = apr_pcalloc(svc->p, sizeof(*record));
    taking_t taking = {.record = record, .look = look};
    kl_change_t change = {.make = take_in, .baton = &taking, .once = 1, .step = "look_stored"};
    kl_kind_t rv = kl_call_read_record(svc, (*order)->account, (*order)->klarna_order_id, record,
                                       err);

    if (rv != KL_OK) {
        return rv;
    }
    kl_service_step(svc, "record_read");
    rv = kl_change_order(svc, &change, id, order, err);
    look->record = rv == KL_OK ? record : NULL;
    if (err->where) {
        (void)kl_change_mark_differs(svc, id, KL_LOOK_DAILY, kl_error_make(svc->p));
    }
    return rv;
}

kl_kind_t kl_reconcile_order(kl_service_t *svc, kl_order_t **order, kl_look_t *look,
                             kl_error_t *err)
{
    const char *id = (*order)->id;
    kl_kind_t rv = KL_OK;

    for (int tries = 0; tries < KL_MAX_TRIES; tries++) {
        memset(look, 0, sizeof(*look));
        if (rv == KL_STALE) {
            kl_error_clear(err);
            rv = kl_service_order(svc, id, order, err);
        }
        if (rv != KL_OK || !(*order)->klarna_order_id[0]) {
            return rv;
        }
        rv = reconcile_once(svc, order, look, err);
        if (rv != KL_STALE) {
            return rv;
        }
    }
    return rv;
}
