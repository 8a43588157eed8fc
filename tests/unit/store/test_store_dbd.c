/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store over a real database: what goes in comes out, a taken key and a lost
 * compare-and-set are conflicts that change nothing, lists page and filter, the schema
 * refuses what breaks an invariant, and its version is checked. database.h says which
 * database.
 */
#include "tests/unit/database.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <stdlib.h>

#include "core/instore.h"
#include "core/limits.h"
#include "core/ledger.h"
#include "store/dbd_rows.h"

#define ID1 "11111111-1111-4111-8111-111111111111"
#define ID2 "22222222-2222-4222-8222-222222222222"
#define ID3 "33333333-3333-4333-8333-333333333333"

/* With the store's own row structs, so that its column lists compare every column here too. */
#define SAME_TEXT(column, member) assert_string_equal(a.member, b.member);
#define SAME_NUMBER(column, member) assert_int_equal(a.member, b.member);

static void assert_order_equal(apr_pool_t *p, const kl_order_t *x, const kl_order_t *y)
{
    kl_order_row_t a = {*x,
                        kl_dbd_rows_shop(p, x),
                        kl_order_state_name(x->state),
                        kl_attention_name(x->attention),
                        x->klarna_order_id,
                        kl_ledger_text(p, x),
                        kl_order_open_until(x)};
    kl_order_row_t b = {*y,
                        kl_dbd_rows_shop(p, y),
                        kl_order_state_name(y->state),
                        kl_attention_name(y->attention),
                        y->klarna_order_id,
                        kl_ledger_text(p, y),
                        kl_order_open_until(y)};

    assert_int_equal(x->version, y->version);
    KL_ORDER_FIXED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
    KL_ORDER_SAVED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
}

static void assert_operation_equal(const kl_operation_t *x, const kl_operation_t *y)
{
    kl_operation_row_t a = {*x, kl_op_kind_name(x->kind), kl_op_state_name(x->state),
                            kl_op_mark_name(x->mark)};
    kl_operation_row_t b = {*y, kl_op_kind_name(y->kind), kl_op_state_name(y->state),
                            kl_op_mark_name(y->mark)};

    assert_int_equal(x->version, y->version);
    KL_OPERATION_FIXED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
    KL_OPERATION_SAVED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
}

/* --- short forms: the store's calls that must succeed ------------------------------- */

static kl_kind_t insert_order(database_t *db, kl_order_t *order)
{
    kl_error_clear(db->err);
    return db->store->order_insert(db->store, db->p, order, db->err);
}

static kl_kind_t save_order(database_t *db, kl_order_t *order)
{
    kl_error_clear(db->err);
    return db->store->order_save(db->store, db->p, order, db->err);
}

static kl_order_t *load_order(database_t *db, const char *id)
{
    kl_order_t *order = NULL;

    kl_error_clear(db->err);
    if (db->store->order_load(db->store, db->p, id, &order, db->err) != KL_OK) {
        fail_msg("order_load: %s", db->err->detail);
    }
    return order;
}

static kl_operation_t *load_operation(database_t *db, const char *id)
{
    kl_operation_t *op = NULL;

    kl_error_clear(db->err);
    if (db->store->operation_load(db->store, db->p, id, &op, db->err) != KL_OK) {
        fail_msg("operation_load: %s", db->err->detail);
    }
    return op;
}

static void make_order(database_t *db, kl_order_t *order)
{
    if (insert_order(db, order) != KL_OK) {
        fail_msg("order_insert: %s", db->err->detail);
    }
}

/* --- orders ------------------------------------------------------------------------- */

static void test_order_comes_back_whole(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, ID1), *same;

    make_order(db, order);
    assert_int_equal(order->version, 1);
    assert_order_equal(db->p, order, load_order(db, ID1));
    same = load_order(db, ID1);
    assert_int_equal(same->lines->nelts, 1);
    assert_int_equal(kl_order_fees_kept(same), 500);
}

static void test_order_extremes(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, ID1);
    kl_order_t *empty = kl_order_make(db->p);

    order->original_amount = order->order_amount = order->order_tax_amount = APR_INT64_MAX;
    order->captured_amount = order->refunded_amount = APR_INT64_MAX - 1;
    order->remaining_amount = 1;
    order->created_at = APR_INT64_MIN;
    order->updated_at = -1;
    order->expires_at = APR_INT64_MAX;
    order->session_id = apr_pstrcat(db->p, order->reference2, "\n\t\r\x7f\"'`$1?:a%lld%%", NULL);
    make_order(db, order);
    assert_order_equal(db->p, order, load_order(db, ID1));

    empty->id = ID2;
    make_order(db, empty);
    assert_order_equal(db->p, empty, load_order(db, ID2));
}

static void test_order_of_many_bytes(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, ID1);
    kl_line_t line = APR_ARRAY_IDX(order->lines, 0, kl_line_t);
    char *name = apr_pcalloc(db->p, KL_MAX_STRING + 1);

    memset(name, 'n', KL_MAX_STRING);
    line.name = line.merchant_data = name;
    while (order->lines->nelts < 600) {
        APR_ARRAY_PUSH(order->lines, kl_line_t) = line;
    }
    assert_in_range(strlen(kl_ledger_text(db->p, order)), 400000, KL_MAX_LEDGER);
    make_order(db, order);
    assert_order_equal(db->p, order, load_order(db, ID1));

    while (order->lines->nelts < KL_MAX_LINES) {
        APR_ARRAY_PUSH(order->lines, kl_line_t) = line;
    }
    assert_int_equal(save_order(db, order), KL_INTERNAL);
    check_error(db->err, KL_INTERNAL, "ledger");
    assert_int_equal(load_order(db, ID1)->lines->nelts, 600);
}

static void test_order_taken_keys(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, ID1), *other = sample_order(db->p, ID2);

    make_order(db, order);
    assert_int_equal(insert_order(db, sample_order(db->p, ID1)), KL_TAKEN);
    check_error(db->err, KL_TAKEN, "exists");
    other->klarna_order_id = order->klarna_order_id;
    assert_int_equal(insert_order(db, other), KL_TAKEN);
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_order"), 1);
    assert_int_equal(other->version, 0);
    other->account = "other shop";
    make_order(db, other);
}

static void test_order_without_klarna_id(void **state)
{
    database_t *db = *state;
    kl_order_t *one = sample_order(db->p, ID1), *two = sample_order(db->p, ID2);

    one->klarna_order_id = two->klarna_order_id = "";
    make_order(db, one);
    make_order(db, two);
    assert_string_equal(load_order(db, ID1)->klarna_order_id, "");
    two->klarna_order_id = "kl-2";
    assert_int_equal(save_order(db, two), KL_OK);
    assert_string_equal(load_order(db, ID2)->klarna_order_id, "kl-2");
    one->klarna_order_id = "kl-2"; /* somebody else's: refused, and no conflict of versions */
    assert_int_equal(save_order(db, one), KL_UNAVAILABLE);
    assert_string_equal(load_order(db, ID1)->klarna_order_id, "");
}

static void test_order_save(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, ID1), *stale;

    make_order(db, order);
    stale = load_order(db, ID1);
    order->state = KL_ORDER_CAPTURED;
    order->captured_amount = 15000;
    order->remaining_amount = 0;
    order->pending_op = "";
    order->reference1 = "changed";
    order->updated_at++;
    APR_ARRAY_IDX(order->lines, 0, kl_line_t).captured_amount = 15000;
    assert_int_equal(save_order(db, order), KL_OK);
    assert_int_equal(order->version, 2);
    assert_order_equal(db->p, order, load_order(db, ID1));

    stale->reference1 = "lost";
    assert_int_equal(save_order(db, stale), KL_STALE);
    check_error(db->err, KL_STALE, "version");
    assert_int_equal(stale->version, 1);
    assert_order_equal(db->p, order, load_order(db, ID1));
    assert_int_equal(save_order(db, order), KL_OK); /* no value differs, the version does */
    assert_int_equal(load_order(db, ID1)->version, 3);
    assert_int_equal(save_order(db, sample_order(db->p, ID2)), KL_STALE); /* never stored */
}

