/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shopper's side before the order is placed: start a payment, change its cart, say that it was
 * declined. A session moves no money and nobody can pay it before its answer is known, so that it
 * is stored after the call. Placing moves money and is an action (placement.h).
 */
#ifndef KL_CHECKOUT_H
#define KL_CHECKOUT_H

#include "core/cart.h"
#include "service/service.h"

/* A payment as the shopper names it. */
typedef struct kl_payment_id_t {
    const char *order_id;
    const char *key; /* the order's, a secret */
} kl_payment_id_t;

/** The cart that the shop has signed.
 *  @param keys of kl_cart_key_t
 *  @return NULL with the reason of kl_signed_cart_open */
kl_json_t *kl_checkout_open_cart(kl_service_t *svc, const char *token,
                                 const apr_array_header_t *keys, kl_error_t *err);

/** Starts a payment with a Klarna session. The same client key gives the same payment. Calls
 *  Klarna.
 *  @param client key "" when there is none */
kl_kind_t kl_checkout_start(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                            kl_order_t **out, kl_error_t *err);

/** Puts another cart into a payment that is not placed: Klarna first, stored when Klarna
 *  accepted. Calls Klarna. */
kl_kind_t kl_checkout_update(kl_service_t *svc, const kl_payment_id_t *id, kl_cart_t *cart,
                             kl_order_t **out, kl_error_t *err);

/** The shopper's own order; a wrong key is KL_NOT_FOUND like a missing order. */
kl_kind_t kl_checkout_read(kl_service_t *svc, const char *order_id, const char *key,
                           kl_order_t **out, kl_error_t *err);

/** Klarna's widget refused the shopper for good.
 *  @param words what it said, "" when nothing; kept in memory of the caller
 *  @return KL_OK, again for the same words; KL_CONFLICT "not_open" or "in_progress" */
kl_kind_t kl_checkout_declined(kl_service_t *svc, const kl_payment_id_t *id, const char *words,
                               kl_order_t **out, kl_error_t *err);

/** KL_OK while the payment can be changed and placed, else KL_CONFLICT "not_open". */
kl_kind_t kl_checkout_still_open(const kl_order_t *order, kl_error_t *err);

#endif
