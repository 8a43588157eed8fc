/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the unit tests share; see support.h.
 */
#include "support.h"

#include <apr_general.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/contract.h"

static int may_break;

void kl_contract_test(const char *where)
{
    if (!may_break) {
        fprintf(stderr, "broken contract: %s\n", where);
        abort();
    }
    may_break = 0;
}

void contract_may_break(void)
{
    may_break = 1;
}

void check_broken(const kl_error_t *err, const char *condition)
{
    check_error(err, KL_INTERNAL, "contract");
    if (!strstr(err->where, condition)) {
        fail_msg("expected '%s' to be broken, not %s", condition, err->where);
    }
    assert_int_equal(may_break, 0);
}

int test_pool_make(void **state)
{
    apr_pool_t *p;

    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return -1;
    }
    *state = p;
    return 0;
}

int test_pool_destroy(void **state)
{
    apr_pool_destroy(*state);
    apr_terminate();
    return 0;
}

void check_error(const kl_error_t *err, kl_kind_t kind, const char *code)
{
    if (err->kind != kind || !err->code || strcmp(err->code, code) != 0) {
        fail_msg("expected kind %d %s, got %d %s: %s", kind, code, err->kind,
                 err->code ? err->code : "-", err->detail ? err->detail : "-");
    }
}

void check_field(const kl_error_t *err, const char *code, const char *field)
{
    check_error(err, KL_INVALID, code);
    assert_non_null(err->field);
    assert_string_equal(err->field, field);
}

uint64_t test_random(test_random_t *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t test_random_in(test_random_t *random, int64_t low, int64_t high)
{
    return low + (int64_t)(test_random(random) % ((uint64_t)(high - low) + 1));
}
