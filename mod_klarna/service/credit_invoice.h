/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Returns: a credit invoice becomes one Klarna call or two, depending on the order's state
 * (core/plan.h decides). It is written into the order, pending, by the save that claims the
 * order, and is paid only when Klarna confirmed every step. Cancelling is a credit invoice over
 * everything.
 */
#ifndef KL_CREDIT_INVOICE_H
#define KL_CREDIT_INVOICE_H

#include "service/act.h"

/** Reads ask->credit. The verbs are chosen by kl_plan_credit; at most two operations follow
 *  each other under one credit invoice. */
extern const kl_action_t kl_credit_invoice_action;
/** Cancels the whole order; reads ask->credit, which must ask for everything. Final. */
extern const kl_action_t kl_credit_invoice_cancel_action;

/** What the action would do now, without doing it. */
kl_kind_t kl_credit_invoice_preview(kl_service_t *svc, const kl_ask_t *ask, kl_order_t **order,
                                    kl_credit_plan_t *plan, kl_error_t *err);

#endif
