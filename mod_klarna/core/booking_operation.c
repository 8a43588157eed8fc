/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See booking_operation.h. What an operation was meant to move, and the step of the credit
 * invoice that it is, become the movements of booking.h.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/booking.h"
#include "core/booking_operation.h"
#include "core/instore.h"
#include "core/intent.h"
#include "core/waiting.h"
#include "core/order_check.h"
#include "core/payment.h"

/* --- credit invoices --------------------------------------------------------------- */

static kl_credit_step_t *step_at(const kl_credit_invoice_t *ci, int i)
{
    return &APR_ARRAY_IDX(ci->steps, i, kl_credit_step_t);
}

static int find_step(const kl_credit_invoice_t *ci, const char *operation_id)
{
    for (int i = 0; i < ci->steps->nelts; i++) {
        if (strcmp(step_at(ci, i)->operation_id, operation_id) == 0) {
            return i;
        }
    }
    return -1;
}

static void step_confirmed(kl_credit_invoice_t *ci, int i, const kl_operation_t *op)
{
    kl_credit_step_t *step = step_at(ci, i);

    step->state = kl_op_state_name(KL_OP_CONFIRMED);
    step->refund_id = op->kind == KL_OP_REFUND ? op->result_id : "";
    ci->paid_amount += step->amount;
    if (i == ci->steps->nelts - 1) {
        ci->state = "paid";
    }
}

/* The steps after a refused one are never sent. */
static void step_refused(kl_credit_invoice_t *ci, int i)
{
    for (; i < ci->steps->nelts; i++) {
        step_at(ci, i)->state = kl_op_state_name(KL_OP_REFUSED);
    }
    ci->state = ci->paid_amount > 0 ? "partly_paid" : "refused";
}

/* One that began with a no to what the order has become gave nothing back and never will: the
 * history shows the no. */
static int is_useless(const kl_credit_invoice_t *ci, const kl_operation_t *op)
{
    return ci->paid_amount == 0 && kl_op_refused_by_state(op->http_status, op->error_code);
}

static void remove_credit_invoice(kl_order_t *order, const kl_credit_invoice_t *ci)
{
    apr_array_header_t *all = order->credit_invoices;
    int kept = 0;

    for (int i = 0; i < all->nelts; i++) {
        const kl_credit_invoice_t *one = &APR_ARRAY_IDX(all, i, kl_credit_invoice_t);

        if (one != ci) {
            APR_ARRAY_IDX(all, kept++, kl_credit_invoice_t) = *one;
        }
    }
    all->nelts = kept;
}

static kl_kind_t mark_step(kl_order_t *order, const kl_operation_t *op, kl_error_t *err)
{
    kl_credit_invoice_t *ci = kl_order_find_credit_invoice(order, op->credit_invoice_id);
    int i = ci != NULL ? find_step(ci, op->id) : -1;

    if (op->credit_invoice_id[0] == '\0') {
        return KL_OK;
    }
    if (i < 0) {
        return kl_error_set(err, KL_INTERNAL, "invariant",
                            "The order does not know the credit invoice of its operation.");
    }
    if (op->state == KL_OP_CONFIRMED) {
        step_confirmed(ci, i, op);
    }
    else if (is_useless(ci, op)) {
        remove_credit_invoice(order, ci);
    }
    else {
        step_refused(ci, i);
    }
    return KL_OK;
}

/* --- what Klarna confirmed ---------------------------------------------------------- */

static kl_kind_t placed(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op, kl_error_t *err)
{
    kl_json_t *result = kl_json_parse(p, op->result, strlen(op->result), kl_error_make(p));
    const char *fraud_status = kl_json_str(result, "fraud_status");

    if (!result && op->result[0]) {
        return kl_error_set(err, KL_INTERNAL, "invariant",
                            "What Klarna answered to operation %s cannot be read.", op->id);
    }
    if (order->instore) {
        kl_instore_complete(order->instore, op->updated_at);
    }
    /* The worker tells Klarna; of what was taken over, whoever placed it. */
    order->unacknowledged = op->kind != KL_OP_TAKE_OVER;
    return kl_booking_place(order, op->result_id, fraud_status ? fraud_status : "", err);
}

static kl_kind_t captured(kl_order_t *order, const kl_operation_t *op, const kl_intent_t *intent,
                          kl_error_t *err)
{
    const kl_capture_t capture = {
        .capture_id = op->result_id,
        .operation_id = op->id,
        .klarna_reference = "",
        .reference = intent->reference,
        .description = intent->description,
        .captured_at = op->updated_at,
        .moved = intent->moved,
        .shipping_info = intent->shipping_info,
    };

    return kl_booking_capture(order, &capture, err);
}

