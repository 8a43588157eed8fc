/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The invariants of an order, checked after every change and before every save. A broken
 * one means a defect or an order changed by other hands: the change must be thrown away.
 */
#ifndef KL_ORDER_CHECK_H
#define KL_ORDER_CHECK_H

#include "core/order.h"

/** The first of the rules below that the order's figures break, in words; static. NULL when they
 *  add up. */
const char *kl_order_check_fault(const kl_order_t *order);

/**
 * Checks the invariants: captured + remaining <= order_amount, refunded <= captured, each
 * line's captured + cancelled <= its own, credited <= captured, nothing negative that must
 * not be.
 * @return KL_OK or KL_INTERNAL "invariant" naming the first that is broken.
 */
kl_kind_t kl_order_check(const kl_order_t *order, kl_error_t *err);

#endif
