/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A later due date for a capture: the shopper pays later, and the shop pays Klarna for that.
 * Klarna's options are read within the action. Its record does not show a due date, so that a lost
 * answer is found out by its key only, or by a person.
 */
#ifndef KL_DUE_DATE_H
#define KL_DUE_DATE_H

#include "service/act.h"

/** Reads the options for ask's order and capture. Calls Klarna, changes nothing.
 *  @return KL_OK; KL_NOT_FOUND; KL_CONFLICT "due_date_fixed"; KL_UNAVAILABLE "options_not_read" */
kl_kind_t kl_due_date_options(kl_service_t *svc, const kl_ask_t *ask, kl_order_t **order,
                              kl_due_options_t *out, kl_error_t *err);

/** @return as kl_act; as kl_due_date_options and kl_plan_due_date */
extern const kl_action_t kl_due_date_action;

#endif
