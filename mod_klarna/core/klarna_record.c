/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking over what Klarna's record says. Amounts are Klarna's to know and ours to book:
 * they are compared, and a difference is reported, never hidden by copying it.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/klarna_record.h"

static int moved_alike(const kl_order_t *order, const kl_klarna_record_t *seen)
{
    return order->order_amount == seen->order_amount
           && order->captured_amount == seen->captured_amount
           && order->refunded_amount == seen->refunded_amount;
}

static int is_end(kl_order_state_t state)
{
    return state == KL_ORDER_CANCELLED || state == KL_ORDER_EXPIRED || state == KL_ORDER_CLOSED;
}

/* The shopper no longer owes the rest, so no line has an open part any more. */
static void end_authorization(kl_order_t *order, const kl_klarna_record_t *seen)
{
    if (order->captured_amount == seen->captured_amount) {
        kl_order_cancel_open(order);
    }
    order->remaining_amount = 0;
}

/* Others may have set or cleared it. */
static void take_over_reference(const char **ours, apr_pool_t *p, const char *theirs)
{
    if (theirs != NULL && strcmp(*ours, theirs) != 0) {
        *ours = apr_pstrdup(p, theirs);
    }
}

static void take_over_words(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen)
{
    if (seen->fraud_status != NULL && seen->fraud_status[0] != '\0') {
        order->fraud_status = apr_pstrdup(p, seen->fraud_status);
    }
    if (seen->klarna_reference != NULL && seen->klarna_reference[0] != '\0') {
        order->klarna_reference = apr_pstrdup(p, seen->klarna_reference);
    }
    if (seen->expires_at != 0) {
        order->expires_at = seen->expires_at;
    }
    take_over_reference(&order->reference1, p, seen->reference1);
    take_over_reference(&order->reference2, p, seen->reference2);
}

int kl_klarna_record_take_over(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen)
{
    int alike = moved_alike(order, seen);
    kl_order_state_t state;

    take_over_words(order, p, seen);
    if (order->pending_op[0] != '\0') {
        return 0;
    }
    if (!kl_order_state_parse(seen->status, &state)) {
        state = order->state; /* a word that Klarna added: what we know stands */
    }
    if (is_end(state)) {
        if (state != KL_ORDER_CLOSED) {
            end_authorization(order, seen);
        }
        order->state = state;
        return !alike;
    }
    alike = alike && order->remaining_amount == seen->remaining_authorized_amount;
    if (alike) {
        order->state = state;
    }
    return !alike;
}
