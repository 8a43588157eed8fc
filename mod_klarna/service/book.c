/* SPDX-License-Identifier: Apache-2.0 */
/* See book.h. */
#include "service/book.h"

#include <string.h>
#include "core/apply.h"
#include "core/waiting.h"
#include "service/change.h"
#include "service/journal.h"

/* When the worker looks next: at once at an order whose expiry is not known, or whose operation was
 * in doubt: others may have done the same meanwhile. Else by the schedule. */
static kl_look_when_t next_look(const kl_order_t *order, const kl_operation_t *op)
{
    if (order->pending_op[0]) {
        return KL_LOOK_LEASED;
    }
    if (order->klarna_order_id[0] && (op->doubtful || !order->expires_at)) {
        return KL_LOOK_NOW;
    }
    return KL_LOOK_SCHEDULED;
}

static kl_kind_t book(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    kl_kind_t rv;

    if (strcmp(order->pending_op, change->op->id) != 0) {
        change->nothing = 1; /* booked before */
        return KL_OK;
    }
    rv = kl_apply(order, p, change->op, err);
    if (rv == KL_OK) {
        kl_waiting_answered(order, change->op);
        order->checks = 0;
        change->look = next_look(order, change->op);
    }
    return rv;
}

kl_kind_t kl_book_operation(kl_service_t *svc, const kl_operation_t *op, kl_order_t **order,
                            kl_error_t *err)
{
    kl_change_t change = {.make = book, .op = op, .step = "booked"};

    if (op->state == KL_OP_REFUSED && kl_journal_discard(svc, op->next_op, err) != KL_OK) {
        return err->kind;
    }
    return kl_change_order(svc, &change, op->order_id, order, err);
}
