/* SPDX-License-Identifier: Apache-2.0 */
/* The payments of a till, or of an invoice of the host's, newest first and page by page. */
#ifndef KL_HANDLERS_TILL_LIST_H
#define KL_HANDLERS_TILL_LIST_H

#include "handlers/handlers.h"

/** GET payments: of all stores of the Location. `next` is the cursor of the next page, or null. */
int kl_till_list(kl_request_t *req);

#endif
