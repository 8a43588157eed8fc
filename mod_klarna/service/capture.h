/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shipping: capture what leaves the house, with its tracking, and add tracking later.
 */
#ifndef KL_CAPTURE_H
#define KL_CAPTURE_H

#include "service/act.h"

/** Reads ask->capture. */
extern const kl_action_t kl_capture_action;
/** Captures all that is open, without a reference. @return as kl_act */
kl_kind_t kl_capture_everything(kl_service_t *svc, const char *order_id, kl_acted_t *acted,
                                kl_error_t *err);
/** What a capture would move; nothing moves, and Klarna is not asked. */
kl_kind_t kl_capture_preview(kl_service_t *svc, const kl_ask_t *ask, kl_order_t **order,
                             kl_movement_t *moved, kl_error_t *err);
/** Reads ask->tracking. */
extern const kl_action_t kl_capture_tracking_action;
/** Klarna writes to the shopper about a capture once more. @return as kl_act; KL_NOT_FOUND
 *  "no_such_capture"; KL_CONFLICT "nothing_to_send" */
extern const kl_action_t kl_capture_send_out_action;

/** KL_OK, or KL_NOT_FOUND "no_such_capture". */
kl_kind_t kl_capture_known(const kl_order_t *order, const char *capture_id, kl_error_t *err);

#endif
