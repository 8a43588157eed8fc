/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By how many days the shopper may pay later for a capture, and what Klarna charges the shop for
 * each of these options. Only an option that Klarna offers is asked for, at the price that it asks.
 */
#ifndef KL_PLAN_DUE_DATE_H
#define KL_PLAN_DUE_DATE_H

#include <apr_tables.h>
#include "core/error.h"
#include "core/json.h"

#define KL_MAX_DUE_OPTIONS 50
#define KL_MAX_DUE_DAYS 3650

typedef struct kl_due_option_t {
    apr_int64_t days;
    apr_int64_t price; /* minor units of the options' currency, which the shop pays */
} kl_due_option_t;

typedef struct kl_due_options_t {
    const char *currency;
    apr_array_header_t *list; /* of kl_due_option_t; empty: the date stays */
} kl_due_options_t;

/* What a clerk chose. */
typedef struct kl_due_date_request_t {
    apr_int64_t days;
    apr_int64_t price; /* as it was shown; -1: any */
} kl_due_date_request_t;

/**
 * The option that was chosen, among those that Klarna offers now.
 * @return KL_OK; KL_INVALID "not_offered" naming the options; KL_CONFLICT "no_due_date_options" or
 *   "price_changed"
 */
kl_kind_t kl_plan_due_date(kl_due_option_t *out, const kl_due_options_t *options,
                           const kl_due_date_request_t *want, kl_error_t *err);

/** Adds currency and options to v. */
void kl_plan_due_date_view(apr_pool_t *p, kl_json_t *v, const kl_due_options_t *options);

#endif
