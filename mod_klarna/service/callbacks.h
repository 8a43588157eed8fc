/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Klarna calls in: unsigned hints, believed only as far as a secret in the URL goes. Each
 * is stored before it is answered and verified by reading Klarna afterwards, so that duplicates,
 * lost ones and any order of arrival end the same.
 */
#ifndef KL_CALLBACKS_H
#define KL_CALLBACKS_H

#include "service/service.h"

/* What Klarna called with. */
typedef struct kl_called_t {
    const char *account; /* name of the account the note is for; the caller's until an order
                            of another one is found */
    const char *why;     /* "" or the code under which a refusal is noted: "unknown_order",
                            "wrong_secret" (the caller gets the same answer for both), "database" */
    kl_order_t *order;
} kl_called_t;

/** Loads the order whose callback URL holds name = "{order id}.{secret}" into called. */
kl_kind_t kl_callbacks_order(kl_service_t *svc, const char *name, kl_called_t *called,
                             kl_error_t *err);
/** Notes for the operator how a callback of this kind ("authorization", "fraud", "status")
 *  ended: accepted when called->why is "". The callback does not depend on it. */
kl_kind_t kl_callbacks_note(kl_service_t *svc, const char *kind, const kl_called_t *called,
                            kl_error_t *err);
/** The shopper authorized but may never come back: the placement is stored, once, for the
 *  worker; client is bound to the token as the browser's own placement is. */
kl_kind_t kl_callbacks_authorization(kl_service_t *svc, const kl_order_t *order, const char *token,
                                     const kl_client_t *client, kl_error_t *err);
/** Something changed at Klarna: the worker looks at the order at once. klarna_order_id may be
 *  "" or the id Klarna named, with which an orphan is adopted. */
kl_kind_t kl_callbacks_change(kl_service_t *svc, kl_order_t *order, const char *klarna_order_id,
                              kl_error_t *err);

#endif
