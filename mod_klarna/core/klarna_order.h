/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna's record of an order, as read back (Order Management, GET order), and how our
 * order takes over what it may: state, fraud status, expiry, references. Amounts are
 * compared, never taken over silently: what moved at Klarna without us is reported.
 */
#ifndef KL_KLARNA_ORDER_H
#define KL_KLARNA_ORDER_H

#include "core/order.h"

typedef struct kl_klarna_order_t {
    const char *order_id, *status, *fraud_status, *klarna_reference;
    const char *reference1, *reference2;
    apr_int64_t order_amount, captured_amount, refunded_amount, remaining_authorized_amount;
    apr_time_t expires_at;        /* 0 = not given */
    int captures, refunds;        /* how many Klarna has */
} kl_klarna_order_t;

/**
 * Takes over status (when the amounts agree, or it ends the order: CANCELLED, EXPIRED,
 * CLOSED), fraud status, expiry and short reference. EXPIRED and CANCELLED set the
 * remaining amount to 0. While an operation holds the claim, status and amounts are left
 * alone, because that operation may be what changed them.
 * @return 1 when Klarna's amounts differ from ours (something was done outside).
 */
int kl_order_take_over(kl_order_t *order, apr_pool_t *p, const kl_klarna_order_t *seen);

#endif
