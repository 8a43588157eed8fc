/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was said already: the same trouble is said once, then once a minute with a count, until it
 * is over. A trouble that comes back within the minute is counted, too, so that one which comes and
 * goes fills no log. Whatever happens, it takes KL_REPEATS_MOST places. Not for several threads at
 * once.
 */
#ifndef KL_REPEATS_H
#define KL_REPEATS_H

#include <apr_time.h>

#define KL_REPEATS_MOST 16
#define KL_REPEATS_WHAT 64                     /* bytes by which one is known from another */
#define KL_REPEATS_PAUSE apr_time_from_sec(60) /* before it is said again */

typedef struct kl_repeat_t {
    char what[KL_REPEATS_WHAT];
    apr_time_t since; /* 0: nothing is here */
    apr_time_t told;
    apr_uint32_t unsaid; /* since it was told */
    int open;            /* it is not over */
} kl_repeat_t;

typedef struct kl_repeats_t {
    kl_repeat_t places[KL_REPEATS_MOST];
} kl_repeats_t;

/** It has happened. @param unsaid how often it was not said since the last time
 *  @return 1 when it is to be said now */
int kl_repeats_happened(kl_repeats_t *repeats, const char *what, apr_time_t now,
                        apr_uint32_t *unsaid);

/** All of it is over. @param since when the oldest began
 *  @param unsaid how often any of it was not said since the last time
 *  @return 1 when that is to be said: some of it was */
int kl_repeats_over(kl_repeats_t *repeats, apr_time_t *since, apr_uint32_t *unsaid);

#endif
