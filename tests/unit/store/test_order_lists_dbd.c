/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of orders in a real database: every order of the rows page by page, searches in every way,
 * labels, ids and sums; and that an index serves each of them.
 */
#include "tests/unit/database.h"

#include <apr_strings.h>
#include <stdlib.h>

#include "core/instore.h"
#include "core/limits.h"
#include "store/order_query.h"

#define Q(...) ((kl_order_query_t){__VA_ARGS__})

static const char *id_of(database_t *db, int i)
{
    return apr_psprintf(db->p, "%08d-0000-4000-8000-000000000000", i);
}

/*
 * no. state          amount  end    created   fraud    till
 * 0   AUTHORIZED     300     500    1000000
 * 1   PART_CAPTURED  100     none   1000000
 * 2   AUTHORIZED     200     300    1000001   PENDING
 * 3   CAPTURED       200     -      1000001            1
 * 4   AUTHORIZED     200     400    1000002            1
 * 5   CANCELLED      100     -      1000002   PENDING
 */
static void make_orders(database_t *db)
{
    static const struct {
        kl_order_state_t state;
        apr_int64_t amount;
        apr_time_t end;
        const char *fraud, *till, *currency;
    } rows[] = {
        {KL_ORDER_AUTHORIZED, 300, 500, "ACCEPTED", "", "SEK"},
        {KL_ORDER_PART_CAPTURED, 100, 0, "ACCEPTED", "", "SEK"},
        {KL_ORDER_AUTHORIZED, 200, 300, "PENDING", "", "EUR"},
        {KL_ORDER_CAPTURED, 200, 200, "ACCEPTED", "1", "EUR"},
        {KL_ORDER_AUTHORIZED, 200, 400, "ACCEPTED", "1", "SEK"},
        {KL_ORDER_CANCELLED, 100, 100, "PENDING", "", "SEK"},
    };

    for (int i = 0; i < 6; i++) {
        kl_order_t *order = sample_order(db->p, id_of(db, i));

        order->state = rows[i].state;
        order->order_amount = order->original_amount = rows[i].amount;
        order->captured_amount = rows[i].state == KL_ORDER_CAPTURED ? rows[i].amount : 0;
        order->remaining_amount = rows[i].amount - order->captured_amount;
        order->refunded_amount = order->order_tax_amount = 0;
        apr_array_clear(order->lines);
        apr_array_clear(order->captures);
        apr_array_clear(order->credit_invoices);
        order->expires_at = rows[i].end;
        order->fraud_status = rows[i].fraud;
        order->currency = rows[i].currency;
        order->created_at = 1000000 + i / 2;
        order->reference1 = i % 2 ? "Odd" : "EVEN";
        order->reference2 = order->klarna_reference = order->waiting = "";
        order->attention = KL_ATTENTION_NONE;
        if (rows[i].till[0]) {
            order->channel = KL_CHANNEL_INSTORE;
            order->instore = kl_instore_make(db->p);
            order->instore->till = rows[i].till;
        }
        kl_error_clear(db->err);
        if (db->store->order_insert(db->store, db->p, order, db->err) != KL_OK) {
            fail_msg("order_insert: %s", db->err->detail);
        }
    }
}

static void add_articles(database_t *db, int i, const char *const *references, int n)
{
    apr_array_header_t *list = apr_array_make(db->p, n, sizeof(const char *));
    const kl_articles_t articles = {"shop", id_of(db, i), 1000000 + i / 2, list};

    for (int j = 0; j < n; j++) {
        APR_ARRAY_PUSH(list, const char *) = references[j];
    }
    assert_int_equal(db->store->article_add(db->store, db->p, &articles, db->err), KL_OK);
}

static void add_label(database_t *db, const char *kind, const char *value, int i)
{
    assert_int_equal(
        database_run(database_connect(db, db->p),
                     apr_psprintf(db->p,
                                  "INSERT INTO klarna_label (merchant, kind, value, created_at,"
                                  " order_id) VALUES ('shop', '%s', '%s', %d, '%s')",
                                  kind, value, 1000000 + i / 2, id_of(db, i))),
        0);
}

