/* SPDX-License-Identifier: Apache-2.0 */
/* See book.h. */
#include "service/book.h"

#include <string.h>
#include "core/booking_operation.h"
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
    change->look = kl_schedule_booked(order, change->op->doubtful);
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
