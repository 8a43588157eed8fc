/* SPDX-License-Identifier: Apache-2.0 */
/* See checkout.h. */
#include "handlers/checkout.h"
#include "handlers/handlers.h"

#include <apr_strings.h>
#include <string.h>
#include "child.h"
#include "service/checkout.h"
#include "service/placement.h"
#include "handlers/body.h"
#include "handlers/answer.h"
#include "handlers/act_answer.h"
#include "handlers/query.h"
#include "core/reader.h"

/* The JSON cart of the body, whoever vouches for it. */
static kl_json_t *vouched_cart(kl_request_t *req, const kl_reader_t *rd)
{
    const char *token = kl_reader_str(rd, "signed_cart", KL_OPTIONAL, 1, KL_MAX_BODY);
    kl_json_t *cart = kl_json_get(req->body, "cart");

    if (req->err->kind != KL_OK) {
        return NULL;
    }
    if ((token != NULL) == (cart != NULL)) {
        kl_error_field(req->err, "cart_missing", "signed_cart",
                       token ? "signed_cart and cart" : NULL,
                       "signed_cart (a JWS from the shop), or cart from an authenticated caller");
        return NULL;
    }
    if (cart && (!req->r->user || !req->r->user[0])) {
        kl_error_set(req->err, KL_DENIED, "cart_not_signed",
                     "Only authenticated callers may send a cart without the shop's signature.");
        return NULL;
    }
    if (token) {
        cart = kl_checkout_open_cart(&req->svc, token, req->settings->cart_keys, req->err);
    }
    return req->err->kind == KL_OK ? cart : NULL;
}

static kl_kind_t read_cart(kl_request_t *req, const kl_reader_t *rd, kl_cart_t *cart)
{
    kl_json_t *v = vouched_cart(req, rd);

    if (!v
        || kl_cart_parse(cart, req->r->pool, v, req->settings->account.region, req->err) != KL_OK) {
        return req->err->kind;
    }
    kl_child_expect_payment(&req->settings->account);
    return KL_OK;
}

/* What the browser needs to go on: ids, the key, Klarna's token and payment methods. */
static kl_json_t *session_view(kl_request_t *req, const kl_order_t *order)
{
    kl_json_t *v = kl_json_object(req->r->pool);

    kl_json_set_str(v, "order_id", order->id);
    kl_json_set_str(v, "key", order->key);
    kl_json_set_str(v, "state", kl_order_state_name(order->state));
    kl_json_set_str(v, "session_id", order->session_id);
    kl_json_set_str(v, "client_token", order->client_token);
    kl_json_set(v, "payment_method_categories", order->payment_methods);
    kl_json_set_int(v, "order_amount", order->order_amount);
    kl_json_set_str(v, "purchase_currency", order->currency);
    return v;
}

static const char *shopper_url(kl_request_t *req, const char *id, const char *key)
{
    return apr_pstrcat(req->r->pool, req->base, "/orders/", id, "?key=", key, NULL);
}

