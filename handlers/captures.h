/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST {id}/captures: what was shipped, its preview and its tracking.
 */
#ifndef KL_HANDLERS_CAPTURES_H
#define KL_HANDLERS_CAPTURES_H

#include "handlers/handlers.h"

int kl_captures_create(kl_request_t *req);

int kl_captures_preview(kl_request_t *req);

int kl_captures_shipping_info(kl_request_t *req);
/** GET {id}/captures/{capture_id}/due-date: Klarna's options */
int kl_captures_due_date_options(kl_request_t *req);
/** POST {id}/captures/{capture_id}/due-date */
int kl_captures_due_date(kl_request_t *req);
/** POST {id}/captures/{capture_id}/send-out */
int kl_captures_send_out(kl_request_t *req);

#endif
