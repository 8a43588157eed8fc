/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settling: the outcome of a call into the operation's row, then the operation into its
 * order. In that order, and each by compare-and-set: an outcome that is stored can be
 * folded by anybody later, and is folded once.
 */
#include "service/service.h"

#include <apr_strings.h>
#include <string.h>
#include "api/payments.h"
#include "api/reply.h"
#include "core/apply.h"

#define MAX_BACKOFF_S 900

/* What else Klarna's answer told, as the operation keeps it. 0 when an answer that must
 * name its object cannot be read: then the outcome is not known. */
static int read_result(kl_service_t *svc, kl_operation_t *op, const kl_response_t *resp)
{
    kl_error_t *ignored = kl_error_make(svc->p);
    kl_placed_t placed;
    kl_json_t *result;

    if (op->kind == KL_OP_CAPTURE) {
        op->result_id = resp->capture_id;
    }
    else if (op->kind == KL_OP_REFUND) {
        op->result_id = resp->refund_id;
    }
    else if (op->kind == KL_OP_PLACE_ORDER) {
        if (kl_payments_placed_reply(&placed, svc->p, resp, ignored) != KL_OK) {
            return 0;
        }
        result = kl_json_object(svc->p);
        kl_json_set_str(result, "fraud_status", placed.fraud_status);
        kl_json_set_str(result, "redirect_url", placed.redirect_url);
        op->result_id = placed.order_id;
        op->result = kl_json_text(svc->p, result);
    }
    return 1;
}

static void keep_error(kl_service_t *svc, kl_operation_t *op, const kl_error_t *why)
{
    kl_json_t *messages = kl_json_array(svc->p);
    kl_json_t *result = kl_json_object(svc->p);
    int i;

    for (i = 0; why->klarna_messages && i < why->klarna_messages->nelts; i++) {
        kl_json_append_str(messages, APR_ARRAY_IDX(why->klarna_messages, i, const char *));
    }
    kl_json_set_str(result, "detail", why->detail);
    kl_json_set_str(result, "next", why->next);
    op->error_code = why->klarna_code ? why->klarna_code : why->code ? why->code : "unknown";
    op->error_messages = kl_json_text(svc->p, messages);
    op->result = kl_json_text(svc->p, result);
}

/* A no is not always final. Without keys, a no after a try whose outcome was never seen may
 * be the echo of its success (a used token says nothing about who used it). With keys, 409
 * may only say that the first try is still being executed. */
static int no_is_doubtful(const kl_operation_t *op, const kl_exchange_t *ex)
{
    return kl_op_has_key(op->kind) ? ex->resp.status == 409 : op->doubtful;
}

/* The state that an answer means for this operation. */
static kl_op_state_t next_state(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                                kl_meaning_t meaning)
{
    switch (meaning) {
    case KL_MEANS_DONE:
        return read_result(svc, op, &ex->resp) ? KL_OP_CONFIRMED : KL_OP_UNKNOWN;
    case KL_MEANS_REFUSED:
        return no_is_doubtful(op, ex) ? KL_OP_UNKNOWN : KL_OP_REFUSED;
    case KL_MEANS_NOT_DONE:
        return op->doubtful ? KL_OP_UNKNOWN : KL_OP_QUEUED;
    case KL_MEANS_UNKNOWN:
        break;
    }
    op->doubtful = 1;
    return KL_OP_UNKNOWN;
}

static apr_interval_time_t backoff(const kl_operation_t *op, int retry_after)
{
    apr_int64_t s = op->attempts < 10 ? (apr_int64_t)1 << op->attempts : MAX_BACKOFF_S;

    s = s > MAX_BACKOFF_S ? MAX_BACKOFF_S : s;
    return apr_time_from_sec(s > retry_after ? s : retry_after);
}