static void test_misses(void **state)
{
    database_t *db = *state;
    kl_order_t *order = NULL;
    kl_operation_t *op = NULL;
    kl_store_t *store = db->store;

    assert_int_equal(store->order_load(store, db->p, ID1, &order, db->err), KL_NOT_FOUND);
    check_error(db->err, KL_NOT_FOUND, "not_found");
    kl_error_clear(db->err);
    assert_int_equal(store->payment_load(store, db->p, ID1, &order, db->err), KL_NOT_FOUND);
    kl_error_clear(db->err);
    assert_int_equal(store->operation_load(store, db->p, ID1, &op, db->err), KL_NOT_FOUND);
    kl_error_clear(db->err);
    assert_int_equal(store->operation_load_by_client_key(store, db->p, "k", &op, db->err),
                     KL_NOT_FOUND);
    assert_null(order);
    assert_null(op);
}

/* --- what the schema refuses -------------------------------------------------------- */

/* The row of an order that is there, changed by other hands than the store's. */
static void must_not_become(database_t *db, ap_dbd_t *conn, const char *set)
{
    const char *sql = apr_pstrcat(db->p, "UPDATE klarna_order SET ", set, NULL);

    if (database_run(conn, sql) == 0) {
        fail_msg("the schema let through: %s", set);
    }
}

/* sample_order: captured and remaining are what was authorized, refunded less than captured. */
static void test_schema_keeps_the_invariants(void **state)
{
    static const char *const wrong[] = {
        "original_amount = -1",
        "order_amount = -1",
        "captured_amount = -1",
        "refunded_amount = -1",
        "remaining_amount = -1",
        "order_amount = captured_amount + remaining_amount - 1",
        "refunded_amount = captured_amount + 1",
        "captured_amount = 9223372036854775807",
    };
    database_t *db = *state;
    ap_dbd_t *conn = database_connect(db, db->p);
    kl_order_t *order = sample_order(db->p, ID1);

    make_order(db, order);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        must_not_become(db, conn, wrong[i]);
    }
    assert_order_equal(db->p, order, load_order(db, ID1));
}

/* The store asks before the schema does, and of lines too, which are no columns. */
static void test_an_order_that_breaks_a_rule_is_not_written(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, ID1);

    order->refunded_amount = order->captured_amount + 1;
    contract_may_break();
    assert_int_equal(insert_order(db, order), KL_INTERNAL);
    check_broken(db->err, "refunded amount stays within the captured amount");
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_order"), 0);

    order = sample_order(db->p, ID1);
    make_order(db, order);
    APR_ARRAY_IDX(order->lines, 0, kl_line_t).captured_quantity = APR_INT64_MAX;
    contract_may_break();
    assert_int_equal(save_order(db, order), KL_INTERNAL);
    check_broken(db->err, "captured and cancelled quantity");
    assert_int_equal(load_order(db, ID1)->version, 1);
}

static void test_schema_keeps_the_words(void **state)
{
    database_t *db = *state;
    ap_dbd_t *conn = database_connect(db, db->p);
    kl_operation_t *op = sample_operation(db->p, ID1, ID2);

    make_order(db, sample_order(db->p, ID1));
    assert_int_not_equal(database_run(conn, "UPDATE klarna_order SET state = 'captured'"), 0);
    assert_int_not_equal(database_run(conn, "UPDATE klarna_order SET captured_amount = 'x'"), 0);
    assert_int_not_equal(database_run(conn, "UPDATE klarna_order SET reference1 = NULL"), 0);
    assert_int_not_equal(database_run(conn, "UPDATE klarna_order SET version = 0"), 0);
    assert_int_equal(db->store->operation_insert(db->store, db->p, op, db->err), KL_OK);
    assert_int_not_equal(database_run(conn, "UPDATE klarna_operation SET state = 'SENT'"), 0);
    assert_int_not_equal(database_run(conn, "UPDATE klarna_operation SET amount = -1"), 0);
    assert_int_not_equal(database_run(conn, "UPDATE klarna_operation SET doubtful = 2"), 0);
    assert_order_equal(db->p, load_order(db, ID1), load_order(db, ID1));
    assert_string_equal(load_order(db, ID1)->reference1, "shop's \"order\" 1");
}

/* --- lists -------------------------------------------------------------------------- */

static const char *list_id(database_t *db, int i)
{
    return apr_psprintf(db->p, "%08d-0000-4000-8000-000000000000", i);
}

/* Orders 0..n-1, two of each time, every third one AUTHORIZED; another shop's between. */
static void make_orders(database_t *db, int n)
{
    for (int i = 0; i < n; i++) {
        kl_order_t *order = sample_order(db->p, list_id(db, i));

        order->created_at = 1000000 + i / 2;
        order->state = i % 3 == 0 ? KL_ORDER_AUTHORIZED : KL_ORDER_PART_CAPTURED;
        order->klarna_reference = apr_psprintf(db->p, "S%d", i);
        order->reference1 = apr_psprintf(db->p, "A%d", i);
        order->reference2 = apr_psprintf(db->p, "B%d", i % 2);
        make_order(db, order);
        order = sample_order(db->p, list_id(db, 1000 + i));
        order->account = "other shop";
        make_order(db, order);
    }
}

static apr_array_header_t *list(database_t *db, const char *state, const char *search,
                                const kl_order_t *after, int limit)
{
    kl_order_query_t query = {.account = "shop",
                              .state = state,
                              .search = search,
                              .before_at = after ? after->created_at : 0,
                              .before_id = after ? after->id : NULL,
                              .limit = limit};
    apr_array_header_t *out = NULL;

    kl_error_clear(db->err);
    if (db->store->order_list(db->store, db->p, &query, &out, db->err) != KL_OK) {
        fail_msg("order_list: %s", db->err->detail);
    }
    return out;
}

static void test_list_pages_newest_first(void **state)
{
    database_t *db = *state;
    kl_order_t *last = NULL;
    int expected = 10;

    make_orders(db, 11);
    for (;;) {
        apr_array_header_t *page = list(db, "", "", last, 3);

        for (int i = 0; i < page->nelts; i++) {
            last = APR_ARRAY_IDX(page, i, kl_order_t *);
            assert_string_equal(last->id, list_id(db, expected--));
            assert_order_equal(db->p, last, load_order(db, last->id));
        }
        if (page->nelts < 3) {
            break;
        }
    }
    assert_int_equal(expected, -1);
}

