/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of a customer's screen: it names a department and a till, and is signed with the
 * account's password, so that every host knows it and nothing is stored. It shows the till's
 * present payment and nothing else, and dies with the password, or after its time.
 */
#ifndef KL_DISPLAY_KEY_H
#define KL_DISPLAY_KEY_H

#include <apr_time.h>
#include "api/account.h"

/* What a key stands for. */
typedef struct kl_display_key_t {
    const char *department, *till; /* no line breaks in them */
    apr_time_t until;
} kl_display_key_t;

/** The key as text that fits into a URL's fragment. */
const char *kl_display_key_text(apr_pool_t *p, const kl_display_key_t *key,
                                const kl_account_t *account);

/** Reads what a key says of itself, unproven. @return KL_OK or KL_DENIED "display_key" */
kl_kind_t kl_display_key_read(kl_display_key_t *out, apr_pool_t *p, const char *text,
                              kl_error_t *err);

/** KL_OK when that account signed it and its time is not over, else KL_DENIED "display_key". */
kl_kind_t kl_display_key_check(const kl_display_key_t *key, const char *text,
                               const kl_account_t *account, apr_time_t now, kl_error_t *err);

#endif
