/* SPDX-License-Identifier: Apache-2.0 */
/* Klarna's no to an operation, as an error: in its own words, with the next step. */
#ifndef KL_REFUSAL_H
#define KL_REFUSAL_H

#include "core/operation.h"
#include "core/order.h"

/** Of an operation that was refused; order: as it is now. Returns KL_REFUSED. */
kl_kind_t kl_refusal_error(kl_error_t *err, const kl_operation_t *op, const kl_order_t *order);

#endif