static void test_list_filters(void **state)
{
    database_t *db = *state;
    apr_array_header_t *found;
    kl_order_t *seven;
    const char *searches[5];

    make_orders(db, 11);
    found = list(db, "AUTHORIZED", "", NULL, 100);
    assert_int_equal(found->nelts, 4);
    assert_string_equal(APR_ARRAY_IDX(found, 0, kl_order_t *)->id, list_id(db, 9));
    found = list(db, "AUTHORIZED", "", APR_ARRAY_IDX(found, 0, kl_order_t *), 2);
    assert_int_equal(found->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(found, 1, kl_order_t *)->id, list_id(db, 3));
    assert_int_equal(list(db, "CAPTURED", "", NULL, 100)->nelts, 0);

    seven = load_order(db, list_id(db, 7));
    searches[0] = seven->id;
    searches[1] = seven->klarna_order_id;
    searches[2] = seven->klarna_reference;
    searches[3] = seven->reference1;
    for (int i = 0; i < 4; i++) {
        found = list(db, "", searches[i], NULL, 100);
        assert_int_equal(found->nelts, 1);
        assert_order_equal(db->p, APR_ARRAY_IDX(found, 0, kl_order_t *), seven);
    }
    assert_int_equal(list(db, "", "B1", NULL, 100)->nelts, 5);
    found = list(db, "", "B1", seven, 2);
    assert_int_equal(found->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(found, 0, kl_order_t *)->id, list_id(db, 5));
    assert_int_equal(list(db, "AUTHORIZED", "B1", NULL, 100)->nelts, 2);
    assert_int_equal(list(db, "", list_id(db, 1007), NULL, 100)->nelts, 0);
    assert_int_equal(list(db, "", "A%", NULL, 100)->nelts, 0);
    assert_int_equal(list(db, "", "' OR '1'='1", NULL, 100)->nelts, 0);
}

static void test_list_is_bounded(void **state)
{
    database_t *db = *state;

    make_orders(db, KL_MAX_PAGE + 2);
    assert_int_equal(list(db, "", "", NULL, 1000000)->nelts, KL_MAX_PAGE);
    assert_int_equal(list(db, "", "", NULL, -1)->nelts, 1);
}

static void test_list_by_attention(void **state)
{
    database_t *db = *state;
    kl_order_query_t query = {.account = "shop",
                              .state = "",
                              .attention = "orphan",
                              .search = "",
                              .before_id = "",
                              .limit = 2};
    apr_array_header_t *found = NULL;

    make_orders(db, 6);
    for (int i = 0; i < 6; i += 2) {
        kl_order_t *order = load_order(db, list_id(db, i));

        order->attention = KL_ATTENTION_ORPHAN;
        assert_int_equal(save_order(db, order), KL_OK);
    }
    assert_int_equal(db->store->order_list(db->store, db->p, &query, &found, db->err), KL_OK);
    assert_int_equal(found->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(found, 0, kl_order_t *)->id, list_id(db, 4));
    query.before_at = APR_ARRAY_IDX(found, 1, kl_order_t *)->created_at;
    query.before_id = APR_ARRAY_IDX(found, 1, kl_order_t *)->id;
    assert_int_equal(db->store->order_list(db->store, db->p, &query, &found, db->err), KL_OK);
    assert_int_equal(found->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(found, 0, kl_order_t *)->id, list_id(db, 0));
}

/* --- lists of work -------------------------------------------------------------------- */

/* Numbers of the orders in the order they came, page by page; the count must agree. */
static void check_query(database_t *db, kl_order_query_t query, int limit, const char *ids)
{
    apr_array_header_t *page = NULL;
    const char *told = "";
    int sum = 0, count = -1;

    query.account = "shop";
    query.limit = 1000;
    assert_int_equal(db->store->order_count(db->store, db->p, &query, &count, db->err), KL_OK);
    query.limit = limit;
    do {
        assert_int_equal(db->store->order_list(db->store, db->p, &query, &page, db->err), KL_OK);
        assert_true(page->nelts <= limit);
        for (int i = 0; i < page->nelts; i++) {
            const kl_order_t *order = APR_ARRAY_IDX(page, i, kl_order_t *);
            int by_end = query.list == KL_LIST_TO_SHIP || query.list == KL_LIST_EXPIRING;

            told = apr_psprintf(db->p, "%s%d ", told, atoi(order->id));
            query.before_at = by_end ? kl_order_open_until(order) : order->created_at;
            query.before_id = order->id;
        }
        sum += page->nelts;
    } while (page->nelts == limit);
    assert_string_equal(told, ids);
    assert_int_equal(count, sum);
}

/*
 * no. state          marks               channel   end    created
 * 0   AUTHORIZED     -        -          online    none   1000000
 * 1   PART_CAPTURED  outside  capture    online    500    1000000
 * 2   PART_CAPTURED  -        -          instore   300    1000001
 * 3   CAPTURED       -        refund     online    -      1000001
 * 4   PART_CAPTURED  orphan   capture    instore   500    1000002
 * 5   CREATED        orphan   -          online    -      1000002
 */
static void make_work(database_t *db)
{
    static const struct {
        kl_order_state_t state;
        kl_attention_t attention;
        const char *waiting, *channel;
        apr_time_t end;
    } rows[] = {
        {KL_ORDER_AUTHORIZED, KL_ATTENTION_NONE, "", "online", 0},
        {KL_ORDER_PART_CAPTURED, KL_ATTENTION_OUTSIDE, "capture", "online", 500},
        {KL_ORDER_PART_CAPTURED, KL_ATTENTION_NONE, "", "instore", 300},
        {KL_ORDER_CAPTURED, KL_ATTENTION_NONE, "refund", "online", 200},
        {KL_ORDER_PART_CAPTURED, KL_ATTENTION_ORPHAN, "capture", "instore", 500},
        {KL_ORDER_CREATED, KL_ATTENTION_ORPHAN, "", "online", 100},
    };

    for (int i = 0; i < 6; i++) {
        kl_order_t *order = sample_order(db->p, list_id(db, i));

        order->state = rows[i].state;
        order->attention = rows[i].attention;
        order->waiting = rows[i].waiting;
        order->channel = rows[i].channel;
        order->expires_at = rows[i].end;
        order->created_at = 1000000 + i / 2;
        order->reference1 = i % 2 ? "odd" : "even";
        make_order(db, order);
        order->id = list_id(db, 1000 + i);
        order->account = "other shop";
        make_order(db, order);
    }
}

#define Q(...) ((kl_order_query_t){__VA_ARGS__})

/* Of each two in a row, the first is of till 1, for invoice F-0, F-2 ...; the last is online. */
static void make_sales(database_t *db)
{
    for (int i = 0; i < 5; i++) {
        kl_order_t *order = sample_order(db->p, list_id(db, i));
        kl_instore_t *shop = order->instore = kl_instore_make(db->p);

        order->channel = KL_CHANNEL_INSTORE;
        order->created_at = 1000000 + i;
        order->state = i == 3 ? KL_ORDER_AUTHORIZED : KL_ORDER_PART_CAPTURED;
        shop->department = i < 3 ? "eyes" : "dental";
        shop->till = i % 2 ? "2" : "1";
        shop->cashier = i == 4 ? "bo" : "anna";
        shop->terminal = i == 2 ? "T9" : "";
        shop->invoice = apr_psprintf(db->p, "F-%d", i - i % 2);
        make_order(db, order);
    }
    make_order(db, sample_order(db->p, list_id(db, 5)));
}

static void test_lists_of_a_store(void **state)
{
    database_t *db = *state;

    make_sales(db);
    for (int limit = 1; limit < 4; limit++) {
        check_query(db, Q(.shop = {.till = "1"}), limit, "4 2 0 ");
        check_query(db, Q(.shop = {.department = "eyes"}), limit, "2 1 0 ");
        check_query(db, Q(.shop = {.till = "1", .department = "eyes"}), limit, "2 0 ");
        check_query(db, Q(.shop = {.cashier = "anna"}, .state = "PART_CAPTURED"), limit, "2 1 0 ");
        check_query(db, Q(.shop = {.invoice = "F-2"}), limit, "3 2 ");
    }
    check_query(db, Q(.shop = {.terminal = "T9"}), 5, "2 ");
    check_query(db, Q(.shop = {.terminal = "T"}), 5, "");
    check_query(db, Q(.shop = {.till = "1"}, .channel = "online"), 5, "");
    check_query(db, Q(.shop = {.cashier = "bo"}, .search = list_id(db, 4)), 5, "4 ");
    check_query(db, Q(.shop = {.cashier = "bo"}, .search = list_id(db, 2)), 5, "");
    check_query(db, Q(.shop = {.till = "2"}, .list = KL_LIST_TO_SHIP), 5, "1 3 ");
    check_query(db, Q(.shop = {.till = "2"}, .state = "AUTHORIZED", .from = 1000003), 5, "3 ");
}

