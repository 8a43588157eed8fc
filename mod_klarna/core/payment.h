/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A payment: an attempt to be paid. It has the id of the order that it becomes when Klarna
 * accepts, and until then the same members, in a short row of its own; most payments end here.
 * States: CREATED, DECLINED (a new token of the same session may still be placed), ABANDONED.
 */
#ifndef KL_PAYMENT_H
#define KL_PAYMENT_H

#include "core/order.h"

/** 1 for a state that is a payment's: CREATED, DECLINED or ABANDONED. */
int kl_payment_is_state(kl_order_state_t state);
/** 1 while it stays a payment when it is saved. Klarna's order id makes it an order, and so does a
 *  mark for people, so that it stands in their lists. */
int kl_payment_is_only(const kl_order_t *order);
/** 1 while it can be changed and placed; not an orphan, of which Klarna has an order. */
int kl_payment_is_open(const kl_order_t *order);

/** Klarna, or its widget, said no for good. An orphan stays as it is, to be adopted.
 *  @param code Klarna's error code, or "widget"
 *  @param words what was said, for people; "" when nothing was */
void kl_payment_decline(kl_order_t *order, const char *code, const char *words);

#endif
