/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders as CSV (RFC 4180) for spreadsheets. A file begins with a byte order mark, because
 * Excel reads one without it in the machine's old code page and spoils every name that is not
 * English. What a spreadsheet would run as a formula is made text: references are what shoppers
 * and other systems wrote.
 */
#ifndef KL_ORDER_CSV_H
#define KL_ORDER_CSV_H

#include "core/order.h"

/** The mark and the names of the columns. */
extern const char kl_order_csv_header[];

/** One order; ends with CR LF. */
const char *kl_order_csv_row(apr_pool_t *p, const kl_order_t *order);

#endif
