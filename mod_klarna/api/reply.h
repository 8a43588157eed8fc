/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exchange meant. Decided by HTTP status first and Klarna's error code second;
 * the body is optional (401 may be HTML, 403 may come from the edge without one).
 */
#ifndef KL_REPLY_H
#define KL_REPLY_H

#include "api/klarna.h"
#include "core/json.h"
#include "core/meaning.h"

/**
 * Returns what it means and fills err for everything but KL_MEANS_DONE: kind (KL_REFUSED,
 * KL_RATE_LIMITED, KL_UNAVAILABLE, KL_UNKNOWN), Klarna's code, messages and correlation id. A 401
 * is KL_UNAVAILABLE "credentials_refused" with the next step (region, environment).
 */
kl_meaning_t kl_reply_meaning(const kl_klarna_response_t *resp, kl_error_t *err);

/** What deleting a session means: KL_OK; KL_CONFLICT "completed" when it was paid before;
 * KL_NOT_FOUND "gone" when Klarna knows none; else as kl_reply_meaning says. After each of the
 * three its state is to be read, which decides. */
kl_kind_t kl_reply_deleted(const kl_klarna_response_t *resp, kl_error_t *err);

/** Parses a 2xx body; KL_PROTOCOL when it is no JSON object. */
kl_json_t *kl_reply_json(apr_pool_t *p, const kl_klarna_response_t *resp, kl_error_t *err);

/** A copy of a member of 1..max printable ASCII characters without blanks, or NULL. */
const char *kl_reply_word(apr_pool_t *p, const kl_json_t *v, const char *key, apr_size_t max);

/** A copy of a member that is the address of a page, to which a person may be sent; else "". */
const char *kl_reply_page(apr_pool_t *p, const kl_json_t *v, const char *key);

/** KL_PROTOCOL: the answer has no such member that could be used. */
kl_kind_t kl_reply_lacks(kl_error_t *err, const char *what);

#endif
