/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payments in rows of klarna_payment, as the orders that they become. The row is written once,
 * after Klarna's answer, and changed by compare-and-set until the order has a row of its own.
 */
#ifndef KL_DBD_PAYMENT_H
#define KL_DBD_PAYMENT_H

#include "store/dbd_rows.h"
#include "store/order_query.h"

/** As kl_store_t.payment_insert. */
kl_kind_t kl_dbd_payment_insert(kl_store_t *self, apr_pool_t *p, kl_order_t *order,
                                kl_error_t *err);
/** As kl_store_t.payment_load. */
kl_kind_t kl_dbd_payment_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                              kl_error_t *err);
/** As kl_store_t.order_save, of one that stays a payment. */
kl_kind_t kl_dbd_payment_save(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err);

/** Nobody who has it in memory can save it any more; only its order is left to be written.
 *  @return KL_STALE when somebody was quicker */
kl_kind_t kl_dbd_payment_leave(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err);

/** As kl_store_t.order_mark. A payment has no marks: only its look is put off. */
kl_kind_t kl_dbd_payment_mark(kl_store_t *self, apr_pool_t *p, const kl_order_t *order,
                              kl_error_t *err);

/** A page of payments, appended to out. */
kl_kind_t kl_dbd_payment_list(kl_store_t *self, apr_pool_t *p, const kl_order_page_t *page,
                              apr_array_header_t *out, kl_error_t *err);
/** Those that are due for a look, appended to out; none that has become an order. */
kl_kind_t kl_dbd_payment_due(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                             apr_array_header_t *out, kl_error_t *err);

#endif