/* Numbers of the orders in the order they came, page by page; the count must agree. */
static void check(database_t *db, kl_order_query_t query, const char *ids)
{
    for (int limit = 1; limit < 8; limit += 2) {
        apr_array_header_t *page = NULL;
        const char *told = "";
        int count = -1, sum = 0;

        query.account = "shop";
        query.limit = 1000;
        query.before_at = 0;
        assert_int_equal(db->store->order_count(db->store, db->p, &query, &count, db->err), KL_OK);
        query.limit = limit;
        do {
            assert_int_equal(db->store->order_list(db->store, db->p, &query, &page, db->err),
                             KL_OK);
            for (int i = 0; i < page->nelts; i++) {
                const kl_order_t *order = APR_ARRAY_IDX(page, i, kl_order_t *);

                told = apr_psprintf(db->p, "%s%d ", told, atoi(order->id));
                query.before_at = kl_order_query_sort(&query) == KL_SORT_EXPIRY
                                      ? kl_order_open_until(order)
                                      : order->created_at;
                query.before_amount = order->order_amount;
                query.before_id = order->id;
            }
            sum += page->nelts;
        } while (page->nelts == limit);
        assert_string_equal(told, ids);
        assert_int_equal(count, sum);
    }
}

static void test_orders_of_the_rows(void **state)
{
    database_t *db = *state;
    kl_shop_query_t till = {.till = "1"};

    make_orders(db);
    check(db, Q(.sort = KL_SORT_NEWEST), "5 4 3 2 1 0 ");
    check(db, Q(.sort = KL_SORT_OLDEST), "0 1 2 3 4 5 ");
    check(db, Q(.sort = KL_SORT_AMOUNT_DESC), "0 4 3 2 5 1 ");
    check(db, Q(.sort = KL_SORT_AMOUNT_ASC), "1 5 2 3 4 0 ");
    check(db, Q(.sort = KL_SORT_EXPIRY), "4 0 1 ");
    check(db, Q(.sort = KL_SORT_EXPIRY, .state = "AUTHORIZED"), "4 0 ");
    check(db, Q(.sort = KL_SORT_OLDEST, .state = "AUTHORIZED"), "0 2 4 ");
    check(db, Q(.sort = KL_SORT_AMOUNT_DESC, .state = "AUTHORIZED"), "0 4 2 ");
    check(db, Q(.sort = KL_SORT_AMOUNT_ASC, .from = 1000001, .to = 1000002), "2 3 ");
    check(db, Q(.sort = KL_SORT_OLDEST, .from = 1000001, .to = 1000002), "2 3 ");
    check(db, Q(.sort = KL_SORT_AMOUNT_ASC, .shop = till), "3 4 ");
    check(db, Q(.list = KL_LIST_TO_SHIP), "4 0 1 ");
    check(db, Q(.list = KL_LIST_TO_SHIP, .sort = KL_SORT_NEWEST), "4 1 0 ");
    check(db, Q(.list = KL_LIST_TO_SHIP, .sort = KL_SORT_OLDEST), "0 1 4 ");
    check(db, Q(.list = KL_LIST_TO_SHIP, .sort = KL_SORT_AMOUNT_DESC), "0 4 1 ");
    check(db, Q(.list = KL_LIST_EXPIRING, .until = 450, .sort = KL_SORT_AMOUNT_ASC), "4 ");
}

static void test_in_review(void **state)
{
    database_t *db = *state;

    make_orders(db);
    check(db, Q(.list = KL_LIST_IN_REVIEW), "2 ");
    check(db, Q(.list = KL_LIST_IN_REVIEW, .sort = KL_SORT_AMOUNT_DESC), "2 ");
    check(db, Q(.list = KL_LIST_IN_REVIEW, .search = "even"), "2 ");
    check(db, Q(.list = KL_LIST_IN_REVIEW, .search = "odd"), "");
}

