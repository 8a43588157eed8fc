/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the lines of an authorization, and its amount with them. */
#ifndef KL_LINES_H
#define KL_LINES_H

#include "service/act.h"

/** Writes the authorization anew with ask->lines in it, upon Klarna's record.
 *  @return as kl_act; what kl_plan_lines_change refuses; KL_UNAVAILABLE "record_not_read",
 *  KL_CONFLICT "differs_from_klarna" */
extern const kl_action_t kl_lines_action;

/** What that would come to; calls nobody. */
kl_kind_t kl_lines_preview(kl_service_t *svc, const kl_ask_t *ask, kl_order_t **order,
                           kl_lines_plan_t *plan, kl_error_t *err);

#endif
