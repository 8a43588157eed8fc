/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of this process that wait for news of a payment (long polls). They hold a thread each
 * and nothing else: so only some of the threads may wait at once, and a child that stops lets all
 * of them go. News of another process is not heard: whoever waits looks now and then.
 */
#ifndef KL_WAITERS_H
#define KL_WAITERS_H

#include <apr_pools.h>
#include <apr_time.h>

/* One that waits; on its caller's stack. */
typedef struct kl_waiter_t {
    const char *id; /* of the payment */
    int news;
    struct kl_waiter_t *next;
} kl_waiter_t;

/** In child_init. @param most that may wait at once, at least 1 */
void kl_waiters_init(apr_pool_t *pchild, int most);

/** Begins to wait: from now on no news is missed. @return 0 when too many wait, or the child stops
 */
int kl_waiters_enter(kl_waiter_t *waiter, const char *id);
/** Waits for news, at most so long. @return 0 when the child stops */
int kl_waiters_wait(kl_waiter_t *waiter, apr_interval_time_t most);
void kl_waiters_leave(kl_waiter_t *waiter);

/** One of those who wait, or would, begins to call Klarna: as many at once as may wait, for a
 * Klarna that is slow not to hold a thread for each till. @return 0 when too many do, or the child
 * stops */
int kl_waiters_look(void);
/** It has called. */
void kl_waiters_looked(void);

/** There is news of that payment. */
void kl_waiters_tell(const char *id);

/** The child stops: nobody waits any more. For ap_hook_child_stopping. */
void kl_waiters_stop(apr_pool_t *pchild, int graceful);

#endif
