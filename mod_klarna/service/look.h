/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's look at an order that is due: Klarna's record is read back, what is not final is
 * established, and a person is told once what they should know. */
#ifndef KL_LOOK_H
#define KL_LOOK_H

#include "service/service.h"

/** Looks at one order. Calls Klarna. *note: what an operator should read, or NULL. */
kl_kind_t kl_look_at(kl_service_t *svc, kl_order_t *order, const char **note, kl_error_t *err);

#endif
