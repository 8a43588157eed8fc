/* SPDX-License-Identifier: Apache-2.0 */
/* See verify.h. */
#include "service/verify.h"

#include <apr_strings.h>
#include <string.h>
#include "api/payments.h"
#include "service/book.h"
#include "service/call.h"
#include "core/agree.h"
#include "core/import.h"
#include "core/intent.h"
#include "core/operation_check.h"

#define CLOCKS_APART apr_time_from_sec(300) /* Klarna's clock and ours */

/* What became of op, an operation of order's? */
typedef struct search_t {
    kl_service_t *svc;
    const kl_order_t *order;
    const kl_operation_t *op;
    kl_finding_t *found;
} search_t;

int kl_verify_is_placed(const kl_order_t *order, const kl_klarna_record_t *seen)
{
    return seen->original_order_amount == order->order_amount
           && strcmp(seen->currency, order->currency) == 0
           && (!order->reference1[0]
               || (seen->reference1 && strcmp(order->reference1, seen->reference1) == 0));
}

/* *taken becomes 1 when this Klarna order is already another of our orders. */
static kl_kind_t is_taken(kl_service_t *svc, const kl_order_t *order, const char *id, int *taken,
                          kl_error_t *err)
{
    kl_order_t *other = NULL;
    kl_kind_t rv = kl_service_by_klarna_id(svc, order->account, id, &other, err);

    *taken = rv == KL_OK && other && strcmp(other->id, order->id) != 0;
    return rv;
}

kl_kind_t kl_verify_by_id(kl_service_t *svc, const kl_order_t *order, const char *id,
                          kl_finding_t *found, kl_error_t *err)
{
    kl_json_t *result = kl_json_object(svc->p);
    kl_klarna_record_t seen;
    int taken = 0;
    kl_kind_t rv = kl_call_read_record(svc, order->account, id, &seen, err);

    if (rv == KL_OK) {
        rv = is_taken(svc, order, seen.order_id, &taken, err);
    }
    if (rv == KL_OK && !taken && kl_verify_is_placed(order, &seen)) {
        kl_json_set_str(result, "fraud_status", seen.fraud_status);
        found->truth = KL_TRUTH_EXECUTED;
        found->result_id = seen.order_id;
        found->result = kl_json_text(svc->p, result);
    }
    return rv;
}

/* A complete session has an order, but does not show its id. */
static kl_kind_t truth_of_placement(const search_t *search, kl_error_t *err)
{
    kl_service_t *svc = search->svc;
    const kl_order_t *order = search->order;
    kl_klarna_request_t req = kl_payments_read_session(svc->p, order);
    kl_klarna_response_t resp;
    int complete = 0;
    kl_kind_t rv;

    if (search->op->hint[0]) {
        return kl_verify_by_id(svc, order, search->op->hint, search->found, err);
    }
    rv = kl_call_klarna(svc, order->account, &req, &resp, err);
    if (rv == KL_REFUSED && err->klarna_code
        && strcmp(err->klarna_code, "SESSION_COMPLETED") == 0) {
        kl_error_clear(err);
        complete = 1;
        rv = KL_OK;
    }
    else if (rv == KL_OK) {
        rv = kl_payments_session_status(&complete, svc->p, &resp, err);
    }
    if (rv == KL_OK && complete) {
        search->found->candidates = NULL;
    }
    else if (rv == KL_OK) {
        search->found->truth = KL_TRUTH_NOT_EXECUTED;
    }
    return rv;
}

/* The request as it was sent; an empty object when it cannot be read. */
static kl_json_t *body_of(apr_pool_t *p, const kl_operation_t *op)
{
    kl_json_t *body = kl_json_parse(p, op->body, strlen(op->body), kl_error_make(p));

    return body ? body : kl_json_object(p);
}

/* The shop's own reference, as the capture or refund was sent with it. */
static const char *reference_of(apr_pool_t *p, const kl_operation_t *op)
{
    const char *reference = kl_json_str(body_of(p, op), "reference");

    return reference ? reference : "";
}

/* 1 when list holds all that makes up the total: then what it lacks was not done. */
static int is_complete(const apr_array_header_t *list, apr_int64_t total)
{
    for (int i = 0; i < list->nelts; i++) {
        total -= APR_ARRAY_IDX(list, i, kl_klarna_move_t).amount;
    }
    return total == 0;
}

