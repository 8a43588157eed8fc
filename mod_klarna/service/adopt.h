/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orphans: Klarna has an order whose id is not known here. A person or Klarna's own callback names
 * the id; if Klarna's order has our amount, currency and reference, the placement is confirmed with
 * it.
 */
#ifndef KL_ADOPT_H
#define KL_ADOPT_H

#include "service/service.h"

/** Ends an orphaned placement with the id that was named. Calls Klarna.
 *  @return KL_OK and the order; KL_CONFLICT "not_this_order", "no_orphan" or "in_progress" */
kl_kind_t kl_adopt_order(kl_service_t *svc, const char *order_id, const char *klarna_order_id,
                         kl_order_t **out, kl_error_t *err);

#endif
