/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to its route: handler name, who asks, path, method, body; then the route
 * runs. Everything a route must never run without is checked here.
 */
#ifndef KL_HANDLERS_DISPATCH_H
#define KL_HANDLERS_DISPATCH_H

#include "handlers/handlers.h"

/** The store of that name among the Location's, or NULL (dispatch.c). */
const kl_account_settings_t *kl_dispatch_account_named(const kl_request_t *req, const char *name);

/** The Location's stores for people: "sweden, norway". */
const char *kl_dispatch_account_names(const kl_request_t *req);

/** The Location's stores: name, environment, region; an operator sees Klarna's address, a stranger
 * only whether the shop set its own. */
kl_json_t *kl_dispatch_accounts_view(const kl_request_t *req, kl_audience_t audience);

/** The module's content handler (dispatch.c). */
int kl_dispatch_handler(request_rec *r);

#endif
