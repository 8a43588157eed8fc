/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random story: an order on which we and others work by turns, the others at Klarna, with the
 * merchant's own credentials. They lower, raise and swap lines, capture, refund, cancel, release,
 * and Klarna opens again what was cancelled. In half of the stories our calls fail as well. One
 * number makes one story.
 */
#ifndef KL_TEST_STORY_H
#define KL_TEST_STORY_H

#include <apr_pools.h>
#include <stdint.h>

/** Tells story number seed; returns when all was right. What was wrong is told on stderr and ends
 *  the process. */
void story_run(apr_pool_t *p, uint64_t seed);

#endif
