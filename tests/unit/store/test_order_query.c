/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which statement answers which query: driven by the rarest part, no part left out, as many
 * values as it has places, and the keyset as asked.
 */
#include "tests/unit/support.h"

#include <stdio.h>

#include "store/order_query.h"

/* Every value as text: what is a number is told by its place in the statement. */
static const char *shown(const char *text, const void *const *values)
{
    static char out[4096];
    size_t len = 0;

    for (const char *place = strchr(text, '%'); place; place = strchr(place + 1, '%'), values++) {
        if (place[1] == 's') {
            len += (size_t)snprintf(out + len, sizeof(out) - len, "%s|", (const char *)*values);
        }
        else if (place[1] == 'd') {
            len += (size_t)snprintf(out + len, sizeof(out) - len, "%d ", *(const int *)*values);
        }
        else if (*(const apr_int64_t *)*values == APR_INT64_MAX) {
            len += (size_t)snprintf(out + len, sizeof(out) - len, "max|");
        }
        else {
            len += (size_t)snprintf(out + len, sizeof(out) - len, "%lld|",
                                    (long long)*(const apr_int64_t *)*values);
        }
    }
    out[len ? len - 1 : 0] = '\0';
    return out;
}

static kl_order_select_t selected(apr_pool_t *p, kl_order_query_t *query, int many)
{
    kl_order_select_t rows;

    query->account = "shop";
    query->limit = 9;
    assert_true(kl_order_query_select(&rows, p, query, KL_ASK_ROWS, many));
    return rows;
}

static void check_label(const kl_order_select_t *got, const char *driver)
{
    const char *name = got->statement.label + strlen("klarna_order_list_");

    assert_memory_equal(name, driver, strlen(driver));
    assert_int_equal(strlen(name), strlen(driver) + 1 + 16); /* and a hash */
}

/* Values are the same whatever is made of the orders. */
static void check(apr_pool_t *p, kl_order_query_t query, const char *driver, const char *values)
{
    kl_order_select_t rows = selected(p, &query, 0), count;

    check_label(&rows, driver);
    assert_string_equal(shown(rows.statement.text[KL_DIALECT_SQLITE3], rows.values), values);
    assert_true(kl_order_query_select(&count, p, &query, KL_ASK_COUNT, 0));
    if (!strstr(rows.statement.text[KL_DIALECT_SQLITE3], " picked ")) {
        assert_string_equal(shown(count.statement.text[KL_DIALECT_SQLITE3], count.values), values);
    }
    assert_string_not_equal(count.statement.label, rows.statement.label);
}

#define TIME "0|"
#define NONE "||||||||" TIME
#define NEWEST "max|max||9"
#define SOONEST(until) "max|1|1||" until "|9"

static void one_part_drives(void **state)
{
    apr_pool_t *p = *state;

    check(p, (kl_order_query_t){0}, "newest", "shop|" NONE NEWEST);
    check(p, (kl_order_query_t){.state = "", .attention = "", .channel = "", .search = ""},
          "newest", "shop|" NONE NEWEST);
    check(p, (kl_order_query_t){.state = "CAPTURED"}, "state",
          "shop|CAPTURED|CAPTURED|CAPTURED|||||||" TIME NEWEST);
    check(p, (kl_order_query_t){.attention = "outside"}, "attention",
          "shop|outside|||outside|outside|||||" TIME NEWEST);
    check(p, (kl_order_query_t){.channel = "instore"}, "channel",
          "shop|instore|||||instore|instore|||" TIME NEWEST);
    check(p, (kl_order_query_t){.channel = "online"}, "newest",
          "shop|||||online|online|||" TIME NEWEST); /* as most are */
    check(p, (kl_order_query_t){.tag = "fragile"}, "tag", "shop|fragile|" NONE NEWEST);
    check(p, (kl_order_query_t){.return_reason = "TOO_BIG"}, "return_reason",
          "shop|TOO_BIG|" NONE NEWEST);
}

