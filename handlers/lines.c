/* SPDX-License-Identifier: Apache-2.0 */
/* See lines.h. */
#include "handlers/lines.h"

#include "core/operation_view.h"
#include "service/lines.h"
#include "handlers/act_answer.h"
#include "handlers/answer.h"

static void show_lines(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_set_int(v, "order_amount", acted->first->amount);
    kl_json_set_str(v, "purchase_currency", acted->order->currency);
    kl_json_set(v, "operation", kl_operation_view(req->r->pool, acted->first, req->svc.now()));
}

int kl_lines_change(kl_request_t *req)
{
    kl_lines_request_t want;
    kl_ask_t ask = {.lines = &want};

    if (kl_plan_lines_change_read(&want, req->r->pool, req->body, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_act_answer(req, &kl_lines_action, &ask, show_lines);
}

int kl_lines_preview_change(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_lines_request_t want;
    kl_ask_t ask = {.order_id = req->segment[0], .lines = &want};
    kl_order_t *order = NULL;
    kl_lines_plan_t plan;

    if (kl_plan_lines_change_read(&want, p, req->body, req->err) != KL_OK
        || kl_lines_preview(&req->svc, &ask, &order, &plan, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, kl_plan_lines_change_view(p, order, &plan), NULL);
}
