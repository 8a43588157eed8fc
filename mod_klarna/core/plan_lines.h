/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of lines as Klarna order lines. Klarna checks total_amount = quantity * unit_price -
 * total_discount_amount with a discount that is not negative (Order Management, order line),
 * so a part that is not a whole number of units is written with a unit price or a discount
 * that makes it true; the sum is always the amount that moves.
 */
#ifndef KL_PLAN_LINES_H
#define KL_PLAN_LINES_H

#include "core/plan.h"

/**
 * Movement lines as Klarna order lines (for captures and refunds): quantity, unit_price,
 * total_amount, total_discount_amount and tax such that Klarna's line rule holds; a return
 * fee becomes a line of type return_fee with a negative amount. Their sum is m->amount. An amount
 * without lines has one only where a person named it or its VAT rate, else none.
 */
apr_array_header_t *kl_plan_lines_klarna(apr_pool_t *p, const kl_order_t *order,
                                         const kl_movement_t *m);

/** The discount lines that m, an amount without lines, adds to the order: one with the rate it was
 *  given, or one for each VAT rate of what is open, so that the VAT is that of what it reduces. */
apr_array_header_t *kl_plan_lines_reduction(apr_pool_t *p, const kl_order_t *order,
                                            const kl_movement_t *m);

/** The surcharge line that a raise by a free amount adds to it. */
kl_line_t kl_plan_lines_raise(apr_pool_t *p, const kl_order_t *order, apr_int64_t amount);

/** What is authorized of a line, without what was taken off it.
 *  @return 0 when nothing is; *left is then not set */
int kl_plan_lines_authorized(const kl_line_t *line, kl_line_t *left);

/**
 * The lines and total of the authorization as it will be after m was taken off it. An
 * amount without lines becomes a discount, see above.
 */
apr_array_header_t *kl_plan_lines_reduced(apr_pool_t *p, const kl_order_t *order,
                                          const kl_movement_t *m);

#endif
