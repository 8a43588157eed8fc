/* SPDX-License-Identifier: Apache-2.0 */
/* An order line: the words of its type, and what it can still bear. Amounts carry the line's
 * sign. */
#ifndef KL_LINE_H
#define KL_LINE_H

#include "core/order.h"

const char *kl_line_type_name(kl_line_type_t type);
int kl_line_type_parse(const char *name, kl_line_type_t *out);

/** One piece of that amount, which includes its tax. */
kl_line_t kl_line_plain(kl_line_type_t type, const char *reference, const char *name,
                        apr_int64_t amount, apr_int64_t tax_rate);

apr_int64_t kl_line_open_quantity(const kl_line_t *line); /* may be captured or taken off */
apr_int64_t kl_line_open_amount(const kl_line_t *line);
apr_int64_t kl_line_creditable_quantity(const kl_line_t *line); /* captured, not credited */
apr_int64_t kl_line_creditable_amount(const kl_line_t *line);

#endif
