/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placing the order: the authorization token that Klarna's widget gave the shopper's browser
 * becomes an order. The endpoint has no idempotency keys: run.h, verify.h and adopt.h see to it
 * that a lost answer places nothing twice.
 */
#ifndef KL_PLACEMENT_H
#define KL_PLACEMENT_H

#include "service/act.h"

/** Reads ask->place; a wrong key there is KL_NOT_FOUND. The client key should be bound to the
 * token, so that a double click is one operation. */
extern const kl_action_t kl_placement_action;

/** 1 when Klarna is still to be told, and nothing holds the order. */
int kl_placement_wants_acknowledgement(const kl_order_t *order);
/** Tells Klarna that the shop knows of the order, as it wants to be told: once, unless something
 * was captured. Nothing depends on it. @return as kl_act; KL_CONFLICT "not_acknowledgeable" */
extern const kl_action_t kl_placement_acknowledge_action;

#endif
