/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things kept for their next user, at most so many, under a mutex: a stack, so that the one
 * used last, with the warmest connection, is used first.
 */
#ifndef KL_KEPT_H
#define KL_KEPT_H

#include <apr_pools.h>

typedef struct kl_kept_t kl_kept_t;

/** NULL when no mutex could be made. What is still kept is the caller's to close: see take. */
kl_kept_t *kl_kept_make(apr_pool_t *p, int max);

/** NULL when nothing is kept. */
void *kl_kept_take(kl_kept_t *kept);

/** 0 when there is no room: the thing is still the caller's. */
int kl_kept_put(kl_kept_t *kept, void *thing);

#endif
