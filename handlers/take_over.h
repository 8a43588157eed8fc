/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that were placed before the module came. */
#ifndef KL_HANDLERS_TAKE_OVER_H
#define KL_HANDLERS_TAKE_OVER_H

#include "handlers/handlers.h"

/** POST take-over */
int kl_take_over_one(kl_request_t *req);

#endif
