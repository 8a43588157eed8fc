/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An order of ours made from Klarna's record alone: it was placed before the module came. It is as
 * it was when Klarna's authorization had just become what it is; what was captured and refunded is
 * booked afterwards from the same record, like all that others did (import.h).
 */
#ifndef KL_RECORD_ORDER_H
#define KL_RECORD_ORDER_H

#include "core/klarna_record.h"

/** Makes it in p, without ids of ours. Lines that do not come to the order's amount, or that Klarna
 *  does not list, become one line of that amount. */
kl_order_t *kl_record_order_make(apr_pool_t *p, const kl_klarna_record_t *seen);

#endif
