/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the unit tests share: cmocka's includes in their right order, a pool per test, a
 * random source that repeats itself, and short checks. It must not hide what a test does.
 */
#ifndef KL_TEST_SUPPORT_H
#define KL_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <apr_pools.h>
#include <string.h>

#include "core/error.h"

/* Setup and teardown: *state is the test's pool. */
int test_pool_make(void **state);
int test_pool_destroy(void **state);

#define WITH_POOL(f) cmocka_unit_test_setup_teardown(f, test_pool_make, test_pool_destroy)

/** Fails unless err has this kind and code. */
void check_error(const kl_error_t *err, kl_kind_t kind, const char *code);
/** Fails unless err is a KL_INVALID with this code that names this field. */
void check_field(const kl_error_t *err, const char *code, const char *field);

/** A contract that breaks aborts the test, except the next one after this. */
void contract_may_break(void);
/** Fails unless that happened, by a condition that reads like this. */
void check_broken(const kl_error_t *err, const char *condition);

/* Numbers that look random and are the same in every run (splitmix64). */
typedef struct test_random_t {
    uint64_t state;
} test_random_t;

uint64_t test_random(test_random_t *random);
/** A number in low..high, both included. */
int64_t test_random_in(test_random_t *random, int64_t low, int64_t high);

#endif
