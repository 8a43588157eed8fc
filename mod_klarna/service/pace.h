/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast an account may call Klarna, for calls of one kind, as one process sees it. Klarna
 * takes so many in a second for each merchant id, whoever asks, and says in every answer how
 * many are left (api/rate.h).
 *
 * No more than the limit is ever sent within a little more than the window, so that a call that
 * is some milliseconds longer on its way than another does no harm. What Klarna counts beyond
 * our own calls are others': other processes and hosts, the shop's ERP. The worker takes what
 * they leave, evenly,. A person's call passes before the worker's: it
 * waits only when this process has used up the limit, and the worker never uses all of it.
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

/** Nothing is limited until an answer named the limit. */
kl_pace_t *kl_pace_make(apr_pool_t *p);

/** How long to wait before a call may go out, 0 = it may now. Nothing is counted. */
apr_interval_time_t kl_pace_wait(kl_pace_t *pace, kl_pace_who_t who, apr_time_t now);

/** 0: the call may go out now and was counted. Else how long to wait before asking again. */
apr_interval_time_t kl_pace_take(kl_pace_t *pace, kl_pace_who_t who, apr_time_t now);

/** What an answer says of the limit.
 *  @param sent when its call was counted
 *  @param refused 1: it was 429 */
void kl_pace_learn(kl_pace_t *pace, const kl_rate_t *rate, int refused, apr_time_t sent,
                   apr_time_t now);

#endif
