/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders for the tests of plans and bookings: made line by line, moved by the same JSON a
 * person would send (with ' for "), each confirmed or refused on the spot.
 */
#ifndef KL_TEST_ORDER_FIXTURE_H
#define KL_TEST_ORDER_FIXTURE_H

#include "support.h"

#include "core/booking.h"
#include "core/booking_operation.h"
#include "core/plan.h"

/** An order that Klarna accepted, without lines and amounts yet. */
kl_order_t *fixture_order(apr_pool_t *p);

/** Adds a line and its amount to an order that nothing was captured of. */
kl_line_t *fixture_line(kl_order_t *order, kl_line_type_t type, const char *reference,
                        apr_int64_t quantity, apr_int64_t unit_price, apr_int64_t discount,
                        apr_int64_t tax_rate);

/** shirt 3 x 100.00, mug 2 x 50.00 - 10.00, ship 49.00, off -30.00: 409.00 in all. */
kl_order_t *fixture_shop(apr_pool_t *p);

/** Text with ' turned into " as JSON; fails the test when it is none. */
kl_json_t *fixture_json(apr_pool_t *p, const char *text);

kl_line_t *fixture_at(const kl_order_t *order, const char *reference);

/** Parses and plans; nothing moves. */
kl_kind_t fixture_plan_capture(kl_movement_t *m, apr_pool_t *p, const kl_order_t *order,
                               const char *text, kl_error_t *err);
kl_kind_t fixture_plan_credit(kl_credit_plan_t *plan, apr_pool_t *p, const kl_order_t *order,
                              const char *text, kl_error_t *err);

/** Books an operation of this kind with this intent as Klarna's answer would have it. */
kl_kind_t fixture_book(kl_order_t *order, apr_pool_t *p, kl_op_kind_t kind, const char *intent,
                       kl_op_state_t state, kl_error_t *err);

/** Plans and books; refused_step is the step Klarna refuses, -1 for none. */
kl_kind_t fixture_capture(kl_order_t *order, apr_pool_t *p, const char *text, kl_error_t *err);
kl_kind_t fixture_credit_refused(kl_order_t *order, apr_pool_t *p, const char *text,
                                 int refused_step, kl_error_t *err);
kl_kind_t fixture_credit(kl_order_t *order, apr_pool_t *p, const char *text, kl_error_t *err);

/** Fails unless capture or credit went well. */
void must_capture(kl_order_t *order, apr_pool_t *p, const char *text);
void must_credit(kl_order_t *order, apr_pool_t *p, const char *text);

/** Fails unless the lines obey Klarna's line rule and come to sum. */
void check_klarna_lines(const apr_array_header_t *lines, apr_int64_t sum);
/** Fails unless the order has these amounts and its invariants hold. */
void check_amounts(const kl_order_t *order, kl_order_state_t state, apr_int64_t order_amount,
                   apr_int64_t captured, apr_int64_t refunded, apr_int64_t remaining);

#endif
