/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contracts: a broken one is an error that names its place, and aborts a test that does not
 * expect it.
 */
#include "tests/unit/support.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/contract.h"

static kl_kind_t half(int *n, kl_error_t *err)
{
    KL_CONTRACT(*n % 2 == 0, err);
    *n /= 2;
    return KL_OK;
}

static void kept_it_costs_nothing(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    int n = 8;

    assert_int_equal(half(&n, err), KL_OK);
    assert_int_equal(n, 4);
    assert_int_equal(err->kind, KL_OK);
}

static void broken_it_stops_the_work_and_names_the_place(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    int n = 7;

    contract_may_break();
    assert_int_equal(half(&n, err), KL_INTERNAL);
    assert_int_equal(n, 7);
    check_broken(err, "*n % 2 == 0");
    assert_memory_equal(err->where, "test_contract.c:", strlen("test_contract.c:"));
    assert_null(strstr(err->detail, ".c:"));
    assert_non_null(err->next);
}

static void it_is_graver_than_what_was_wrong_before(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    int n = 7;

    kl_error_set(err, KL_NOT_FOUND, "not_found", "There is no such order.");
    contract_may_break();
    assert_int_equal(half(&n, err), KL_INTERNAL);
    check_error(err, KL_INTERNAL, "contract");
}

static void a_test_that_does_not_expect_it_aborts(void **state)
{
    int n = 7, status = 0;
    pid_t child = fork();

    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka's own would go on with the next test */
        fclose(stderr);
        half(&n, kl_error_make(*state));
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(kept_it_costs_nothing),
        WITH_POOL(broken_it_stops_the_work_and_names_the_place),
        WITH_POOL(it_is_graver_than_what_was_wrong_before),
        WITH_POOL(a_test_that_does_not_expect_it_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
