/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A payment in a store as the till, the customer's screen and the receipt show it.
 */
#ifndef KL_INSTORE_VIEW_H
#define KL_INSTORE_VIEW_H

#include "core/department.h"

/** What grows with every change that a till must show. */
apr_int64_t kl_instore_view_version(const kl_order_t *order);

/** Why it cannot be refunded now; NULL if it can.
 *  @param department NULL when it is not configured any more */
const kl_words_t *kl_instore_view_why_not_refund(const kl_order_t *order,
                                                 const kl_department_t *department);

/** For the till. */
kl_json_t *kl_instore_view(apr_pool_t *p, const kl_order_t *order,
                           const kl_department_t *department);

/** For the customer's screen: nothing that tells who they are. NULL order: there is none. */
kl_json_t *kl_instore_view_display(apr_pool_t *p, const kl_order_t *order);

/** For paper. */
kl_json_t *kl_instore_view_receipt(apr_pool_t *p, const kl_order_t *order,
                                   const kl_department_t *department);

#endif
