/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST {id}/captures: what was shipped, and its tracking.
 */
#ifndef KL_HANDLERS_CAPTURES_H
#define KL_HANDLERS_CAPTURES_H

#include "handlers/handlers.h"

int kl_captures_create(kl_request_t *req);

int kl_captures_shipping_info(kl_request_t *req);

#endif
