/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two colours of a code. A scanner needs dark on light, and enough of a difference: what it
 * could not read is refused here, not found out by a customer at the counter.
 */
#ifndef KL_COLOUR_H
#define KL_COLOUR_H

#include "core/error.h"

typedef apr_uint32_t kl_colour_t; /* 0xrrggbb */

/** "#rrggbb" or "rrggbb" (a '#' must be escaped in a URL). 0: it is neither. */
int kl_colour_parse(const char *text, kl_colour_t *out);

/** "#rrggbb" */
const char *kl_colour_text(apr_pool_t *p, kl_colour_t colour);

/** KL_INVALID that names dark, unless dark is darker than light by a contrast ratio (WCAG 2.1) of
 *  at least 3:1. */
kl_kind_t kl_colour_check(kl_colour_t dark, kl_colour_t light, kl_error_t *err);

#endif
