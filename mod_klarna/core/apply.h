/* SPDX-License-Identifier: Apache-2.0 */
/* The old names of two bookings, until the service calls them by their own. */
#ifndef KL_APPLY_H
#define KL_APPLY_H

#include "core/booking.h"
#include "core/booking_operation.h"

static inline kl_kind_t kl_apply(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op,
                                 kl_error_t *err)
{
    return kl_booking_operation(order, p, op, err);
}

static inline void kl_apply_credit_invoice(kl_order_t *order, apr_pool_t *p,
                                           const kl_credit_invoice_t *ci)
{
    kl_booking_credit_invoice(order, p, ci);
}

#endif