static kl_kind_t book_as_meant(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op,
                               const kl_intent_t *intent, kl_error_t *err)
{
    switch (op->kind) {
    case KL_OP_PLACE_ORDER:
    case KL_OP_ADOPT:
    case KL_OP_TAKE_OVER:
        return placed(order, p, op, err);
    case KL_OP_CAPTURE:
        return captured(order, op, intent, err);
    case KL_OP_REFUND:
        return kl_booking_refund(order, &intent->moved, err);
    case KL_OP_CANCEL:
        return kl_booking_cancel(order, err);
    case KL_OP_REDUCE:
        return kl_booking_reduce(order, p, &intent->moved, err);
    case KL_OP_RELEASE:
        return kl_booking_release(order, &intent->moved, err);
    case KL_OP_EXTEND:
        order->expires_at = 0; /* not known until it is read back from Klarna */
        break;
    case KL_OP_SHIPPING_INFO:
        return kl_booking_track(order, p, intent->capture_id, intent->shipping_info, err);
    case KL_OP_DUE_DATE:
        return kl_booking_due_date(order, intent->capture_id, intent->due.days, err);
    case KL_OP_LINES:
        return kl_booking_lines(order, op->amount, intent->lines, err);
    case KL_OP_REFERENCES:
        kl_booking_refer(order, intent->merchant_reference1, intent->merchant_reference2);
        break;
    case KL_OP_SEND_OUT:
    case KL_OP_DISTRIBUTE:
    case KL_OP_ACKNOWLEDGE:
    case KL_OP_SHIPPING_ADDRESS: /* nothing of it is kept */
        break;
    }
    return KL_OK;
}

static kl_kind_t book(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op, kl_error_t *err)
{
    kl_intent_t intent;
    kl_kind_t rv = kl_intent_parse(&intent, p, op, err);

    return rv == KL_OK ? book_as_meant(order, p, op, &intent, err) : rv;
}

/* Its placement is known now, or a doubtful one is known not to have been. A plain no says nothing
 * about an order that was placed elsewhere, nor does an adoption that failed: it only reads. */
static void no_orphan_any_more(kl_order_t *order, const kl_operation_t *op)
{
    if (op->state == KL_OP_CONFIRMED ? kl_op_places(op->kind)
                                     : op->kind == KL_OP_PLACE_ORDER && op->doubtful) {
        kl_attention_lower(order, KL_ATTENTION_ORPHAN);
    }
}

/* Klarna was told, or has said that it need not be. One that made way for something else is made
 * again. */
static void acknowledged(kl_order_t *order, const kl_operation_t *op)
{
    if (op->kind == KL_OP_ACKNOWLEDGE && strcmp(op->error_code, KL_GIVEN_UP) != 0) {
        order->unacknowledged = 0;
    }
}

/* What Klarna said, or what we said about it. */
static const char *words_of(apr_pool_t *p, const kl_operation_t *op)
{
    kl_error_t *ignored = kl_error_make(p);
    kl_json_t *messages = kl_json_parse(p, op->error_messages, strlen(op->error_messages), ignored);
    kl_json_t *refusal = kl_json_parse(p, op->refusal, strlen(op->refusal), ignored);
    const char *words = kl_json_str(refusal, "detail");

    for (apr_size_t i = 0; i < kl_json_size(messages); i++) {
        const char *message = kl_json_str_at(messages, i);

        words = i == 0 ? message : apr_pstrcat(p, words, "; ", message, NULL);
    }
    return words ? words : "";
}

/* Klarna's own no, which ends the payment unless another token is placed. A placement that a person
 * gave up leaves it as it was. */
static void declined(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op)
{
    int by_klarna = op->http_status >= 400 && strcmp(op->error_code, KL_GIVEN_UP) != 0;

    if (by_klarna && op->kind == KL_OP_PLACE_ORDER && order->state == KL_ORDER_CREATED) {
        kl_payment_decline(order, op->error_code, words_of(p, op));
    }
}

/* What became of the link that Klarna was to send. One that never went out leaves it as it was. */
static void distributed(kl_order_t *order, const kl_operation_t *op)
{
    if (op->kind != KL_OP_DISTRIBUTE || !order->instore) {
        return;
    }
    if (op->state == KL_OP_CONFIRMED) {
        order->instore->sent = KL_SEND_SENT;
    }
    else if (op->attempts == 0) {
        order->instore->sent = KL_SEND_NONE;
    }
    else if (op->doubtful || strcmp(op->error_code, KL_GIVEN_UP) == 0) {
        order->instore->sent = KL_SEND_UNKNOWN;
    }
    else {
        order->instore->sent = KL_SEND_REFUSED;
        order->instore->send_refusal = op->error_code;
    }
}

kl_kind_t kl_booking_operation(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op,
                               kl_error_t *err)
{
    int confirmed = op->state == KL_OP_CONFIRMED;

    if (order->pending_op[0] == '\0' || strcmp(order->pending_op, op->id) != 0) {
        return kl_error_set(err, KL_CONFLICT, "not_claimed",
                            "The operation does not hold the order.");
    }
    if (!kl_op_is_final(op->state)) {
        return kl_error_set(err, KL_INTERNAL, "not_final", "The operation has no outcome yet.");
    }
    /* The step first: a fee counts as kept from the moment its refund is booked. */
    if (mark_step(order, op, err) != KL_OK || (confirmed && book(order, p, op, err) != KL_OK)) {
        return err->kind;
    }
    if (!confirmed) {
        declined(order, p, op);
    }
    order->pending_op = confirmed ? op->next_op : "";
    kl_waiting_answered(order, op);
    no_orphan_any_more(order, op);
    acknowledged(order, op);
    distributed(order, op);
    return kl_order_check(order, err);
}