static void the_lists(void **state)
{
    apr_pool_t *p = *state;

    check(p, (kl_order_query_t){.list = KL_LIST_TO_SHIP, .until = 5}, "open",
          "shop|" NONE SOONEST("max"));
    check(p, (kl_order_query_t){.list = KL_LIST_EXPIRING}, "open", "shop|" NONE SOONEST("max"));
    check(p, (kl_order_query_t){.list = KL_LIST_EXPIRING, .until = 5}, "open",
          "shop|" NONE SOONEST("5"));
    check(p, (kl_order_query_t){.list = KL_LIST_CAPTURE_UNCONFIRMED}, "waiting",
          "shop|capture|||||||capture|capture|" TIME NEWEST);
    check(p, (kl_order_query_t){.list = KL_LIST_REFUND_UNCONFIRMED}, "waiting",
          "shop|refund|||||||refund|refund|" TIME NEWEST);
    check(p, (kl_order_query_t){.list = KL_LIST_ORPHANS}, "attention",
          "shop|orphan|||orphan|orphan|||||" TIME NEWEST);
    check(p, (kl_order_query_t){.list = KL_LIST_IN_REVIEW}, "review", "shop|" NONE NEWEST);
}

static void every_part_counts(void **state)
{
    kl_order_query_t query = {.state = "CAPTURED",
                              .attention = "outside",
                              .channel = "online",
                              .tag = "gift",
                              .from = 3};
    apr_pool_t *p = *state;

    check(p, query, "attention",
          "shop|outside|CAPTURED|CAPTURED|outside|outside|online|online|||3|gift|" NEWEST);
    query.attention = NULL;
    query.list = KL_LIST_REFUND_UNCONFIRMED;
    check(p, query, "waiting",
          "shop|refund|CAPTURED|CAPTURED|||online|online|refund|refund|3|gift|" NEWEST);
    query.list = KL_LIST_NONE;
    check(p, query, "tag", "shop|gift|CAPTURED|CAPTURED|||online|online|||3|" NEWEST);
    query.list = KL_LIST_EXPIRING;
    query.tag = NULL;
    query.to = 8;
    query.until = 7;
    check(p, query, "open", "shop|CAPTURED|CAPTURED|||online|online|||3|8|1|1||7|9");
}

#define TILL_4 "||Till 4|Till 4|||||||"
#define INSTORE "||||instore|instore|||" TIME

/* Only what was paid in a store has a place in one; the rarest place drives, before a state. */
static void where_in_a_store(void **state)
{
    kl_shop_query_t till = {.till = "Till 4"}, cashier = {.cashier = "anna"};
    kl_order_query_t query = {.account = "shop", .channel = "online", .shop = till};
    kl_order_select_t rows;
    apr_pool_t *p = *state;

    assert_false(kl_order_query_select(&rows, p, &query, KL_ASK_ROWS, 0));
    check(p, (kl_order_query_t){.shop = till}, "till", "shop|Till 4|" INSTORE TILL_4 NEWEST);
    check(p, (kl_order_query_t){.shop = till, .state = "CAPTURED"}, "till",
          "shop|Till 4|CAPTURED|CAPTURED|||instore|instore|||" TIME TILL_4 NEWEST);
    check(p, (kl_order_query_t){.shop = till, .attention = "outside"}, "attention",
          "shop|outside|||outside|outside|instore|instore|||" TIME TILL_4 NEWEST);
    check(p, (kl_order_query_t){.shop = till, .list = KL_LIST_TO_SHIP}, "open",
          "shop|" INSTORE "max|" TILL_4 "1|1||max|9");
    check(p, (kl_order_query_t){.shop = cashier, .state = "CAPTURED"}, "cashier",
          "shop|anna|CAPTURED|CAPTURED|||instore|instore|||" TIME "||||||anna|anna|||" NEWEST);
    check(p, (kl_order_query_t){.shop = {.department = "eyes"}}, "department",
          "shop|eyes|" INSTORE "eyes|eyes|||||||||" NEWEST);
    check(p, (kl_order_query_t){.shop = {.terminal = "T", .department = "eyes"}}, "terminal",
          "shop|T|" INSTORE "eyes|eyes|||T|T|||||" NEWEST);
    check(p, (kl_order_query_t){.shop = {.invoice = "F-1", .department = "eyes"}}, "invoice",
          "shop|F-1|" INSTORE "eyes|eyes|||||||F-1|F-1|" NEWEST);
}

static void payments_of_a_till(void **state)
{
    kl_order_query_t query = {.account = "shop", .state = "DECLINED", .shop = {.till = "Till 4"}};
    kl_order_page_t page;

    (void)state;
    assert_true(kl_order_query_payments(&page, &query, 9));
    assert_int_equal(page.n, kl_statements_get(page.list)->values);
    assert_string_equal(shown(kl_statements_get(page.list)->text[KL_DIALECT_SQLITE3], page.values),
                        "shop|DECLINED|||0|" TILL_4 NEWEST);
    query.tag = "gift";
    assert_false(kl_order_query_payments(&page, &query, 9));
}

