/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast an account may call Klarna, for calls of one kind, as one process sees it. Klarna
 * takes so many in a second for each merchant id, whoever asks, and says in every answer how
 * many are left (api/rate.h).
 *
 * Klarna counts a call when it gets there, which is some time between its beginning and its answer:
 * on a busy machine, or when Klarna is slow, much later than it was sent. So a call takes room from
 * its beginning until a window after its answer, less the time that the quickest answers take,
 * which is spent on the way whatever happens. However long calls are under way, no more than the
 * limit can get there within a window.
 *
 * What Klarna counts beyond our own calls are others': other processes and hosts, the shop's ERP.
 * The worker takes what they leave, evenly. A person's call passes before the worker's: it waits
 * only when this process has used up the limit, and the worker never uses all of it.
 *
 * Pure: time is handed in, and whoever calls from several threads holds a lock.
 */
#ifndef KL_PACE_H
#define KL_PACE_H

#include <apr_pools.h>
#include <apr_time.h>
#include "api/rate.h"

#define KL_PACE_MAX 1000 /* a higher limit counts as none */

typedef enum { KL_PACE_PERSON, KL_PACE_WORKER } kl_pace_who_t;
typedef struct kl_pace_t kl_pace_t;

/** Nothing is limited until an answer has named the limit; the worker's first call finds it out. */
kl_pace_t *kl_pace_make(apr_pool_t *p);

/** How long to wait before a call may go out, 0 = it may now. Nothing is counted. */
apr_interval_time_t kl_pace_wait(kl_pace_t *pace, kl_pace_who_t who, apr_time_t now);

/** 0: the call may go out now, and its end is told by one of the two below. Else how long to wait
 *  before asking again. */
apr_interval_time_t kl_pace_take(kl_pace_t *pace, kl_pace_who_t who, apr_time_t now);

/* The answer to a call. */
typedef struct kl_pace_answer_t {
    kl_rate_t rate;
    int status;
    int is_read;     /* of calls that read and those that change, the quickest are told apart */
    apr_time_t sent; /* when kl_pace_take let it go */
} kl_pace_answer_t;

/** It was answered now; what that says of the limit. */
void kl_pace_answered(kl_pace_t *pace, const kl_pace_answer_t *answer, apr_time_t now);
/** It has ended now without an answer. */
void kl_pace_lost(kl_pace_t *pace, apr_time_t now);

#endif
