/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operator.c and support.c share: the routes for the operator, and the bundle for whoever
 * helps them.
 */
#ifndef KL_HANDLERS_OPERATOR_H
#define KL_HANDLERS_OPERATOR_H

#include "handlers/handlers.h"

/** What is configured and what waits; NULL with req->err set when the database cannot be
 *  read. */
kl_json_t *kl_operator_overview(kl_request_t *req, kl_audience_t audience);

/* Routes listed in operator.c. */

extern const kl_route_t kl_operator_routes[]; /* operator.c */

#endif
