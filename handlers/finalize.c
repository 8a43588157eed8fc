/* SPDX-License-Identifier: Apache-2.0 */
/* See finalize.h. */
#include "handlers/finalize.h"

#include <string.h>

#include "filters/subrequest.h"

/* What is asked for of its answer; it may say more. */
static kl_json_t *invoice_of(apr_pool_t *p, const kl_json_t *answer)
{
    static const char *const members[] = {"number", "total", "already_paid", "credits", NULL};
    kl_json_t *v = kl_json_object(p), *invoice = kl_json_object(p);

    for (int i = 0; members[i]; i++) {
        kl_json_set(invoice, members[i], kl_json_get(answer, members[i]));
    }
    kl_json_set(v, "invoice", invoice);
    return v;
}

static kl_kind_t read_answer(kl_request_t *req, const char *url, const kl_subrequest_t *answer,
                             kl_invoice_told_t *out)
{
    apr_pool_t *p = req->r->pool;
    kl_error_t *why = kl_error_make(p);
    kl_json_t *v = answer->too_long ? NULL : kl_json_parse(p, answer->body, answer->length, why);
    kl_reader_t rd = kl_reader(p, invoice_of(p, v), "", why);

    if (kl_json_is_object(v)) {
        kl_invoice_read_told(out, &rd);
    }
    if (!kl_json_is_object(v) || why->kind != KL_OK) {
        kl_error_set(req->err, KL_PROTOCOL, "finalize_answer",
                     "%s answered %d, but not with number, total and already_paid of an invoice as "
                     "JSON (%s). No payment was begun.",
                     url, answer->status, why->field ? why->field : "unreadable");
    }
    return req->err->kind;
}

kl_kind_t kl_finalize_invoice(kl_request_t *req, const kl_department_t *department,
                              kl_invoice_told_t *out)
{
    const char *url = department->finalize;
    kl_subrequest_t answer;

    if (!url) {
        return kl_error_field(req->err, "finalize", "finalize", "true",
                              "false: this department has no KlarnaInvoiceFinalize");
    }
    answer = kl_subrequest_post(req->r, url, kl_json_text(req->r->pool, req->body));
    if (answer.status < 200 || answer.status > 299) {
        kl_error_set(req->err, KL_PROTOCOL, "finalize_failed",
                     "The invoice was not finalised: %s answered %d. No payment was begun.", url,
                     answer.status);
        kl_error_next(req->err, "Send the same request with the same Idempotency-Key again.");
        return req->err->kind;
    }
    return read_answer(req, url, &answer, out);
}