static int start(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_order_t *order = NULL;
    kl_cart_t cart;

    kl_reader_only(&rd, "signed_cart", "cart", NULL);
    if (read_cart(req, &rd, &cart) != KL_OK
        || kl_checkout_start(&req->svc, &cart, &req->client, &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_CREATED, session_view(req, order),
                     shopper_url(req, order->id, order->key));
}

static int update(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *key = kl_reader_str(&rd, "key", KL_REQUIRED, 1, KL_MAX_STRING);
    kl_payment_id_t id = {req->segment[1], key};
    kl_order_t *order = NULL;
    kl_cart_t cart;

    kl_reader_only(&rd, "signed_cart", "cart", "key", NULL);
    if (read_cart(req, &rd, &cart) != KL_OK
        || kl_checkout_update(&req->svc, &id, &cart, &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, session_view(req, order), NULL);
}

/* The widget's last word, from the storefront script. */
static int declined(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *key = kl_reader_str(&rd, "key", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *said = kl_reader_str(&rd, "reason", KL_OPTIONAL, 1, KL_MAX_STRING);
    kl_payment_id_t id = {req->segment[1], key};
    kl_order_t *order = NULL;

    kl_reader_only(&rd, "key", "reason", NULL);
    if (req->err->kind != KL_OK
        || kl_checkout_declined(&req->svc, &id, said ? said : "", &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, session_view(req, order), NULL);
}

/* Where the shopper goes next, and what the shop may show. It is what placing returned, not what
 * became of the order since: the same click always gets the same answer. */
static void show_placed(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_error_t *ignored = kl_error_make(req->r->pool);
    const kl_operation_t *op = acted->first;
    kl_json_t *result = kl_json_parse(req->r->pool, op->result, strlen(op->result), ignored);
    kl_order_state_t state = op->state == KL_OP_CONFIRMED ? KL_ORDER_AUTHORIZED
                                                          : acted->order->state;

    kl_json_set_str(v, "operation_id", op->id);
    kl_json_set_str(v, "order_state", kl_order_state_name(state));
    kl_json_set_str(v, "fraud_status", result ? kl_json_str(result, "fraud_status") : NULL);
    kl_json_set_str(v, "redirect_url", result ? kl_json_str(result, "redirect_url") : NULL);
    kl_json_set_str(v, "status_url", req->status_url);
}

static int place(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *order_id = kl_reader_str(&rd, "order_id", KL_REQUIRED, 1, 36);
    const char *key = kl_reader_str(&rd, "key", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *token = kl_reader_str(&rd, "authorization_token", KL_REQUIRED, 1, KL_MAX_STRING);
    kl_place_request_t want = {.authorization_token = token, .key = key};
    kl_ask_t ask = {.order_id = order_id, .client = &req->client, .place = &want};
    kl_acted_t acted;
    kl_kind_t rv;

    kl_reader_only(&rd, "order_id", "key", "authorization_token", "billing_address",
                   "shipping_address", "customer", NULL);
    want.told = kl_addresses_read(&rd, KL_WAS_TOLD);
    /* A double click is one placement: without a key of its own the token is the key. */
    if (req->err->kind != KL_OK
        || (!req->client.key[0]
            && kl_body_placement_key(req, req->svc.account->name, order_id, key, token) != KL_OK)) {
        return kl_answer_error(req);
    }
    req->status_url = shopper_url(req, order_id, key);
    rv = kl_act(&req->svc, &kl_placement_action, &ask, &acted, req->err);
    return kl_act_answer_send(req, rv, &acted, show_placed);
}

static int status(kl_request_t *req)
{
    kl_json_t *v = kl_json_object(req->r->pool);
    const char *key = kl_query_parameter(req->r, "key");
    kl_order_t *order = NULL;

    if (kl_checkout_read(&req->svc, req->segment[1], key ? key : "", &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    kl_json_set_str(v, "order_id", order->id);
    kl_json_set_str(v, "state", kl_order_state_name(order->state));
    kl_json_set_str(v, "sentence", kl_order_sentence(order)->text);
    kl_json_set_str(v, "fraud_status", order->fraud_status);
    kl_json_set_int(v, "order_amount", order->order_amount);
    kl_json_set_str(v, "purchase_currency", order->currency);
    kl_json_set_bool(v, "pending", order->pending_op[0] != '\0');
    return kl_answer(req, HTTP_OK, v, NULL);
}

const kl_route_t kl_checkout_routes[] = {
    {"POST", "sessions", KL_ROUTE_BODY, start},
    {"POST", "sessions/*", KL_ROUTE_BODY, update},
    {"POST", "sessions/*/declined", KL_ROUTE_BODY, declined},
    {"POST", "orders", KL_ROUTE_BODY, place},
    {"GET", "orders/*", 0, status},
    {NULL, NULL, 0, NULL},
};
