/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authorization itself: extend its time, release what was not captured.
 */
#ifndef KL_AUTHORIZATION_H
#define KL_AUTHORIZATION_H

#include "service/act.h"

/** @return as kl_act; KL_CONFLICT "not_extendable" with the reason, when it would not move the end
 */
extern const kl_action_t kl_authorization_extend_action;

/**
 * When the authorization ends after an extension. Klarna's answer does not say it: its record is
 * read once.
 * @param moved becomes 1 when that is later than before
 * @return 0 when it is not confirmed, or the end cannot be read now
 */
apr_time_t kl_authorization_end(kl_service_t *svc, const kl_acted_t *acted, int *moved);

extern const kl_action_t kl_authorization_release_action;

#endif
