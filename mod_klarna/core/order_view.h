/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order and what belongs to it as the routes show them.
 */
#ifndef KL_ORDER_VIEW_H
#define KL_ORDER_VIEW_H

#include "core/plan.h"

/** The order; `full` adds lines, captures, credit invoices and what may be done with it. */
kl_json_t *kl_order_view(apr_pool_t *p, const kl_order_t *order, int full);
kl_json_t *kl_order_view_credit_invoice(apr_pool_t *p, const kl_order_t *order,
                                        const kl_credit_invoice_t *ci);
/** The plan of a capture before it is carried out. */
kl_json_t *kl_order_view_capture_plan(apr_pool_t *p, const kl_order_t *order,
                                      const kl_movement_t *moved);
/** The plan of a return before it is carried out. */
kl_json_t *kl_order_view_credit_plan(apr_pool_t *p, const kl_order_t *order,
                                     const kl_credit_plan_t *plan);

#endif
