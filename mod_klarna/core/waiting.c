/* SPDX-License-Identifier: Apache-2.0 */
/* See waiting.h. */
#include "core/waiting.h"

#include <string.h>

#define CAPTURE "capture"
#define REFUND "refund"

static const char *word_of(const kl_operation_t *op)
{
    if (op->kind == KL_OP_CAPTURE) {
        return CAPTURE;
    }
    return op->credit_invoice_id[0] ? REFUND : "";
}

void kl_waiting_asked(kl_order_t *order, const kl_operation_t *op)
{
    const char *word = word_of(op);

    if (word[0] && strcmp(order->waiting, word) != 0) {
        order->waiting_too = order->waiting; /* the same again cannot stand there: two words */
        order->waiting = word;
    }
}

static void no_more(kl_order_t *order, const char *word)
{
    if (strcmp(order->waiting, word) == 0) {
        order->waiting = order->waiting_too;
        order->waiting_too = "";
    }
    else if (strcmp(order->waiting_too, word) == 0) {
        order->waiting_too = "";
    }
}

void kl_waiting_answered(kl_order_t *order, const kl_operation_t *op)
{
    if (op->state != KL_OP_CONFIRMED) {
        return;
    }
    if (op->kind == KL_OP_CANCEL) {
        kl_waiting_seen(order);
    }
    else if (!op->next_op[0] && word_of(op)[0]) {
        no_more(order, word_of(op));
    }
    kl_waiting_settled(order);
}

void kl_waiting_settled(kl_order_t *order)
{
    if (order->state == KL_ORDER_CAPTURED && order->captured_amount == order->order_amount) {
        no_more(order, CAPTURE);
    }
}

void kl_waiting_seen(kl_order_t *order)
{
    order->waiting = order->waiting_too = "";
}
