/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order lines as Klarna's answers list them, in full: what others made of an order's lines is taken
 * over with all it says. They are read strictly, and all of them or none.
 */
#ifndef KL_ORDER_LINES_H
#define KL_ORDER_LINES_H

#include <apr_tables.h>
#include "core/json.h"

/**
 * The order_lines of v, of kl_line_t, in p. Every line has a reference of its own: one without gets
 * that of its place ("line-3"), one whose reference stands there already a number ("shirt#2").
 * @return NULL when none are listed; an empty list when one of them cannot be read or is out of
 *   bounds
 */
apr_array_header_t *kl_order_lines_read(apr_pool_t *p, const kl_json_t *v);

#endif
