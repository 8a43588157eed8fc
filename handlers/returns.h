/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Returns and cancellation: POST {id}/credit-invoices, its preview, POST {id}/cancel.
 */
#ifndef KL_HANDLERS_RETURNS_H
#define KL_HANDLERS_RETURNS_H

#include "handlers/handlers.h"

int kl_returns_create(kl_request_t *req);

int kl_returns_preview(kl_request_t *req);

int kl_returns_cancel(kl_request_t *req);

#endif
