/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections kept for their next user, apart by origin ("https://host:port"), at most so many
 * each. The one used last is taken first, so that a quiet hour leaves one that is warm instead of
 * many that are not. What is taken was used less than 50 s ago and has nothing to read: a server
 * that has closed, or said anything unasked, is noticed before a request goes out. A server that
 * closes while a request is on its way is not, and its caller must live with that.
 */
#ifndef KL_KEPT_H
#define KL_KEPT_H

#include <apr_pools.h>
#include <apr_time.h>

#define KL_KEPT_LONGEST apr_time_from_sec(50) /* Klarna closes what was idle for 59 s */

typedef struct kl_kept_t kl_kept_t;

/**
 * @param max of one origin
 * @param end closes a handle: what is too old, dead or too much, and all of them with p
 * @return NULL when no mutex could be made
 */
kl_kept_t *kl_kept_make(apr_pool_t *p, int max, void (*end)(void *handle));

/** A handle whose connection leads to the origin of url; NULL when there is none to use. */
void *kl_kept_take(kl_kept_t *kept, const char *url, apr_time_t now);

/** When a connection to the origin of url was last put here; 0 when there is none. */
apr_time_t kl_kept_last(kl_kept_t *kept, const char *url);

/** Takes the handle over. @param fd the socket of its connection, which stays the handle's */
void kl_kept_put(kl_kept_t *kept, const char *url, void *handle, int fd, apr_time_t now);

#endif