static void test_searches(void **state)
{
    static const char *const two[] = {"Hat-1", "even"}, *const one[] = {"HAT-1"};
    database_t *db = *state;

    make_orders(db);
    add_articles(db, 1, two, 2);
    add_articles(db, 1, two, 2);
    add_articles(db, 4, one, 1);
    check(db, Q(.search = "even"), "4 2 1 0 ");
    check(db, Q(.search = "oDD"), "5 3 1 ");
    check(db, Q(.search = "hat-1"), "4 1 ");
    check(db, Q(.search = "hat-1", .sort = KL_SORT_OLDEST), "1 4 ");
    check(db, Q(.search = "hat-1", .sort = KL_SORT_AMOUNT_DESC), "4 1 ");
    check(db, Q(.search = "hat-1", .list = KL_LIST_TO_SHIP), "4 1 ");
    check(db, Q(.search = "hat-1", .state = "AUTHORIZED"), "4 ");
    check(db, Q(.search = "hat"), "");
    check(db, Q(.search = "2.00", .amount = {200}, .amounts = 1), "4 3 2 ");
    check(db, Q(.search = "2", .amount = {2, 200}, .amounts = 2, .list = KL_LIST_TO_SHIP), "4 ");
    check(db, Q(.search = "200", .amount = {200, 20000}, .amounts = 2, .sort = KL_SORT_AMOUNT_ASC),
          "2 3 4 ");
    check(db, Q(.search = "even", .amount = {300}, .amounts = 1), "4 2 1 0 ");
}

/* A hundred lines take four statements; one that is there already is no fault. */
static void test_articles_of_a_long_order(void **state)
{
    database_t *db = *state;
    const char *references[101];

    make_orders(db);
    for (int i = 0; i < 101; i++) {
        references[i] = apr_psprintf(db->p, "SKU-%d", i);
    }
    for (int n = 1; n <= 101; n++) {
        add_articles(db, 0, references, n);
        assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_article"), n);
    }
    check(db, Q(.search = "sku-100"), "0 ");
    check(db, Q(.search = "sku-0"), "0 ");
}

static void test_labels(void **state)
{
    database_t *db = *state;

    make_orders(db);
    add_label(db, "tag", "fragile", 0);
    add_label(db, "tag", "fragile", 4);
    add_label(db, "tag", "gift", 4);
    add_label(db, "return_reason", "SIZE", 3);
    add_label(db, "return_reason", "SIZE", 4);
    check(db, Q(.tag = "fragile"), "4 0 ");
    check(db, Q(.tag = "fragile", .sort = KL_SORT_OLDEST), "0 4 ");
    check(db, Q(.tag = "fragile", .sort = KL_SORT_AMOUNT_DESC), "0 4 ");
    check(db, Q(.tag = "fragile", .list = KL_LIST_TO_SHIP), "4 0 ");
    check(db, Q(.return_reason = "SIZE"), "4 3 ");
    check(db, Q(.return_reason = "SIZE", .tag = "gift"), "4 ");
    check(db, Q(.return_reason = "SIZE", .tag = "GIFT"), "");
    check(db, Q(.tag = "SIZE"), "");
}

static void test_ids(void **state)
{
    database_t *db = *state;
    apr_array_header_t *ids = apr_array_make(db->p, 3, sizeof(const char *));

    make_orders(db);
    APR_ARRAY_PUSH(ids, const char *) = id_of(db, 1);
    APR_ARRAY_PUSH(ids, const char *) = id_of(db, 4);
    APR_ARRAY_PUSH(ids, const char *) = id_of(db, 77);
    check(db, Q(.ids = ids), "4 1 ");
    check(db, Q(.ids = ids, .state = "AUTHORIZED"), "4 ");
    check(db, Q(.ids = ids, .search = "odd"), "1 ");
    while (ids->nelts < KL_MAX_IDS) {
        APR_ARRAY_PUSH(ids, const char *) = id_of(db, 100 + ids->nelts);
    }
    check(db, Q(.ids = ids, .sort = KL_SORT_AMOUNT_ASC), "1 4 ");
}

