/* SPDX-License-Identifier: Apache-2.0 */
/* See checkout.h. */
#include "service/checkout.h"

#include <string.h>
#include "api/payments.h"
#include "api/signed_cart.h"
#include "core/payment.h"
#include "core/schedule.h"
#include "service/call.h"
#include "service/change.h"
#include "service/run.h"
#include "core/order_check.h"

kl_json_t *kl_checkout_open_cart(kl_service_t *svc, const char *token,
                                 const apr_array_header_t *keys, kl_error_t *err)
{
    const kl_signed_cart_t came = {token, strlen(token), svc->now()};
    kl_json_t *cart = NULL;

    return kl_signed_cart_open(&cart, svc->p, &came, keys, err) == KL_OK ? cart : NULL;
}

/* A client's key gives the same payment the same id, here and on any other host. */
static const char *payment_id(const kl_service_t *svc, const kl_client_t *client)
{
    return client->key[0] ? kl_id_from_digest(svc->p, client->key)
                          : kl_id_uuid(svc->p, svc->random);
}

static kl_kind_t new_payment(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                             kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = kl_order_make(svc->p);

    kl_cart_to_order(cart, order);
    order->stored = KL_STORED_PAYMENT;
    order->id = payment_id(svc, client);
    order->key = kl_id_secret(svc->p, svc->random);
    order->callback_secret = kl_id_secret(svc->p, svc->random);
    if (!order->id || !order->key || !order->callback_secret) {
        return kl_error_set(err, KL_INTERNAL, "no_randomness",
                            "The system provided no random bytes.");
    }
    order->account = svc->account->name;
    order->environment = svc->account->environment;
    order->channel = "online";
    order->client_hash = client->hash;
    order->created_at = order->updated_at = svc->now();
    kl_schedule_set(order, KL_LOOK_CHANGED, order->created_at);
    *out = order;
    return kl_order_check(order, err);
}

static kl_kind_t make_session(kl_service_t *svc, const kl_cart_t *cart, kl_order_t *order,
                              kl_error_t *err)
{
    kl_klarna_request_t req = kl_payments_create_session(svc->p, order, cart, svc->callback_base);
    kl_klarna_response_t resp;
    kl_session_t session;
    kl_kind_t rv = kl_call_klarna(svc, order->account, &req, &resp, err);

    kl_service_step(svc, "session_made");
    if (rv == KL_OK) {
        rv = kl_payments_session_reply(&session, svc->p, &resp, err);
    }
    if (rv == KL_OK) {
        order->session_id = session.session_id;
        order->client_token = session.client_token;
        order->payment_methods = session.payment_method_categories;
    }
    return rv;
}

/* A session is dead after its time, and a payment that was given up gets no new one. The order
 * itself shows a placement in progress. */
static kl_kind_t still_alive(kl_service_t *svc, const kl_order_t *order, kl_error_t *err)
{
    int over = kl_payment_is_state(order->state) && !order->pending_op[0]
               && svc->now() - order->created_at >= KL_SESSION_LIFETIME;

    if (over || order->state == KL_ORDER_ABANDONED) {
        kl_error_set(err, KL_CONFLICT, "session_over", "This payment's session has ended.");
        kl_error_next(err, "Start a new payment with a new Idempotency-Key.");
    }
    return err->kind;
}

/* What this client key made before. */
static kl_kind_t find_made(kl_service_t *svc, const char *id, const kl_client_t *client,
                           kl_order_t **out, kl_error_t *err)
{
    kl_kind_t rv = svc->store->order_load(svc->store, svc->p, id, out, err);

    if (rv == KL_OK && strcmp((*out)->client_hash, client->hash) != 0) {
        return kl_error_field(err, "idempotency_key_reused", "Idempotency-Key",
                              "a key that was used for another cart", "a new key for each cart");
    }
    return rv == KL_OK ? still_alive(svc, *out, err) : rv;
}

/* 1 when this client key made a payment before, or when that cannot be known now. */
static int is_made(kl_service_t *svc, const char *id, const kl_client_t *client, kl_error_t *err)
{
    kl_order_t *before = NULL;
    kl_kind_t rv = KL_NOT_FOUND;

    if (client->key[0]) {
        rv = svc->store->payment_load(svc->store, svc->p, id, &before, err);
    }
    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
    }
    return rv != KL_NOT_FOUND;
}

