/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna Payments v1. The body of a session and of a placement come from the same function
 * (kl_cart_klarna), because Klarna refuses a placement that differs from what was authorized. A
 * token or session id that is not clearly one never becomes part of a path.
 */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "api/payments.h"
#include "api/url.h"
#include "core/limits.h"

#define SESSIONS "/payments/v1/sessions"
#define MAX_ADDRESS 8192      /* bytes: its members at their longest are about 5,000 */
#define MAX_CLIENT_TOKEN 4096 /* Klarna Payments, merchant_session.client_token */

/* --- requests ---------------------------------------------------------------------- */

static kl_klarna_request_t post(const char *path, const char *body)
{
    return (
        kl_klarna_request_t){.method = "POST", .path = path, .body = body, .idempotency_key = ""};
}

/* The order's own part, the same for sessions and placements. */
static kl_json_t *order_body(apr_pool_t *p, const kl_order_t *order)
{
    kl_json_t *body = kl_cart_klarna(p, order);

    if (*order->confirmation_url) {
        kl_json_t *urls = kl_json_object(p);

        kl_json_set_str(urls, "confirmation", order->confirmation_url);
        kl_json_set(body, "merchant_urls", urls);
    }
    return body;
}

/* Where Klarna reports to: the order's id and callback secret in one segment. */
static void set_callbacks(apr_pool_t *p, kl_json_t *body, const kl_order_t *order, const char *base)
{
    kl_json_t *urls = kl_json_get(body, "merchant_urls");
    const char *name = apr_pstrcat(p, order->id, ".", order->callback_secret, NULL);

    if (!base || !*base || !*order->callback_secret) {
        return;
    }
    if (!urls) {
        urls = kl_json_object(p);
        kl_json_set(body, "merchant_urls", urls);
    }
    kl_json_set_str(urls, "authorization", apr_pstrcat(p, base, "/authorization/", name, NULL));
    kl_json_set_str(urls, "notification", apr_pstrcat(p, base, "/fraud/", name, NULL));
}

static const char *session_body(apr_pool_t *p, const kl_order_t *order, const kl_cart_t *cart,
                                const char *callback_base)
{
    kl_json_t *body = order_body(p, order);

    set_callbacks(p, body, order, callback_base);
    if (cart) {
        kl_addresses_set(body, &cart->told);
    }
    return kl_json_text(p, body);
}

kl_klarna_request_t kl_payments_create_session(apr_pool_t *p, const kl_order_t *order,
                                               const kl_cart_t *cart, const char *callback_base)
{
    kl_klarna_request_t req = post(SESSIONS, session_body(p, order, cart, callback_base));

    req.repeatable = 1; /* an unused session does no harm */
    return req;
}

kl_klarna_request_t kl_payments_update_session(apr_pool_t *p, const kl_order_t *order,
                                               const kl_cart_t *cart, const char *callback_base)
{
    const char *id = kl_url_segment(p, order->session_id);
    kl_klarna_request_t req = {.method = NULL};

    if (id) {
        req = post(apr_pstrcat(p, SESSIONS "/", id, NULL),
                   session_body(p, order, cart, callback_base));
        req.repeatable = 1; /* the same values twice */
    }
    return req;
}

kl_klarna_request_t kl_payments_place_order(apr_pool_t *p, const kl_order_t *order,
                                            const char *token, const kl_addresses_t *told)
{
    kl_json_t *body;

    if (!kl_url_is_plain(token)) {
        return (kl_klarna_request_t){.method = NULL};
    }
    body = order_body(p, order);
    kl_addresses_set(body, told);
    return post(apr_pstrcat(p, "/payments/v1/authorizations/", token, "/order", NULL),
                kl_json_text(p, body));
}

/* --- answers ----------------------------------------------------------------------- */

/* A string of 1..max printable ASCII characters, or NULL. */
static const char *word(apr_pool_t *p, const kl_json_t *v, const char *key, apr_size_t max)
{
    const char *s = kl_json_str(v, key);
    apr_size_t len = s ? strlen(s) : 0;

    if (len == 0 || len > max) {
        return NULL;
    }
    for (const char *c = s; *c; c++) {
        if (!apr_isascii(*c) || !apr_isgraph(*c)) {
            return NULL;
        }
    }
    return apr_pstrdup(p, s);
}

