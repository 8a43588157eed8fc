/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's figures over several accounts, and what a database that is down does to them. */
#include "tests/unit/two_accounts.h"

#include "service/overview.h"

static void the_queue_is_that_of_all_accounts(void **state)
{
    office_t *office = two_accounts(*state);
    kl_overview_t found;

    add_operation(office, "sweden", "s1", KL_OP_QUEUED, 10);
    add_operation(office, "norway", "n1", KL_OP_UNKNOWN, 20)->created_at = 77;
    add_operation(office, "norway", "n2", KL_OP_REFUSED, 20);
    add_operation(office, "denmark", "d1", KL_OP_UNKNOWN, 20);
    assert_int_equal(kl_overview_ready(office->svc, office->err), KL_OK);
    assert_int_equal(kl_overview_read(office->svc, &found, office->err), KL_OK);
    assert_string_equal(found.driver, "memory");
    assert_int_equal(found.queue.open, 2);
    assert_int_equal(found.queue.unknown, 1);
    assert_int_equal(found.queue.oldest_unknown, 77);
}

static void the_hours_are_those_of_all_accounts(void **state)
{
    office_t *office = two_accounts(*state);
    kl_hours_t *hours = NULL;

    add_operation(office, "sweden", "s1", KL_OP_REFUSED, 0)->took = 300;
    add_operation(office, "norway", "n1", KL_OP_REFUSED, 0)->took = 500;
    add_operation(office, "norway", "n2", KL_OP_REFUSED, 3600);
    add_operation(office, "norway", "n3", KL_OP_REFUSED, 2 * 3600); /* too old */
    add_operation(office, "denmark", "d1", KL_OP_REFUSED, 0);
    assert_int_equal(kl_overview_hours(office->svc, 2, &hours, office->err), KL_OK);
    assert_int_equal(hours->n, 2);
    assert_int_equal(hours->hour[0].refused, 1);
    assert_int_equal(hours->hour[1].refused, 2);
    assert_int_equal(hours->hour[1].took_sum, 800);
    assert_int_equal(hours->hour[1].took_max, 500);
}

static void note(office_t *office, const char *account, const char *kind, const char *why,
                 apr_time_t at)
{
    kl_store_t *store = office->svc->store;
    const kl_callback_note_t came = {account, kind, why, at};

    assert_int_equal(store->callback_note(store, office->p, &came, office->err), KL_OK);
}

static void callbacks_are_told_account_by_account(void **state)
{
    office_t *office = two_accounts(*state);
    apr_array_header_t *found = NULL;

    note(office, "norway", "status", "", 5);
    note(office, "sweden", "fraud", "no_such_order", 6);
    note(office, "denmark", "fraud", "", 7);
    assert_int_equal(kl_overview_callbacks(office->svc, &found, office->err), KL_OK);
    assert_int_equal(found->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(found, 0, kl_callback_t).account, "sweden");
    assert_string_equal(APR_ARRAY_IDX(found, 0, kl_callback_t).bad_why, "no_such_order");
    assert_string_equal(APR_ARRAY_IDX(found, 1, kl_callback_t).account, "norway");
    assert_int_equal(APR_ARRAY_IDX(found, 1, kl_callback_t).good_at, 5);
}

static void a_database_that_is_down_is_told(void **state)
{
    office_t *office = two_accounts(*state);
    apr_array_header_t *found = NULL;
    kl_hours_t *hours = NULL;
    kl_overview_t overview;

    for (int call = 1; call <= 3; call++) {
        fake_store_arm(office->store, call, FAKE_STORE_IS_GONE);
        assert_int_equal(kl_overview_read(office->svc, &overview, office->err), KL_UNAVAILABLE);
        kl_error_clear(office->err);
    }
    for (int call = 1; call <= 2; call++) {
        fake_store_arm(office->store, call, FAKE_STORE_IS_GONE);
        assert_int_equal(kl_overview_hours(office->svc, 1, &hours, office->err), KL_UNAVAILABLE);
        assert_null(hours);
        kl_error_clear(office->err);
        fake_store_arm(office->store, call, FAKE_STORE_IS_GONE);
        assert_int_equal(kl_overview_callbacks(office->svc, &found, office->err), KL_UNAVAILABLE);
        kl_error_clear(office->err);
    }
    fake_store_arm(office->store, 1, FAKE_STORE_IS_GONE);
    assert_int_equal(kl_overview_ready(office->svc, office->err), KL_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(the_queue_is_that_of_all_accounts),
        WITH_POOL(the_hours_are_those_of_all_accounts),
        WITH_POOL(callbacks_are_told_account_by_account),
        WITH_POOL(a_database_that_is_down_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