/*
 * The row is written once, with Klarna's answer: a session moves no money, and nobody can pay it
 * who does not have the answer. The same key at the same moment: the session that was stored first
 * is the payment's, the other one is never used.
 */
kl_kind_t kl_checkout_start(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                            kl_order_t **out, kl_error_t *err)
{
    const char *id;
    kl_kind_t rv = new_payment(svc, cart, client, out, err);

    if (rv != KL_OK) {
        return rv;
    }
    id = (*out)->id;
    if (is_made(svc, id, client, err)) {
        return err->kind == KL_OK ? find_made(svc, id, client, out, err) : err->kind;
    }
    rv = svc->store->ready(svc->store, svc->p, err);
    if (rv == KL_OK) {
        rv = make_session(svc, cart, *out, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    rv = svc->store->payment_insert(svc->store, svc->p, *out, err);
    kl_service_step(svc, "payment_stored");
    if (rv == KL_TAKEN) {
        kl_error_clear(err);
        rv = find_made(svc, id, client, out, err);
    }
    return rv;
}

kl_kind_t kl_checkout_read(kl_service_t *svc, const char *order_id, const char *key,
                           kl_order_t **out, kl_error_t *err)
{
    kl_kind_t rv = kl_service_order(svc, order_id, out, err);

    return rv == KL_OK && !kl_id_equal_secret((*out)->key, key) ? kl_service_no_order(err) : rv;
}

kl_kind_t kl_checkout_still_open(const kl_order_t *order, kl_error_t *err)
{
    if (!kl_payment_is_open(order)) {
        kl_error_set(err, KL_CONFLICT, "not_open", "This payment is %s.",
                     kl_order_state_name(order->state));
        kl_error_next(err, "Read the order's status, or start a new payment.");
    }
    return err->kind;
}

static kl_kind_t take_cart(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    (void)p, (void)err;
    kl_cart_to_order(change->baton, order);
    return KL_OK;
}

kl_kind_t kl_checkout_update(kl_service_t *svc, const kl_payment_id_t *id, kl_cart_t *cart,
                             kl_order_t **out, kl_error_t *err)
{
    kl_change_t change = {.make = take_cart, .baton = cart, .once = 1};
    kl_order_t with_cart;
    kl_addresses_t before;
    kl_klarna_request_t req;
    kl_klarna_response_t resp;
    kl_kind_t rv = kl_checkout_read(svc, id->order_id, id->key, out, err);

    if (rv == KL_OK) {
        rv = kl_run_left(svc, out, err);
    }
    if (rv == KL_OK) {
        rv = kl_checkout_still_open(*out, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    (void)kl_addresses_parse(&before, svc->p, (*out)->addresses);
    kl_addresses_complete(svc->p, &cart->told, &before);
    with_cart = **out;
    kl_cart_to_order(cart, &with_cart);
    req = kl_payments_update_session(svc->p, &with_cart, cart, svc->callback_base);
    rv = kl_call_klarna(svc, with_cart.account, &req, &resp, err);
    return rv == KL_OK ? kl_change_order(svc, &change, id->order_id, out, err) : rv;
}

static kl_kind_t take_no(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    (void)p;
    if (kl_checkout_still_open(order, err) != KL_OK) {
        return err->kind;
    }
    if (order->pending_op[0]) {
        return kl_service_in_progress(err);
    }
    kl_payment_decline(order, "widget", change->baton);
    return KL_OK;
}

kl_kind_t kl_checkout_declined(kl_service_t *svc, const kl_payment_id_t *id, const char *words,
                               kl_order_t **out, kl_error_t *err)
{
    kl_change_t change = {.make = take_no, .baton = (void *)words, .look = KL_LOOK_CHANGED};
    kl_kind_t rv = kl_checkout_read(svc, id->order_id, id->key, out, err);

    return rv == KL_OK ? kl_change_order(svc, &change, id->order_id, out, err) : rv;
}
