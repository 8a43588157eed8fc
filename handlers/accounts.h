/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts that a Location works for, as a request needs and shows them. */
#ifndef KL_HANDLERS_ACCOUNTS_H
#define KL_HANDLERS_ACCOUNTS_H

#include "handlers/handlers.h"

/** The store of that name among the Location's, or NULL. */
const kl_account_settings_t *kl_accounts_named(const kl_request_t *req, const char *name);

/** The same for a request that may name one: NULL is the Location's first.
 *  @return NULL with an error that lists what there is */
const kl_account_settings_t *kl_accounts_chosen(kl_request_t *req, const char *name);

/** The Location's stores for people: "sweden, norway". */
const char *kl_accounts_names(const kl_request_t *req);

/** The Location's stores: name, environment, region; an operator sees Klarna's address, a stranger
 * only whether the shop set its own. */
kl_json_t *kl_accounts_view(const kl_request_t *req, kl_audience_t audience);

/** Who asks, the module's version, and for which stores the Location works. */
kl_json_t *kl_accounts_about(const kl_request_t *req, kl_audience_t audience);

#endif