static int holds(const search_t *search)
{
    return strcmp(search->order->pending_op, search->op->id) == 0;
}

/* The order knows it, only the operation's row does not: a database has lost its outcome. */
static const char *booked_for(const search_t *search, const apr_array_header_t *list)
{
    for (int i = 0; i < list->nelts; i++) {
        const char *id = APR_ARRAY_IDX(list, i, kl_klarna_move_t).id;
        const char *maker = kl_import_made_by(search->order, id);

        if (maker && strcmp(maker, search->op->id) == 0) {
            return id;
        }
    }
    return NULL;
}

static int ended_as(const apr_array_header_t *ops, const char *but, const char *result_id)
{
    for (int i = 0; i < ops->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(ops, i, kl_operation_t *);

        if (op->state == KL_OP_CONFIRMED && strcmp(op->result_id, result_id) == 0
            && strcmp(op->id, but) != 0) {
            return 1;
        }
    }
    return 0;
}

/* Those of list that it can be, without what another operation ended as, also one that does not
 * hold the order. */
static kl_kind_t find_candidates(const search_t *search, const apr_array_header_t *list,
                                 kl_error_t *err)
{
    kl_service_t *svc = search->svc;
    const kl_operation_t *op = search->op;
    const kl_import_lost_t lost = {op->amount, op->sent_at - CLOCKS_APART, !holds(search)};
    apr_array_header_t *candidates = kl_import_candidates(svc->p, search->order, list, &lost);
    apr_array_header_t *ops = NULL;
    int kept = 0;

    search->found->candidates = candidates;
    if (!candidates->nelts) {
        return KL_OK;
    }
    if (svc->store->operation_list(svc->store, svc->p, op->order_id, &ops, err) != KL_OK) {
        return err->kind;
    }
    for (int i = 0; i < candidates->nelts; i++) {
        kl_klarna_move_t move = APR_ARRAY_IDX(candidates, i, kl_klarna_move_t);

        if (!ended_as(ops, op->id, move.id)) {
            APR_ARRAY_IDX(candidates, kept++, kl_klarna_move_t) = move;
        }
    }
    candidates->nelts = kept;
    return KL_OK;
}

/*
 * A capture or refund of that amount that none of our operations made. If others of the same amount
 * were made meanwhile, only the shop's reference distinguishes them. One booked as made outside
 * while the operation held the order was not ours; one booked while it did not hold it may have
 * been.
 */
static kl_kind_t truth_of_move(const search_t *search, const apr_array_header_t *list,
                               apr_int64_t total, kl_error_t *err)
{
    const char *id = booked_for(search, list);
    const kl_klarna_move_t *move = NULL;
    kl_finding_t *found = search->found;

    if (!id) {
        if (find_candidates(search, list, err) != KL_OK) {
            return err->kind;
        }
        move = kl_import_pick(found->candidates, reference_of(search->svc->p, search->op));
        id = move ? move->id : NULL;
    }
    if (id) {
        found->truth = KL_TRUTH_EXECUTED;
        found->result_id = id;
    }
    else if (!found->candidates->nelts && is_complete(list, total)) {
        found->truth = KL_TRUTH_NOT_EXECUTED;
    }
    return KL_OK;
}

/* What Klarna gives no id can only have been the deed itself. */
static void may_be_done(const search_t *search)
{
    kl_klarna_move_t deed = {.id = kl_op_kind_name(search->op->kind),
                             .amount = search->op->amount,
                             .reference = ""};

    APR_ARRAY_PUSH(search->found->candidates, kl_klarna_move_t) = deed;
}

/* Nothing remains of the authorization. When others captured meanwhile, that may be why. */
static void truth_of_release(const search_t *search, const kl_klarna_record_t *seen)
{
    if (seen->remaining_authorized_amount > 0) {
        search->found->truth = KL_TRUTH_NOT_EXECUTED;
    }
    else if (holds(search) && seen->captured_amount == search->order->captured_amount) {
        search->found->truth = KL_TRUTH_EXECUTED;
    }
    else {
        may_be_done(search);
    }
}

