/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna sends the customer the link of a payment in a store, by SMS or e-mail. It goes on the wire
 * once: when the answer is lost the till is told, asks the customer, and may have it sent again.
 */
#ifndef KL_INSTORE_SEND_H
#define KL_INSTORE_SEND_H

#include "service/act.h"

/** Reads ask->send. @return as kl_act; KL_CONFLICT "not_open" or "no_link" */
extern const kl_action_t kl_instore_send_action;

/** The till shows the code, or hands the link over itself. */
kl_kind_t kl_instore_send_show(kl_service_t *svc, const char *id, kl_order_t **out,
                               kl_error_t *err);

#endif