static void test_lists_of_work(void **state)
{
    database_t *db = *state;

    make_work(db);
    for (int limit = 1; limit < 8; limit++) {
        check_query(db, Q(.list = KL_LIST_TO_SHIP), limit, "2 1 4 0 ");
        check_query(db, Q(.list = KL_LIST_EXPIRING, .until = 500), limit, "2 1 4 ");
        check_query(db, Q(.list = KL_LIST_CAPTURE_UNCONFIRMED), limit, "4 1 ");
        check_query(db, Q(.list = KL_LIST_REFUND_UNCONFIRMED), limit, "3 ");
        check_query(db, Q(.list = KL_LIST_ORPHANS), limit, "5 4 ");
        check_query(db, Q(.list = KL_LIST_NONE), limit, "5 4 3 2 1 0 ");
    }
    check_query(db, Q(.list = KL_LIST_EXPIRING, .until = 299), 5, "");
}

static void test_filters_hold_together(void **state)
{
    database_t *db = *state;

    make_work(db);
    check_query(db, Q(.channel = "instore"), 1, "4 2 ");
    check_query(db, Q(.channel = "instore", .attention = "orphan"), 1, "4 ");
    check_query(db, Q(.channel = "online", .state = "PART_CAPTURED"), 1, "1 ");
    check_query(db, Q(.state = "PART_CAPTURED", .attention = "outside"), 1, "1 ");
    check_query(db, Q(.state = "CAPTURED", .attention = "outside"), 1, "");
    check_query(db, Q(.from = 1000001), 2, "5 4 3 2 ");
    check_query(db, Q(.to = 1000001), 1, "1 0 ");
    check_query(db, Q(.from = 1000001, .to = 1000002, .state = "CAPTURED"), 1, "3 ");
    check_query(db, Q(.list = KL_LIST_TO_SHIP, .from = 1000001), 1, "2 4 ");
    check_query(db, Q(.list = KL_LIST_TO_SHIP, .to = 1000001), 1, "1 0 ");
    check_query(db, Q(.list = KL_LIST_TO_SHIP, .state = "PART_CAPTURED", .channel = "online"), 1,
                "1 ");
    check_query(db, Q(.list = KL_LIST_CAPTURE_UNCONFIRMED, .attention = "orphan"), 1, "4 ");
    check_query(db, Q(.list = KL_LIST_ORPHANS, .attention = "outside"), 1, "");
    check_query(db, Q(.search = "even"), 1, "4 2 0 ");
    check_query(db, Q(.search = "even", .channel = "instore", .to = 1000002), 1, "2 ");
    check_query(db, Q(.search = "even", .list = KL_LIST_TO_SHIP), 1, "2 4 0 ");
    check_query(db, Q(.search = "even", .list = KL_LIST_EXPIRING, .until = 300), 1, "2 ");
    check_query(db, Q(.search = "odd", .list = KL_LIST_CAPTURE_UNCONFIRMED), 1, "1 ");
    check_query(db, Q(.search = "odd", .list = KL_LIST_ORPHANS, .state = "CREATED"), 1, "5 ");
}

static void test_counts_are_bounded(void **state)
{
    database_t *db = *state;
    kl_order_query_t query = {.account = "shop", .list = KL_LIST_TO_SHIP};
    int count = -1;

    make_work(db);
    for (query.limit = 1; query.limit < 8; query.limit++) {
        assert_int_equal(db->store->order_count(db->store, db->p, &query, &count, db->err), KL_OK);
        assert_int_equal(count, query.limit < 4 ? query.limit : 4);
    }
    query.limit = 5;
    query.account = "nobody's shop";
    assert_int_equal(db->store->order_count(db->store, db->p, &query, &count, db->err), KL_OK);
    assert_int_equal(count, 0);
    query.list = KL_LIST_ORPHANS;
    query.attention = "outside";
    count = -1;
    assert_int_equal(db->store->order_count(db->store, db->p, &query, &count, db->err), KL_OK);
    assert_int_equal(count, 0);
}

/* --- references ------------------------------------------------------------------------ */

static void add_references(database_t *db, const char *account, const char *id,
                           const char *const *values, int n)
{
    apr_array_header_t *list = apr_array_make(db->p, n, sizeof(const char *));

    for (int i = 0; i < n; i++) {
        APR_ARRAY_PUSH(list, const char *) = values[i];
    }
    kl_error_clear(db->err);
    if (db->store->reference_add(db->store, db->p, &(kl_references_t){account, id, list}, db->err)
        != KL_OK) {
        fail_msg("reference_add: %s", db->err->detail);
    }
}

static void test_found_by_references(void **state)
{
    static const char *const values[] = {"track 1", "track 2", "",        "track 1", "åäö'; --",
                                         "track 4", "track 5", "track 6", "track 7"};
    database_t *db = *state;
    char longest[KL_MAX_STRING + 2];
    const char *const odd[] = {longest, "Track 1"};

    make_work(db);
    memset(longest, 'x', sizeof(longest));
    longest[KL_MAX_STRING + 1] = '\0';
    add_references(db, "shop", list_id(db, 2), values, 9);
    add_references(db, "shop", list_id(db, 2), values, 9);
    add_references(db, "shop", list_id(db, 4), values, 1);
    add_references(db, "shop", list_id(db, 4), odd, 2);
    add_references(db, "other shop", list_id(db, 1003), values, 2);
    add_references(db, "shop", list_id(db, 5), values, 0);
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_reference"), 10);

    check_query(db, Q(.search = "track 1"), 1, "4 2 ");
    check_query(db, Q(.search = "Track 1"), 1, "4 2 ");
    check_query(db, Q(.search = "track 7"), 1, "2 ");
    check_query(db, Q(.search = "åäö'; --"), 1, "2 ");
    check_query(db, Q(.search = longest), 1, "");
    longest[KL_MAX_STRING] = '\0';
    add_references(db, "shop", list_id(db, 3), odd, 1);
    check_query(db, Q(.search = longest), 1, "3 ");
    check_query(db, Q(.search = "track 1", .list = KL_LIST_TO_SHIP), 1, "2 4 ");
    check_query(db, Q(.search = "track 1", .state = "CAPTURED"), 1, "");
}

/* --- what is due -------------------------------------------------------------------- */

static void check_due_orders(database_t *db, apr_time_t now, int limit, const char *ids)
{
    apr_array_header_t *found = NULL;
    const char *told = "";

    assert_int_equal(db->store->orders_due(db->store, db->p,
                                           &(kl_due_query_t){.account = "shop",
                                                             .now = now,
                                                             .limit = limit},
                                           &found, db->err),
                     KL_OK);
    for (int i = 0; i < found->nelts; i++) {
        const kl_order_t *order = APR_ARRAY_IDX(found, i, kl_order_t *);

        assert_order_equal(db->p, order, load_order(db, order->id));
        told = apr_psprintf(db->p, "%s%d ", told, atoi(order->id));
    }
    assert_string_equal(told, ids);
}

