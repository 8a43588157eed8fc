/* SPDX-License-Identifier: Apache-2.0 */
/* See book.h. */
#include "service/book.h"

#include <string.h>
#include "core/booking_operation.h"
#include "core/contract.h"
#include "service/change.h"
#include "service/journal.h"

static kl_kind_t book(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    kl_kind_t rv;

    if (strcmp(order->pending_op, change->op->id) != 0) {
        change->nothing = 1; /* booked before */
        return KL_OK;
    }
    rv = kl_booking_operation(order, p, change->op, err);
    /* What was sent was planned from this order, and has held it since. */
    if (rv != KL_OK) {
        return kl_contract_broken(err, err->detail, __FILE__, __LINE__);
    }
    change->look = change->op->kind == KL_OP_ACKNOWLEDGE
                       ? KL_LOOK_RESUMED
                       : kl_schedule_booked(order, change->op->doubtful);
    return KL_OK;
}

kl_kind_t kl_book_operation(kl_service_t *svc, const kl_operation_t *op, kl_order_t **order,
                            kl_error_t *err)
{
    kl_change_t change = {.make = book, .op = op, .step = "booked"};
    kl_kind_t rv;

    if (op->state == KL_OP_REFUSED && kl_journal_discard(svc, op->next_op, err) != KL_OK) {
        return err->kind;
    }
    rv = kl_change_order(svc, &change, op->order_id, order, err);
    if (err->where) {
        (void)kl_change_mark_differs(svc, op->order_id, KL_LOOK_DAILY, kl_error_make(svc->p));
    }
    return rv;
}
