/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See hosted_page.h. A link that was sent twice is a nuisance at best, so a distribution is never
 * repeated by itself; all else may be: a page whose link nobody has seen dies by itself.
 */
#include "api/hosted_page.h"

#include <apr_strings.h>
#include <string.h>

#include "api/payments.h"
#include "api/url.h"
#include "core/iso_time.h"
#include "core/limits.h"

#define PAGES "/hpp/v1/sessions"
/* Its only value. Klarna's description of the API says that it is not used and may go: then it goes
 * from here. Klarna's examples of a distribution still have it. */
#define TEMPLATE "INSTORE_PURCHASE"

/* --- requests ------------------------------------------------------------------------ */

kl_klarna_request_t kl_hosted_page_session(apr_pool_t *p, const kl_order_t *order,
                                           const kl_addresses_t *told, const char *callback_base)
{
    return kl_payments_open_session(p, kl_payments_store_session(p, order, told, "IN_STORE",
                                                                 callback_base));
}

kl_klarna_request_t kl_hosted_page_create(apr_pool_t *p, const kl_order_t *order,
                                          const char *base_url, const char *profile_id,
                                          const char *callback_base)
{
    const char *session = kl_payments_session_path(p, order);
    const char *callback = kl_payments_callback(p, order, callback_base, "status");
    kl_json_t *body = kl_json_object(p), *options = kl_json_object(p);

    if (!session) {
        return (kl_klarna_request_t){.method = NULL};
    }
    kl_json_set_str(body, "payment_session_url", apr_pstrcat(p, base_url, session, NULL));
    if (callback) {
        kl_json_t *urls = kl_json_object(p);

        kl_json_set_str(urls, "status_update", callback);
        kl_json_set(body, "merchant_urls", urls);
    }
    kl_json_set_str(options, "place_order_mode",
                    order->instore->places_only ? "PLACE_ORDER" : "CAPTURE_ORDER");
    kl_json_set(body, "options", options);
    kl_json_set_str(body, "profile_id", *profile_id ? profile_id : NULL);
    return (kl_klarna_request_t){.method = "POST",
                                 .path = PAGES,
                                 .body = kl_json_text(p, body),
                                 .idempotency_key = "",
                                 .repeatable = 1};
}

/* The path that Klarna gave, or the one that its description has. */
static const char *path_of(apr_pool_t *p, const char *given, const char *page_id, const char *below)
{
    const char *id = kl_url_segment(p, page_id);

    if (*given) {
        return given;
    }
    return id ? apr_pstrcat(p, PAGES "/", id, below, NULL) : NULL;
}

/* A request without a body, of the page itself. */
static kl_klarna_request_t ask(apr_pool_t *p, const kl_instore_t *instore, const char *method)
{
    const char *path = path_of(p, instore->result_path, instore->page_id, "");

    return (kl_klarna_request_t){.method = path ? method : NULL,
                                 .path = path,
                                 .body = "",
                                 .idempotency_key = "",
                                 .repeatable = 1};
}

kl_klarna_request_t kl_hosted_page_read(apr_pool_t *p, const kl_instore_t *instore)
{
    return ask(p, instore, "GET");
}

kl_klarna_request_t kl_hosted_page_disable(apr_pool_t *p, const kl_instore_t *instore)
{
    return ask(p, instore, "DELETE");
}

static kl_klarna_request_t distribute(apr_pool_t *p, const kl_instore_t *instore,
                                      const char *method, kl_json_t *to)
{
    const char *path = path_of(p, instore->send_path, instore->page_id, "/distribution");
    kl_json_t *body = kl_json_object(p);

    kl_json_set(body, "contact_information", to);
    kl_json_set_str(body, "method", method);
    kl_json_set_str(body, "template", TEMPLATE);
    return (kl_klarna_request_t){.method = path ? "POST" : NULL,
                                 .path = path,
                                 .body = kl_json_text(p, body),
                                 .idempotency_key = ""};
}

kl_klarna_request_t kl_hosted_page_send_sms(apr_pool_t *p, const kl_instore_t *instore,
                                            const char *phone, const char *country)
{
    kl_json_t *to = kl_json_object(p);

    kl_json_set_str(to, "phone", phone);
    kl_json_set_str(to, "phone_country", country);
    return distribute(p, instore, "sms", to);
}

kl_klarna_request_t kl_hosted_page_send_email(apr_pool_t *p, const kl_instore_t *instore,
                                              const char *email)
{
    kl_json_t *to = kl_json_object(p);

    kl_json_set_str(to, "email", email);
    return distribute(p, instore, "email", to);
}

/* --- the answer ---------------------------------------------------------------------- */

/* The id at the end of that address, before `below`; or NULL. */
static const char *id_in(apr_pool_t *p, const kl_json_t *v, const char *key, const char *below)
{
    const char *url = kl_reply_page(p, v, key), *id;
    apr_size_t len = strlen(url), below_len = strlen(below);

    if (len < below_len || strcmp(url + len - below_len, below) != 0) {
        return NULL;
    }
    url = apr_pstrndup(p, url, len - below_len);
    id = strrchr(url, '/');
    return id && kl_url_is_plain(id + 1) ? id + 1 : NULL;
}

/* Older answers have it only in the page's own address, the oldest only in the other one. */
static const char *page_id(apr_pool_t *p, const kl_json_t *v)
{
    const char *id = kl_reply_word(p, v, "session_id", KL_MAX_STRING);

    if (!id) {
        id = id_in(p, v, "session_url", "");
    }
    if (!id) {
        id = id_in(p, v, "distribution_url", "/distribution");
    }
    return kl_url_segment(p, id) ? id : NULL;
}

static const char *given_path(apr_pool_t *p, const kl_json_t *v, const char *key,
                              const char *base_url)
{
    return kl_url_given(p, base_url, kl_reply_page(p, v, key), "");
}

kl_kind_t kl_hosted_page_reply(kl_hosted_page_t *out, apr_pool_t *p, const char *base_url,
                               const kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_json_t *v = kl_reply_json(p, resp, err);
    const char *id = v ? page_id(p, v) : NULL;

    if (!v) {
        return err->kind;
    }
    if (!id) {
        return kl_reply_lacks(err, "session_id");
    }
    *out = (kl_hosted_page_t){
        .id = id,
        .link = kl_reply_page(p, v, "redirect_url"),
        .qr_url = kl_reply_page(p, v, "qr_code_url"),
        .result_path = path_of(p, given_path(p, v, "session_url", base_url), id, ""),
        .send_path = path_of(p, given_path(p, v, "distribution_url", base_url), id,
                             "/distribution"),
        .id_check_url = kl_reply_page(p, v, "manual_identification_check_url"),
        .link_until = kl_iso_time(kl_json_str(v, "expires_at")),
    };
    return KL_OK;
}
