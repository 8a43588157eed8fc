/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-checkout: the storefront's routes. The shopper's browser calls them, so a cart
 * counts only when the shop vouches for it: signed, or sent by an authenticated caller.
 */
#include "handlers/handlers.h"

#include <apr_strings.h>
#include <string.h>
#include "service/checkout.h"
#include "service/placement.h"

/* The JSON cart of the body, whoever vouches for it. */
static kl_json_t *vouched_cart(kl_call_t *call, const kl_reader_t *rd)
{
    const char *token = kl_read_str(rd, "signed_cart", KL_OPTIONAL, 1, KL_MAX_BODY);
    kl_json_t *cart = kl_json_get(call->body, "cart");

    if (call->err->kind != KL_OK) {
        return NULL;
    }
    if ((token != NULL) == (cart != NULL)) {
        kl_error_field(call->err, "cart_missing", "signed_cart",
                       token ? "signed_cart and cart" : NULL,
                       "signed_cart (a JWS from the shop), or cart from an authenticated caller");
        return NULL;
    }
    if (cart && (!call->r->user || !call->r->user[0])) {
        kl_error_set(call->err, KL_DENIED, "cart_not_signed",
                     "Only authenticated callers may send a cart without the shop's signature.");
        return NULL;
    }
    if (token) {
        const kl_signed_cart_t came = {token, strlen(token), call->svc.now()};

        kl_signed_cart_open(&cart, call->r->pool, &came, call->settings->cart_keys, call->err);
    }
    return call->err->kind == KL_OK ? cart : NULL;
}

static kl_kind_t read_cart(kl_call_t *call, const kl_reader_t *rd, kl_cart_t *cart)
{
    kl_json_t *v = vouched_cart(call, rd);

    return v ? kl_cart_parse(cart, call->r->pool, v, call->settings->account.region, call->err)
             : call->err->kind;
}

/* What the browser needs to go on: ids, the key, Klarna's token and payment methods. */
static kl_json_t *session_view(kl_call_t *call, const kl_order_t *order)
{
    kl_json_t *v = kl_json_object(call->r->pool);

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

static const char *shopper_url(kl_call_t *call, const char *id, const char *key)
{
    return apr_pstrcat(call->r->pool, call->base, "/orders/", id, "?key=", key, NULL);
}

static int start(kl_call_t *call)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    kl_order_t *order = NULL;
    kl_cart_t cart;

    kl_reader_only(&rd, "signed_cart", "cart", NULL);
    if (read_cart(call, &rd, &cart) != KL_OK
        || kl_checkout_start(&call->svc, &cart, &call->client, &order, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_reply(call, HTTP_CREATED, session_view(call, order),
                    shopper_url(call, order->id, order->key));
}

static int update(kl_call_t *call)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    const char *key = kl_read_str(&rd, "key", KL_REQUIRED, 1, KL_MAX_STRING);
    kl_payment_id_t id = {call->segment[1], key};
    kl_order_t *order = NULL;
    kl_cart_t cart;

    kl_reader_only(&rd, "signed_cart", "cart", "key", NULL);
    if (read_cart(call, &rd, &cart) != KL_OK
        || kl_checkout_update(&call->svc, &id, &cart, &order, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_reply(call, HTTP_OK, session_view(call, order), NULL);
}

/* Where the shopper goes next, and what the shop may show. It is what placing returned, not what
 * became of the order since: the same click always gets the same answer. */
static void show_placed(kl_call_t *call, const kl_acted_t *acted, kl_json_t *v)
{
    kl_error_t *ignored = kl_error_make(call->r->pool);
    const kl_operation_t *op = acted->first;
    kl_json_t *result = kl_json_parse(call->r->pool, op->result, strlen(op->result), ignored);
    kl_order_state_t state = op->state == KL_OP_CONFIRMED ? KL_ORDER_AUTHORIZED
                                                          : acted->order->state;

    kl_json_set_str(v, "operation_id", op->id);
    kl_json_set_str(v, "order_state", kl_order_state_name(state));
    kl_json_set_str(v, "fraud_status", result ? kl_json_str(result, "fraud_status") : NULL);
    kl_json_set_str(v, "redirect_url", result ? kl_json_str(result, "redirect_url") : NULL);
    kl_json_set_str(v, "status_url", call->status_url);
}

static int place(kl_call_t *call)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    const char *order_id = kl_read_str(&rd, "order_id", KL_REQUIRED, 1, 36);
    const char *key = kl_read_str(&rd, "key", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *token = kl_read_str(&rd, "authorization_token", KL_REQUIRED, 1, KL_MAX_STRING);
    kl_place_request_t want = {.authorization_token = token};
    kl_ask_t ask = {.order_id = order_id, .client = &call->client, .place = &want};
    kl_acted_t acted;
    kl_kind_t rv;

    kl_reader_only(&rd, "order_id", "key", "authorization_token", NULL);
    /* A double click is one placement: without a key of its own the token is the key. */
    if (call->err->kind != KL_OK
        || (!call->client.key[0]
            && kl_placement_key(call, call->svc.account->name, order_id, key, token) != KL_OK)) {
        return kl_reply_error(call);
    }
    call->status_url = shopper_url(call, order_id, key);
    rv = kl_placement_by_shopper(&call->svc, key, &ask, &acted, call->err);
    return kl_outcome_answer(call, rv, &acted, show_placed);
}

static int status(kl_call_t *call)
{
    kl_json_t *v = kl_json_object(call->r->pool);
    const char *key = kl_query_parameter(call->r, "key");
    kl_order_t *order = NULL;

    if (kl_checkout_read(&call->svc, call->segment[1], key ? key : "", &order, call->err)
        != KL_OK) {
        return kl_reply_error(call);
    }
    kl_json_set_str(v, "order_id", order->id);
    kl_json_set_str(v, "state", kl_order_state_name(order->state));
    kl_json_set_str(v, "sentence", kl_order_sentence(order)->text);
    kl_json_set_str(v, "fraud_status", order->fraud_status);
    kl_json_set_int(v, "order_amount", order->order_amount);
    kl_json_set_str(v, "purchase_currency", order->currency);
    kl_json_set_bool(v, "pending", order->pending_op[0] != '\0');
    return kl_reply(call, HTTP_OK, v, NULL);
}

const kl_route_t kl_checkout_routes[] = {
    {"POST", "sessions", KL_ROUTE_BODY, start},
    {"POST", "sessions/*", KL_ROUTE_BODY, update},
    {"POST", "orders", KL_ROUTE_BODY, place},
    {"GET", "orders/*", 0, status},
    {NULL, NULL, 0, NULL},
};
