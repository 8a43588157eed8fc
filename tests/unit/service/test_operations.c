/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of operations: an order's own, and over several accounts those that wait, that Klarna
 * refused and that went wrong.
 */
#include "tests/unit/two_accounts.h"

#include <apr_strings.h>

#include "service/operations.h"

typedef kl_kind_t (*list_fn)(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err);

static const char *ids(apr_pool_t *p, const apr_array_header_t *list)
{
    const char *text = "";

    for (int i = 0; i < list->nelts; i++) {
        text = apr_pstrcat(p, text, i ? " " : "", APR_ARRAY_IDX(list, i, kl_operation_t *)->id,
                           NULL);
    }
    return text;
}

static const char *listed(office_t *office, list_fn list)
{
    apr_array_header_t *found = NULL;

    assert_int_equal(list(office->svc, &found, office->err), KL_OK);
    return ids(office->p, found);
}

static void what_has_not_ended_is_listed_account_by_account(void **state)
{
    office_t *office = two_accounts(*state);

    add_operation(office, "norway", "n1", KL_OP_UNKNOWN, 50);
    add_operation(office, "sweden", "s1", KL_OP_QUEUED, 10);
    add_operation(office, "sweden", "s2", KL_OP_SENT, 30)->lease_until =
        APR_INT64_MAX; /* worked on */
    add_operation(office, "sweden", "s3", KL_OP_CONFIRMED, 20);
    add_operation(office, "sweden", "s4", KL_OP_REFUSED, 20);
    add_operation(office, "denmark", "d1", KL_OP_UNKNOWN, 60);
    add_operation(office, "norway", "n2", KL_OP_QUEUED, -9999); /* not due for long */
    assert_string_equal(listed(office, kl_operations_unfinished), "s2 s1 n1 n2");
}

static void failing_is_what_was_tried_often_or_met_an_error(void **state)
{
    office_t *office = two_accounts(*state);

    add_operation(office, "sweden", "s1", KL_OP_QUEUED, 40);
    add_operation(office, "sweden", "s2", KL_OP_UNKNOWN, 30)->attempts = 3;
    add_operation(office, "norway", "n1", KL_OP_QUEUED, 20)->error_code = "not_sent";
    add_operation(office, "norway", "n2", KL_OP_REFUSED, 10)->error_code = "CAPTURE_NOT_ALLOWED";
    assert_string_equal(listed(office, kl_operations_failing), "s2 n1");
}

static void the_last_refused_of_all_accounts_comes_first(void **state)
{
    office_t *office = two_accounts(*state);

    add_operation(office, "sweden", "s1", KL_OP_REFUSED, 40);
    add_operation(office, "norway", "n1", KL_OP_REFUSED, 30);
    add_operation(office, "sweden", "s2", KL_OP_REFUSED, 20);
    add_operation(office, "sweden", "s3", KL_OP_REFUSED, 10)->attempts =
        0; /* Klarna never saw it */
    add_operation(office, "norway", "n2", KL_OP_UNKNOWN, 10);
    assert_string_equal(listed(office, kl_operations_refused), "s2 n1 s1");
}

static void no_more_than_a_page_is_listed(void **state)
{
    office_t *office = two_accounts(*state);
    apr_array_header_t *found = NULL;

    for (int i = 0; i < KL_MAX_PAGE + 3; i++) {
        add_operation(office, i % 2 ? "sweden" : "norway", apr_psprintf(*state, "%d", i),
                      KL_OP_REFUSED, i)
            ->error_code = "NO";
    }
    assert_int_equal(kl_operations_refused(office->svc, &found, office->err), KL_OK);
    assert_int_equal(found->nelts, KL_MAX_PAGE);
    assert_string_equal(APR_ARRAY_IDX(found, 0, kl_operation_t *)->id, "0");
    assert_int_equal(kl_operations_errors(office->svc, &found, office->err), KL_OK);
    assert_int_equal(found->nelts, KL_MAX_ERRORS);
}

static void errors_are_what_has_a_code(void **state)
{
    office_t *office = two_accounts(*state);

    add_operation(office, "sweden", "s1", KL_OP_REFUSED, 40)->error_code = "NO";
    add_operation(office, "norway", "n1", KL_OP_UNKNOWN, 30)->error_code = "TIMED_OUT";
    add_operation(office, "norway", "n2", KL_OP_QUEUED, 20)->error_code = "not_sent";
    add_operation(office, "norway", "n3", KL_OP_UNKNOWN, 10);
    add_operation(office, "norway", "n4", KL_OP_CONFIRMED, 10)->error_code = "OLD";
    assert_string_equal(listed(office, kl_operations_errors), "n2 n1 s1");
}

/* --- an order's own ---------------------------------------------------------------------- */

static void an_orders_operations_come_oldest_first(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_part_captured(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    apr_array_header_t *found = NULL;

    assert_int_equal(kl_operations_of_order(svc, id, &found, err), KL_OK);
    assert_int_equal(found->nelts, 2);
    assert_int_equal(APR_ARRAY_IDX(found, 0, kl_operation_t *)->kind, KL_OP_PLACE_ORDER);
    assert_int_equal(APR_ARRAY_IDX(found, 1, kl_operation_t *)->kind, KL_OP_CAPTURE);
}

static void another_merchants_order_is_not_there(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_account_t other = world->account;
    apr_array_header_t *found = NULL;

    other.name = "other shop";
    svc->account = &other;
    assert_int_equal(kl_operations_of_order(svc, id, &found, err), KL_NOT_FOUND);
    check_error(err, KL_NOT_FOUND, "no_such_order");
    assert_null(found);
}

static void a_database_that_is_down_is_told(void **state)
{
    static const struct {
        list_fn list;
        int calls;
    } lists[] = {{kl_operations_unfinished, 2},
                 {kl_operations_failing, 2},
                 {kl_operations_refused, 2},
                 {kl_operations_errors, 6}};
    office_t *office = two_accounts(*state);
    apr_array_header_t *found = NULL;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (int call = 1; call <= lists[i].calls; call++) {
            fake_store_arm(office->store, call, FAKE_STORE_FAILS_BEFORE);
            assert_int_equal(lists[i].list(office->svc, &found, office->err), KL_UNAVAILABLE);
            kl_error_clear(office->err);
        }
        fake_store_arm(office->store, lists[i].calls + 1, FAKE_STORE_FAILS_BEFORE);
        assert_int_equal(lists[i].list(office->svc, &found, office->err), KL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_has_not_ended_is_listed_account_by_account),
        WITH_POOL(failing_is_what_was_tried_often_or_met_an_error),
        WITH_POOL(the_last_refused_of_all_accounts_comes_first),
        WITH_POOL(no_more_than_a_page_is_listed),
        WITH_POOL(errors_are_what_has_a_code),
        WITH_POOL(an_orders_operations_come_oldest_first),
        WITH_POOL(another_merchants_order_is_not_there),
        WITH_POOL(a_database_that_is_down_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
