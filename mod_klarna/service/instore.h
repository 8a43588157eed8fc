/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A payment in a store, as the till asks for it: begun, looked at, aborted, verified. Its row is
 * written before Klarna is called, so that a till that dies finds it; what became of it is found
 * out by instore_look.h, whoever asks.
 */
#ifndef KL_SERVICE_INSTORE_H
#define KL_SERVICE_INSTORE_H

#include "core/cart.h"
#include "core/department.h"
#include "core/invoice.h"
#include "service/service.h"

/* What a till asks for. Strings are never NULL: "" means none. */
typedef struct kl_instore_ask_t {
    const kl_department_t *department;
    const kl_cart_t *cart; /* its lines and references, and what Klarna prefills */
    const char *till, *terminal, *cashier;
    kl_invoice_told_t invoice; /* what the host told; number "": of none */
    const char *phone;         /* E.164 */
    const char *email;
    const char *short_code;    /* from the customer's phone; of a QR session only */
    const char *replaces;      /* a payment that waits, and that this one takes the place of */
    const kl_client_t *client; /* with a key */
} kl_instore_ask_t;

/** The payment of that id, of one of the caller's accounts, in its department; an order that was
 *  not paid in a store is KL_NOT_FOUND. */
kl_kind_t kl_instore_load(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err);

/** What was paid, or tried to be paid, in a store. *out: of kl_order_t *. */
kl_kind_t kl_instore_list(kl_service_t *svc, const kl_instore_query_t *query,
                          apr_array_header_t **out, kl_error_t *err);

/** The payment that was begun with this client key, if there is one: KL_NOT_FOUND when there is
 *  none; KL_INVALID "idempotency_key_reused" when something else was asked with it. */
kl_kind_t kl_instore_begun(kl_service_t *svc, const kl_client_t *client, kl_order_t **out,
                           kl_error_t *err);

/**
 * Begins a payment: stores it, then asks Klarna. The same client key gives the same payment.
 * Calls Klarna.
 * @return KL_OK, also when Klarna's answer was lost and the customer may see it nevertheless
 *   (instore->start says so); what Klarna refused, and what never began, is an error, and the
 *   payment has ended
 */
kl_kind_t kl_instore_begin(kl_service_t *svc, const kl_instore_ask_t *ask, kl_order_t **out,
                           kl_error_t *err);

/**
 * Ends one that waits: the customer can pay no more, unless Klarna says that they just did: then
 * that is how it ended. Calls Klarna.
 * @param by "cashier"
 * @return KL_OK, also while Klarna cannot be asked (it has not ended then, and the worker goes on);
 *   KL_CONFLICT "paid" when it was paid before
 */
kl_kind_t kl_instore_abort(kl_service_t *svc, const char *id, const char *by, kl_order_t **out,
                           kl_error_t *err);

/** What was paid and is not verified goes back, all of it. Calls Klarna.
 *  @return as kl_act; KL_CONFLICT "not_paid" or "verified"; KL_REFUSED when Klarna would not give
 * it back: then it is paid as before */
kl_kind_t kl_instore_give_back(kl_service_t *svc, const char *id, const kl_client_t *client,
                               kl_order_t **out, kl_error_t *err);

/** Makes what was paid a payment of the shop's; what Klarna only placed is captured first. Calls
 *  Klarna.
 *  @return KL_OK (verified_at is 0 while the capture is not confirmed); KL_CONFLICT "not_paid",
 *    "given_back", "nothing_left" or why it cannot be captured; KL_REFUSED when Klarna would not
 *    have it captured. After a no it can be given back */
kl_kind_t kl_instore_verify(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err);

/** What a till began with one that was paid, and died, or was turned away, before its end: it is
 *  given back, verified, or captured. Whatever fails is tried again by the next look at the order.
 *  Calls Klarna. */
void kl_instore_go_on(kl_service_t *svc, const kl_order_t *order);

#endif