/* 0 is never; the longest due first. */
static void test_orders_due(void **state)
{
    static const apr_time_t check_at[] = {300, 0, 100, 200, APR_INT64_MAX};
    database_t *db = *state;

    make_orders(db, 5);
    for (int i = 0; i < 5; i++) {
        kl_order_t *order = load_order(db, list_id(db, i));

        order->check_at = check_at[i];
        assert_int_equal(save_order(db, order), KL_OK);
        order = load_order(db, list_id(db, 1000 + i)); /* another shop's */
        order->check_at = 1;
        assert_int_equal(save_order(db, order), KL_OK);
    }
    check_due_orders(db, 99, 20, "");
    check_due_orders(db, 100, 20, "2 ");
    check_due_orders(db, 299, 20, "2 3 ");
    check_due_orders(db, 1000, 20, "2 3 0 ");
    check_due_orders(db, 1000, 2, "2 3 ");
    check_due_orders(db, APR_INT64_MAX, 20, "2 3 0 4 ");
}

static void check_operations(database_t *db, const apr_array_header_t *found, const char *ids)
{
    const char *told = "";

    for (int i = 0; i < found->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(found, i, kl_operation_t *);

        assert_operation_equal(op, load_operation(db, op->id));
        told = apr_psprintf(db->p, "%s%d ", told, atoi(op->id));
    }
    assert_string_equal(told, ids);
}

static void check_due_of(database_t *db, kl_due_whose_t whose, apr_time_t now, int limit,
                         const char *ids)
{
    kl_due_query_t query = {"shop", now, limit, whose};
    apr_array_header_t *found = NULL;

    assert_int_equal(db->store->operations_due(db->store, db->p, &query, &found, db->err), KL_OK);
    check_operations(db, found, ids);
}

static void check_due_operations(database_t *db, apr_time_t now, int limit, const char *ids)
{
    check_due_of(db, KL_DUE_ASKED_FOR, now, limit, ids);
}

static void check_unfinished_operations(database_t *db, int limit, const char *ids)
{
    const kl_unfinished_query_t query = {"shop", limit};
    apr_array_header_t *found = NULL;

    assert_int_equal(db->store->operations_unfinished(db->store, db->p, &query, &found, db->err),
                     KL_OK);
    check_operations(db, found, ids);
}

/* A clerk's refund is found although shoppers' placements are due for longer. */
static void test_whose_operations_are_due(void **state)
{
    database_t *db = *state;

    for (int i = 0; i < 4; i++) {
        kl_operation_t *op = sample_operation(db->p, list_id(db, i), ID1);

        op->kind = i == 2 ? KL_OP_REFUND : KL_OP_PLACE_ORDER;
        op->next_at = 100 + i;
        op->lease_until = 0;
        op->account = "shop";
        assert_int_equal(db->store->operation_insert(db->store, db->p, op, db->err), KL_OK);
    }
    check_unfinished_operations(db, 2, "0 1 ");
    check_due_of(db, KL_DUE_ASKED_FOR, 1000, 2, "2 ");
    check_due_of(db, KL_DUE_PLACEMENTS, 1000, 20, "0 1 3 ");
    check_due_of(db, KL_DUE_ASKED_FOR, 101, 2, "");
}

/* 0 is final; nobody's who holds a lease. */
static void test_operations_due_and_unfinished(void **state)
{
    static const struct {
        apr_time_t next_at, lease_until;
    } rows[] = {{300, 0}, {0, 0}, {100, 250}, {200, 0}, {50, APR_INT64_MAX}};
    database_t *db = *state;

    for (int i = 0; i < 6; i++) {
        kl_operation_t *op = sample_operation(db->p, list_id(db, i), ID1);

        op->next_at = rows[i % 5].next_at;
        op->lease_until = rows[i % 5].lease_until;
        op->account = i < 5 ? "shop" : "other shop";
        assert_int_equal(db->store->operation_insert(db->store, db->p, op, db->err), KL_OK);
    }
    check_due_operations(db, 199, 20, "");
    check_due_operations(db, 249, 20, "3 ");
    check_due_operations(db, 250, 20, "2 3 ");
    check_due_operations(db, 1000, 20, "2 3 0 ");
    check_due_operations(db, 1000, 1, "2 ");
    check_unfinished_operations(db, 20, "4 2 3 0 ");
    check_unfinished_operations(db, 2, "4 2 ");
}

/* --- the worker's lease ---------------------------------------------------------------- */

/* KL_OK, or until when another has it. */
static apr_time_t take_lease(database_t *db, const char *holder, apr_time_t now, int length)
{
    kl_worker_lease_t lease = {"shop", holder, now, now + length};

    kl_error_clear(db->err);
    if (db->store->worker_lease(db->store, db->p, &lease, db->err) == KL_OK) {
        return KL_OK;
    }
    assert_int_equal(db->err->kind, KL_CONFLICT);
    return lease.until;
}

static void test_one_holds_the_lease(void **state)
{
    database_t *db = *state;
    apr_time_t far = apr_time_from_sec(3600);

    assert_int_equal(take_lease(db, "a", 1000, 50), KL_OK);
    assert_int_equal(take_lease(db, "b", 1049, 50), 1050);
    assert_int_equal(take_lease(db, "a", 1049, 50), KL_OK); /* prolonged */
    assert_int_equal(take_lease(db, "b", 1050, 50), 1099);
    assert_int_equal(take_lease(db, "b", 1099, 50), KL_OK); /* its holder died */
    assert_int_equal(take_lease(db, "a", 1100, 50), 1149);
    assert_int_equal(take_lease(db, "b", 1110, 0), KL_OK); /* given back */
    assert_int_equal(take_lease(db, "a", 1110, 50), KL_OK);
    assert_int_equal(take_lease(db, "b", far, 50), KL_OK);
    assert_int_equal(take_lease(db, "a", 2000, 50), KL_OK); /* b's clock was an hour fast */
}

/* --- operations --------------------------------------------------------------------- */

static void test_operation_comes_back_whole(void **state)
{
    database_t *db = *state;
    kl_store_t *store = db->store;
    kl_operation_t *op = sample_operation(db->p, ID1, ID2), *same = NULL, *stale;

    op->client_key = "client's key";
    op->lease_until = APR_INT64_MAX;
    op->next_at = APR_INT64_MIN;
    op->amount = APR_INT64_MAX;
    assert_int_equal(store->operation_insert(store, db->p, op, db->err), KL_OK);
    assert_operation_equal(op, load_operation(db, ID1));
    assert_int_equal(store->operation_load_by_client_key(store, db->p, "client's key", &same,
                                                         db->err),
                     KL_OK);
    assert_operation_equal(op, same);

    stale = load_operation(db, ID1);
    op->state = KL_OP_CONFIRMED;
    op->path = op->body = "";
    op->client_key = "-" ID1;
    op->attempts = 2147483647;
    op->http_status = 201;
    assert_int_equal(store->operation_save(store, db->p, op, db->err), KL_OK);
    assert_int_equal(op->version, 2);
    assert_operation_equal(op, load_operation(db, ID1));
    assert_int_equal(store->operation_save(store, db->p, stale, db->err), KL_STALE);
    check_error(db->err, KL_STALE, "version");
    assert_operation_equal(op, load_operation(db, ID1));
}

/* Whatever was done to it in memory: what has ended stays as it ended, and what never went out is
 * never confirmed. */
static void test_operation_illegal_step(void **state)
{
    database_t *db = *state;
    kl_store_t *store = db->store;
    kl_operation_t *op = sample_operation(db->p, ID1, ID2);

    op->state = KL_OP_QUEUED;
    assert_int_equal(store->operation_insert(store, db->p, op, db->err), KL_OK);
    op->state = KL_OP_CONFIRMED;
    assert_int_equal(store->operation_save(store, db->p, op, db->err), KL_INTERNAL);
    check_error(db->err, KL_INTERNAL, "illegal_step");
    assert_int_equal(load_operation(db, ID1)->state, KL_OP_QUEUED);
    kl_error_clear(db->err);
    op->state = KL_OP_SENT;
    assert_int_equal(store->operation_save(store, db->p, op, db->err), KL_OK);
    op->state = KL_OP_REFUSED;
    assert_int_equal(store->operation_save(store, db->p, op, db->err), KL_OK);
    for (int to = KL_OP_QUEUED; to <= KL_OP_UNKNOWN; to++) {
        op = load_operation(db, ID1);
        op->state = to;
        assert_int_equal(store->operation_save(store, db->p, op, db->err), KL_INTERNAL);
        check_error(db->err, KL_INTERNAL, "illegal_step");
    }
    assert_int_equal(load_operation(db, ID1)->version, 3);
}

