/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Returns and cancellation: POST {id}/credit-invoices, its preview, POST {id}/cancel.
 */
#include "handlers/handlers.h"
#include "service/credit_invoice.h"
#include "core/order_view.h"

static void show_credit_invoice(kl_call_t *call, const kl_acted_t *acted, kl_json_t *v)
{
    const kl_credit_invoice_t *ci = kl_order_find_credit_invoice(acted->order,
                                                                 acted->first->credit_invoice_id);

    if (ci) {
        kl_json_set(v, "credit_invoice", kl_credit_invoice_view(call->r->pool, acted->order, ci));
    }
}

int kl_credit_invoices_create(kl_call_t *call)
{
    kl_credit_request_t want;
    kl_ask_t ask = {.credit = &want};

    if (kl_credit_request_parse(&want, call->r->pool, call->body, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_outcome(call, &kl_credit_invoice_action, &ask, show_credit_invoice);
}

int kl_credit_invoices_preview(kl_call_t *call)
{
    apr_pool_t *p = call->r->pool;
    kl_credit_request_t want;
    kl_ask_t ask = {.order_id = call->segment[0], .credit = &want};
    kl_order_t *order = NULL;
    kl_credit_plan_t plan;

    if (kl_credit_request_parse(&want, p, call->body, call->err) != KL_OK
        || kl_credit_invoice_preview(&call->svc, &ask, &order, &plan, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_reply(call, HTTP_OK, kl_credit_plan_view(p, order, &plan), NULL);
}

int kl_cancel_create(kl_call_t *call)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    const char *comment = kl_read_str(&rd, "comment", KL_OPTIONAL, 0, KL_MAX_STRING);
    int confirmed = kl_read_bool(&rd, "confirm_final", 0);
    kl_credit_request_t want = {.what = {.everything = 1},
                                .reference = "",
                                .comment = comment ? comment : ""};
    kl_ask_t ask = {.credit = &want};

    kl_reader_only(&rd, "comment", "confirm_final", NULL);
    if (call->err->kind == KL_OK && !confirmed) {
        kl_error_field(call->err, "confirmation_missing", "confirm_final",
                       kl_json_get(call->body, "confirm_final") ? "false" : NULL,
                       "true: cancelling is final and gives back everything, shipping included");
    }
    if (call->err->kind != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_outcome(call, &kl_credit_invoice_cancel_action, &ask, show_credit_invoice);
}
