/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Negative payments of an invoice that was paid in store. They are derived from its payments and
 * stored nowhere: each refund of a verified payment that Klarna has confirmed is one, whoever made
 * it, and so is what a credit note took of it. The refund of that makes no second one.
 */
#ifndef KL_NEGATIVE_H
#define KL_NEGATIVE_H

#include "core/order.h"

typedef struct kl_negative_t {
    const char *id; /* stays the same */
    const char *payment_id;
    const char *reason;      /* "refund", "outside" or "credit_note" */
    const char *credit_note; /* its number, or "" */
    apr_int64_t amount;      /* > 0 */
    apr_time_t at;
} kl_negative_t;

/** Those of one payment, in p: of kl_negative_t. */
apr_array_header_t *kl_negative_list(apr_pool_t *p, const kl_order_t *order);

/** What the payment is to its invoice now: what may still be paid if it waits, what was paid and is
 *  left if it is. 0 or more. */
apr_int64_t kl_negative_net(apr_pool_t *p, const kl_order_t *order);

#endif
