/* SPDX-License-Identifier: Apache-2.0 */
/* Many orders at once: routes of the back office (orders.c). */
#ifndef KL_HANDLERS_BATCHES_H
#define KL_HANDLERS_BATCHES_H

#include "handlers/handlers.h"

/** POST batches. */
int kl_batches_create(kl_request_t *req);
/** GET batches. */
int kl_batches_list(kl_request_t *req);
/** GET batches/{id}. */
int kl_batches_one(kl_request_t *req);

#endif
