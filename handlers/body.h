/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one reader of request bodies: bounded, JSON only, before any database connection is taken.
 * With it the client's Idempotency-Key, hashed with its scope, so that neither the key nor the
 * request is in the database.
 */
#ifndef KL_HANDLERS_BODY_H
#define KL_HANDLERS_BODY_H

#include "handlers/handlers.h"

/** Reads and parses the JSON body of at most KL_MAX_BODY bytes into req->body and the
 *  client's Idempotency-Key (with a hash of the request) into req->client. */
kl_kind_t kl_body_read(kl_request_t *req, int flags);

/** Binds req->client to a placement: its account, the order, its key and the token. The browser
 * and the authorization callback get the same, so that both are one operation. */
kl_kind_t kl_body_placement_key(kl_request_t *req, const char *account, const char *order_id,
                                const char *order_key, const char *token);

#endif
