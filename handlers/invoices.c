/* SPDX-License-Identifier: Apache-2.0 */
/* See invoices.h. */
#include "handlers/invoices.h"

#include <apr_strings.h>
#include <string.h>

#include "core/instore_view.h"
#include "core/invoice_view.h"
#include "core/reader.h"
#include "handlers/answer.h"
#include "handlers/query.h"
#include "service/invoice.h"

/* As the host writes it. httpd leaves a slash in it encoded (AllowEncodedSlashes NoDecode). */
static const char *number_of(kl_request_t *req)
{
    char *number = apr_pstrdup(req->r->pool, req->segment[1]), *end = number;

    for (const char *from = number; *from; from++) {
        if (strncasecmp(from, "%2F", 3) == 0) {
            *end++ = '/';
            from += 2;
        }
        else {
            *end++ = *from;
        }
    }
    *end = '\0';
    return number;
}

/* The invoice of the path, in the department of that name; NULL: the only one. */
static kl_kind_t find(kl_request_t *req, const char *name, kl_invoice_ask_t *ask)
{
    const kl_department_t *department = NULL;

    if (kl_service_department(&req->svc, name, &department, req->err) == KL_OK) {
        *ask = (kl_invoice_ask_t){.department = department,
                                  .currency = "",
                                  .told = {.number = number_of(req)}};
    }
    return req->err->kind;
}

static kl_json_t *payments_view(kl_request_t *req, const apr_array_header_t *payments)
{
    kl_json_t *arr = kl_json_array(req->r->pool);

    for (int i = 0; i < payments->nelts; i++) {
        const kl_order_t *order = APR_ARRAY_IDX(payments, i, const kl_order_t *);

        kl_json_append(arr, kl_instore_view(req->r->pool, order,
                                            kl_service_department_of(&req->svc, order->account,
                                                                     order->instore->department)));
    }
    return arr;
}

int kl_invoices_show(kl_request_t *req)
{
    static const char *const names[] = {"department", NULL};
    kl_invoice_shown_t shown;
    kl_invoice_ask_t ask;

    if (kl_query_only(req, names) != KL_OK
        || find(req, kl_query_parameter(req->r, "department"), &ask) != KL_OK
        || kl_invoice_show(&req->svc, &ask, &shown, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK,
                     kl_invoice_view(req->r->pool, shown.invoice, shown.payments,
                                     payments_view(req, shown.payments)),
                     NULL);
}

int kl_invoices_credit(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *reference = kl_reader_str(&rd, "reference", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *department = kl_reader_str(&rd, "department", KL_OPTIONAL, 1, KL_MAX_STRING);
    int preview = kl_reader_bool(&rd, "preview", 0);
    const kl_invoice_note_t *note;
    kl_invoice_shown_t shown;
    kl_invoice_ask_t ask;

    kl_reader_only(&rd, "reference", "department", "preview", NULL);
    if (req->err->kind != KL_OK || find(req, department, &ask) != KL_OK
        || (preview ? kl_invoice_show(&req->svc, &ask, &shown, req->err)
                    : kl_invoice_credit(&req->svc, &ask, reference, &shown, req->err))
               != KL_OK) {
        return kl_answer_error(req);
    }
    note = kl_invoice_find_note(shown.invoice, reference);
    return kl_answer(req, note ? HTTP_CREATED : HTTP_OK,
                     note ? kl_invoice_view_note(req->r->pool, note, shown.payments)
                          : kl_invoice_view_preview(req->r->pool, reference, shown.payments),
                     NULL);
}
