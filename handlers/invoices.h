/* SPDX-License-Identifier: Apache-2.0 */
/* Invoices that are paid in store: routes of the tills, listed in instore.c. */
#ifndef KL_HANDLERS_INVOICES_H
#define KL_HANDLERS_INVOICES_H

#include "handlers/handlers.h"

int kl_invoices_show(kl_request_t *req);

/** Shows what a credit note would take, or finalises it. */
int kl_invoices_credit(kl_request_t *req);

#endif
