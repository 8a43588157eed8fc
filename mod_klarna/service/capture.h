/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shipping: capture what leaves the house, with its tracking, and add tracking later.
 */
#ifndef KL_CAPTURE_H
#define KL_CAPTURE_H

#include "service/act.h"

/** Reads ask->capture. */
extern const kl_action_t kl_capture_action;
/** Reads ask->tracking. */
extern const kl_action_t kl_capture_tracking_action;

#endif