/* The lines that it touches tell, whatever others made of the rest; a mixture tells nothing. */
static void truth_of_touched_lines(const search_t *search, const kl_klarna_record_t *seen)
{
    kl_intent_t intent;

    if (kl_intent_parse(&intent, search->svc->p, search->op, kl_error_make(search->svc->p))
        != KL_OK) {
        return;
    }
    switch (kl_agree_reduction(search->svc->p, search->order, &intent.moved, seen)) {
    case KL_AGREE_BEFORE:
        search->found->truth = KL_TRUTH_NOT_EXECUTED;
        break;
    case KL_AGREE_AFTER:
        search->found->truth = KL_TRUTH_EXECUTED;
        break;
    case KL_AGREE_NEITHER:
        may_be_done(search);
        break;
    }
}

/* Where no lines tell it: a smaller amount may be ours plus a later change; a larger one that is
 * not the old amount is ambiguous, and is booked as found whatever it was. */
static void truth_of_amount(const search_t *search, const kl_klarna_record_t *seen)
{
    apr_int64_t asked = kl_json_int(body_of(search->svc->p, search->op), "order_amount", -1);

    if (seen->order_amount == asked) {
        search->found->truth = KL_TRUTH_EXECUTED;
    }
    else if (seen->order_amount < asked) {
        may_be_done(search);
    }
    else if (seen->order_amount == search->order->order_amount) {
        search->found->truth = KL_TRUTH_NOT_EXECUTED;
    }
}

static void truth_of_reduction(const search_t *search, const kl_klarna_record_t *seen)
{
    if (holds(search) && seen->lines && seen->lines->nelts > 0) {
        truth_of_touched_lines(search, seen);
    }
    else {
        truth_of_amount(search, seen);
    }
}

/* A record without lines shows only whether the amount has changed. */
static int shows_lines(const search_t *search, const kl_klarna_record_t *seen)
{
    return seen->lines || search->op->amount != search->order->order_amount;
}

/* What was asked for is there; what was there before is there; or others wrote it since. */
static kl_kind_t truth_of_lines(const search_t *search, const kl_klarna_record_t *seen,
                                kl_error_t *err)
{
    apr_pool_t *p = search->svc->p;
    kl_order_t asked = *search->order;
    int shown = shows_lines(search, seen);
    kl_intent_t intent;

    if (kl_intent_parse(&intent, p, search->op, err) != KL_OK) {
        return err->kind;
    }
    asked.lines = intent.lines;
    asked.order_amount = search->op->amount;
    if (shown && !kl_agree_authorization(p, &asked, seen)) {
        search->found->truth = KL_TRUTH_EXECUTED;
    }
    else if (shown && !kl_agree_authorization(p, search->order, seen)) {
        search->found->truth = KL_TRUTH_NOT_EXECUTED;
    }
    else {
        may_be_done(search);
    }
    return KL_OK;
}

static kl_truth_t done_if(int done)
{
    return done ? KL_TRUTH_EXECUTED : KL_TRUTH_NOT_EXECUTED;
}

/* Asked for, it is there; not asked for, it is as it should be. */
static int is_set(const kl_json_t *body, const char *key, const char *seen)
{
    const char *asked = kl_json_str(body, key);

    return !asked || (seen && strcmp(asked, seen) == 0);
}

static void truth_of_references(const search_t *search, const kl_klarna_record_t *seen)
{
    const kl_json_t *body = body_of(search->svc->p, search->op);

    search->found->truth = done_if(is_set(body, "merchant_reference1", seen->reference1)
                                   && is_set(body, "merchant_reference2", seen->reference2));
}

/* From Klarna's record of the order. */
static kl_kind_t truth_of(const search_t *search, const kl_klarna_record_t *seen, kl_error_t *err)
{
    switch (search->op->kind) {
    case KL_OP_CAPTURE:
        return truth_of_move(search, seen->captures, seen->captured_amount, err);
    case KL_OP_REFUND:
        return truth_of_move(search,
                             kl_import_refunds(search->svc->p, search->order, seen->refunds),
                             seen->refunded_amount, err);
    case KL_OP_CANCEL:
        search->found->truth = done_if(strcmp(seen->status, "CANCELLED") == 0);
        break;
    case KL_OP_RELEASE:
        truth_of_release(search, seen);
        break;
    case KL_OP_REDUCE:
        truth_of_reduction(search, seen);
        break;
    case KL_OP_LINES:
        return truth_of_lines(search, seen, err);
    case KL_OP_REFERENCES:
        truth_of_references(search, seen);
        break;
    case KL_OP_DUE_DATE: /* Klarna's record does not show it */
        may_be_done(search);
        break;
    case KL_OP_SEND_OUT:         /* a second mail does no harm */
    case KL_OP_EXTEND:           /* the same on the same day, and moves nothing */
    case KL_OP_ACKNOWLEDGE:      /* nor does a second word */
    case KL_OP_SHIPPING_ADDRESS: /* the same address again is the same address */
    case KL_OP_SHIPPING_INFO:    /* tracking that appears twice does no harm */
    case KL_OP_DISTRIBUTE:       /* never looked for: run.c ends it */
        search->found->truth = KL_TRUTH_NOT_EXECUTED;
        break;
    case KL_OP_PLACE_ORDER:
    case KL_OP_ADOPT:
    case KL_OP_TAKE_OVER:
        break;
    }
    return KL_OK;
}

