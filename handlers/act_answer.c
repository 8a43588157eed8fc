/* SPDX-License-Identifier: Apache-2.0 */
/* See act_answer.h. */
#include "handlers/act_answer.h"
#include "handlers/handlers.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>
#include "klarna_module.h"
#include "handlers/answer.h"

static const char *order_url(kl_request_t *req, const char *order_id)
{
    return apr_pstrcat(req->r->pool, req->base, "/", order_id, NULL);
}

/* The operation as an error: Klarna's no, in its own words, with the next step. */
static int refused(kl_request_t *req, const kl_acted_t *acted)
{
    const kl_operation_t *op = acted->last;
    kl_error_t *err = req->err;
    kl_error_t *ignored = kl_error_make(req->r->pool);
    kl_json_t *refusal = kl_json_parse(req->r->pool, op->refusal, strlen(op->refusal), ignored);
    kl_json_t *messages = kl_json_parse(req->r->pool, op->error_messages,
                                        strlen(op->error_messages), ignored);
    const char *detail = kl_json_str(refusal, "detail");
    apr_size_t i;

    kl_error_clear(err);
    kl_error_set(err, KL_REFUSED, "klarna_refused", "%s", detail ? detail : "Klarna refused.");
    /* The same code for other lines is Klarna's risk check: its own words tell more. */
    if (op->kind != KL_OP_LINES && kl_op_refused_by_state(op->http_status, op->error_code)) {
        kl_error_next(err, apr_psprintf(req->r->pool, "Klarna's record was read. %s",
                                        kl_order_sentence(acted->order)->text));
    }
    else if (kl_json_str(refusal, "next")) {
        kl_error_next(err, kl_json_str(refusal, "next"));
    }
    err->klarna_code = op->error_code;
    err->correlation_id = op->correlation_id[0] ? op->correlation_id : NULL;
    err->klarna_messages = apr_array_make(req->r->pool, 2, sizeof(const char *));
    for (i = 0; i < kl_json_size(messages); i++) {
        APR_ARRAY_PUSH(err->klarna_messages, const char *) = kl_json_str_at(messages, i);
    }
    return kl_answer_error(req);
}

static void log_unknown(kl_request_t *req, const kl_operation_t *op)
{
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, req->r,
                  "KLA0021: operation %s (%s) of order %s is %s after %d attempts: %s", op->id,
                  kl_op_kind_name(op->kind), op->order_id, kl_op_state_name(op->state),
                  op->attempts, op->error_code);
}

static int answer(kl_request_t *req, const kl_acted_t *acted, kl_show_fn show)
{
    const kl_operation_t *last = acted->last;
    kl_json_t *v = kl_json_object(req->r->pool);
    int done = last->state == KL_OP_CONFIRMED;
    const char *url = req->status_url ? req->status_url : order_url(req, last->order_id);

    kl_json_set_str(v, "order_id", acted->order->id);
    kl_json_set_str(v, "state", kl_op_state_name(last->state));
    show(req, acted, v);
    if (!done && !req->status_url) {
        url = apr_pstrcat(req->r->pool, url, "/operations/", last->id, NULL);
    }
    return kl_answer(req, done ? HTTP_CREATED : HTTP_ACCEPTED, v, url);
}

int kl_act_answer_send(kl_request_t *req, kl_kind_t rv, const kl_acted_t *acted, kl_show_fn show)
{
    if (rv != KL_OK) {
        return kl_answer_error(req);
    }
    if (acted->last->state == KL_OP_REFUSED) {
        return refused(req, acted);
    }
    if (acted->last->state != KL_OP_CONFIRMED) {
        log_unknown(req, acted->last);
    }
    return answer(req, acted, show);
}

int kl_act_answer(kl_request_t *req, const kl_action_t *action, kl_ask_t *ask, kl_show_fn show)
{
    kl_acted_t acted;
    kl_kind_t rv;

    ask->order_id = req->segment[0];
    ask->client = &req->client;
    rv = kl_act(&req->svc, action, ask, &acted, req->err);
    return kl_act_answer_send(req, rv, &acted, show);
}
