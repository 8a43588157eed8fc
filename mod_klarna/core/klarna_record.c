/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking over what Klarna's record says. Amounts are Klarna's to know and ours to book:
 * they are compared, and a difference is reported, never hidden by copying it.
 */
#include "core/klarna_record.h"

#include <apr_strings.h>
#include <string.h>

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
    kl_attention_lower(order, KL_ATTENTION_REJECTED);
}

/* --- words ------------------------------------------------------------------------ */

/* Others may have set or cleared it. */
static void take_over_reference(const char **ours, apr_pool_t *p, const char *theirs)
{
    if (theirs != NULL && strcmp(*ours, theirs) != 0) {
        *ours = apr_pstrdup(p, theirs);
    }
}

static const kl_klarna_move_t *move_at(const apr_array_header_t *list, int i)
{
    return &APR_ARRAY_IDX(list, i, kl_klarna_move_t);
}

/* The invoice numbers by which Klarna and the shopper know the captures. */
static void take_capture_references(kl_order_t *order, apr_pool_t *p,
                                    const apr_array_header_t *captures)
{
    for (int i = 0; captures && i < captures->nelts; i++) {
        const kl_klarna_move_t *move = move_at(captures, i);
        kl_capture_t *capture = kl_order_find_capture(order, move->id);

        if (capture && move->klarna_reference[0]) {
            capture->klarna_reference = apr_pstrdup(p, move->klarna_reference);
        }
    }
}

/* A no is told once: who has seen it need not see it again. */
static void take_fraud_status(kl_order_t *order, apr_pool_t *p, const char *theirs)
{
    int was_rejected = kl_order_is_rejected(order);

    if (theirs != NULL && theirs[0] != '\0') {
        order->fraud_status = apr_pstrdup(p, theirs);
    }
    if (!kl_order_is_rejected(order)) {
        kl_attention_lower(order, KL_ATTENTION_REJECTED);
    }
    else if (!was_rejected) {
        kl_attention_raise(order, KL_ATTENTION_REJECTED);
    }
}

void kl_klarna_record_take_words(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen)
{
    take_capture_references(order, p, seen->captures);
    take_fraud_status(order, p, seen->fraud_status);
    if (seen->klarna_reference != NULL && seen->klarna_reference[0] != '\0') {
        order->klarna_reference = apr_pstrdup(p, seen->klarna_reference);
    }
    if (seen->payment_type != NULL && seen->payment_type[0] != '\0') {
        order->payment_type = apr_pstrdup(p, seen->payment_type);
    }
    if (seen->created_at != 0) {
        order->authorized_at = seen->created_at;
    }
    if (seen->expires_at != 0) {
        order->expires_at = seen->expires_at;
    }
    take_over_reference(&order->reference1, p, seen->reference1);
    take_over_reference(&order->reference2, p, seen->reference2);
}

/* --- amounts ---------------------------------------------------------------------- */

int kl_klarna_record_take_over(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen)
{
    int alike = moved_alike(order, seen);
    kl_order_state_t state;

    kl_klarna_record_take_words(order, p, seen);
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

/* --- a record that contradicts itself ----------------------------------------------- */

/* One that is listed twice was made once. */
static int is_repeated(const apr_array_header_t *list, int i)
{
    const char *id = move_at(list, i)->id;
    int j = id[0] ? 0 : i;

    while (j < i && strcmp(move_at(list, j)->id, id) != 0) {
        j++;
    }
    return j < i;
}

/* An empty list says nothing: Klarna leaves empty members out. */
static int adds_up(const apr_array_header_t *list, apr_int64_t total)
{
    apr_int64_t sum = 0;

    for (int i = 0; list && i < list->nelts; i++) {
        sum += is_repeated(list, i) ? 0 : move_at(list, i)->amount; /* bounded when it was read */
    }
    return !list || !list->nelts || sum == total;
}

/* 1 when what was captured and what still may be are those of that status. */
static int fits_status(const kl_klarna_record_t *seen)
{
    kl_order_state_t state;

    if (!kl_order_state_parse(seen->status, &state)) {
        return 1;
    }
    switch (state) {
    case KL_ORDER_AUTHORIZED:
        return seen->captured_amount == 0
               && seen->remaining_authorized_amount == seen->order_amount;
    case KL_ORDER_PART_CAPTURED:
        return seen->captured_amount > 0;
    case KL_ORDER_CAPTURED:
        return seen->remaining_authorized_amount == 0
               && (seen->captured_amount > 0 || seen->order_amount == 0);
    default:
        return 1;
    }
}

const char *kl_klarna_record_fault(const kl_klarna_record_t *seen)
{
    if (!adds_up(seen->captures, seen->captured_amount)) {
        return "its captures do not come to its captured_amount";
    }
    if (!adds_up(seen->refunds, seen->refunded_amount)) {
        return "its refunds do not come to its refunded_amount";
    }
    if (seen->refunded_amount > seen->captured_amount) {
        return "its refunded_amount is more than its captured_amount";
    }
    if (seen->captured_amount + seen->remaining_authorized_amount > seen->order_amount) {
        return "its captured and remaining amounts are more than its order_amount";
    }
    return fits_status(seen) ? NULL : "its amounts are not those of its status";
}
