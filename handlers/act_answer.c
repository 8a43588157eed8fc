/* SPDX-License-Identifier: Apache-2.0 */
/* See act_answer.h. */
#include "handlers/act_answer.h"
#include "handlers/handlers.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>
#include "klarna_module.h"
#include "core/refusal.h"
#include "handlers/answer.h"

static const char *order_url(kl_request_t *req, const char *order_id)
{
    return apr_pstrcat(req->r->pool, req->base, "/", order_id, NULL);
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
        kl_refusal_error(req->err, acted->last, acted->order);
        return kl_answer_error(req);
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