static void pages_go_on(void **state)
{
    apr_pool_t *p = *state;
    kl_order_query_t query = {.before_at = 5, .before_id = "x"};

    check(p, query, "newest", "shop|" NONE "5|5|x|9");
    query.sort = KL_SORT_OLDEST;
    check(p, query, "newest", "shop|||||||||max|5|5|x|9");
    query.sort = KL_SORT_AMOUNT_DESC;
    query.before_amount = 70;
    check(p, query, "amount", "shop|" NONE "max|70|70|5|5|x|9");
    query.sort = KL_SORT_USUAL;
    query.list = KL_LIST_TO_SHIP;
    check(p, query, "open", "shop|" NONE "max|5|5|x|max|9");
    query.before_at = APR_INT64_MAX;
    check(p, query, "open", "shop|" NONE "max|max|max|x|max|9");
    check(p, (kl_order_query_t){.before_id = "x"}, "newest", "shop|" NONE NEWEST);
    check(p, (kl_order_query_t){.list = KL_LIST_TO_SHIP, .before_id = "x"}, "open",
          "shop|" NONE SOONEST("max"));
}

/* Where the last page ended or where the time asked for ends: whichever comes first. */
static void an_end_in_time(void **state)
{
    apr_pool_t *p = *state;
    kl_order_query_t query = {.to = 8};

    check(p, query, "newest", "shop|||||||||0|8|8||9");
    query.before_at = 5;
    query.before_id = "x";
    check(p, query, "newest", "shop|||||||||0|5|5|x|9");
    query.to = 5;
    check(p, query, "newest", "shop|||||||||0|5|5||9");
    query = (kl_order_query_t){.from = 5, .before_at = 3, .before_id = "x", .sort = KL_SORT_OLDEST};
    check(p, query, "newest", "shop|||||||||max|5|5||9");
    query.before_at = 8;
    check(p, query, "newest", "shop|||||||||max|8|8|x|9");
}

static void what_contradicts_itself_fits_nothing(void **state)
{
    kl_order_query_t query = {.account = "shop", .list = KL_LIST_ORPHANS, .attention = "outside"};
    kl_order_select_t rows;

    assert_false(kl_order_query_select(&rows, *state, &query, KL_ASK_ROWS, 0));
    query.attention = "orphan";
    assert_true(kl_order_query_select(&rows, *state, &query, KL_ASK_ROWS, 0));
}

/* --- searches and orders of rows ---------------------------------------------------------- */

/* The driver of one of the ways of a search, by what its part of the text says. */
static int goes_by(const char *text, int way, const char *words)
{
    char end[16];
    const char *from = text, *to;

    for (int i = 0; i < way; i++) {
        snprintf(end, sizeof(end), ") way%d", i);
        from = strstr(from, end);
        assert_non_null(from);
    }
    snprintf(end, sizeof(end), ") way%d", way);
    to = strstr(from, end);
    assert_non_null(to);
    from = strstr(from, words);
    return from && from < to;
}

static void a_search_goes_every_way(void **state)
{
    apr_pool_t *p = *state;
    kl_order_query_t query = {.search = "129", .amount = {129, 12900}, .amounts = 2};
    kl_order_select_t rows = selected(p, &query, 0);
    const char *text = rows.statement.text[KL_DIALECT_MYSQL];

    check_label(&rows, "found");
    assert_true(goes_by(text, 0, "reference1_folded = LOWER(%s)"));
    assert_true(goes_by(text, 1, "FROM klarna_article l STRAIGHT_JOIN"));
    assert_true(goes_by(text, 2,
                        "klarna_order_by_amount) WHERE o.merchant = %s"
                        " AND o.order_amount = %lld"));
    assert_true(goes_by(text, 3, "o.order_amount = %lld"));
    assert_null(strstr(text, "way4"));
    query =
        (kl_order_query_t){.search = "129", .amount = {129}, .amounts = 1, .list = KL_LIST_TO_SHIP};
    rows = selected(p, &query, 1);
    text = rows.statement.text[KL_DIALECT_MYSQL];
    assert_true(goes_by(text, 0, "o.open_until > 0"));
    assert_true(goes_by(text, 1, "klarna_order_open)")); /* a common article */
    assert_true(goes_by(text, 1, "EXISTS (SELECT 1 FROM klarna_article l"));
    assert_true(goes_by(text, 2, "klarna_order_open)"));
}

