/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna Payments v1. The body of a session and of a placement come from the same function
 * (kl_cart_klarna), because Klarna refuses a placement that differs from what was authorized. A
 * token or session id that is not clearly one never becomes part of a path.
 */
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

/* The order's id and callback secret in one segment. */
const char *kl_payments_callback(apr_pool_t *p, const kl_order_t *order, const char *callback_base,
                                 const char *kind)
{
    if (!callback_base || !*callback_base || !*order->callback_secret) {
        return NULL;
    }
    return apr_pstrcat(p, callback_base, "/", kind, "/", order->id, ".", order->callback_secret,
                       NULL);
}

static void set_callback(kl_json_t *body, apr_pool_t *p, const char *member, const char *url)
{
    kl_json_t *urls = kl_json_get(body, "merchant_urls");

    if (!url) {
        return;
    }
    if (!urls) {
        urls = kl_json_object(p);
        kl_json_set(body, "merchant_urls", urls);
    }
    kl_json_set_str(urls, member, url);
}

static kl_json_t *session_body(apr_pool_t *p, const kl_order_t *order, const kl_addresses_t *told,
                               const char *callback_base)
{
    kl_json_t *body = order_body(p, order);

    set_callback(body, p, "notification", kl_payments_callback(p, order, callback_base, "fraud"));
    if (told) {
        kl_addresses_set(body, told);
    }
    return body;
}

static const char *online_body(apr_pool_t *p, const kl_order_t *order, const kl_cart_t *cart,
                               const char *callback_base)
{
    kl_json_t *body = session_body(p, order, cart ? &cart->told : NULL, callback_base);

    set_callback(body, p, "authorization",
                 kl_payments_callback(p, order, callback_base, "authorization"));
    return kl_json_text(p, body);
}

kl_json_t *kl_payments_store_session(apr_pool_t *p, const kl_order_t *order,
                                     const kl_addresses_t *told, const char *channel,
                                     const char *callback_base)
{
    kl_json_t *body = session_body(p, order, told, callback_base);

    kl_json_set_str(body, "acquiring_channel", channel);
    return body;
}

/* An unused session does no harm. */
static kl_klarna_request_t repeatable_post(const char *path, const char *body)
{
    kl_klarna_request_t req = post(path, body);

    req.repeatable = 1;
    return req;
}

kl_klarna_request_t kl_payments_open_session(apr_pool_t *p, const kl_json_t *body)
{
    return repeatable_post(SESSIONS, kl_json_text(p, body));
}

kl_klarna_request_t kl_payments_create_session(apr_pool_t *p, const kl_order_t *order,
                                               const kl_cart_t *cart, const char *callback_base)
{
    return repeatable_post(SESSIONS, online_body(p, order, cart, callback_base));
}

const char *kl_payments_session_path(apr_pool_t *p, const kl_order_t *order)
{
    const char *id = kl_url_segment(p, order->session_id);

    return id ? apr_pstrcat(p, SESSIONS "/", id, NULL) : NULL;
}

kl_klarna_request_t kl_payments_update_session(apr_pool_t *p, const kl_order_t *order,
                                               const kl_cart_t *cart, const char *callback_base)
{
    const char *path = kl_payments_session_path(p, order);

    return path ? repeatable_post(path, online_body(p, order, cart, callback_base))
                : (kl_klarna_request_t){.method = NULL};
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

kl_klarna_request_t kl_payments_read_session(apr_pool_t *p, const kl_order_t *order)
{
    const char *path = kl_payments_session_path(p, order);

    return (kl_klarna_request_t){.method = path ? "GET" : NULL,
                                 .path = path,
                                 .body = "",
                                 .idempotency_key = ""};
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
        return kl_reply_lacks(err, "status");
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

/* The id of a session, or NULL. */
static const char *session_id(apr_pool_t *p, const kl_json_t *v, kl_error_t *err)
{
    const char *id = kl_reply_word(p, v, "session_id", KL_MAX_STRING);

    if (!kl_url_segment(p, id)) {
        kl_reply_lacks(err, "session_id");
        return NULL;
    }
    return id;
}

kl_kind_t kl_payments_session_id(const char **id, apr_pool_t *p, const kl_klarna_response_t *resp,
                                 kl_error_t *err)
{
    const kl_json_t *v = kl_reply_json(p, resp, err);
    const char *found = v ? session_id(p, v, err) : NULL;

    if (!found) {
        return err->kind;
    }
    *id = found;
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
    session.session_id = session_id(p, v, err);
    session.client_token = kl_reply_word(p, v, "client_token", MAX_CLIENT_TOKEN);
    session.payment_method_categories = kl_json_get(v, "payment_method_categories");
    if (!session.session_id) {
        return err->kind;
    }
    if (!session.client_token) {
        return kl_reply_lacks(err, "client_token");
    }
    if (!kl_json_is_array(session.payment_method_categories)) {
        session.payment_method_categories = NULL;
    }
    *out = session;
    return KL_OK;
}

kl_kind_t kl_payments_placed_reply(kl_placed_t *out, apr_pool_t *p,
                                   const kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_json_t *v = kl_reply_json(p, resp, err);
    const char *order_id, *fraud;

    if (!v) {
        return err->kind;
    }
    order_id = kl_reply_word(p, v, "order_id", KL_MAX_STRING);
    if (!order_id || !kl_url_segment(p, order_id)) {
        return kl_reply_lacks(err, "order_id");
    }
    fraud = kl_reply_word(p, v, "fraud_status", KL_MAX_STRING);
    out->order_id = order_id;
    out->fraud_status = fraud ? fraud : "";
    out->redirect_url = kl_reply_page(p, v, "redirect_url");
    return KL_OK;
}
