/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long polls of a till or a customer's screen. No database connection is held while one waits, and
 * only some of the threads wait at once: beyond that the answer comes now, with Retry-After.
 * Whoever waits looks at Klarna when that is due, so that a payment ends although the worker is off
 * and no callback comes.
 */
#ifndef KL_HANDLERS_TILL_WAIT_H
#define KL_HANDLERS_TILL_WAIT_H

#include "handlers/handlers.h"

#define KL_TILL_WAIT_MOST 30 /* seconds */

/** Reads the payment as it stands, or NULL for none. */
typedef kl_kind_t (*kl_till_load_fn)(kl_request_t *req, const void *what, kl_order_t **out);

/** What is asked for, and how it is read. */
typedef struct kl_till_wait_t {
    kl_till_load_fn load;
    const void *what;
} kl_till_wait_t;

/** The payment, at once or when it has news: its version is above `version` of the query, it has
 *  ended, or `wait` seconds are over. May call Klarna. */
kl_kind_t kl_till_wait(kl_request_t *req, const kl_till_wait_t *it, kl_order_t **out);

#endif