static kl_kind_t read_truth(kl_service_t *svc, const kl_operation_t *op, kl_finding_t *found,
                            kl_error_t *err)
{
    kl_order_t *order = NULL;
    search_t search = {svc, NULL, op, found};
    kl_klarna_record_t *seen = apr_pcalloc(svc->p, sizeof(*seen));
    kl_kind_t rv = kl_service_order(svc, op->order_id, &order, err);

    if (rv != KL_OK) {
        return rv;
    }
    search.order = order;
    if (op->kind == KL_OP_PLACE_ORDER) {
        return truth_of_placement(&search, err);
    }
    if (op->kind == KL_OP_ADOPT || op->kind == KL_OP_TAKE_OVER) {
        found->truth = KL_TRUTH_NOT_EXECUTED; /* it only reads: once more does no harm */
        return KL_OK;
    }
    rv = kl_call_read_record(svc, order->account, order->klarna_order_id, seen, err);
    if (rv != KL_OK) {
        return rv;
    }
    found->record = seen;
    return truth_of(&search, seen, err);
}

kl_kind_t kl_verify_operation(kl_service_t *svc, const kl_operation_t *op, kl_finding_t *found,
                              kl_error_t *err)
{
    kl_kind_t rv;

    kl_service_step(svc, "truth_asked");
    *found = (kl_finding_t){.truth = KL_TRUTH_UNCLEAR, .result_id = "", .result = ""};
    found->candidates = apr_array_make(svc->p, 1, sizeof(kl_klarna_move_t));
    rv = read_truth(svc, op, found, err);
    if (found->truth == KL_TRUTH_NOT_EXECUTED && kl_operation_is_in_flight(op, svc->now())) {
        found->truth = KL_TRUTH_NOT_YET;
    }
    return rv;
}

/* Stores that op has ended, then books it. */
static kl_kind_t end_operation(kl_service_t *svc, kl_operation_t *op, kl_order_t **order,
                               kl_error_t *err)
{
    kl_kind_t rv = kl_operation_check(op, err);

    if (rv == KL_OK) {
        rv = svc->store->operation_save(svc->store, svc->p, op, err);
        kl_service_step(svc, "truth_stored");
    }
    return rv == KL_OK ? kl_book_operation(svc, op, order, err) : rv;
}

kl_kind_t kl_verify_end(kl_service_t *svc, kl_operation_t *op, const kl_finding_t *found,
                        kl_order_t **order, kl_error_t *err)
{
    kl_kind_t rv;

    if (found->truth == KL_TRUTH_EXECUTED) {
        rv = kl_operation_executed(op, found->result_id, found->result, svc->now(), err);
        return rv == KL_OK ? end_operation(svc, op, order, err) : rv;
    }
    return found->truth == KL_TRUTH_NOT_EXECUTED ? kl_operation_renewed(op, err) : KL_OK;
}

kl_kind_t kl_verify_give_up(kl_service_t *svc, kl_operation_t *op, const kl_finding_t *found,
                            kl_order_t **order, kl_error_t *err)
{
    kl_kind_t rv;

    if (found->truth != KL_TRUTH_NOT_EXECUTED) {
        return kl_verify_end(svc, op, found, order, err);
    }
    rv = kl_operation_given_up(op, svc->now(), err);
    return rv == KL_OK ? end_operation(svc, op, order, err) : rv;
}

kl_kind_t kl_verify_keep_hint(kl_service_t *svc, kl_operation_t *op, const char *order_id,
                              kl_error_t *err)
{
    kl_kind_t rv = kl_operation_hinted(op, order_id, svc->now(), err);

    return rv == KL_OK ? svc->store->operation_save(svc->store, svc->p, op, err) : rv;
}