static void test_operation_taken_keys(void **state)
{
    database_t *db = *state;
    kl_store_t *store = db->store;
    kl_operation_t *op = sample_operation(db->p, ID1, ID2);
    kl_operation_t *other = sample_operation(db->p, ID2, ID2);

    assert_int_equal(store->operation_insert(store, db->p, op, db->err), KL_OK);
    assert_int_equal(store->operation_insert(store, db->p, op, db->err), KL_TAKEN);
    check_error(db->err, KL_TAKEN, "exists");
    kl_error_clear(db->err);
    other->client_key = op->client_key;
    assert_int_equal(store->operation_insert(store, db->p, other, db->err), KL_TAKEN);
    check_error(db->err, KL_TAKEN, "exists");
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_operation"), 1);
}

static void test_operations_oldest_first(void **state)
{
    database_t *db = *state;
    kl_store_t *store = db->store;
    apr_array_header_t *found = NULL;

    for (int i = 0; i < 6; i++) {
        kl_operation_t *op = sample_operation(db->p, list_id(db, i), i == 3 ? ID2 : ID1);

        op->created_at = 2000000 - i / 2;
        assert_int_equal(store->operation_insert(store, db->p, op, db->err), KL_OK);
    }
    assert_int_equal(store->operation_list(store, db->p, ID1, &found, db->err), KL_OK);
    assert_int_equal(found->nelts, 5);
    assert_string_equal(APR_ARRAY_IDX(found, 0, kl_operation_t *)->id, list_id(db, 4));
    assert_string_equal(APR_ARRAY_IDX(found, 1, kl_operation_t *)->id, list_id(db, 5));
    assert_string_equal(APR_ARRAY_IDX(found, 2, kl_operation_t *)->id, list_id(db, 2));
    assert_string_equal(APR_ARRAY_IDX(found, 4, kl_operation_t *)->id, list_id(db, 1));
    assert_operation_equal(APR_ARRAY_IDX(found, 4, kl_operation_t *),
                           load_operation(db, list_id(db, 1)));
    assert_int_equal(store->operation_list(store, db->p, ID3, &found, db->err), KL_OK);
    assert_int_equal(found->nelts, 0);
}

static void test_operations_by_state(void **state)
{
    database_t *db = *state;
    kl_store_t *store = db->store;
    apr_array_header_t *found = NULL;

    for (int i = 0; i < 8; i++) {
        kl_operation_t *op = sample_operation(db->p, list_id(db, i), ID1);

        op->state = i % 2 ? KL_OP_REFUSED : KL_OP_UNKNOWN;
        op->updated_at = 1000 - i;
        op->attempts = i == 3 ? 0 : 1; /* never went out */
        op->account = i == 5 ? "other shop" : "shop";
        assert_int_equal(store->operation_insert(store, db->p, op, db->err), KL_OK);
    }
    assert_int_equal(store->operations_by_state(store, db->p,
                                                &(kl_state_query_t){"shop", KL_OP_REFUSED, 10},
                                                &found, db->err),
                     KL_OK);
    assert_int_equal(found->nelts, 2);
    assert_operation_equal(APR_ARRAY_IDX(found, 0, kl_operation_t *),
                           load_operation(db, list_id(db, 1)));
    assert_string_equal(APR_ARRAY_IDX(found, 1, kl_operation_t *)->id, list_id(db, 7));
    assert_int_equal(store->operations_by_state(store, db->p,
                                                &(kl_state_query_t){"shop", KL_OP_UNKNOWN, 3},
                                                &found, db->err),
                     KL_OK);
    assert_int_equal(found->nelts, 3);
    assert_string_equal(APR_ARRAY_IDX(found, 2, kl_operation_t *)->id, list_id(db, 4));
    assert_int_equal(store->operations_by_state(store, db->p,
                                                &(kl_state_query_t){"shop", KL_OP_SENT, 3}, &found,
                                                db->err),
                     KL_OK);
    assert_int_equal(found->nelts, 0);
}

#define HOUR apr_time_from_sec(3600)
#define NOON (APR_INT64_C(1790000000) / 3600 * HOUR)

static void make_operation_at(database_t *db, int i, kl_op_kind_t kind, kl_op_state_t state,
                              apr_time_t at, int took)
{
    kl_operation_t *op = sample_operation(db->p, list_id(db, i), ID1);

    op->kind = kind;
    op->state = state;
    op->updated_at = at;
    op->took = took;
    assert_int_equal(db->store->operation_insert(db->store, db->p, op, db->err), KL_OK);
}

static const char *hours(database_t *db, const char *account, apr_time_t from, apr_time_t to)
{
    apr_array_header_t *found = NULL;
    const char *told = "";

    assert_int_equal(db->store->operation_hours(db->store, db->p,
                                                &(kl_hours_query_t){account, from, to}, &found,
                                                db->err),
                     KL_OK);
    for (int hour = 0; hour < 3; hour++) { /* rows come in no particular order */
        for (int i = 0; i < found->nelts; i++) {
            const kl_operation_hour_t *row = &APR_ARRAY_IDX(found, i, kl_operation_hour_t);

            assert_int_equal(row->hour % HOUR, 0);
            if (row->hour == NOON + hour * HOUR) {
                told = apr_psprintf(db->p, "%s%d:%s %s %d/%d %d %d %d; ", told, hour,
                                    kl_op_kind_name(row->kind), kl_op_state_name(row->state),
                                    (int)row->count, (int)row->called, (int)row->took_sum,
                                    (int)row->took_max, (int)row->slow);
            }
        }
    }
    return told;
}

static void test_figures_of_hours(void **state)
{
    database_t *db = *state;

    make_operation_at(db, 1, KL_OP_CAPTURE, KL_OP_CONFIRMED, NOON, 100);
    make_operation_at(db, 2, KL_OP_CAPTURE, KL_OP_CONFIRMED, NOON + HOUR - 1, KL_SLOW_MS + 1);
    make_operation_at(db, 3, KL_OP_CAPTURE, KL_OP_CONFIRMED, NOON + 5, 0);
    make_operation_at(db, 4, KL_OP_REFUND, KL_OP_REFUSED, NOON + HOUR, KL_SLOW_MS);
    make_operation_at(db, 5, KL_OP_REFUND, KL_OP_CONFIRMED, NOON + 3 * HOUR, 7);
    assert_string_equal(hours(db, "shop", NOON, NOON + 3 * HOUR),
                        "0:capture confirmed 3/2 2101 2001 1; 1:refund refused 1/1 2000 2000 0; ");
    assert_string_equal(hours(db, "shop", NOON + 1, NOON + HOUR - 1),
                        "0:capture confirmed 1/0 0 0 0; ");
    make_operation_at(db, 6, KL_OP_EXTEND, KL_OP_UNKNOWN, NOON + 2 * HOUR, 30000);
    make_operation_at(db, 7, KL_OP_EXTEND, KL_OP_QUEUED, NOON + 2 * HOUR, 1);
    assert_non_null(
        strstr(hours(db, "shop", NOON, NOON + 3 * HOUR), "2:extend unknown 1/1 30000 30000 1; "));
    assert_non_null(
        strstr(hours(db, "shop", NOON, NOON + 3 * HOUR), "2:extend queued 1/1 1 1 0; "));
    assert_string_equal(hours(db, "other shop", NOON, NOON + 3 * HOUR), "");
}

