/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small parts that every view shares, so that a time or an absent word looks the same
 * on every route.
 */
#ifndef KL_VIEW_H
#define KL_VIEW_H

#include <apr_time.h>
#include "core/json.h"

/* Who reads it: the shop's people, whoever runs its server, or strangers: codes, times and
 * figures then, no words, no names. */
typedef enum { KL_FOR_CLERK, KL_FOR_OPERATOR, KL_FOR_STRANGERS } kl_audience_t;

/** RFC 3339, UTC, whole seconds; null for 0. */
void kl_view_time(apr_pool_t *p, kl_json_t *obj, const char *key, apr_time_t t);
/** null for "". */
void kl_view_word(kl_json_t *obj, const char *key, const char *word);
/** Stored JSON array text as a value; an empty array when it cannot be read. */
kl_json_t *kl_view_array(apr_pool_t *p, const char *text);
/** {"allowed", "reason", "code"} of one action; the last two are null when it is allowed. */
void kl_view_action(apr_pool_t *p, kl_json_t *actions, const char *name, const kl_words_t *why_not);

#endif
