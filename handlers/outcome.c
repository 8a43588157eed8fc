/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answering for an operation. The answer is made from what is stored, so the same
 * Idempotency-Key gives the same answer, whoever asks again and whenever.
 */
#include "handlers/handlers.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>
#include "klarna_module.h"

const char *kl_order_url(kl_call_t *call, const char *order_id)
{
    return apr_pstrcat(call->r->pool, call->base, "/", order_id, NULL);
}

/* The operation as an error: Klarna's no, in its own words, with the next step. */
static int refused(kl_call_t *call, const kl_operation_t *op)
{
    kl_error_t *err = call->err;
    kl_error_t *ignored = kl_error_make(call->r->pool);
    kl_json_t *result = kl_json_parse(call->r->pool, op->result, strlen(op->result), ignored);
    kl_json_t *messages = kl_json_parse(call->r->pool, op->error_messages,
                                        strlen(op->error_messages), ignored);
    const char *detail = result ? kl_json_str(result, "detail") : NULL;
    apr_size_t i;

    kl_error_clear(err);
    kl_error_set(err, KL_REFUSED, "klarna_refused", "%s", detail ? detail : "Klarna refused.");
    if (result && kl_json_str(result, "next")) {
        kl_error_next(err, kl_json_str(result, "next"));
    }
    err->klarna_code = op->error_code;
    err->correlation_id = op->correlation_id[0] ? op->correlation_id : NULL;
    err->klarna_messages = apr_array_make(call->r->pool, 2, sizeof(const char *));
    for (i = 0; i < kl_json_size(messages); i++) {
        APR_ARRAY_PUSH(err->klarna_messages, const char *) = kl_json_str_at(messages, i);
    }
    return kl_reply_error(call);
}

static void log_unknown(kl_call_t *call, const kl_operation_t *op)
{
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, call->r,
                  "KLA0021: operation %s (%s) of order %s is %s after %d attempts: %s", op->id,
                  kl_op_kind_name(op->kind), op->order_id, kl_op_state_name(op->state),
                  op->attempts, op->error_code);
}

/* first is the operation that carries the client's key; last is where the walk ended. */
static int answer(kl_call_t *call, const char *first_id, const kl_operation_t *last,
                  kl_show_fn show)
{
    kl_json_t *v = kl_json_object(call->r->pool);
    kl_operation_t *first = NULL;
    kl_order_t *order = NULL;
    int done = last->state == KL_OP_CONFIRMED;
    const char *url = call->status_url ? call->status_url : kl_order_url(call, last->order_id);

    if (last->state == KL_OP_REFUSED) {
        return refused(call, last);
    }
    if (!done) {
        log_unknown(call, last);
    }
    if (call->svc.store->operation_load(call->svc.store, call->r->pool, first_id, &first, call->err)
            != KL_OK
        || kl_service_order(&call->svc, last->order_id, &order, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    kl_json_set_str(v, "order_id", order->id);
    kl_json_set_str(v, "state", kl_op_state_name(last->state));
    show(call, first, order, v);
    if (!done && !call->status_url) {
        url = apr_pstrcat(call->r->pool, url, "/operations/", last->id, NULL);
    }
    return kl_reply(call, done ? HTTP_CREATED : HTTP_ACCEPTED, v, url);
}

int kl_outcome(kl_call_t *call, kl_prepare_fn prepare, const void *want, kl_show_fn show)
{
    kl_operation_t *op = NULL;
    const char *first_id;
    kl_kind_t rv = kl_operation_replay(&call->svc, &call->client, &op, call->err);
    int again = op != NULL;

    if (rv == KL_OK && !op) {
        rv = prepare(call, want, &op);
        if (rv == KL_CONFLICT && strcmp(call->err->code, "exists") == 0) {
            /* The same key at the same moment: the other one started it. */
            kl_error_clear(call->err);
            rv = kl_operation_replay(&call->svc, &call->client, &op, call->err);
            rv = rv == KL_OK && !op ? kl_in_progress(call->err) : rv;
            again = 1;
        }
    }
    if (rv != KL_OK) {
        return kl_reply_error(call);
    }
    first_id = op->id;
    rv = again ? kl_resume(&call->svc, &op, call->err) : kl_walk(&call->svc, &op, call->err);
    return rv == KL_OK ? answer(call, first_id, op, show) : kl_reply_error(call);
}
