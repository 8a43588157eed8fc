/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See qr_session.h. With a short code the customer sees the purchase as soon as Klarna has the
 * request, so that one is never repeated by itself.
 */
#include "api/qr_session.h"

#include <apr_strings.h>
#include <string.h>

#include "api/payments.h"
#include "api/url.h"
#include "core/limits.h"

#define RESULTS "/iss/v1/distributions/"
/* Klarna's extra merchant data, as a JSON text within the JSON. */
#define EXTRA_DATA "application/vnd.klarna.internal.emd-v2+json"
#define SHORT_CODE_MIN 2 /* digits */
#define SHORT_CODE_MAX 20

/* --- requests ------------------------------------------------------------------------ */

static void set_text(kl_json_t *v, const char *key, const char *s)
{
    kl_json_set_str(v, key, *s ? s : NULL);
}

static kl_json_t *address_of(apr_pool_t *p, const kl_department_t *department)
{
    kl_json_t *v = kl_json_object(p);

    set_text(v, "street_address", department->street);
    set_text(v, "postal_code", department->postal_code);
    set_text(v, "city", department->city);
    set_text(v, "country", department->country);
    return kl_json_size(v) > 0 ? v : NULL;
}

/* Which store and till. A department without a number of its own has its name. */
static kl_json_t *attachment(apr_pool_t *p, const kl_instore_t *instore,
                             const kl_department_t *department)
{
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p), *entry = kl_json_object(p);
    kl_json_t *store = kl_json_object(p), *out = kl_json_object(p);

    kl_json_set_str(store, "merchant_store_id",
                    *department->store_id ? department->store_id : department->name);
    kl_json_set_str(store, "store_terminal_id",
                    *instore->terminal ? instore->terminal : instore->till);
    kl_json_set(store, "store_address", address_of(p, department));
    kl_json_set(entry, "store_info", store);
    kl_json_append(list, entry);
    kl_json_set(v, "in_store_payment", list);
    kl_json_set_str(out, "content_type", EXTRA_DATA);
    kl_json_set_str(out, "body", kl_json_text(p, v));
    return out;
}

static kl_json_t *distribution(apr_pool_t *p, const char *short_code, const char *callback)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "method", "one_qr");
    set_text(v, "short_code", short_code);
    if (callback) {
        kl_json_t *urls = kl_json_object(p);

        kl_json_set_str(urls, "status_update", callback);
        kl_json_set(v, "callback_urls", urls);
    }
    return v;
}

static int is_short_code(const char *s)
{
    apr_size_t len = strlen(s);

    return len >= SHORT_CODE_MIN && len <= SHORT_CODE_MAX && strspn(s, "0123456789") == len;
}

kl_klarna_request_t kl_qr_session_create(apr_pool_t *p, const kl_order_t *order,
                                         const kl_qr_start_t *start)
{
    const char *callback = kl_payments_callback(p, order, start->callback_base, "status");
    kl_json_t *body;
    kl_klarna_request_t req;

    if (*start->short_code && !is_short_code(start->short_code)) {
        return (kl_klarna_request_t){.method = NULL};
    }
    body = kl_payments_store_session(p, order, start->told, "in_store", start->callback_base);
    kl_json_set(body, "attachment", attachment(p, order->instore, start->department));
    kl_json_set(body, "distribution", distribution(p, start->short_code, callback));
    req = kl_payments_open_session(p, body);
    req.repeatable = !*start->short_code;
    return req;
}

kl_klarna_request_t kl_qr_session_read(apr_pool_t *p, const kl_order_t *order)
{
    const char *id = kl_url_segment(p, order->session_id);
    const char *path = order->instore->result_path;

    if (!*path) {
        path = id ? apr_pstrcat(p, RESULTS, id, NULL) : NULL;
    }
    return (kl_klarna_request_t){.method = path ? "GET" : NULL,
                                 .path = path,
                                 .body = "",
                                 .idempotency_key = ""};
}

kl_klarna_request_t kl_qr_session_cancel(apr_pool_t *p, const kl_order_t *order)
{
    const char *path = kl_payments_session_path(p, order);

    return (kl_klarna_request_t){.method = path ? "DELETE" : NULL,
                                 .path = path,
                                 .body = "",
                                 .idempotency_key = "",
                                 .repeatable = 1};
}

/* --- the answer ---------------------------------------------------------------------- */

kl_kind_t kl_qr_session_reply(kl_qr_session_t *out, apr_pool_t *p, const char *base_url,
                              const kl_klarna_response_t *resp, kl_error_t *err)
{
    const char *id, *url;

    if (kl_payments_session_id(&id, p, resp, err) != KL_OK) {
        return err->kind;
    }
    url = kl_reply_page(p, kl_json_get(kl_reply_json(p, resp, err), "distribution"), "result_url");
    *out = (kl_qr_session_t){
        .id = id,
        .result_path = kl_url_given(p, base_url, url,
                                    apr_pstrcat(p, RESULTS, kl_url_segment(p, id), NULL)),
    };
    return KL_OK;
}
