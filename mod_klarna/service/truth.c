/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding out at Klarna what became of an operation whose answer was lost, where repeating
 * it with its key no longer tells: the key is older than Klarna's memory, the endpoint has
 * no keys, or a person wants to give the operation up. Klarna's record decides; where it
 * does not tell, nothing is guessed.
 */
#include "service/service.h"

#include <apr_strings.h>
#include <string.h>
#include "api/order_management.h"
#include "api/payments.h"
#include "api/reply.h"

#define CLOCKS_APART apr_time_from_sec(300) /* Klarna's clock and ours */

static kl_kind_t ask(kl_service_t *svc, const kl_request_t *req, kl_response_t *resp,
                     kl_error_t *err)
{
    const char *why = "";
    kl_delivery_t delivery = svc->transport->perform(svc->transport, svc->p, svc->account, req,
                                                     svc->now() + svc->timeout, resp, &why);

    return kl_reply_meaning(delivery, resp, why, err) == KL_MEANS_DONE ? KL_OK : err->kind;
}

/* A session that is complete has an order, whose id the session does not tell. */
static kl_kind_t truth_of_placement(kl_service_t *svc, const kl_order_t *order, kl_truth_t *truth,
                                    kl_error_t *err)
{
    kl_request_t req = kl_payments_read_session(svc->p, order);
    kl_response_t resp;
    int complete = 0;
    kl_kind_t rv;

    memset(&resp, 0, sizeof(resp));
    *truth = KL_TRUTH_UNCLEAR;
    rv = ask(svc, &req, &resp, err);
    if (rv == KL_REFUSED && err->klarna_code && strcmp(err->klarna_code, "SESSION_COMPLETED") == 0) {
        kl_error_clear(err);
        return KL_OK;
    }
    if (rv == KL_OK) {
        rv = kl_payments_session_status(&complete, svc->p, &resp, err);
    }
    if (rv == KL_OK && !complete) {
        *truth = KL_TRUTH_NOT_EXECUTED;
    }
    return rv;
}

/* A capture or refund of that amount that is none of ours. When there is none, the books
 * must agree for that to mean anything. */
static kl_truth_t truth_of_move(const kl_order_t *order, const kl_operation_t *op,
                                const apr_array_header_t *list, int books_agree,
                                const char **result_id)
{
    int several = 0;
    const kl_klarna_move_t *move = kl_klarna_find_unknown(order, list, op->amount,
                                                          op->sent_at - CLOCKS_APART, &several);

    if (move && !several) {
        *result_id = move->id;
        return KL_TRUTH_EXECUTED;
    }
    return !move && books_agree ? KL_TRUTH_NOT_EXECUTED : KL_TRUTH_UNCLEAR;
}

static kl_truth_t truth_of_reduction(const kl_order_t *order, const kl_operation_t *op,
                                     const kl_klarna_order_t *seen)
{
    if (seen->order_amount == order->order_amount - op->amount) {
        return KL_TRUTH_EXECUTED;
    }
    return seen->order_amount == order->order_amount ? KL_TRUTH_NOT_EXECUTED : KL_TRUTH_UNCLEAR;
}

/* From Klarna's record of the order. */
static kl_truth_t truth_of(const kl_order_t *order, const kl_operation_t *op,
                           const kl_klarna_order_t *seen, const char **result_id)
{
    switch (op->kind) {
    case KL_OP_CAPTURE:
        return truth_of_move(order, op, seen->captures,
                             seen->captured_amount == order->captured_amount, result_id);
    case KL_OP_REFUND:
        return truth_of_move(order, op, seen->refunds,
                             seen->refunded_amount == order->refunded_amount, result_id);
    case KL_OP_CANCEL:
        return strcmp(seen->status, "CANCELLED") == 0 ? KL_TRUTH_EXECUTED : KL_TRUTH_NOT_EXECUTED;
    case KL_OP_RELEASE:
        return seen->remaining_authorized_amount == 0 ? KL_TRUTH_EXECUTED : KL_TRUTH_NOT_EXECUTED;
    case KL_OP_REDUCE:
        return truth_of_reduction(order, op, seen);
    case KL_OP_EXTEND:        /* the same on the same day, and moves nothing */
    case KL_OP_SHIPPING_INFO: /* tracking that stands there twice does no harm */
        return KL_TRUTH_NOT_EXECUTED;
    case KL_OP_PLACE_ORDER:
        break;
    }
    return KL_TRUTH_UNCLEAR;
}

