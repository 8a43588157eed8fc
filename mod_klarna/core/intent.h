/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operation is meant to move, kept with it as text from before its call until it is
 * booked. Written and read here only; what version 1 of the schema has stored is read too.
 */
#ifndef KL_INTENT_H
#define KL_INTENT_H

#include "core/operation.h"
#include "core/plan_due_date.h"

/* Each kind has some of these; the others are empty. Strings are never NULL, but for those of
 * which that says: stays as it is. */
typedef struct kl_intent_t {
    kl_movement_t moved;                 /* capture, refund, reduce, release */
    const char *reference, *description; /* capture: the shop's own words */
    apr_time_t expires_at;               /* extend: the end before, 0 = not known */
    const char *capture_id;              /* what concerns one capture: that */
    kl_due_option_t due;                 /* due_date: the option that was chosen */
    const char *currency;                /* due_date: of its price */
    const char *shipping_info;           /* capture, shipping_info: JSON array text */
    apr_array_header_t
        *lines; /* lines: all that the authorization becomes, of kl_line_t, or NULL */
    const char *merchant_reference1, *merchant_reference2; /* references: the new ones, or NULL */
    const char *unknown; /* place_order: why Klarna may have been told more of the
                            shopper than its request says (told.h), or "" */
} kl_intent_t;

/** An intent that moves nothing yet. */
kl_intent_t kl_intent_make(apr_pool_t *p);

/** The text for an operation of that kind; "" for one that needs none. */
const char *kl_intent_text(apr_pool_t *p, kl_op_kind_t kind, const kl_intent_t *intent);

/** Reads op's intent. @return KL_OK or KL_INTERNAL "invariant" or "movement" */
kl_kind_t kl_intent_parse(kl_intent_t *out, apr_pool_t *p, const kl_operation_t *op,
                          kl_error_t *err);

#endif
