/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placing the order: the authorization token that Klarna's widget gave the shopper's browser
 * becomes an order. The endpoint has no idempotency keys: run.h, verify.h and adopt.h see to it
 * that a lost answer places nothing twice.
 */
#ifndef KL_PLACEMENT_H
#define KL_PLACEMENT_H

#include "service/act.h"

/** Reads ask->place. The client key should be bound to the token, so that a double click is one
 *  operation. */
extern const kl_action_t kl_placement_action;

/** kl_act of it for a caller who knows the order's key; a wrong one is KL_NOT_FOUND. */
kl_kind_t kl_placement_by_shopper(kl_service_t *svc, const char *key, const kl_ask_t *ask,
                                  kl_acted_t *acted, kl_error_t *err);

#endif
