/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning: from what a person asks ("these lines", "this amount", "everything") and the
 * order as it stands to what may move. Pure functions; nothing here changes the order.
 * A plan never exceeds what the order can bear, per line and in total; the last part of a
 * line takes exactly what is left of it.
 */
#ifndef KL_PLAN_H
#define KL_PLAN_H

#include "core/order.h"

typedef struct kl_pick_t {
    const char *reference; /* the line */
    apr_int64_t quantity;  /* 0 allowed when amount is given: value only */
    int has_amount;
    apr_int64_t amount; /* minor units; negative for a discount line */
} kl_pick_t;

/* Exactly one of everything, amount, picks. */
typedef struct kl_selection_t {
    int everything;
    int has_amount;
    apr_int64_t amount;        /* > 0 */
    apr_array_header_t *picks; /* of kl_pick_t, at least 1; NULL when not by lines */
} kl_selection_t;

typedef struct kl_capture_request_t {
    kl_selection_t what;
    const char *reference, *description; /* "" when none */
    const char *shipping_info;           /* JSON array text, "[]" when none */
} kl_capture_request_t;

typedef struct kl_credit_request_t {
    kl_selection_t what;
    int release;            /* 1: what waits to be shipped may be taken off instead of paid back */
    apr_int64_t return_fee; /* >= 0 */
    apr_int64_t return_fee_tax_rate;
    const char *name;                /* of an amount; "": ours */
    int taxed;                       /* 1: tax_rate is the amount's */
    apr_int64_t tax_rate;            /* hundredths of a percent */
    const char *reference, *comment; /* "" when none */
    const char *credit_note;         /* in store: the note whose refund it is; NULL or "": none */
    int confirm_reference;           /* 1: a number that is on the order already is meant */
} kl_credit_request_t;

/* Reads the JSON bodies of the routes (plan_json.c). Unknown members are refused. */

typedef enum { KL_VERB_CANCEL, KL_VERB_REDUCE, KL_VERB_RELEASE, KL_VERB_REFUND } kl_verb_t;

typedef struct kl_credit_step_plan_t {
    kl_verb_t verb;
    kl_movement_t moved;
} kl_credit_step_plan_t;

/* At most two steps: what was not captured is taken off first, then captured money goes
 * back. */
typedef struct kl_credit_plan_t {
    int steps;
    kl_credit_step_plan_t step[2];
    apr_int64_t amount; /* sum of the steps */
} kl_credit_plan_t;

#endif
