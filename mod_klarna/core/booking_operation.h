/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Books one of our operations into its order. Called with an operation whose outcome is stored; it
 * changes the order in memory only, the caller saves it by compare-and-set together with the
 * release of the claim, so an outcome is booked exactly once.
 */
#ifndef KL_BOOKING_OPERATION_H
#define KL_BOOKING_OPERATION_H

#include "core/operation.h"

/**
 * Books a final operation that holds the order's claim (order->pending_op == op->id): a confirmed
 * one moves amounts, lines and state and adds its capture or refund; a refused one marks its
 * credit invoice step. The claim goes to op->next_op after a confirmed step, to "" otherwise; what
 * the order waits for and an orphan's mark follow. Order and operation must live in p or longer.
 * @return KL_OK, KL_CONFLICT "not_claimed", or KL_INTERNAL when an invariant would break:
 *   then the order in memory must be thrown away.
 */
kl_kind_t kl_booking_operation(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op,
                               kl_error_t *err);

#endif
