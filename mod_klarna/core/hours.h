/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How operations ended, hour by hour, and how long Klarna took. One entry for every hour, empty
 * ones too, so that no line is drawn across a gap.
 */
#ifndef KL_HOURS_H
#define KL_HOURS_H

#include "core/operation.h"

/* What operations of one kind that last changed in one hour came to. */
typedef struct kl_operation_hour_t {
    apr_time_t hour; /* its beginning */
    kl_op_kind_t kind;
    kl_op_state_t state;
    apr_int64_t count;
    apr_int64_t called;             /* of these: whose last try reached Klarna (took > 0) */
    apr_int64_t took_sum, took_max; /* ms of these */
    apr_int64_t slow;               /* of these: longer than KL_SLOW_MS */
} kl_operation_hour_t;

/* All kinds together. */
typedef struct kl_hour_t {
    apr_int64_t payments, captures, refunds; /* confirmed */
    apr_int64_t refused, unknown;
    apr_int64_t calls, took_sum, took_max, slow; /* as above */
} kl_hour_t;

typedef struct kl_hours_t {
    apr_time_t from, to; /* to: the end of the hour that runs now */
    int n;
    kl_hour_t *hour; /* n of them */
} kl_hours_t;

/** The n hours up to the one that now is in; all empty. */
kl_hours_t *kl_hours_make(apr_pool_t *p, apr_time_t now, int n);

/** Adds one kind's figures to their hour; those of another time are left out. */
void kl_hours_add(kl_hours_t *hours, const kl_operation_hour_t *row);

/** {"from", "hours": [...]}, fit for strangers too. */
kl_json_t *kl_hours_view(apr_pool_t *p, const kl_hours_t *hours);

#endif
