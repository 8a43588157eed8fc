/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an authorization is to become before it is captured: lines swapped, added, taken off, and
 * the amount that follows. A client names the lines that change; all others stay as Klarna's record
 * has them, so that what others did is never written over from a client's copy.
 */
#ifndef KL_PLAN_LINES_CHANGE_H
#define KL_PLAN_LINES_CHANGE_H

#include "core/order.h"

/* A line as it should be. */
typedef struct kl_line_change_t {
    kl_line_t line;
    int is_quantity; /* 1: reference and quantity only: that many at the price it has, 0 of them: it
                        comes off */
} kl_line_change_t;

typedef struct kl_lines_request_t {
    apr_array_header_t *changes; /* of kl_line_change_t, at least one */
    const char *description;     /* "" when none */
} kl_lines_request_t;

typedef struct kl_lines_plan_t {
    apr_int64_t amount;        /* the sum of the lines */
    apr_array_header_t *lines; /* all of them, of kl_line_t */
} kl_lines_plan_t;

/** Reads {"order_lines", "description"}; strings live in p. @return KL_OK or KL_INVALID */
kl_kind_t kl_plan_lines_change_read(kl_lines_request_t *out, apr_pool_t *p, const kl_json_t *body,
                                    kl_error_t *err);

/** @return KL_OK; KL_CONFLICT "lines_not_changeable"; KL_INVALID with the line that cannot be so */
kl_kind_t kl_plan_lines_change(kl_lines_plan_t *out, apr_pool_t *p, const kl_order_t *order,
                               const kl_lines_request_t *want, kl_error_t *err);

/** What the plan comes to, as the preview shows it. */
kl_json_t *kl_plan_lines_change_view(apr_pool_t *p, const kl_order_t *order,
                                     const kl_lines_plan_t *plan);

#endif
