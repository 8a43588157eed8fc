/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random world: a shop, its store and its Klarna, in which calls fail and processes die as
 * the dice say, and which must be right in the end all the same. One number makes one world:
 * the same number makes the same world again.
 */
#ifndef KL_TEST_STORM_H
#define KL_TEST_STORM_H

#include <apr_pools.h>
#include <stdint.h>

/** Runs world number seed; returns when all was right. What was wrong is told on stderr and ends
 *  the process. */
void storm_run(apr_pool_t *p, uint64_t seed);

#endif
