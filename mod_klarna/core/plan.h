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
    apr_int64_t return_fee; /* >= 0 */
    apr_int64_t return_fee_tax_rate;
    const char *reference, *comment; /* "" when none */
} kl_credit_request_t;

/* Reads the JSON bodies of the routes (plan_json.c). Unknown members are refused. */
kl_kind_t kl_plan_json_capture(kl_capture_request_t *want, apr_pool_t *p, const kl_json_t *v,
                               kl_error_t *err);
kl_kind_t kl_plan_json_credit(kl_credit_request_t *want, apr_pool_t *p, const kl_json_t *v,
                              kl_error_t *err);
/** Reads the array shipping_info, in Klarna's words, into JSON text; "[]" when it is absent. */
kl_kind_t kl_plan_json_shipping_info(const char **text, const kl_reader_t *rd, int required);

/**
 * What a capture moves.
 * @return KL_OK, KL_INVALID ("unknown_line", "duplicate_reference", "too_many", "too_much",
 *   "line_sign", "nothing"), or KL_CONFLICT ("not_capturable": state or fraud review forbids
 *   it, with the reason).
 */
kl_kind_t kl_plan_capture(kl_movement_t *out, apr_pool_t *p, const kl_order_t *order,
                          const kl_capture_request_t *want, kl_error_t *err);

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

/**
 * Which Klarna verbs a credit invoice needs, decided from the order's state:
 * nothing captured and everything credited: cancel; nothing captured, a part: reduce;
 * captured: refund; not captured part of a part-captured order: release when it is the
 * whole rest, else reduce. A return fee is only possible on a refund and must be smaller
 * than what is refunded. A kept fee stays kept: only a free amount may give it back.
 * @return KL_OK, KL_INVALID (those of kl_plan_capture and "return_fee") or KL_CONFLICT
 *   ("not_creditable": with the reason).
 */
kl_kind_t kl_plan_credit(kl_credit_plan_t *out, apr_pool_t *p, const kl_order_t *order,
                         const kl_credit_request_t *want, kl_error_t *err);

const char *kl_plan_credit_verb_name(kl_verb_t verb);
/** What the step means for the shopper and the order. */
const kl_words_t *kl_plan_credit_sentence(const kl_credit_step_plan_t *step);
/** The highest return fee that the plan's lines or amount would bear; 0 when nothing that
 *  was captured goes back. */
apr_int64_t kl_plan_credit_max_fee(const kl_credit_plan_t *plan);

/** Why the order as it stands cannot be captured / credited / cancelled / extended /
 *  released, as one sentence; NULL when it can. The admin page shows these. Cancelling means
 * crediting everything, whatever verbs that takes. (plan_why.c) */
const kl_words_t *kl_why_not_capture(const kl_order_t *order);
const kl_words_t *kl_why_not_credit(const kl_order_t *order);
const kl_words_t *kl_why_not_cancel(const kl_order_t *order);
const kl_words_t *kl_why_not_extend(const kl_order_t *order);
const kl_words_t *kl_why_not_release(const kl_order_t *order);
/** Why it cannot be given a Klarna order id; NULL for an orphan. */
const kl_words_t *kl_why_not_adopt(const kl_order_t *order);
/** Why a person cannot mark it as seen; NULL if there is a mark that this clears. An orphan's mark
 * goes only with its adoption. */
const kl_words_t *kl_why_not_seen(const kl_order_t *order);

/**
 * Movement lines as Klarna order lines (for captures and refunds): quantity, unit_price,
 * total_amount, total_discount_amount and tax such that Klarna's line rule holds; a return
 * fee becomes a line of type return_fee with a negative amount. Their sum is m->amount.
 */
apr_array_header_t *kl_plan_lines_klarna(apr_pool_t *p, const kl_order_t *order,
                                         const kl_movement_t *m);

/**
 * The lines and total of the authorization as it will be after m was taken off it. An
 * amount without lines becomes a discount line.
 */
apr_array_header_t *kl_plan_lines_reduced(apr_pool_t *p, const kl_order_t *order,
                                          const kl_movement_t *m);

/** The discount line that a reduction by a free amount adds to the order. */
kl_line_t kl_plan_lines_reduction(apr_pool_t *p, const kl_order_t *order, apr_int64_t amount);

#endif