static void test_totals(void **state)
{
    database_t *db = *state;
    kl_order_query_t query = {.account = "shop", .limit = 100};
    apr_array_header_t *found;
    const kl_total_t *total;

    make_orders(db);
    assert_int_equal(db->store->order_totals(db->store, db->p, &query, &found, db->err), KL_OK);
    assert_int_equal(found->nelts, 2);
    total = &APR_ARRAY_IDX(found, 0, kl_total_t);
    assert_string_equal(total->currency, "EUR");
    assert_int_equal(total->count, 2);
    assert_int_equal(total->order_amount, 400);
    assert_int_equal(total->captured_amount, 200);
    total = &APR_ARRAY_IDX(found, 1, kl_total_t);
    assert_string_equal(total->currency, "SEK");
    assert_int_equal(total->count, 4);
    assert_int_equal(total->order_amount, 700);
    assert_int_equal(total->refunded_amount, 0);
    query.search = "even";
    query.list = KL_LIST_TO_SHIP;
    assert_int_equal(db->store->order_totals(db->store, db->p, &query, &found, db->err), KL_OK);
    assert_int_equal(found->nelts, 1);
    assert_int_equal(APR_ARRAY_IDX(found, 0, kl_total_t).order_amount, 500);
    query.limit = 1;
    assert_int_equal(db->store->order_totals(db->store, db->p, &query, &found, db->err), KL_OK);
    assert_int_equal(APR_ARRAY_IDX(found, 0, kl_total_t).count, 1);
}

static void test_same_reference(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, id_of(db, 9));
    int count = -1;

    make_orders(db);
    order->reference1 = "ODD";
    assert_int_equal(db->store->order_same_reference(db->store, db->p, order, &count, db->err),
                     KL_OK);
    assert_int_equal(count, 3);
    order->id = id_of(db, 3);
    assert_int_equal(db->store->order_same_reference(db->store, db->p, order, &count, db->err),
                     KL_OK);
    assert_int_equal(count, 2);
}

/* What a hundred other orders call so is not what Klarna calls so. */
static void test_by_klarna_id(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, id_of(db, 0)), *found = NULL;
    kl_klarna_id_t key = {"shop", order->klarna_order_id};

    assert_int_equal(db->store->order_insert(db->store, db->p, order, db->err), KL_OK);
    for (int i = 1; i <= KL_MAX_PAGE; i++) {
        kl_order_t *other = sample_order(db->p, id_of(db, i));

        other->created_at++;
        other->klarna_order_id = id_of(db, 1000 + i);
        other->reference1 = order->klarna_order_id;
        assert_int_equal(db->store->order_insert(db->store, db->p, other, db->err), KL_OK);
    }
    assert_int_equal(db->store->order_by_klarna_id(db->store, db->p, &key, &found, db->err), KL_OK);
    assert_string_equal(found->id, order->id);
    key.account = "other";
    assert_int_equal(db->store->order_by_klarna_id(db->store, db->p, &key, &found, db->err),
                     KL_NOT_FOUND);
}

/* --- indexes ------------------------------------------------------------------------------ */

/* With the values in the text, but for SQLite, which plans a statement before it has them. */
static const char *filled(database_t *db, const kl_order_select_t *rows)
{
    const char *text = rows->statement.text[db->dialect], *out = "", *place;
    const void *const *value = rows->values;

    for (; (place = strchr(text, '%')) != NULL; value++) {
        out = apr_pstrcat(db->p, out, apr_pstrmemdup(db->p, text, (apr_size_t)(place - text)),
                          NULL);
        if (db->dialect == KL_DIALECT_SQLITE3) {
            out = apr_pstrcat(db->p, out, "?", NULL);
        }
        else if (place[1] == 's') {
            out = apr_psprintf(db->p, "%s'%s'", out, (const char *)*value);
        }
        else if (place[1] == 'd') {
            out = apr_psprintf(db->p, "%s%d", out, *(const int *)*value);
        }
        else {
            out = apr_psprintf(db->p, "%s%" APR_INT64_T_FMT, out, *(const apr_int64_t *)*value);
        }
        text = place + (place[1] == 'l' ? 4 : 2);
    }
    return apr_pstrcat(db->p, out, text, NULL);
}

