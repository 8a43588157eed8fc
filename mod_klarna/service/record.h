/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records the answer of a call in the operation's row, by compare-and-set: anyone can book a stored
 * outcome later.
 */
#ifndef KL_RECORD_H
#define KL_RECORD_H

#include "service/call.h"

/**
 * Stores what the exchange meant for op.
 * @return KL_OK: op's members hold the outcome, which may come from someone who was quicker.
 *   Otherwise it could not be stored; a later run asks again.
 */
kl_kind_t kl_record_outcome(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                            kl_error_t *err);

#endif
