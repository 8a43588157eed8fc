/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Klarna was told of the shopper must be in the placement, member by member (addresses.h). As
 * a rule it is known: the cart told some, the browser says with its token what it told. Where that
 * is not so, Klarna's session is read before the placement goes out for the first time; it shows
 * all that it has collected.
 */
#ifndef KL_TOLD_H
#define KL_TOLD_H

#include "core/addresses.h"
#include "service/service.h"

/* What a shopper's browser, or Klarna's callback, asks to place. */
typedef struct kl_place_request_t {
    const char *authorization_token;
    const char *key;     /* the payment's secret; NULL: Klarna itself asks */
    kl_addresses_t told; /* what the browser told Klarna when it authorized */
} kl_place_request_t;

/** What is known of it now. @return why it may not be all (an intent's `unknown`), or "" */
const char *kl_told_known(kl_service_t *svc, const kl_order_t *order,
                          const kl_place_request_t *want, kl_addresses_t *told);

/** The browser comes after Klarna's callback, with the same token: what it told goes into the
 *  callback's placement, which never went out. In memory. */
void kl_told_by_browser(kl_service_t *svc, const kl_place_request_t *want, kl_operation_t *op);

/** Before a placement goes out for the first time: makes its request say all that Klarna was told,
 *  in memory. May call Klarna.
 *  @param wait becomes 1 when that cannot be read now: it is not to be sent, and is stored so */
kl_kind_t kl_told_ask(kl_service_t *svc, kl_operation_t *op, const kl_order_t *order, int *wait,
                      kl_error_t *err);

#endif
