/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna Payments v1: sessions and placing orders. Builds requests, reads answers, sends
 * nothing. These endpoints know no idempotency key.
 */
#ifndef KL_PAYMENTS_H
#define KL_PAYMENTS_H

#include "api/reply.h"
#include "core/cart.h"

typedef struct kl_session_t {
    const char *session_id, *client_token;
    kl_json_t *payment_method_categories; /* Klarna's array, or NULL */
} kl_session_t;

typedef struct kl_placed_t {
    const char *order_id, *fraud_status, *redirect_url; /* "" when absent */
} kl_placed_t;

/** POST /payments/v1/sessions. cart carries what the order does not (the shopper), may be NULL.
 *  callback_base is the klarna-callbacks Location's address, "" = Klarna calls nothing. */
kl_klarna_request_t kl_payments_create_session(apr_pool_t *p, const kl_order_t *order,
                                               const kl_cart_t *cart, const char *callback_base);
kl_kind_t kl_payments_session_reply(kl_session_t *out, apr_pool_t *p,
                                    const kl_klarna_response_t *resp, kl_error_t *err);

/** The body of a session for a payment in a store: as above, with Klarna's word for that channel,
 *  and without an authorization callback, because Klarna places the order. told may be NULL. */
kl_json_t *kl_payments_store_session(apr_pool_t *p, const kl_order_t *order,
                                     const kl_addresses_t *told, const char *channel,
                                     const char *callback_base);
/** POST /payments/v1/sessions with this body. */
kl_klarna_request_t kl_payments_open_session(apr_pool_t *p, const kl_json_t *body);
/** What is needed of such a session: the id alone, which fits into a path. */
kl_kind_t kl_payments_session_id(const char **id, apr_pool_t *p, const kl_klarna_response_t *resp,
                                 kl_error_t *err);

/** "/payments/v1/sessions/{id}" of the order's session, or NULL. */
const char *kl_payments_session_path(apr_pool_t *p, const kl_order_t *order);

/** Where Klarna reports of this kind to; NULL when it calls nothing. */
const char *kl_payments_callback(apr_pool_t *p, const kl_order_t *order, const char *callback_base,
                                 const char *kind);

/** POST /payments/v1/sessions/{id}, answers 204. */
kl_klarna_request_t kl_payments_update_session(apr_pool_t *p, const kl_order_t *order,
                                               const kl_cart_t *cart, const char *callback_base);

/** GET /payments/v1/sessions/{id}: *complete 1 when an order was placed from it. */
kl_klarna_request_t kl_payments_read_session(apr_pool_t *p, const kl_order_t *order);
kl_kind_t kl_payments_session_status(int *complete, apr_pool_t *p, const kl_klarna_response_t *resp,
                                     kl_error_t *err);
/** The addresses that the session has collected, whoever told them. The customer is not among them:
 *  Klarna shows it without what identifies a person. */
kl_kind_t kl_payments_session_addresses(kl_addresses_t *out, apr_pool_t *p,
                                        const kl_klarna_response_t *resp, kl_error_t *err);

/** POST /payments/v1/authorizations/{token}/order. token is checked and escaped: it must be
 *  1..255 characters of [A-Za-z0-9._~-]; else method is NULL. */
kl_klarna_request_t kl_payments_place_order(apr_pool_t *p, const kl_order_t *order,
                                            const char *token, const kl_addresses_t *told);
kl_kind_t kl_payments_placed_reply(kl_placed_t *out, apr_pool_t *p,
                                   const kl_klarna_response_t *resp, kl_error_t *err);

#endif
