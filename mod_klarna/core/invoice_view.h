/* SPDX-License-Identifier: Apache-2.0 */
/* An invoice that is paid in store, and its credit notes, as JSON for the host and the till. */
#ifndef KL_INVOICE_VIEW_H
#define KL_INVOICE_VIEW_H

#include "core/invoice.h"

/** payments: of kl_order_t *; shown: the same as JSON, an array. */
kl_json_t *kl_invoice_view(apr_pool_t *p, const kl_invoice_t *invoice,
                           const apr_array_header_t *payments, kl_json_t *shown);

/** A finalised note with what it took of each payment. */
kl_json_t *kl_invoice_view_note(apr_pool_t *p, const kl_invoice_note_t *note,
                                const apr_array_header_t *payments);

/** The same for one that is not: what it would take. */
kl_json_t *kl_invoice_view_preview(apr_pool_t *p, const char *reference,
                                   const apr_array_header_t *payments);

#endif
