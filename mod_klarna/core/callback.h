/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How Klarna's callbacks are doing: what came for one account, by kind.
 */
#ifndef KL_CALLBACK_H
#define KL_CALLBACK_H

#include <apr_tables.h>
#include <apr_time.h>
#include "core/json.h"

/* Recorded at most every KL_NOTE_PAUSE_S: the counts show that something came, not how often. */
typedef struct kl_callback_t {
    const char *account;
    const char *kind;           /* "authorization", "fraud", "status" */
    apr_time_t good_at, bad_at; /* 0 = never */
    apr_int64_t good, bad;
    const char *bad_why; /* a code, "" = never */
} kl_callback_t;

/* That a callback came: accepted when why is "", else refused for that code. */
typedef struct kl_callback_note_t {
    const char *account, *kind, *why;
    apr_time_t at;
} kl_callback_note_t;

/** Of kl_callback_t, as the operator's route shows them; fit for strangers too. */
kl_json_t *kl_callback_view(apr_pool_t *p, const apr_array_header_t *callbacks);

#endif
