/* SPDX-License-Identifier: Apache-2.0 */
/* See checkout.h. */
#include "service/checkout.h"

#include <apr_strings.h>
#include <string.h>
#include "api/payments.h"
#include "api/signed_cart.h"
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

static kl_kind_t new_order(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                           kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = kl_order_make(svc->p);

    kl_cart_to_order(cart, order);
    order->id = kl_id_uuid(svc->p, svc->random);
    order->key = kl_id_secret(svc->p, svc->random);
    order->callback_secret = kl_id_secret(svc->p, svc->random);
    if (!order->id || !order->key || !order->callback_secret) {
        return kl_error_set(err, KL_INTERNAL, "no_randomness",
                            "The system provided no random bytes.");
    }
    order->account = svc->account->name;
    order->environment = svc->account->environment;
    order->channel = "online";
    order->client_key = apr_pstrcat(svc->p, "-", order->id, NULL);
    if (client && client->key[0]) {
        order->client_key = client->key;
        order->client_hash = client->hash;
    }
    order->created_at = order->updated_at = svc->now();
    kl_schedule_set(order, KL_LOOK_CHANGED, order->created_at);
    *out = order;
    return kl_order_check(order, err) == KL_OK
               ? svc->store->order_insert(svc->store, svc->p, order, err)
               : err->kind;
}

/* The order this client key made before, or a new one. */
static kl_kind_t find_or_make(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                              kl_order_t **out, kl_error_t *err)
{
    kl_kind_t rv = new_order(svc, cart, client, out, err);

    if (rv != KL_TAKEN || !client || !client->key[0]) {
        return rv;
    }
    kl_error_clear(err);
    rv = svc->store->order_load_by_client_key(svc->store, svc->p, client->key, out, err);
    if (rv == KL_OK && strcmp((*out)->client_hash, client->hash) != 0) {
        return kl_error_field(err, "idempotency_key_reused", "Idempotency-Key",
                              "a key that was used for another cart", "a new key for each cart");
    }
    return rv;
}

static kl_kind_t abandon(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    (void)change, (void)err;
    order->state = KL_ORDER_ABANDONED;
    order->client_key = apr_pstrcat(p, "-", order->id, NULL);
    return KL_OK;
}

/* Klarna refused the session: the row stays as a record, its client key is free again. */
static void give_up(kl_service_t *svc, kl_order_t *order)
{
    kl_change_t change = {.make = abandon, .look = KL_LOOK_NEVER, .once = 1};

    (void)kl_change_order(svc, &change, order->id, &order, kl_error_make(svc->p));
}

static kl_kind_t take_session(kl_change_t *change, kl_order_t *order, apr_pool_t *p,
                              kl_error_t *err)
{
    const kl_session_t *session = change->baton;

    (void)p, (void)err;
    order->session_id = session->session_id;
    order->client_token = session->client_token;
    order->payment_methods = session->payment_method_categories;
    return KL_OK;
}

/* The same key at the same moment: the session that was stored first is the order's, the other
 * one is never used. */
static kl_kind_t store_session(kl_service_t *svc, kl_session_t *session, kl_order_t **order,
                               kl_error_t *err)
{
    kl_change_t change = {.make = take_session, .baton = session, .once = 1};
    const char *id = (*order)->id;
    kl_kind_t rv = kl_change_order(svc, &change, id, order, err);

    if (rv != KL_STALE) {
        return rv;
    }
    kl_error_clear(err);
    rv = svc->store->order_load(svc->store, svc->p, id, order, err);
    return rv == KL_OK && !(*order)->session_id[0] ? kl_service_in_progress(err) : rv;
}

/* A session is dead after its time, and an order that was given up gets no new one. The order
 * itself shows a placement in progress. */
static kl_kind_t still_alive(kl_service_t *svc, const kl_order_t *order, kl_error_t *err)
{
    int over = order->state == KL_ORDER_CREATED && !order->pending_op[0]
               && svc->now() - order->created_at >= KL_SESSION_LIFETIME;

    if (over || order->state == KL_ORDER_ABANDONED) {
        kl_error_set(err, KL_CONFLICT, "session_over", "This payment's session has ended.");
        kl_error_next(err, "Start a new payment with a new Idempotency-Key.");
    }
    return err->kind;
}

kl_kind_t kl_checkout_start(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                            kl_order_t **out, kl_error_t *err)
{
    kl_klarna_request_t req;
    kl_klarna_response_t resp;
    kl_session_t session;
    kl_kind_t rv = find_or_make(svc, cart, client, out, err);

    kl_service_step(svc, "order_stored");
    if (rv != KL_OK || still_alive(svc, *out, err) != KL_OK) {
        return err->kind;
    }
    if ((*out)->session_id[0]) {
        return KL_OK;
    }
    req = kl_payments_create_session(svc->p, *out, cart, svc->callback_base);
    rv = kl_call_klarna(svc, (*out)->account, &req, &resp, err);
    kl_service_step(svc, "session_made");
    if (rv == KL_OK) {
        rv = kl_payments_session_reply(&session, svc->p, &resp, err);
    }
    if (rv == KL_REFUSED) {
        give_up(svc, *out);
    }
    return rv == KL_OK ? store_session(svc, &session, out, err) : rv;
}

kl_kind_t kl_checkout_read(kl_service_t *svc, const char *order_id, const char *key,
                           kl_order_t **out, kl_error_t *err)
{
    kl_kind_t rv = kl_service_order(svc, order_id, out, err);

    return rv == KL_OK && !kl_id_equal_secret((*out)->key, key) ? kl_service_no_order(err) : rv;
}

kl_kind_t kl_checkout_still_open(const kl_order_t *order, kl_error_t *err)
{
    if (order->state != KL_ORDER_CREATED || !order->session_id[0]) {
        kl_error_set(err, KL_CONFLICT, "not_open", "This payment is %s.",
                     order->state == KL_ORDER_CREATED ? "not started"
                                                      : kl_order_state_name(order->state));
        kl_error_next(err, "Read the order's status, or start a new payment.");
        return err->kind;
    }
    return KL_OK;
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
    with_cart = **out;
    kl_cart_to_order(cart, &with_cart);
    req = kl_payments_update_session(svc->p, &with_cart, cart, svc->callback_base);
    rv = kl_call_klarna(svc, with_cart.account, &req, &resp, err);
    return rv == KL_OK ? kl_change_order(svc, &change, id->order_id, out, err) : rv;
}
