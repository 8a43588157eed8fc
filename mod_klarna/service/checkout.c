/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shopper's side: start a payment, change its cart, place the order. A session moves
 * no money and knows no idempotency key: the order row, stored before the call, is its
 * intent. Placing moves money and is an operation like every other.
 */
#include "service/service.h"

#include <apr_strings.h>
#include <string.h>
#include "api/payments.h"
#include "core/schedule.h"

static kl_kind_t new_order(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                           kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = kl_order_make(svc->p);

    kl_cart_to_order(cart, order);
    order->id = kl_id_uuid(svc->p, svc->random);
    order->key = kl_id_secret(svc->p, svc->random);
    order->callback_secret = kl_id_secret(svc->p, svc->random);
    if (!order->id || !order->key || !order->callback_secret) {
        return kl_error_set(err, KL_INTERNAL, "no_randomness", "The system gave no random bytes.");
    }
    order->merchant = svc->account->name;
    order->environment = svc->account->environment;
    order->channel = "online";
    order->client_key = apr_pstrcat(svc->p, "-", order->id, NULL);
    if (client && client->key[0]) {
        order->client_key = client->key;
        order->client_hash = client->hash;
    }
    order->created_at = order->updated_at = svc->now();
    order->check_at = kl_schedule_next(order, order->created_at);
    *out = order;
    return svc->store->order_insert(svc->store, svc->p, order, err);
}

/* The order this client key made before, or a new one. */
static kl_kind_t find_or_make(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                              kl_order_t **out, kl_error_t *err)
{
    kl_kind_t rv = new_order(svc, cart, client, out, err);

    if (rv != KL_CONFLICT || !client || !client->key[0]) {
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

/* Klarna refused the session: the row stays as a record, its client key is free again. */
static void give_up(kl_service_t *svc, kl_order_t *order)
{
    order->state = KL_ORDER_ABANDONED;
    order->check_at = 0;
    order->client_key = apr_pstrcat(svc->p, "-", order->id, NULL);
    order->updated_at = svc->now();
    (void)svc->store->order_save(svc->store, svc->p, order, kl_error_make(svc->p));
}

/* The same key at the same moment: the session that was stored first is the order's, the
 * other one is never used. */
static kl_kind_t stored_session(kl_service_t *svc, kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv;

    kl_error_clear(err);
    rv = svc->store->order_load(svc->store, svc->p, (*out)->id, &order, err);
    if (rv == KL_OK && !order->session_id[0]) {
        return kl_in_progress(err);
    }
    if (rv == KL_OK) {
        *out = order;
    }
    return rv;
}

/* A session is dead after its time, and an order that was given up gets no other one. A
 * placement on its way is told by the order. */
static kl_kind_t still_alive(kl_service_t *svc, const kl_order_t *order, kl_error_t *err)
{
    int over = order->state == KL_ORDER_CREATED && !order->pending_op[0]
               && svc->now() - order->created_at >= KL_SESSION_LIFETIME;

    if (over || order->state == KL_ORDER_ABANDONED) {
        kl_error_set(err, KL_CONFLICT, "session_over", "The session of this payment is over.");
        kl_error_next(err, "Start a new payment with a new Idempotency-Key.");
    }
    return err->kind;
}

kl_kind_t kl_checkout_start(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                            kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_request_t req;
    kl_response_t resp;
    kl_session_t session;
    kl_kind_t rv = find_or_make(svc, cart, client, &order, err);

    kl_step(svc, "order_stored");
    if (rv != KL_OK || still_alive(svc, order, err) != KL_OK) {
        return err->kind;
    }
    *out = order;
    if (order->session_id[0]) {
        return KL_OK;
    }
    req = kl_payments_create_session(svc->p, order, cart, svc->callback_base);
    rv = kl_call(svc, &req, &resp, err);
    kl_step(svc, "session_made");
    if (rv == KL_OK) {
        rv = kl_payments_session_reply(&session, svc->p, &resp, err);
    }
    if (rv == KL_REFUSED) {
        give_up(svc, order);
    }
    if (rv != KL_OK) {
        return rv;
    }
    order->session_id = session.session_id;
    order->client_token = session.client_token;
    order->payment_methods = session.payment_method_categories;
    order->updated_at = svc->now();
    rv = svc->store->order_save(svc->store, svc->p, order, err);
    return rv == KL_CONFLICT ? stored_session(svc, out, err) : rv;
}

/* The shopper's order by its id and key; a wrong key is told like a missing order. */
static kl_kind_t shoppers_order(kl_service_t *svc, const char *id, const char *key,
                                kl_order_t **out, kl_error_t *err)
{
    kl_kind_t rv = kl_service_order(svc, id, out, err);

    return rv == KL_OK && !kl_id_equal_secret((*out)->key, key) ? kl_no_such_order(err) : rv;
}

static kl_kind_t still_open(const kl_order_t *order, kl_error_t *err)
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

kl_kind_t kl_checkout_update(kl_service_t *svc, const char *order_id, const char *key,
                             const kl_cart_t *cart, kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_request_t req;
    kl_response_t resp;
    kl_kind_t rv = shoppers_order(svc, order_id, key, &order, err);

    if (rv == KL_OK) {
        rv = kl_order_free(svc, &order, err);
    }
    if (rv == KL_OK) {
        rv = still_open(order, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    kl_cart_to_order(cart, order);
    req = kl_payments_update_session(svc->p, order, cart, svc->callback_base);
    rv = kl_call(svc, &req, &resp, err);
    if (rv == KL_OK) {
        order->updated_at = svc->now();
        rv = svc->store->order_save(svc->store, svc->p, order, err);
        *out = order;
    }
    return rv;
}

static kl_kind_t plan_place(kl_service_t *svc, kl_order_t *order, const void *what,
                            const kl_client_t *client, kl_operation_t **ops, int *n,
                            kl_error_t *err)
{
    const kl_place_request_t *want = what;
    kl_request_t req;
    kl_kind_t rv = still_open(order, err);

    if (rv != KL_OK) {
        return rv;
    }
    req = kl_payments_place_order(svc->p, order, want->authorization_token, want->billing_address,
                                  want->shipping_address);
    if (!req.method) {
        return kl_error_field(err, "authorization_token", "authorization_token",
                              "characters Klarna does not use",
                              "the token that Klarna's authorize call gave");
    }
    ops[0] = kl_operation_new(svc, order, KL_OP_PLACE_ORDER, client, err);
    if (!ops[0]) {
        return err->kind;
    }
    kl_operation_request(ops[0], &req);
    ops[0]->amount = order->order_amount;
    *n = 1;
    return KL_OK;
}

kl_kind_t kl_checkout_place_prepare(kl_service_t *svc, const kl_place_request_t *want,
                                    const kl_client_t *client, kl_operation_t **out,
                                    kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = shoppers_order(svc, want->order_id, want->key, &order, err);

    return rv == KL_OK ? kl_prepare(svc, want->order_id, plan_place, want, client, out, err) : rv;
}

kl_kind_t kl_checkout_read(kl_service_t *svc, const char *order_id, const char *key,
                           kl_order_t **out, kl_error_t *err)
{
    return shoppers_order(svc, order_id, key, out, err);
}