static void test_a_figure_of_a_later_version(void **state)
{
    database_t *db = *state;
    ap_dbd_t *conn = database_connect(db, db->p);
    apr_array_header_t *found = NULL;

    make_operation_at(db, 1, KL_OP_CAPTURE, KL_OP_CONFIRMED, NOON, 100);
    assert_int_equal(database_run(conn, "UPDATE klarna_operation SET kind = 'charge'"), 0);
    assert_int_equal(db->store->operation_hours(db->store, db->p,
                                                &(kl_hours_query_t){"shop", NOON, NOON + HOUR},
                                                &found, db->err),
                     KL_INTERNAL);
    assert_non_null(strstr(db->err->detail, "charge"));
}

/* --- callbacks ------------------------------------------------------------------------- */

static void note(database_t *db, const char *kind, const char *why, int second)
{
    const kl_callback_note_t came = {"shop", kind, why, NOON + apr_time_from_sec(second)};

    kl_error_clear(db->err);
    if (db->store->callback_note(db->store, db->p, &came, db->err) != KL_OK) {
        fail_msg("callback_note: %s", db->err->detail);
    }
}

static const char *callbacks(database_t *db, const char *account)
{
    apr_array_header_t *found = NULL;
    const char *told = "";

    assert_int_equal(db->store->callback_list(db->store, db->p, account, &found, db->err), KL_OK);
    for (int i = 0; i < found->nelts; i++) {
        const kl_callback_t *row = &APR_ARRAY_IDX(found, i, kl_callback_t);
        apr_time_t good = row->good_at ? row->good_at - NOON : -1000000;
        apr_time_t bad = row->bad_at ? row->bad_at - NOON : -1000000;

        assert_string_equal(row->account, account);
        told = apr_psprintf(db->p, "%s%s %dx @%d %dx @%d %s; ", told, row->kind, (int)row->good,
                            (int)apr_time_sec(good), (int)row->bad, (int)apr_time_sec(bad),
                            row->bad_why);
    }
    return told;
}

static void test_callbacks_are_noted(void **state)
{
    database_t *db = *state;

    assert_string_equal(callbacks(db, "shop"), "");
    note(db, "status", "", 5);
    assert_string_equal(callbacks(db, "shop"), "status 1x @5 0x @-1 ; ");
    note(db, "status", "", 14); /* too soon after it */
    note(db, "status", "wrong_secret", 6);
    note(db, "status", "unreadable", 15);
    assert_string_equal(callbacks(db, "shop"), "status 1x @5 1x @6 wrong_secret; ");
    note(db, "status", "", 15);
    note(db, "status", "unreadable", 16);
    note(db, "authorization", "database", 17);
    assert_string_equal(callbacks(db, "shop"), "authorization 0x @-1 1x @17 database; "
                                               "status 2x @15 2x @16 unreadable; ");
    assert_string_equal(callbacks(db, "other shop"), "");
}

/* Somebody else is quicker between the look and the note: theirs stands, and that is no error. */
static struct {
    ap_dbd_t *(*open)(kl_connections_t *self, apr_pool_t *p);
    const char *sql;
    int opens;
} rival;

static ap_dbd_t *open_after_rival(kl_connections_t *self, apr_pool_t *p)
{
    database_t *db = self->impl;
    ap_dbd_t *conn;

    if (++rival.opens == 2) {
        conn = database_connect(db, db->p);
        assert_int_equal(database_run(conn, rival.sql), 0);
        apr_pool_destroy(conn->pool);
    }
    return rival.open(self, p);
}

static void note_after_rival(database_t *db, const char *why, int second, const char *sql)
{
    rival.open = db->connections.open;
    rival.sql = sql;
    rival.opens = 0;
    db->connections.open = open_after_rival;
    note(db, "fraud", why, second);
    db->connections.open = rival.open;
    assert_int_equal(rival.opens, 2);
}

static void test_a_note_gives_way(void **state)
{
    database_t *db = *state;

    assert_string_equal(callbacks(db, "shop"), "");
    note_after_rival(db, "", 5,
                     apr_psprintf(db->p,
                                  "INSERT INTO klarna_callback (merchant, kind,"
                                  " good_at, good, bad_at, bad, bad_why) VALUES ('shop',"
                                  " 'fraud', %" APR_INT64_T_FMT ", 7, 0, 0, '')",
                                  NOON));
    assert_string_equal(callbacks(db, "shop"), "fraud 7x @0 0x @-1 ; ");
    note_after_rival(db, "", 50, "UPDATE klarna_callback SET good = 8, good_at = good_at + 1");
    note_after_rival(db, "database", 50, "UPDATE klarna_callback SET bad = 1, bad_at = 1");
    assert_int_equal(database_number(db, "SELECT good * 10 + bad FROM klarna_callback"), 81);
}

/* --- races -------------------------------------------------------------------------- */

#define RACERS 3
#define ROUNDS 8

typedef struct racer_t {
    database_t *db;
    int number;
    apr_int64_t version;
    kl_kind_t result;
} racer_t;

static void *APR_THREAD_FUNC race(apr_thread_t *thread, void *data)
{
    racer_t *racer = data;
    apr_pool_t *p = apr_thread_pool_get(thread);
    kl_store_t *store = racer->db->store;
    kl_order_t *order = sample_order(p, ID1);

    order->version = racer->version;
    order->pending_op = apr_psprintf(p, "racer-%d", racer->number);
    racer->result = store->order_save(store, p, order, kl_error_make(p));
    return NULL;
}

static void run_race(database_t *db, apr_int64_t version)
{
    racer_t racers[RACERS];
    apr_thread_t *threads[RACERS];
    apr_status_t ignored;
    int winner = -1;

    for (int i = 0; i < RACERS; i++) {
        racers[i] = (racer_t){db, i, version, KL_INTERNAL};
        assert_int_equal(apr_thread_create(&threads[i], NULL, race, &racers[i], db->p),
                         APR_SUCCESS);
    }
    for (int i = 0; i < RACERS; i++) {
        apr_thread_join(&ignored, threads[i]);
    }
    for (int i = 0; i < RACERS; i++) {
        if (racers[i].result == KL_OK) {
            assert_int_equal(winner, -1);
            winner = i;
        }
        else {
            assert_int_equal(racers[i].result, KL_STALE);
        }
    }
    assert_int_not_equal(winner, -1);
    assert_string_equal(load_order(db, ID1)->pending_op, apr_psprintf(db->p, "racer-%d", winner));
}

static void test_one_save_wins(void **state)
{
    database_t *db = *state;

    make_order(db, sample_order(db->p, ID1));
    for (int round = 1; round <= ROUNDS; round++) {
        run_race(db, round);
        assert_int_equal(load_order(db, ID1)->version, round + 1);
    }
}

/* --- the schema's version ----------------------------------------------------------- */

static void check_schema_fault(database_t *db, const char *names, const char *cure)
{
    kl_order_t *order = NULL;

    kl_error_clear(db->err);
    assert_int_equal(db->store->check(db->store, db->p, db->err), KL_UNAVAILABLE);
    check_error(db->err, KL_UNAVAILABLE, "schema");
    assert_non_null(strstr(db->err->detail, names));
    assert_non_null(strstr(apr_pstrcat(db->p, db->err->detail, db->err->next, NULL), cure));
    kl_error_clear(db->err);
    assert_int_equal(db->store->order_load(db->store, db->p, ID1, &order, db->err), KL_UNAVAILABLE);
    check_error(db->err, KL_UNAVAILABLE, "schema");
}

