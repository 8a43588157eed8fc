/* SPDX-License-Identifier: Apache-2.0 */
/* See adopt.h. */
#include "service/adopt.h"

#include <string.h>
#include "api/order_management.h"
#include "service/book.h"
#include "service/journal.h"
#include "service/run.h"
#include "service/verify.h"
#include "core/why_not.h"

/* The placement that waits for its order id: it was sent, and nobody is working on it. */
static kl_kind_t waiting_placement(kl_service_t *svc, const kl_order_t *order, kl_operation_t **op,
                                   kl_error_t *err)
{
    kl_kind_t rv = svc->store->operation_load(svc->store, svc->p, order->pending_op, op, err);

    if (rv == KL_OK
        && (!kl_op_places((*op)->kind)
            || ((*op)->state != KL_OP_UNKNOWN && (*op)->state != KL_OP_SENT)
            || (*op)->lease_until > svc->now())) {
        rv = kl_service_in_progress(err);
    }
    return rv;
}

/* The session was completed, but we know of no placement: the adoption is an operation whose
 * request only reads the order. */
static kl_kind_t placed_elsewhere(kl_service_t *svc, kl_order_t *order, const char *klarna_order_id,
                                  kl_run_t *run, kl_error_t *err)
{
    kl_plan_t plan = {.order = order};
    kl_klarna_request_t req = kl_order_management_read(svc->p, klarna_order_id);
    kl_kind_t rv;

    run->op = kl_journal_add(svc, &plan, KL_OP_ADOPT, err);
    if (!run->op) {
        return err->kind;
    }
    kl_journal_request(run->op, &req);
    run->op->amount = order->order_amount;
    rv = kl_journal_write(svc, &plan, err);
    run->order = plan.order;
    return rv;
}

static kl_kind_t find_orphan(kl_service_t *svc, kl_order_t *order, const char *klarna_order_id,
                             kl_run_t *run, kl_error_t *err)
{
    if (order->state == KL_ORDER_CREATED && order->pending_op[0]) {
        return waiting_placement(svc, order, &run->op, err);
    }
    if (order->state == KL_ORDER_CREATED
        && (order->instore || order->attention == KL_ATTENTION_ORPHAN)) {
        return placed_elsewhere(svc, order, klarna_order_id, run, err);
    }
    kl_error_because(err, KL_CONFLICT, "no_orphan", kl_why_not_adopt(order));
    return KL_CONFLICT;
}

/* What ended but is not booked yet (its process died in between) is booked. */
static kl_kind_t book_ended(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv = KL_OK;

    if ((*order)->pending_op[0]) {
        rv = svc->store->operation_load(svc->store, svc->p, (*order)->pending_op, &op, err);
    }
    return rv == KL_OK && op && kl_op_is_final(op->state) ? kl_book_operation(svc, op, order, err)
                                                          : rv;
}

/* 1 when the order already has that Klarna id. */
static int is_adopted(const kl_order_t *order, const char *klarna_order_id)
{
    return strcmp(order->klarna_order_id, klarna_order_id) == 0;
}

static kl_kind_t adopt(kl_service_t *svc, const char *klarna_order_id, kl_order_t **order,
                       kl_error_t *err)
{
    kl_finding_t found = {.truth = KL_TRUTH_UNCLEAR, .result_id = "", .result = ""};
    kl_run_t run = {.order = NULL};
    kl_kind_t rv = kl_verify_by_id(svc, *order, klarna_order_id, &found, err);

    if (rv == KL_OK && found.truth != KL_TRUTH_EXECUTED) {
        rv = kl_error_set(err, KL_CONFLICT, "not_this_order",
                          "Klarna's order has a different amount, currency or reference, or "
                          "belongs to another of our orders.");
    }
    if (rv == KL_OK) {
        rv = find_orphan(svc, *order, klarna_order_id, &run, err);
    }
    if (rv == KL_OK && run.op->state == KL_OP_QUEUED) {
        return kl_run(svc, &run, err); /* reads the order once more: what it asked is what it got */
    }
    return rv == KL_OK ? kl_verify_end(svc, run.op, &found, &run.order, err) : rv;
}

kl_kind_t kl_adopt_order(kl_service_t *svc, const char *order_id, const char *klarna_order_id,
                         kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_order(svc, order_id, &order, err);

    if (rv == KL_OK) {
        rv = book_ended(svc, &order, err);
    }
    if (rv == KL_OK && is_adopted(order, klarna_order_id)) {
        *out = order;
        return KL_OK;
    }
    if (rv == KL_OK) {
        rv = adopt(svc, klarna_order_id, &order, err);
    }
    return rv == KL_OK ? kl_service_order(svc, order_id, out, err) : rv;
}
