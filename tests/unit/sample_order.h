/* SPDX-License-Identifier: Apache-2.0 */
/* The order the api tests build requests from: two pieces of goods, freight, a discount. */
#ifndef KL_TEST_SAMPLE_ORDER_H
#define KL_TEST_SAMPLE_ORDER_H

#include "core/order.h"

/** 2 * 5000 + 900 - 400 = 10500, all at 25 %. Authorized, nothing moved. */
kl_order_t *shipped_order(apr_pool_t *p);

/** Parses text; fails the test unless it is an object. */
kl_json_t *object_of(apr_pool_t *p, const char *text);

/** Fails unless every order line has what Klarna requires, its line and tax rules hold and
 *  the total amounts add up to sum. */
void check_lines(const kl_json_t *body, apr_int64_t sum);

#endif
