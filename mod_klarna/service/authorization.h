/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authorization itself: extend its time, release what was not captured.
 */
#ifndef KL_AUTHORIZATION_H
#define KL_AUTHORIZATION_H

#include "service/act.h"

extern const kl_action_t kl_authorization_extend_action;
extern const kl_action_t kl_authorization_release_action;

#endif
