/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a credit invoice moves, and by which Klarna verbs. What was captured is refunded; what was
 * not is taken off the authorization, and that happens first: it costs nobody anything if the
 * second call fails. Nothing here changes the order.
 */
#ifndef KL_PLAN_CREDIT_H
#define KL_PLAN_CREDIT_H

#include "core/plan_selection.h"

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

/** The most of each line that a credit invoice could take now, without releasing what waits where
 * that is not known: of kl_part_t, as many as the order has lines. */
kl_part_t *kl_plan_credit_limits(apr_pool_t *p, const kl_order_t *order);

/** What the step means for the shopper and the order. */
const kl_words_t *kl_plan_credit_sentence(const kl_credit_step_plan_t *step);

/** The highest return fee that the plan's lines or amount would bear; 0 when nothing that was
 *  captured goes back, or Klarna takes none for this order's lines. */
apr_int64_t kl_plan_credit_max_fee(const kl_order_t *order, const kl_credit_plan_t *plan);

const char *kl_plan_credit_verb_name(kl_verb_t verb);

#endif
