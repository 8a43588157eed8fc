/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding an operation into its order. Called with an operation whose outcome is stored;
 * it changes the order in memory only, the caller saves it by compare-and-set together
 * with the release of the claim, so an outcome is applied exactly once.
 */
#ifndef KL_APPLY_H
#define KL_APPLY_H

#include "core/operation.h"

/*
 * The intent of an operation, by kind (JSON object text):
 *   refund, cancel, reduce, release  {"movement": M}
 *   capture         {"movement": M, "reference", "description", "shipping_info": [...]}
 *   shipping_info   {"capture_id", "shipping_info": [...]}
 *   place_order, extend  not read
 * M is what kl_movement_json writes. The result of place_order is
 * {"fraud_status", "redirect_url"}.
 */

/**
 * Applies a final operation that holds the order's claim (order->pending_op == op->id):
 * a confirmed one moves amounts, lines and state and adds its capture or refund; a refused
 * one marks its credit invoice step. The claim goes to op->next_op after a confirmed step,
 * to "" otherwise. Order and operation must live in p or longer.
 * @return KL_OK, KL_CONFLICT "not_claimed", or KL_INTERNAL when an invariant would break:
 *   then the order in memory must be thrown away.
 */
kl_kind_t kl_apply(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op, kl_error_t *err);

/**
 * Adds a credit invoice in state "pending" with its steps; done in the same save that
 * claims the order.
 */
void kl_apply_credit_invoice(kl_order_t *order, apr_pool_t *p, const kl_credit_invoice_t *ci);

#endif
