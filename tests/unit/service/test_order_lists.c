/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages over several accounts: merged in one order, nothing twice and nothing left out where
 * one page ends and the next begins; and how many orders a list has.
 */
#include "tests/unit/two_accounts.h"

#include <apr_strings.h>

#include "service/order_lists.h"

/* Their ids: "a b c", and " ..." when there may be more. */
static const char *ids(apr_pool_t *p, const kl_list_page_t *page)
{
    const char *text = "";

    for (int i = 0; i < page->orders->nelts; i++) {
        text = apr_pstrcat(p, text, i ? " " : "", APR_ARRAY_IDX(page->orders, i, kl_order_t *)->id,
                           NULL);
    }
    return page->more ? apr_pstrcat(p, text, " ...", NULL) : text;
}

static const char *listed(office_t *office, const kl_order_query_t *query)
{
    kl_list_page_t page;

    assert_int_equal(kl_order_lists_page(office->svc, office->p, query, &page, office->err), KL_OK);
    return ids(office->p, &page);
}

/* All pages of that length, one after the other. */
static const char *paged(office_t *office, kl_order_query_t query, int limit)
{
    const char *text = "";
    kl_list_page_t page = {.more = 1};

    for (query.limit = limit; page.more; query.before_at = page.at, query.before_id = page.id) {
        assert_int_equal(kl_order_lists_page(office->svc, office->p, &query, &page, office->err),
                         KL_OK);
        page.more = page.more && page.orders->nelts;
        text = apr_pstrcat(office->p, text, text[0] && page.orders->nelts ? " " : "",
                           ids(office->p, &(kl_list_page_t){.orders = page.orders}), NULL);
    }
    return text;
}

static void the_newest_of_all_accounts_come_first(void **state)
{
    office_t *office = two_accounts(*state);
    kl_order_query_t query = kl_order_lists_query(office->svc, KL_LIST_NONE);

    add_order(office, "sweden", "a", 40, 20);
    add_order(office, "norway", "b", 30, 20);
    add_order(office, "sweden", "c", 20, 20);
    add_order(office, "norway", "d", 10, 20);
    add_order(office, "denmark", "e", 5, 20);
    query.limit = 10;
    assert_string_equal(listed(office, &query), "d c b a");
    query.account = "norway";
    assert_string_equal(listed(office, &query), "d b");
    query.account = "denmark"; /* not the caller's */
    assert_string_equal(listed(office, &query), "");
}

static void who_has_one_account_sees_only_its_orders(void **state)
{
    office_t *office = two_accounts(*state);
    kl_order_query_t query = kl_order_lists_query(office->svc, KL_LIST_NONE);

    add_order(office, "sweden", "a", 40, 20);
    add_order(office, "norway", "b", 30, 20);
    office->svc->accounts_n = 0;
    query.limit = 10;
    assert_string_equal(listed(office, &query), "a");
}

static void pages_meet_without_a_gap(void **state)
{
    static const char *const merchants[] = {"sweden", "norway", "norway"};
    office_t *office = two_accounts(*state);
    const char *all = "";

    for (int i = 0; i < 9; i++) { /* three at a time were made in the same moment */
        const char *id = apr_psprintf(*state, "%d", i);

        add_order(office, merchants[i % 3], id, 100 - i / 3, 5 - i / 3);
        all = apr_pstrcat(*state, id, all[0] ? " " : "", all, NULL);
    }
    for (int limit = 1; limit <= 10; limit++) {
        kl_order_query_t query = kl_order_lists_query(office->svc, KL_LIST_NONE);

        assert_string_equal(paged(office, query, limit), all);
        query = kl_order_lists_query(office->svc, KL_LIST_TO_SHIP);
        assert_string_equal(paged(office, query, limit), "6 7 8 3 4 5 0 1 2");
    }
}

static void a_page_tells_whether_there_may_be_more(void **state)
{
    office_t *office = two_accounts(*state);
    kl_order_query_t query = kl_order_lists_query(office->svc, KL_LIST_NONE);

    add_order(office, "sweden", "a", 40, 20);
    add_order(office, "norway", "b", 30, 20);
    add_order(office, "sweden", "c", 20, 20);
    query.limit = 2;
    assert_string_equal(listed(office, &query), "c b ...");
    query.limit = 3;
    assert_string_equal(listed(office, &query), "c b a");
}

static void what_is_open_comes_soonest_end_first(void **state)
{
    office_t *office = two_accounts(*state);
    kl_order_query_t query = kl_order_lists_query(office->svc, KL_LIST_EXPIRING);

    add_order(office, "sweden", "late", 10, 20);
    add_order(office, "sweden", "week", 20, 7);
    add_order(office, "norway", "soon", 30, 1);
    add_order(office, "norway", "captured", 30, 1)->state = KL_ORDER_CAPTURED;
    query.limit = 10;
    assert_string_equal(listed(office, &query), "soon week");
    query.list = KL_LIST_TO_SHIP;
    assert_string_equal(listed(office, &query), "soon week late");
}

