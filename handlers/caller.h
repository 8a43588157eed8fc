/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may use a closed family: a user whom Apache authenticated, and not through another site's
 * page. Browsers attach Basic credentials to every request, even from another site's page; such a
 * request shows it in Sec-Fetch-Site, and in Origin when it changes something (besides, a plain
 * form cannot send JSON). Programs other than browsers send neither header.
 */
#ifndef KL_HANDLERS_CALLER_H
#define KL_HANDLERS_CALLER_H

#include "handlers/handlers.h"

/** KL_OK when a user whom Apache authenticated asks, and not from another site's page; else
 *  KL_DENIED "not_authenticated" or "cross_site". */
kl_kind_t kl_caller_check(kl_request_t *req);

#endif
