/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which statement answers which query: driven by the rarest part, no part left out, as many
 * values as it has places, and the keyset as asked.
 */
#include "tests/unit/support.h"

#include <stdio.h>

#include "store/order_query.h"

/* Every value as text: what is a number is told by its place in the statement. */
static const char *shown(const kl_order_page_t *page)
{
    static char text[2048];
    const char *place = kl_statements_get(page->list)->text[KL_DIALECT_SQLITE3];
    size_t len = 0;

    for (int i = 0; i < page->n; i++) {
        const void *value = page->values[i];

        place = strchr(place, '%') + 1;
        if (*place == 's') {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s|", (const char *)value);
        }
        else if (*place == 'd') {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%d", *(const int *)value);
        }
        else if (*(const apr_int64_t *)value == APR_INT64_MAX) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "max|");
        }
        else {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%lld|",
                                    (long long)*(const apr_int64_t *)value);
        }
    }
    return text;
}

static void check(kl_order_query_t query, const char *label, const char *values)
{
    kl_order_page_t page;

    query.account = "shop";
    assert_true(kl_order_query_page(&page, &query, 9));
    assert_int_equal(page.n, kl_statements_get(page.list)->values);
    assert_int_equal(page.n, kl_statements_get(page.count)->values);
    assert_string_equal(kl_statements_get(page.list)->label + strlen("klarna_order_list_"), label);
    assert_string_equal(kl_statements_get(page.count)->label + strlen("klarna_order_count_"),
                        label);
    assert_string_equal(shown(&page), values);
}

#define NONE "||||||||0|"
#define NEWEST "max|max||9"
#define SOONEST "max|1|max|1||9"

static void one_part_drives(void **state)
{
    (void)state;
    check((kl_order_query_t){0}, "newest", "shop|" NONE NEWEST);
    check((kl_order_query_t){.state = "", .attention = "", .channel = "", .search = ""}, "newest",
          "shop|" NONE NEWEST);
    check((kl_order_query_t){.state = "CAPTURED"}, "state",
          "shop|CAPTURED|CAPTURED|CAPTURED|||||||0|" NEWEST);
    check((kl_order_query_t){.attention = "outside"}, "attention",
          "shop|outside|||outside|outside|||||0|" NEWEST);
    check((kl_order_query_t){.channel = "instore"}, "channel",
          "shop|instore|||||instore|instore|||0|" NEWEST);
    check((kl_order_query_t){.channel = "online"}, "newest",
          "shop|||||online|online|||0|" NEWEST); /* as most are */
    check((kl_order_query_t){.search = "A1"}, "found",
          "shop|A1|shop|A1|shop|A1|shop|A1|shop|A1|shop|A1|" NONE NEWEST);
}

static void the_lists(void **state)
{
    (void)state;
    check((kl_order_query_t){.list = KL_LIST_TO_SHIP, .until = 5}, "open", "shop|" NONE SOONEST);
    check((kl_order_query_t){.list = KL_LIST_EXPIRING}, "open", "shop|" NONE SOONEST);
    check((kl_order_query_t){.list = KL_LIST_EXPIRING, .until = 5}, "open",
          "shop|" NONE "max|1|5|1||9");
    check((kl_order_query_t){.list = KL_LIST_CAPTURE_UNCONFIRMED}, "waiting",
          "shop|capture|||||||capture|capture|0|" NEWEST);
    check((kl_order_query_t){.list = KL_LIST_REFUND_UNCONFIRMED}, "waiting",
          "shop|refund|||||||refund|refund|0|" NEWEST);
    check((kl_order_query_t){.list = KL_LIST_ORPHANS}, "attention",
          "shop|orphan|||orphan|orphan|||||0|" NEWEST);
    check((kl_order_query_t){.list = KL_LIST_TO_SHIP, .search = "A1"}, "open_found",
          "shop|A1|shop|A1|shop|A1|shop|A1|shop|A1|shop|A1|" NONE SOONEST);
}

static void every_part_counts(void **state)
{
    kl_order_query_t query = {.state = "CAPTURED",
                              .attention = "outside",
                              .channel = "online",
                              .from = 3};

    (void)state;
    check(query, "attention",
          "shop|outside|CAPTURED|CAPTURED|outside|outside|online|online|||3|" NEWEST);
    query.attention = NULL;
    query.list = KL_LIST_REFUND_UNCONFIRMED;
    check(query, "waiting",
          "shop|refund|CAPTURED|CAPTURED|||online|online|refund|refund|3|" NEWEST);
    query.list = KL_LIST_NONE;
    check(query, "state", "shop|CAPTURED|CAPTURED|CAPTURED|||online|online|||3|" NEWEST);
    query.list = KL_LIST_EXPIRING;
    query.to = 8;
    query.until = 7;
    check(query, "open", "shop|CAPTURED|CAPTURED|||online|online|||3|8|1|7|1||9");
    query.list = KL_LIST_ORPHANS;
    query.search = "A1";
    check(query, "found",
          "shop|A1|shop|A1|shop|A1|shop|A1|shop|A1|shop|A1|CAPTURED|CAPTURED|"
          "orphan|orphan|online|online|||3|8|8||9");
}