static kl_kind_t lacks(kl_error_t *err, const char *what)
{
    return kl_error_set(err, KL_PROTOCOL, "unreadable_answer", "Klarna's answer has no usable %s.",
                        what);
}

kl_klarna_request_t kl_payments_read_session(apr_pool_t *p, const kl_order_t *order)
{
    const char *id = kl_url_segment(p, order->session_id);
    kl_klarna_request_t req = {.method = NULL};

    if (id) {
        req = (kl_klarna_request_t){.method = "GET",
                                    .path = apr_pstrcat(p, SESSIONS "/", id, NULL),
                                    .body = "",
                                    .idempotency_key = ""};
    }
    return req;
}

kl_kind_t kl_payments_session_status(int *complete, apr_pool_t *p, const kl_klarna_response_t *resp,
                                     kl_error_t *err)
{
    const kl_json_t *v = kl_reply_json(p, resp, err);
    const char *status = v ? kl_json_str(v, "status") : NULL;

    if (!v) {
        return err->kind;
    }
    if (!status || (strcmp(status, "complete") != 0 && strcmp(status, "incomplete") != 0)) {
        return kl_error_set(err, KL_PROTOCOL, "unreadable_answer",
                            "Klarna's answer has no usable status.");
    }
    *complete = strcmp(status, "complete") == 0;
    return KL_OK;
}

/* As Klarna has it, member by member, to be sent back as it is. */
static kl_json_t *address_of(apr_pool_t *p, const kl_json_t *session, const char *name)
{
    kl_json_t *v = kl_json_get(session, name);

    if (!kl_json_is_object(v) || kl_json_size(v) == 0) {
        return NULL;
    }
    return strlen(kl_json_text(p, v)) <= MAX_ADDRESS ? v : NULL;
}

kl_kind_t kl_payments_session_addresses(kl_addresses_t *out, apr_pool_t *p,
                                        const kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_json_t *v = kl_reply_json(p, resp, err);

    if (!v) {
        return err->kind;
    }
    *out = (kl_addresses_t){
        .billing_address = address_of(p, v, "billing_address"),
        .shipping_address = address_of(p, v, "shipping_address"),
    };
    return KL_OK;
}

kl_kind_t kl_payments_session_reply(kl_session_t *out, apr_pool_t *p,
                                    const kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_json_t *v = kl_reply_json(p, resp, err);
    kl_session_t session;

    if (!v) {
        return err->kind;
    }
    session.session_id = word(p, v, "session_id", KL_MAX_STRING);
    session.client_token = word(p, v, "client_token", MAX_CLIENT_TOKEN);
    session.payment_method_categories = kl_json_get(v, "payment_method_categories");
    if (!session.session_id || !kl_url_segment(p, session.session_id)) {
        return lacks(err, "session_id");
    }
    if (!session.client_token) {
        return lacks(err, "client_token");
    }
    if (!kl_json_is_array(session.payment_method_categories)) {
        session.payment_method_categories = NULL;
    }
    *out = session;
    return KL_OK;
}

/* The shopper's browser is sent there: only a web address counts. */
static const char *web_address(const char *url)
{
    if (url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0)) {
        return url;
    }
    return "";
}

kl_kind_t kl_payments_placed_reply(kl_placed_t *out, apr_pool_t *p,
                                   const kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_json_t *v = kl_reply_json(p, resp, err);
    const char *order_id, *fraud;

    if (!v) {
        return err->kind;
    }
    order_id = word(p, v, "order_id", KL_MAX_STRING);
    if (!order_id || !kl_url_segment(p, order_id)) {
        return lacks(err, "order_id");
    }
    fraud = word(p, v, "fraud_status", KL_MAX_STRING);
    out->order_id = order_id;
    out->fraud_status = fraud ? fraud : "";
    out->redirect_url = web_address(word(p, v, "redirect_url", KL_MAX_MERCHANT_URL));
    return KL_OK;
}