/* Stores what the exchange meant. */
static kl_kind_t store_outcome(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                               kl_error_t *err)
{
    kl_error_t *why = kl_error_make(svc->p);
    kl_meaning_t meaning = kl_reply_meaning(ex->delivery, &ex->resp, ex->why, why);

    op->doubtful = ex->doubtful;
    op->state = next_state(svc, op, ex, meaning);
    op->http_status = ex->delivery == KL_ANSWERED ? ex->resp.status : 0;
    op->correlation_id = ex->delivery == KL_ANSWERED ? ex->resp.correlation_id : "";
    op->updated_at = svc->now();
    op->next_at = op->updated_at + backoff(op, why->retry_after);
    op->lease_until = 0;
    op->error_code = "";
    op->error_messages = "[]";
    if (meaning != KL_MEANS_DONE) {
        keep_error(svc, op, why);
    }
    if (op->kind == KL_OP_PLACE_ORDER && kl_op_is_final(op->state)) {
        op->path = op->body = ""; /* a token and maybe an address: not needed any more */
    }
    return svc->store->operation_save(svc->store, svc->p, op, err);
}

static kl_kind_t discard_following(kl_service_t *svc, const kl_operation_t *op, kl_error_t *err)
{
    kl_operation_t *next = NULL;
    const char *id = op->next_op;
    kl_kind_t rv;

    while (id[0]) {
        rv = svc->store->operation_load(svc->store, svc->p, id, &next, err);
        if (rv != KL_OK) {
            return rv;
        }
        if (next->state == KL_OP_QUEUED) {
            kl_operation_discard(svc, next);
        }
        id = next->next_op;
    }
    return KL_OK;
}

kl_kind_t kl_fold(kl_service_t *svc, const kl_operation_t *op, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = KL_OK;
    int tries;

    for (tries = 0; tries < KL_MAX_TRIES; tries++) {
        kl_error_clear(err);
        rv = svc->store->order_load(svc->store, svc->p, op->order_id, &order, err);
        if (rv != KL_OK || strcmp(order->pending_op, op->id) != 0) {
            return rv; /* folded before */
        }
        rv = op->state == KL_OP_REFUSED ? discard_following(svc, op, err) : KL_OK;
        if (rv == KL_OK) {
            rv = kl_apply(order, svc->p, op, err);
        }
        if (rv == KL_OK) {
            order->updated_at = svc->now();
            rv = svc->store->order_save(svc->store, svc->p, order, err);
        }
        if (rv != KL_CONFLICT) {
            return rv;
        }
    }
    return rv;
}

kl_kind_t kl_settle(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                    kl_error_t *err)
{
    kl_kind_t rv = store_outcome(svc, op, ex, err);

    if (rv == KL_OK && kl_op_is_final(op->state)) {
        rv = kl_fold(svc, op, err);
    }
    return rv;
}

static kl_kind_t in_progress(kl_error_t *err)
{
    kl_error_clear(err);
    kl_error_set(err, KL_CONFLICT, "in_progress", "This request is being worked on.");
    kl_error_next(err, "Ask again with the same Idempotency-Key.");
    err->retry_after = 2;
    return err->kind;
}

static kl_kind_t walk_one(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_exchange_t ex;
    kl_kind_t rv;

    if (kl_op_is_final(op->state)) {
        return kl_fold(svc, op, err);
    }
    memset(&ex, 0, sizeof(ex));
    rv = kl_perform(svc, op, &ex, err);
    if (rv == KL_CONFLICT && strcmp(err->code, "version") == 0) {
        return in_progress(err); /* another walker was quicker to mark it sent */
    }
    return rv == KL_OK ? kl_settle(svc, op, &ex, err) : rv;
}

kl_kind_t kl_walk(kl_service_t *svc, kl_operation_t **op, kl_error_t *err)
{
    kl_operation_t *next = NULL;
    kl_kind_t rv;

    for (;;) {
        rv = walk_one(svc, *op, err);
        if (rv != KL_OK || (*op)->state != KL_OP_CONFIRMED || !(*op)->next_op[0]) {
            return rv;
        }
        rv = svc->store->operation_load(svc->store, svc->p, (*op)->next_op, &next, err);
        if (rv != KL_OK) {
            return rv;
        }
        if (next->attempts > 0 && !kl_op_is_final(next->state) && next->lease_until > svc->now()) {
            return in_progress(err);
        }
        *op = next;
    }
}

kl_kind_t kl_resume(kl_service_t *svc, kl_operation_t **op, kl_error_t *err)
{
    if (!kl_op_is_final((*op)->state) && (*op)->lease_until > svc->now()) {
        return in_progress(err);
    }
    return kl_walk(svc, op, err);
}
