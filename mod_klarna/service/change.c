/* SPDX-License-Identifier: Apache-2.0 */
/* See change.h. */
#include "service/change.h"

#include <string.h>
#include "service/references.h"
#include "core/order_check.h"

/* An order whose stored figures contradict each other is marked, so that a person sees it; no
 * other change of it is saved. */
static kl_kind_t check(const kl_change_t *change, kl_order_t *order, kl_error_t *err)
{
    if (kl_order_check(order, err) != KL_OK) {
        if (!change->note) {
            return err->kind;
        }
        kl_error_clear(err);
        kl_attention_raise(order, KL_ATTENTION_DIFFERS);
    }
    return KL_OK;
}

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
    kl_kind_t rv = check(change, order, err);

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
    if (rv != KL_OK) {
        return rv;
    }
    known = kl_references_known(*order);
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