static void few_are_sorted_and_many_gone_through(void **state)
{
    static const struct {
        kl_order_query_t query;
        const char *few, *many;
        int probed;
    } cases[] = {
        {{.sort = KL_SORT_AMOUNT_DESC}, "amount", "amount", 0},
        {{.sort = KL_SORT_AMOUNT_ASC, .state = "CANCELLED"}, "state", "amount", 1},
        {{.sort = KL_SORT_AMOUNT_ASC, .from = 3}, "newest", "amount", 1},
        {{.sort = KL_SORT_AMOUNT_DESC, .shop = {.till = "1"}}, "till", "amount", 1},
        {{.sort = KL_SORT_AMOUNT_DESC, .tag = "gift"}, "tag", "amount", 1},
        {{.sort = KL_SORT_AMOUNT_DESC, .list = KL_LIST_TO_SHIP}, "open", "open", 0},
        {{.sort = KL_SORT_OLDEST, .list = KL_LIST_TO_SHIP}, "open", "open", 0},
        {{.sort = KL_SORT_EXPIRY, .state = "AUTHORIZED"}, "open", "open", 0},
        {{.sort = KL_SORT_OLDEST, .state = "CAPTURED"}, "state", "state", 0},
        {{.search = "A1"}, "found", "found", 0},
        {{.search = "A1", .list = KL_LIST_TO_SHIP}, "found", "found", 1},
        {{.search = "A1", .sort = KL_SORT_AMOUNT_ASC}, "found", "found", 1},
    };
    kl_order_select_t rows;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        kl_order_query_t query = cases[i].query;

        rows = selected(*state, &query, 0);
        check_label(&rows, cases[i].few);
        rows = selected(*state, &query, 1);
        check_label(&rows, cases[i].many);
        assert_int_equal(kl_order_query_probe(&rows, *state, &query), cases[i].probed);
    }
}

/* Only what would drive is counted, and no further than needed. */
static void a_probe_asks_one_thing(void **state)
{
    kl_order_query_t query = {.account = "shop",
                              .state = "CAPTURED",
                              .attention = "outside",
                              .sort = KL_SORT_AMOUNT_ASC,
                              .from = 3};
    kl_order_select_t probe;

    assert_true(kl_order_query_probe(&probe, *state, &query));
    assert_string_equal(shown(probe.statement.text[KL_DIALECT_SQLITE3], probe.values),
                        "shop|outside|||outside|outside|||||3|max|max||2001");
    query.search = "A1";
    assert_true(kl_order_query_probe(&probe, *state, &query));
    assert_string_equal(shown(probe.statement.text[KL_DIALECT_SQLITE3], probe.values),
                        "shop|A1|2001");
}

static void ids_fill_their_places(void **state)
{
    apr_pool_t *p = *state;
    apr_array_header_t *ids = apr_array_make(p, 101, sizeof(const char *));
    kl_order_query_t query = {.ids = ids};
    kl_order_select_t few, many;

    APR_ARRAY_PUSH(ids, const char *) = "x";
    APR_ARRAY_PUSH(ids, const char *) = "y";
    few = selected(p, &query, 0);
    check_label(&few, "ids");
    assert_int_equal(few.statement.values, 1 + 9 + 100 + 3 + 1 + 1);
    assert_string_equal(few.values[10], "x");
    assert_string_equal(few.values[11], "y");
    assert_string_equal(few.values[109], "x");
    while (ids->nelts < 101) {
        APR_ARRAY_PUSH(ids, const char *) = "z";
    }
    many = selected(p, &query, 0);
    assert_int_equal(many.statement.values, few.statement.values + 900);
    assert_string_not_equal(many.statement.label, few.statement.label);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(one_part_drives),         WITH_POOL(the_lists),
        WITH_POOL(every_part_counts),       WITH_POOL(where_in_a_store),
        WITH_POOL(payments_of_a_till),      WITH_POOL(pages_go_on),
        WITH_POOL(an_end_in_time),          WITH_POOL(what_contradicts_itself_fits_nothing),
        WITH_POOL(a_search_goes_every_way), WITH_POOL(few_are_sorted_and_many_gone_through),
        WITH_POOL(a_probe_asks_one_thing),  WITH_POOL(ids_fill_their_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