/* The plan in one text: what each database calls it, row by row. */
static const char *plan(database_t *db, const kl_order_query_t *query, int many, int sorted)
{
    static const char *const commands[] = {"EXPLAIN QUERY PLAN ", "EXPLAIN ", "EXPLAIN "};
    ap_dbd_t *conn = database_connect(db, db->p);
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    kl_order_select_t rows;
    const char *steps = "";

    assert_true(kl_order_query_select(&rows, db->p, query, KL_ASK_ROWS, many));
    if (db->dialect == KL_DIALECT_PGSQL) { /* it would read six rows and sort them */
        assert_int_equal(database_run(conn, "SET enable_seqscan = off"), 0);
        assert_int_equal(database_run(conn, sorted ? "SET enable_sort = off" : "SELECT 1"), 0);
        assert_int_equal(database_run(conn, "SET enable_bitmapscan = off"), 0);
    }
    assert_int_equal(apr_dbd_select(db->driver, db->p, conn->handle, &results,
                                    apr_pstrcat(db->p, commands[db->dialect], filled(db, &rows),
                                                NULL),
                                    1),
                     0);
    for (int n = 1; apr_dbd_get_row(db->driver, db->p, results, &row, n) == 0; n++) {
        for (int i = 0; i < apr_dbd_num_cols(db->driver, results); i++) {
            const char *cell = apr_dbd_get_entry(db->driver, row, i);

            steps = apr_pstrcat(db->p, steps, cell ? cell : "", " ", NULL);
        }
        steps = apr_pstrcat(db->p, steps, "\n", NULL);
    }
    return steps;
}

static int sorts(const database_t *db, const char *steps)
{
    static const char *const words[] = {"TEMP B-TREE FOR ORDER BY", "Sort Key", "filesort"};

    return strstr(steps, words[db->dialect]) != NULL;
}

static int scans(const database_t *db, const char *steps)
{
    switch (db->dialect) {
    case KL_DIALECT_SQLITE3:
        return strstr(steps, "SCAN o") || strstr(steps, "SCAN l") || strstr(steps, "SCAN klarna_");
    case KL_DIALECT_PGSQL:
        return strstr(steps, "Seq Scan") != NULL;
    default:
        return 0; /* of few rows it says ALL in any case; FORCE INDEX is in the text */
    }
}

/* index: one that serves; PostgreSQL is free to choose where rows must be sorted. */
static void check_plan(database_t *db, kl_order_query_t query, int many, const char *index,
                       int sorted)
{
    const char *steps;

    query.account = "shop";
    query.limit = 25;
    steps = plan(db, &query, many, sorted);
    index = db->dialect == KL_DIALECT_PGSQL && !sorted && !query.search ? "klarna_order_" : index;
    if (!strstr(steps, index) || scans(db, steps) || (sorted && sorts(db, steps))) {
        print_error("%s\n", steps);
        fail_msg("%s does not serve, or rows are sorted", index);
    }
}

#define SORTED 1