kl_kind_t kl_truth_find(kl_service_t *svc, const kl_operation_t *op, kl_truth_t *truth,
                        const char **result_id, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_klarna_order_t seen;
    kl_response_t resp;
    kl_request_t req;
    kl_kind_t rv = kl_service_order(svc, op->order_id, &order, err);

    kl_step(svc, "truth_asked");
    *truth = KL_TRUTH_UNCLEAR;
    *result_id = "";
    if (rv != KL_OK) {
        return rv;
    }
    if (op->kind == KL_OP_PLACE_ORDER) {
        return truth_of_placement(svc, order, truth, err);
    }
    req = kl_om_read(svc->p, order);
    rv = ask(svc, &req, &resp, err);
    if (rv == KL_OK) {
        rv = kl_om_read_reply(&seen, svc->p, &resp, err);
    }
    if (rv == KL_OK) {
        *truth = truth_of(order, op, &seen, result_id);
    }
    return rv;
}

static kl_kind_t end_operation(kl_service_t *svc, kl_operation_t *op, kl_op_state_t state,
                               const char *error_code, kl_error_t *err)
{
    kl_kind_t rv;

    op->state = state;
    op->error_code = error_code;
    op->updated_at = svc->now();
    op->lease_until = op->next_at = 0;
    if (op->kind == KL_OP_PLACE_ORDER) {
        op->path = op->body = "";
    }
    rv = svc->store->operation_save(svc->store, svc->p, op, err);
    return rv == KL_OK ? kl_fold(svc, op, err) : rv;
}

kl_kind_t kl_truth_settle(kl_service_t *svc, kl_operation_t *op, kl_truth_t truth,
                          const char *result_id, const char *if_not, kl_error_t *err)
{
    if (truth == KL_TRUTH_EXECUTED) {
        op->result_id = result_id;
        op->error_messages = "[]";
        return end_operation(svc, op, KL_OP_CONFIRMED, "", err);
    }
    if (truth == KL_TRUTH_NOT_EXECUTED && if_not[0]) {
        return end_operation(svc, op, KL_OP_REFUSED, if_not, err);
    }
    if (truth == KL_TRUTH_NOT_EXECUTED) {
        /* Klarna has forgotten the key and the deed was not done: it may start afresh. */
        op->doubtful = 0;
        op->sent_at = 0;
        op->state = KL_OP_QUEUED;
    }
    return KL_OK;
}

/* Another merchant's order, another amount or currency, or one that belongs to another of
 * our orders (the store refuses that) is not the one that was placed. */
static kl_kind_t check_adopted(const kl_order_t *order, const kl_klarna_order_t *seen,
                               kl_error_t *err)
{
    if (seen->original_order_amount != order->order_amount
        || strcmp(seen->currency, order->currency) != 0
        || (order->reference1[0] && strcmp(order->reference1, seen->reference1) != 0)) {
        return kl_error_set(err, KL_CONFLICT, "not_this_order",
                            "Klarna's order has another amount, currency or reference.");
    }
    return KL_OK;
}

static kl_kind_t read_adopted(kl_service_t *svc, const kl_order_t *order,
                              const char *klarna_order_id, kl_klarna_order_t *seen,
                              kl_error_t *err)
{
    kl_order_t as_if = *order;
    kl_response_t resp;
    kl_request_t req;
    kl_kind_t rv;

    as_if.klarna_order_id = klarna_order_id;
    req = kl_om_read(svc->p, &as_if);
    if (!req.method) {
        return kl_error_field(err, "klarna_order_id", "klarna_order_id", "another text",
                              "an order id as Klarna gives them");
    }
    rv = ask(svc, &req, &resp, err);
    if (rv == KL_OK) {
        rv = kl_om_read_reply(seen, svc->p, &resp, err);
    }
    return rv == KL_OK ? check_adopted(order, seen, err) : rv;
}

kl_kind_t kl_adopt(kl_service_t *svc, const char *order_id, const char *klarna_order_id,
                   kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_operation_t *op = NULL;
    kl_klarna_order_t seen;
    kl_json_t *result = kl_json_object(svc->p);
    kl_kind_t rv = kl_service_order(svc, order_id, &order, err);

    if (rv == KL_OK && strcmp(order->klarna_order_id, klarna_order_id) == 0) {
        *out = order;
        return KL_OK;
    }
    if (rv == KL_OK && (order->state != KL_ORDER_CREATED || !order->pending_op[0])) {
        rv = kl_error_set(err, KL_CONFLICT, "no_orphan",
                          "No placement of this order waits for Klarna's order id.");
    }
    if (rv == KL_OK) {
        rv = svc->store->operation_load(svc->store, svc->p, order->pending_op, &op, err);
    }
    if (rv == KL_OK) {
        rv = read_adopted(svc, order, klarna_order_id, &seen, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    kl_json_set_str(result, "fraud_status", seen.fraud_status);
    op->result = kl_json_text(svc->p, result);
    rv = kl_truth_settle(svc, op, KL_TRUTH_EXECUTED, seen.order_id, "", err);
    return rv == KL_OK ? kl_service_order(svc, order_id, out, err) : rv;
}
