/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator and whoever helps them see first: the settings and the queue. */
#ifndef KL_HANDLERS_OVERVIEW_H
#define KL_HANDLERS_OVERVIEW_H

#include "handlers/handlers.h"

/** What is configured and what waits; NULL with req->err set when the database cannot be
 *  read. */
kl_json_t *kl_overview_view(kl_request_t *req, kl_audience_t audience);

#endif