static void test_indexes_serve(void **state)
{
    static const kl_sort_t sorts_of_time[] = {KL_SORT_NEWEST, KL_SORT_OLDEST};
    database_t *db = *state;
    const char *articles = db->dialect == KL_DIALECT_SQLITE3 ? "PRIMARY KEY (merchant=? AND article"
                           : db->dialect == KL_DIALECT_PGSQL ? "AND (article = 'a'::text)"
                                                             : "PRIMARY";

    make_orders(db);
    for (int i = 0; i < 2; i++) {
        kl_sort_t sort = sorts_of_time[i];

        check_plan(db, Q(.sort = sort), 0, "klarna_order_newest", SORTED);
        check_plan(db, Q(.sort = sort, .state = "CAPTURED"), 0, "klarna_order_by_state", SORTED);
        check_plan(db, Q(.sort = sort, .channel = "instore"), 0, "klarna_order_by_channel", SORTED);
        check_plan(db, Q(.sort = sort, .attention = "differs"), 0, "klarna_order_by_attention",
                   SORTED);
        check_plan(db, Q(.sort = sort, .list = KL_LIST_REFUND_UNCONFIRMED), 0,
                   "klarna_order_waiting", SORTED);
        check_plan(db, Q(.sort = sort, .shop = {.department = "eyes"}), 0,
                   "klarna_order_by_department", SORTED);
        check_plan(db, Q(.sort = sort, .shop = {.cashier = "eva"}), 0, "klarna_order_by_cashier",
                   SORTED);
        check_plan(db, Q(.sort = sort, .shop = {.terminal = "9"}), 0, "klarna_order_by_terminal",
                   SORTED);
        check_plan(db, Q(.sort = sort, .shop = {.till = "1"}), 0, "klarna_order_by_till", SORTED);
        check_plan(db, Q(.sort = sort, .shop = {.invoice = "F"}), 0, "klarna_order_by_invoice",
                   SORTED);
        check_plan(db, Q(.sort = sort, .list = KL_LIST_TO_SHIP), 0, "klarna_order_open", 0);
        check_plan(db, Q(.sort = sort, .tag = "gift"), 0, "", SORTED);
        check_plan(db, Q(.sort = sort, .return_reason = "SIZE"), 0, "", SORTED);
    }
    check_plan(db, Q(.list = KL_LIST_IN_REVIEW), 0, "klarna_order_review", 0);
    check_plan(db, Q(.list = KL_LIST_TO_SHIP), 0, "klarna_order_open", SORTED);
    check_plan(db, Q(.sort = KL_SORT_EXPIRY), 0, "klarna_order_open", SORTED);
    check_plan(db, Q(.sort = KL_SORT_AMOUNT_DESC), 0, "klarna_order_by_amount", SORTED);
    check_plan(db, Q(.sort = KL_SORT_AMOUNT_ASC), 0, "klarna_order_by_amount", SORTED);
    check_plan(db, Q(.sort = KL_SORT_AMOUNT_ASC, .state = "CLOSED"), 1, "klarna_order_by_amount",
               SORTED);
    check_plan(db, Q(.sort = KL_SORT_AMOUNT_ASC, .state = "CLOSED"), 0, "klarna_order_by_state", 0);
    check_plan(db, Q(.search = "a"), 0, "klarna_order_by_reference1", 0);
    check_plan(db, Q(.search = "a"), 0, "klarna_order_by_reference2", 0);
    check_plan(db, Q(.search = "a"), 0, "klarna_order_by_reference", 0);
    check_plan(db, Q(.search = "a"), 0,
               db->dialect == KL_DIALECT_SQLITE3 ? "(merchant=? AND klarna_order_id=?)"
               : db->dialect == KL_DIALECT_PGSQL ? "klarna_order_" /* of six rows it takes any */
                                                 : "klarna_order_klarna_id",
               0);
    check_plan(db, Q(.search = "a"), 0, articles, 0);
    if (db->dialect == KL_DIALECT_PGSQL) { /* a value of another collation is only filtered by */
        check_plan(db, Q(.search = "a"), 0, "AND (value = 'a'::text)", 0);
    }
    check_plan(db, Q(.search = "2", .amount = {2}, .amounts = 1), 0, "klarna_order_by_amount", 0);
    check_plan(db, Q(.search = "2", .amount = {2}, .amounts = 1, .list = KL_LIST_TO_SHIP), 1,
               "klarna_order_open", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(test_orders_of_the_rows),
        WITH_DATABASE(test_in_review),
        WITH_DATABASE(test_searches),
        WITH_DATABASE(test_articles_of_a_long_order),
        WITH_DATABASE(test_labels),
        WITH_DATABASE(test_ids),
        WITH_DATABASE(test_totals),
        WITH_DATABASE(test_same_reference),
        WITH_DATABASE(test_by_klarna_id),
        WITH_DATABASE(test_indexes_serve),
    };

    return cmocka_run_group_tests(tests, database_group_setup, database_group_teardown);
}
