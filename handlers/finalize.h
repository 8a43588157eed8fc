/* SPDX-License-Identifier: Apache-2.0 */
/* The host finalises an invoice before a payment of it is begun: one click at the till does both.
 */
#ifndef KL_HANDLERS_FINALIZE_H
#define KL_HANDLERS_FINALIZE_H

#include "core/invoice.h"
#include "handlers/handlers.h"

/**
 * Sends the till's request to the department's KlarnaInvoiceFinalize, which answers what
 * `invoice` of a request holds. Whoever answers there must take the same Idempotency-Key for the
 * same request: it may come again when this process died before the payment was stored.
 * @return KL_OK; KL_INVALID "finalize" where that URL is not configured; KL_PROTOCOL
 *   "finalize_failed" or "finalize_answer", naming the URL and its status
 */
kl_kind_t kl_finalize_invoice(kl_request_t *req, const kl_department_t *department,
                              kl_invoice_told_t *out);

#endif