static void a_query_is_not_changed(void **state)
{
    office_t *office = two_accounts(*state);
    kl_order_query_t query = kl_order_lists_query(office->svc, KL_LIST_NONE), before;

    query.limit = 5;
    before = query;
    listed(office, &query);
    assert_memory_equal(&query, &before, sizeof(query));
}

static void lists_have_names(void **state)
{
    kl_order_list_t list;

    (void)state;
    for (int i = KL_LIST_NONE + 1; i < KL_LISTS; i++) {
        assert_int_equal(kl_order_lists_parse(kl_order_lists_name(i), &list), 1);
        assert_int_equal(list, i);
    }
    assert_int_equal(kl_order_lists_parse("", &list), 0);
    assert_int_equal(kl_order_lists_parse("to_do", &list), 0);
}

/* --- how many ------------------------------------------------------------------------------ */

static kl_list_count_t counted(office_t *office, kl_order_list_t list)
{
    kl_list_count_t found;

    assert_int_equal(kl_order_lists_count(office->svc, list, &found, office->err), KL_OK);
    return found;
}

static void all_accounts_are_counted(void **state)
{
    office_t *office = two_accounts(*state);

    add_order(office, "sweden", "a", 10, 2);
    add_order(office, "norway", "b", 10, 20);
    add_order(office, "norway", "c", 10, 20)->waiting = "refund";
    add_order(office, "sweden", "d", 10, 20)->attention = KL_ATTENTION_ORPHAN;
    add_order(office, "denmark", "e", 10, 2)->waiting = "capture";
    assert_int_equal(counted(office, KL_LIST_TO_SHIP).count, 4);
    assert_int_equal(counted(office, KL_LIST_EXPIRING).count, 1);
    assert_int_equal(counted(office, KL_LIST_REFUND_UNCONFIRMED).count, 1);
    assert_int_equal(counted(office, KL_LIST_CAPTURE_UNCONFIRMED).count, 0);
    assert_int_equal(counted(office, KL_LIST_ORPHANS).count, 1);
    assert_int_equal(counted(office, KL_LIST_ORPHANS).more, 0);
}

static void nobody_counts_further_than_needed(void **state)
{
    office_t *office = two_accounts(*state);
    kl_list_count_t found;

    for (int i = 0; i < KL_MAX_LISTED; i++) {
        add_order(office, i % 2 ? "sweden" : "norway", apr_psprintf(*state, "%03d", i), 10, 2);
    }
    found = counted(office, KL_LIST_TO_SHIP);
    assert_int_equal(found.count, KL_MAX_LISTED);
    assert_int_equal(found.more, 0);
    for (int i = 0; i < KL_MAX_LISTED; i++) {
        add_order(office, "sweden", apr_psprintf(*state, "more %03d", i), 10, 2);
    }
    office->store->calls = 0;
    found = counted(office, KL_LIST_TO_SHIP);
    assert_int_equal(found.count, KL_MAX_LISTED);
    assert_int_equal(found.more, 1);
    assert_int_equal(office->store->calls, 1); /* the first account had enough */
}

/* Each of an answer's questions may be the one that the database does not answer. */
static void a_database_that_is_down_is_told(void **state)
{
    office_t *office = two_accounts(*state);
    kl_order_query_t query = kl_order_lists_query(office->svc, KL_LIST_NONE);
    kl_list_page_t page;
    kl_list_count_t count;

    query.limit = 10;
    for (int call = 1; call <= 2; call++) {
        fake_store_arm(office->store, call, FAKE_STORE_FAILS_BEFORE);
        assert_int_equal(kl_order_lists_page(office->svc, *state, &query, &page, office->err),
                         KL_UNAVAILABLE);
        kl_error_clear(office->err);
        fake_store_arm(office->store, call, FAKE_STORE_FAILS_BEFORE);
        assert_int_equal(kl_order_lists_count(office->svc, KL_LIST_ORPHANS, &count, office->err),
                         KL_UNAVAILABLE);
        kl_error_clear(office->err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(the_newest_of_all_accounts_come_first),
        WITH_POOL(who_has_one_account_sees_only_its_orders),
        WITH_POOL(pages_meet_without_a_gap),
        WITH_POOL(a_page_tells_whether_there_may_be_more),
        WITH_POOL(what_is_open_comes_soonest_end_first),
        WITH_POOL(a_query_is_not_changed),
        WITH_POOL(lists_have_names),
        WITH_POOL(all_accounts_are_counted),
        WITH_POOL(nobody_counts_further_than_needed),
        WITH_POOL(a_database_that_is_down_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
