/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person acknowledges what an order was marked for. That takes the mark away and changes
 * nothing else: no amount, no operation. What still holds (amounts that differ) is marked again
 * by the next look at Klarna's record.
 */
#ifndef KL_ACKNOWLEDGE_H
#define KL_ACKNOWLEDGE_H

#include "service/service.h"

/** Takes away the order's attention (an orphan's stays) and what it waits for.
 *  @return KL_OK and the order, or KL_CONFLICT with the reason kl_why_not_seen gives */
kl_kind_t kl_acknowledge_order(kl_service_t *svc, const char *order_id, kl_order_t **out,
                               kl_error_t *err);

#endif
