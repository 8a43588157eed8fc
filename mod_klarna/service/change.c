/* SPDX-License-Identifier: Apache-2.0 */
/* See change.h. */
#include "service/change.h"

#include <string.h>
#include "service/references.h"
#include "core/order_check.h"

/* By what the order is found is stored before the change it comes with, so that a death in
 * between is made up for when the change is made after all. What a claim adds is stored after
 * it: the claim may fail, and the booking stores it again. */
static int is_claim(const kl_change_t *change)
{
    return change->op && !kl_op_is_final(change->op->state);
}

static kl_kind_t save(kl_service_t *svc, kl_change_t *change, kl_order_t *order,
                      const kl_known_t *known, kl_error_t *err)
{
    kl_kind_t rv = kl_order_check(order, err);

    if (rv != KL_OK) {
        return rv;
    }
    kl_schedule_set(order, change->look, change->now);
    if (!change->note) {
        order->updated_at = change->now;
    }
    if (!is_claim(change)) {
        kl_references_store(svc, order, known, change->op);
    }
    rv = svc->store->order_save(svc->store, svc->p, order, err);
    if (change->step) {
        kl_service_step(svc, change->step);
    }
    if (rv == KL_OK && is_claim(change)) {
        kl_references_store(svc, order, known, change->op);
    }
    if (rv == KL_OK && order->instore && !change->note && svc->tell) {
        svc->tell(order->id);
    }
    return rv;
}

static kl_kind_t change_once(kl_service_t *svc, kl_change_t *change, const char *id,
                             kl_order_t **order, kl_error_t *err)
{
    kl_known_t known;
    kl_kind_t rv = KL_OK;

    if (!*order) {
        rv = svc->store->order_load(svc->store, svc->p, id, order, err);
    }
    if (rv == KL_OK) {
        rv = kl_service_whole(svc, *order, err);
    }
    if (rv != KL_OK) {
        *order = NULL;
        return rv;
    }
    known = kl_references_known(svc->p, *order);
    change->nothing = 0;
    change->now = svc->now();
    rv = change->make(change, *order, svc->p, err);
    if (rv == KL_OK && !change->nothing) {
        rv = save(svc, change, *order, &known, err);
    }
    if (rv != KL_OK) {
        *order = NULL;
    }
    return rv;
}

/* As it is stored: what was in memory may be what is wrong. */
static kl_kind_t set_differs(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    (void)p, (void)err;
    change->nothing = order->attention >= KL_ATTENTION_DIFFERS && change->look == KL_LOOK_UNCHANGED;
    kl_attention_raise(order, KL_ATTENTION_DIFFERS);
    return KL_OK;
}

kl_kind_t kl_change_mark_differs(kl_service_t *svc, const char *id, kl_look_when_t look,
                                 kl_error_t *err)
{
    kl_change_t change = {.make = set_differs, .look = look, .note = 1};
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_show(svc, id, &order, err);

    if (rv != KL_OK || order->broken) { /* that one is marked now */
        return rv;
    }
    return kl_change_order(svc, &change, id, &order, err);
}

kl_kind_t kl_change_order(kl_service_t *svc, kl_change_t *change, const char *id,
                          kl_order_t **order, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    for (int tries = 0; tries < (change->once ? 1 : KL_MAX_TRIES); tries++) {
        kl_error_clear(err);
        rv = change_once(svc, change, id, order, err);
        if (rv != KL_STALE) {
            break;
        }
    }
    return rv;
}
