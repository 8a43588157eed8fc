/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the background worker does, in units of one operation or one order: run what somebody
 * left, read back what is not final, find what a person must see. Any worker of any host may
 * take any unit; the compare-and-set of its first save decides who does.
 */
#ifndef KL_WORK_H
#define KL_WORK_H

#include "service/service.h"

/** Runs one operation that is due as far as it gets. Calls Klarna. */
kl_kind_t kl_work_operation(kl_service_t *svc, kl_operation_t **op, kl_error_t *err);
/** Looks at one order that is due. Calls Klarna. *note: what an operator should read, or NULL. */
kl_kind_t kl_work_order(kl_service_t *svc, kl_order_t *order, int auto_extend, const char **note,
                        kl_error_t *err);

#endif