#define TILL_4 "||Till 4|Till 4|||||||"

/* Only what was paid in a store has a place in one; its till drives before its state. */
static void where_in_a_store(void **state)
{
    kl_shop_query_t till = {.till = "Till 4"}, cashier = {.cashier = "anna"};
    kl_order_query_t query = {.account = "shop", .channel = "online", .shop = till};
    kl_order_page_t page;

    (void)state;
    assert_false(kl_order_query_page(&page, &query, 9));
    check((kl_order_query_t){.shop = till}, "till_shop",
          "shop|Till 4|||||instore|instore|||0|" TILL_4 NEWEST);
    check((kl_order_query_t){.shop = till, .state = "CAPTURED"}, "till_shop",
          "shop|Till 4|CAPTURED|CAPTURED|||instore|instore|||0|" TILL_4 NEWEST);
    check((kl_order_query_t){.shop = till, .attention = "outside"}, "attention_shop",
          "shop|outside|||outside|outside|instore|instore|||0|" TILL_4 NEWEST);
    check((kl_order_query_t){.shop = till, .list = KL_LIST_TO_SHIP}, "open_shop",
          "shop|||||instore|instore|||0|" TILL_4 SOONEST);
    check((kl_order_query_t){.shop = cashier, .state = "CAPTURED"}, "channel_shop",
          "shop|instore|CAPTURED|CAPTURED|||instore|instore|||0|||||||anna|anna|||" NEWEST);
    check((kl_order_query_t){.shop = {.invoice = "F-1", .department = "eyes", .terminal = "T"}},
          "invoice_shop", "shop|F-1|||||instore|instore|||0|eyes|eyes|||T|T|||F-1|F-1|" NEWEST);
}

static void payments_of_a_till(void **state)
{
    kl_order_query_t query = {.account = "shop", .state = "DECLINED", .shop = {.till = "Till 4"}};
    kl_order_page_t page;

    (void)state;
    assert_true(kl_order_query_payments(&page, &query, 9));
    assert_int_equal(page.n, kl_statements_get(page.list)->values);
    assert_string_equal(shown(&page), "shop|DECLINED|||0|" TILL_4 NEWEST);
}

static void pages_go_on(void **state)
{
    (void)state;
    check((kl_order_query_t){.before_at = 5, .before_id = "x"}, "newest", "shop|" NONE "5|5|x|9");
    check((kl_order_query_t){.list = KL_LIST_TO_SHIP, .before_at = 5, .before_id = "x"}, "open",
          "shop|" NONE "max|5|max|5|x|9");
    check((kl_order_query_t){.list = KL_LIST_TO_SHIP, .before_at = APR_INT64_MAX, .before_id = "x"},
          "open", "shop|" NONE "max|max|max|max|x|9");
    check((kl_order_query_t){.before_id = "x"}, "newest", "shop|" NONE NEWEST);
    check((kl_order_query_t){.list = KL_LIST_TO_SHIP, .before_id = "x"}, "open",
          "shop|" NONE SOONEST);
}

/* Where the last page ended or where the time asked for ends: whichever comes first. */
static void an_end_in_time(void **state)
{
    (void)state;
    check((kl_order_query_t){.to = 8}, "newest", "shop|" NONE "8|8||9");
    check((kl_order_query_t){.to = 8, .before_at = 5, .before_id = "x"}, "newest",
          "shop|" NONE "5|5|x|9");
    check((kl_order_query_t){.to = 5, .before_at = 5, .before_id = "x"}, "newest",
          "shop|" NONE "5|5||9");
    check((kl_order_query_t){.to = 5, .before_at = 8, .before_id = "x"}, "newest",
          "shop|" NONE "5|5||9");
}

static void what_contradicts_itself_fits_nothing(void **state)
{
    kl_order_query_t query = {.account = "shop", .list = KL_LIST_ORPHANS, .attention = "outside"};
    kl_order_page_t page;

    (void)state;
    assert_false(kl_order_query_page(&page, &query, 9));
    query.attention = "orphan";
    assert_true(kl_order_query_page(&page, &query, 9));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_part_drives),
        cmocka_unit_test(the_lists),
        cmocka_unit_test(every_part_counts),
        cmocka_unit_test(where_in_a_store),
        cmocka_unit_test(payments_of_a_till),
        cmocka_unit_test(pages_go_on),
        cmocka_unit_test(an_end_in_time),
        cmocka_unit_test(what_contradicts_itself_fits_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
