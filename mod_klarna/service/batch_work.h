/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of a batch: one order of it is captured like any other, by kl_act, with a
 * client key made of batch and order. So it is captured once, whoever works on the item how often;
 * and the item ends when its operation has, or when there is none and the plan was refused.
 */
#ifndef KL_BATCH_WORK_H
#define KL_BATCH_WORK_H

#include "service/unit.h"

/** A kl_unit_t's due. */
kl_kind_t kl_batch_work_due(kl_service_t *svc, int limit, apr_array_header_t **out,
                            kl_error_t *err);
/** A kl_unit_t's work on one item. Calls Klarna. */
kl_kind_t kl_batch_work(kl_service_t *svc, void *due, kl_told_t *told, kl_error_t *err);

#endif
