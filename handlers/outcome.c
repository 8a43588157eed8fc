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
    kl_json_t *refusal = kl_json_parse(call->r->pool, op->refusal, strlen(op->refusal), ignored);
    kl_json_t *messages = kl_json_parse(call->r->pool, op->error_messages,
                                        strlen(op->error_messages), ignored);
    const char *detail = kl_json_str(refusal, "detail");
    apr_size_t i;

    kl_error_clear(err);
    kl_error_set(err, KL_REFUSED, "klarna_refused", "%s", detail ? detail : "Klarna refused.");
    if (kl_json_str(refusal, "next")) {
        kl_error_next(err, kl_json_str(refusal, "next"));
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

static int answer(kl_call_t *call, const kl_acted_t *acted, kl_show_fn show)
{
    const kl_operation_t *last = acted->last;
    kl_json_t *v = kl_json_object(call->r->pool);
    int done = last->state == KL_OP_CONFIRMED;
    const char *url = call->status_url ? call->status_url : kl_order_url(call, last->order_id);

    kl_json_set_str(v, "order_id", acted->order->id);
    kl_json_set_str(v, "state", kl_op_state_name(last->state));
    show(call, acted, v);
    if (!done && !call->status_url) {
        url = apr_pstrcat(call->r->pool, url, "/operations/", last->id, NULL);
    }
    return kl_reply(call, done ? HTTP_CREATED : HTTP_ACCEPTED, v, url);
}

int kl_outcome_answer(kl_call_t *call, kl_kind_t rv, const kl_acted_t *acted, kl_show_fn show)
{
    if (rv != KL_OK) {
        return kl_reply_error(call);
    }
    if (acted->last->state == KL_OP_REFUSED) {
        return refused(call, acted->last);
    }
    if (acted->last->state != KL_OP_CONFIRMED) {
        log_unknown(call, acted->last);
    }
    return answer(call, acted, show);
}

int kl_outcome(kl_call_t *call, const kl_action_t *action, kl_ask_t *ask, kl_show_fn show)
{
    kl_acted_t acted;
    kl_kind_t rv;

    ask->order_id = call->segment[0];
    ask->client = &call->client;
    rv = kl_act(&call->svc, action, ask, &acted, call->err);
    return kl_outcome_answer(call, rv, &acted, show);
}
