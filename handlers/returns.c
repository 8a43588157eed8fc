/* SPDX-License-Identifier: Apache-2.0 */
/* See returns.h. */
#include "handlers/returns.h"
#include "handlers/handlers.h"
#include "service/credit_invoice.h"
#include "core/order_view.h"
#include "handlers/answer.h"
#include "core/plan_json.h"
#include "handlers/act_answer.h"
#include "core/reader.h"

static void show_credit_invoice(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    const kl_credit_invoice_t *ci = kl_order_find_credit_invoice(acted->order,
                                                                 acted->first->credit_invoice_id);

    if (ci) {
        kl_json_set(v, "credit_invoice",
                    kl_order_view_credit_invoice(req->r->pool, acted->order, ci));
    }
}

int kl_returns_create(kl_request_t *req)
{
    kl_credit_request_t want;
    kl_ask_t ask = {.credit = &want};

    if (kl_plan_json_credit(&want, req->r->pool, req->body, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_act_answer(req, &kl_credit_invoice_action, &ask, show_credit_invoice);
}

int kl_returns_preview(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_credit_request_t want;
    kl_ask_t ask = {.order_id = req->segment[0], .credit = &want};
    kl_order_t *order = NULL;
    kl_credit_plan_t plan;

    if (kl_plan_json_credit(&want, p, req->body, req->err) != KL_OK
        || kl_credit_invoice_preview(&req->svc, &ask, &order, &plan, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, kl_order_view_credit_plan(p, order, &plan), NULL);
}

int kl_returns_cancel(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *comment = kl_reader_str(&rd, "comment", KL_OPTIONAL, 0, KL_MAX_STRING);
    int confirmed = kl_reader_bool(&rd, "confirm_final", 0);
    kl_credit_request_t want = {.what = {.everything = 1},
                                .reference = "",
                                .comment = comment ? comment : ""};
    kl_ask_t ask = {.credit = &want};

    kl_reader_only(&rd, "comment", "confirm_final", NULL);
    if (req->err->kind == KL_OK && !confirmed) {
        kl_error_field(req->err, "confirmation_missing", "confirm_final",
                       kl_json_get(req->body, "confirm_final") ? "false" : NULL,
                       "true: cancelling is final and gives back everything, shipping included");
    }
    if (req->err->kind != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_act_answer(req, &kl_credit_invoice_cancel_action, &ask, show_credit_invoice);
}
