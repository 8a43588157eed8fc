/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many requests Klarna still takes, as its answers say: X-Ratelimit-Limit ("5, 5;w=1" or
 * "40;w=1;name=\"capture\""), X-Ratelimit-Remaining and X-Ratelimit-Reset.
 */
#ifndef KL_RATE_H
#define KL_RATE_H

/* Numbers beyond this are read as this. */
#define KL_RATE_MAX 1000000

typedef struct kl_rate_t {
    int limit;     /* requests in one window; 0 = not said */
    int window;    /* seconds; 1 where none is named, as Klarna's limits are per second */
    int remaining; /* requests left in this window; -1 = not said */
    int reset;     /* seconds until the next window; 0 = not said */
} kl_rate_t;

/** Reads the three headers; each may be NULL. Of several policies the first counts: it is the
 *  one that the remaining requests are counted by. */
kl_rate_t kl_rate_read(const char *limit, const char *remaining, const char *reset);

#endif