static void test_schema_is_checked(void **state)
{
    database_t *db = *state;
    ap_dbd_t *conn = database_connect(db, db->p);
    const char *cure = apr_pstrcat(db->p, "Run klarna-schema ",
                                   kl_statements_dialect_name(db->dialect), " on", NULL);

    assert_int_equal(database_run(conn, "UPDATE klarna_schema SET version = 1"), 0);
    check_schema_fault(db, "holds version 1", "run klarna-schema on that database");
    assert_int_equal(database_run(conn, "UPDATE klarna_schema SET version = 5"), 0);
    check_schema_fault(db, "holds version 5", "Install the mod_klarna");
    assert_int_equal(database_run(conn, "DELETE FROM klarna_schema"), 0);
    check_schema_fault(db, "incomplete", cure);
    assert_int_equal(database_run(conn, "ALTER TABLE klarna_schema RENAME TO klarna_away"), 0);
    check_schema_fault(db, "tables are missing", cure);
    assert_int_equal(database_run(conn, "ALTER TABLE klarna_away RENAME TO klarna_schema"), 0);
    assert_int_equal(database_run(conn, apr_psprintf(db->p, "INSERT INTO klarna_schema VALUES (%d)",
                                                     KL_SCHEMA_VERSION)),
                     0);
    kl_error_clear(db->err);
    assert_int_equal(db->store->check(db->store, db->p, db->err), KL_OK); /* cured: no restart */
}

static void test_lax_mysql_is_refused(void **state)
{
    database_t *db = *state;
    ap_dbd_t *conn;

    if (db->dialect != KL_DIALECT_MYSQL) {
        skip();
    }
    conn = db->connections.open(&db->connections, db->p);
    assert_int_equal(database_run(conn, "SET SESSION sql_mode = ''"), 0);
    db->connections.close(&db->connections, conn);
    check_schema_fault(db, "sql_mode", "DBDInitSQL");
}

/* --- indexes ------------------------------------------------------------------------ */

/* SQLite's plan of a statement, step by step in one text. */
static const char *plan(database_t *db, kl_sql_t id)
{
    char *sql = apr_pstrcat(db->p, "EXPLAIN QUERY PLAN ",
                            kl_statements_get(id)->text[KL_DIALECT_SQLITE3], NULL);
    ap_dbd_t *conn = database_connect(db, db->p);
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    const char *steps = "";

    for (char *c = sql; (c = strchr(c, '%')) != NULL;) {
        memcpy(c, "?   ", c[1] == 'l' ? 4 : 2);
    }
    assert_int_equal(apr_dbd_select(db->driver, db->p, conn->handle, &results, sql, 1), 0);
    for (int n = 1; apr_dbd_get_row(db->driver, db->p, results, &row, n) == 0; n++) {
        steps = apr_pstrcat(db->p, steps, apr_dbd_get_entry(db->driver, row, 3), "\n", NULL);
    }
    return steps;
}

/* Rows are found by index and come in its order: a scan would be slower with every order. */
static void test_reads_use_indexes(void **state)
{
    static const struct {
        kl_sql_t id;
        const char *index;
    } wanted[] = {
        {KL_SQL_order_load, "(id=?)"},
        {KL_SQL_order_save, "(id=?)"},
        {KL_SQL_order_by_klarna_id, "(merchant=? AND klarna_order_id=?)"},
        {KL_SQL_orders_due, "klarna_order_due (merchant=? AND check_at>? AND check_at<?)"},
        {KL_SQL_operations_unfinished, "klarna_operation_due (merchant=? AND next_at>?)"},
        {KL_SQL_operations_asked_for,
         "klarna_operation_due (merchant=? AND next_at>? AND next_at<?)"},
        {KL_SQL_operations_placements,
         "klarna_operation_due (merchant=? AND next_at>? AND next_at<?)"},
        {KL_SQL_placed_find, "klarna_payment_due (merchant=? AND check_at>? AND check_at<?)"},
        {KL_SQL_placed_sweep, "(id=?)"},
        {KL_SQL_unfinished_find,
         "klarna_payment_by_state (merchant=? AND state=? AND created_at<?)"},
        {KL_SQL_unfinished_sweep, "(id=?)"},
        {KL_SQL_refused_sweep, "klarna_operation_by_order (order_id=?)"},
        {KL_SQL_requests_find, "klarna_operation_kept (merchant=? AND updated_at<?)"},
        {KL_SQL_requests_sweep, "(id=?)"},
        {KL_SQL_order_same_reference, "klarna_order_by_reference1 (merchant=? AND <expr>=?)"},
        {KL_SQL_operations_by_state, "klarna_operation_by_state (merchant=? AND state=?)"},
        {KL_SQL_operation_hours, "COVERING INDEX klarna_operation_by_state"
                                 " (merchant=? AND state=? AND updated_at>? AND updated_at<?)"},
        {KL_SQL_operation_load, "(id=?)"},
        {KL_SQL_operation_load_by_client_key, "(client_key=?)"},
        {KL_SQL_operation_save, "(id=?)"},
        {KL_SQL_operation_list, "klarna_operation_by_order (order_id=?)"},
    };
    database_t *db = *state;

    if (db->dialect != KL_DIALECT_SQLITE3) {
        skip();
    }
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        const char *steps = plan(db, wanted[i].id);

        if (!strstr(steps, wanted[i].index) || strstr(steps, "SCAN klarna_")
            || strstr(steps, "TEMP B-TREE FOR ORDER BY")) {
            fail_msg("%s lacks %s:\n%s", kl_statements_get(wanted[i].id)->label, wanted[i].index,
                     steps);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(test_order_comes_back_whole),
        WITH_DATABASE(test_order_extremes),
        WITH_DATABASE(test_order_of_many_bytes),
        WITH_DATABASE(test_order_taken_keys),
        WITH_DATABASE(test_order_without_klarna_id),
        WITH_DATABASE(test_order_save),
        WITH_DATABASE(test_misses),
        WITH_DATABASE(test_schema_keeps_the_invariants),
        WITH_DATABASE(test_an_order_that_breaks_a_rule_is_not_written),
        WITH_DATABASE(test_schema_keeps_the_words),
        WITH_DATABASE(test_list_pages_newest_first),
        WITH_DATABASE(test_list_filters),
        WITH_DATABASE(test_list_is_bounded),
        WITH_DATABASE(test_list_by_attention),
        WITH_DATABASE(test_lists_of_work),
        WITH_DATABASE(test_filters_hold_together),
        WITH_DATABASE(test_lists_of_a_store),
        WITH_DATABASE(test_counts_are_bounded),
        WITH_DATABASE(test_found_by_references),
        WITH_DATABASE(test_orders_due),
        WITH_DATABASE(test_one_holds_the_lease),
        WITH_DATABASE(test_operations_due_and_unfinished),
        WITH_DATABASE(test_whose_operations_are_due),
        WITH_DATABASE(test_operation_comes_back_whole),
        WITH_DATABASE(test_operation_illegal_step),
        WITH_DATABASE(test_operation_taken_keys),
        WITH_DATABASE(test_operations_oldest_first),
        WITH_DATABASE(test_operations_by_state),
        WITH_DATABASE(test_figures_of_hours),
        WITH_DATABASE(test_a_figure_of_a_later_version),
        WITH_DATABASE(test_callbacks_are_noted),
        WITH_DATABASE(test_a_note_gives_way),
        WITH_DATABASE(test_one_save_wins),
        WITH_DATABASE(test_schema_is_checked),
        WITH_DATABASE(test_lax_mysql_is_refused),
        WITH_DATABASE(test_reads_use_indexes),
    };

    return cmocka_run_group_tests(tests, database_group_setup, database_group_teardown);
}
