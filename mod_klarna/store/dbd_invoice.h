/* SPDX-License-Identifier: Apache-2.0 */
/* Invoices that are paid in store over apr_dbd; see store.h. */
#ifndef KL_DBD_INVOICE_H
#define KL_DBD_INVOICE_H

#include "store/store.h"

kl_kind_t kl_dbd_invoice_load(kl_store_t *self, apr_pool_t *p, const kl_invoice_t *key,
                              kl_invoice_t **out, kl_error_t *err);
kl_kind_t kl_dbd_invoice_insert(kl_store_t *self, apr_pool_t *p, kl_invoice_t *invoice,
                                kl_error_t *err);
kl_kind_t kl_dbd_invoice_save(kl_store_t *self, apr_pool_t *p, kl_invoice_t *invoice,
                              kl_error_t *err);

#endif
