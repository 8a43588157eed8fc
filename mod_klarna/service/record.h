/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of a call into the operation's row, by compare-and-set: an outcome that is stored
 * can be booked by anybody later.
 */
#ifndef KL_RECORD_H
#define KL_RECORD_H

#include "service/call.h"

/**
 * Stores what the exchange meant for op.
 * @return KL_OK: op's members tell the outcome, which may be that of somebody who was quicker.
 *   Else it could not be stored; a later run asks again.
 */
kl_kind_t kl_record_outcome(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                            kl_error_t *err);

#endif
