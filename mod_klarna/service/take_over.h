/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders that were placed before the module came, taken over by Klarna's id. Such an order begins
 * as a payment whose id follows from Klarna's, so that it is taken over once, whoever asks; its
 * operation only reads Klarna's record, and what was done to it before is booked like all that
 * others did.
 */
#ifndef KL_TAKE_OVER_H
#define KL_TAKE_OVER_H

#include "service/act.h"

/** Takes over ask->take_over. Calls Klarna.
 *  @return as kl_act; KL_CONFLICT "already_here", or "may_be_ours" while a placement waits whose
 *  order it may be; KL_REFUSED when Klarna does not show the order */
kl_kind_t kl_take_over(kl_service_t *svc, const kl_ask_t *ask, kl_acted_t *acted, kl_error_t *err);

#endif
