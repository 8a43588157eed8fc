/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one reader of query parameters. A parameter that is misspelt, given twice or not
 * readable is refused by whoever filters by it: a mistyped filter must not show everything.
 */
#ifndef KL_HANDLERS_QUERY_H
#define KL_HANDLERS_QUERY_H

#include "handlers/handlers.h"

/** One parameter of the query, decoded, in r->pool; NULL when absent, "" when not decodable. */
const char *kl_query_parameter(request_rec *r, const char *name);

/* The one parameter that may be longer than KL_MAX_STRING: KL_MAX_IDS ids, with commas. */
#define KL_QUERY_IDS "ids"

/** Refuses (KL_INVALID) parameters that are not named, stand twice, are not UTF-8 text or
 *  longer than KL_MAX_STRING bytes. names: at most 32, ends with NULL. */
kl_kind_t kl_query_only(kl_request_t *req, const char *const *names);

/** The same as kl_query_parameter with "" when absent. */
const char *kl_query_text(kl_request_t *req, const char *name);

/** A number in min..max; dflt when absent or empty; an error in req->err when it is neither. */
int kl_query_number(kl_request_t *req, const char *name, int dflt, int min, int max);

#endif
