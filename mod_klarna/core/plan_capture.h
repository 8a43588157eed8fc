/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a capture moves: never more than what remains of the authorization, never more than
 * what is open of a line. What belongs to the whole order goes along with its share, unless a pick
 * says how much of it does. Nothing here changes the order.
 */
#ifndef KL_PLAN_CAPTURE_H
#define KL_PLAN_CAPTURE_H

#include "core/plan_selection.h"

/**
 * What a capture moves.
 * @return KL_OK, KL_INVALID ("unknown_line", "duplicate_reference", "too_many", "too_much",
 *   "line_sign", "nothing"), or KL_CONFLICT ("not_capturable": state or fraud review forbids
 *   it, with the reason).
 */
kl_kind_t kl_plan_capture(kl_movement_t *out, apr_pool_t *p, const kl_order_t *order,
                          const kl_capture_request_t *want, kl_error_t *err);

/** The most of each line that a capture could take now: of kl_part_t, as many as there are lines.
 */
kl_part_t *kl_plan_capture_limits(apr_pool_t *p, const kl_order_t *order);

#endif
