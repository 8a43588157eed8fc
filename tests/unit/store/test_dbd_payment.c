/* SPDX-License-Identifier: Apache-2.0 */
/* Payments in their own table, and how each becomes an order once, whoever is quicker. */
#include "tests/unit/database.h"

#include <apr_strings.h>

#include "core/instore.h"
#include "core/ledger.h"
#include "core/payment.h"
#include "store/dbd_rows.h"

#define ID1 "11111111-1111-4111-8111-111111111111"
#define ID2 "22222222-2222-4222-8222-222222222222"

static kl_kind_t insert(database_t *db, kl_order_t *order)
{
    kl_error_clear(db->err);
    return db->store->payment_insert(db->store, db->p, order, db->err);
}

static kl_kind_t save(database_t *db, kl_order_t *order)
{
    kl_error_clear(db->err);
    return db->store->order_save(db->store, db->p, order, db->err);
}

static kl_order_t *load(database_t *db, const char *id)
{
    kl_order_t *order = NULL;

    kl_error_clear(db->err);
    assert_int_equal(db->store->order_load(db->store, db->p, id, &order, db->err), KL_OK);
    return order;
}

static kl_order_t *load_payment(database_t *db, const char *id)
{
    kl_order_t *order = NULL;

    kl_error_clear(db->err);
    assert_int_equal(db->store->payment_load(db->store, db->p, id, &order, db->err), KL_OK);
    return order;
}

static apr_int64_t orders(database_t *db)
{
    return database_number(db, "SELECT COUNT(*) FROM klarna_order");
}

static void check_same(apr_pool_t *p, const kl_order_t *x, const kl_order_t *y)
{
    struct {
        kl_order_t order;
        kl_instore_t shop;
        const char *kind, *state, *ledger;
    } a = {*x, kl_dbd_rows_shop(p, x), x->channel, kl_order_state_name(x->state),
           kl_ledger_text(p, x)},
      b = {*y, kl_dbd_rows_shop(p, y), y->channel, kl_order_state_name(y->state),
           kl_ledger_text(p, y)};

#define SAME_TEXT(column, member) assert_string_equal(a.member, b.member);
#define SAME_NUMBER(column, member) assert_int_equal(a.member, b.member);
    KL_PAYMENT_FIXED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
    KL_PAYMENT_SAVED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
    assert_int_equal(x->version, y->version);
    assert_int_equal(x->stored, y->stored);
}

/* In store: what rows are found by has columns, the rest stands in the ledger. */
static void test_one_of_a_store_comes_back_whole(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_payment(db->p, ID1), *back;
    kl_instore_query_t query = {order->account, "Counter 1", "", "", 0, 0, 0, "", 10};
    apr_array_header_t *list = NULL;

    order->channel = KL_CHANNEL_INSTORE;
    order->instore = kl_instore_make(db->p);
    order->instore->way = KL_WAY_QR;
    order->instore->till = "Counter 1";
    order->instore->department = "clinic";
    order->instore->invoice = "F-17";
    assert_int_equal(insert(db, order), KL_OK);
    back = load_payment(db, ID1);
    assert_string_equal(back->channel, KL_CHANNEL_INSTORE);
    assert_int_equal(back->state, KL_ORDER_CREATED);
    assert_string_equal(kl_ledger_text(db->p, back), kl_ledger_text(db->p, order));

    order->instore->state = KL_INSTORE_IN_PROGRESS;
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(load(db, ID1)->instore->state, KL_INSTORE_IN_PROGRESS);
    kl_instore_end(order, KL_INSTORE_CANCELLED, "cashier");
    assert_int_equal(save(db, order), KL_OK);
    back = load(db, ID1);
    assert_int_equal(back->instore->state, KL_INSTORE_CANCELLED);
    assert_int_equal(back->state, KL_ORDER_ABANDONED);

    assert_int_equal(db->store->instore_list(db->store, db->p, &query, &list, db->err), KL_OK);
    assert_int_equal(list->nelts, 1);
    query = (kl_instore_query_t){order->account, "", "F-17", "clinic", 0, 0, 0, "", 10};
    assert_int_equal(db->store->instore_list(db->store, db->p, &query, &list, db->err), KL_OK);
    assert_int_equal(list->nelts, 1);
    query.department = "shoes";
    assert_int_equal(db->store->instore_list(db->store, db->p, &query, &list, db->err), KL_OK);
    assert_int_equal(list->nelts, 0);
}

static void test_a_payment_comes_back_whole(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_payment(db->p, ID1), *stale;

    assert_int_equal(insert(db, order), KL_OK);
    check_same(db->p, order, load(db, ID1));
    check_same(db->p, order, load_payment(db, ID1));
    assert_int_equal(load(db, ID1)->remaining_amount, order->order_amount);
    stale = load(db, ID1);
    kl_payment_decline(order, "widget", "no show");
    order->check_at = 0;
    assert_int_equal(save(db, order), KL_OK);
    check_same(db->p, order, load(db, ID1));
    assert_int_equal(save(db, stale), KL_STALE);
    assert_int_equal(orders(db), 0);
}

static void test_an_id_is_taken_once(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_order(db->p, ID2);

    assert_int_equal(insert(db, sample_payment(db->p, ID1)), KL_OK);
    assert_int_equal(insert(db, sample_payment(db->p, ID1)), KL_TAKEN);
    kl_error_clear(db->err);
    assert_int_equal(db->store->order_insert(db->store, db->p, order, db->err), KL_OK);
    assert_int_equal(insert(db, sample_payment(db->p, ID2)),
                     KL_TAKEN); /* the order stands already */
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_payment"), 1);
}

static void place(kl_order_t *order)
{
    order->state = KL_ORDER_AUTHORIZED;
    order->klarna_order_id = "kl-1";
    order->client_token = "";
}

static void test_a_placed_one_becomes_an_order_once(void **state)
{
    database_t *db = *state;
    kl_order_t *order, *other;

    assert_int_equal(insert(db, sample_payment(db->p, ID1)), KL_OK);
    order = load(db, ID1);
    other = load(db, ID1);
    place(order);
    place(other);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(order->stored, KL_STORED_ORDER);
    assert_int_equal(save(db, other), KL_STALE);
    assert_int_equal(load(db, ID1)->state, KL_ORDER_AUTHORIZED);
    assert_int_equal(load_payment(db, ID1)->state, KL_ORDER_CREATED);
    order->reference1 = "changed";
    assert_int_equal(save(db, order), KL_OK);
    assert_string_equal(load(db, ID1)->reference1, "changed");
}

/* Whom close_and_place lets become an order, once. */
static kl_order_t *leaving;
static database_t *leaving_in;
static void (*close_only)(kl_connections_t *self, ap_dbd_t *connection);

static void close_and_place(kl_connections_t *self, ap_dbd_t *connection)
{
    kl_order_t *order = leaving;

    leaving = NULL;
    close_only(self, connection);
    if (order) {
        place(order);
        assert_int_equal(save(leaving_in, order), KL_OK);
    }
}

/* Between the two questions that a list of a store asks: it is found as what it has become. */
static void test_one_that_is_placed_while_it_is_listed(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_payment(db->p, ID1);
    kl_instore_query_t query = {order->account, "", "F-17", "", 0, 0, 0, "", 10};
    apr_array_header_t *list = NULL;

    order->channel = KL_CHANNEL_INSTORE;
    order->instore = kl_instore_make(db->p);
    order->instore->invoice = "F-17";
    assert_int_equal(insert(db, order), KL_OK);
    leaving = load(db, ID1);
    leaving_in = db;
    close_only = db->connections.close;
    db->connections.close = close_and_place;
    assert_int_equal(db->store->instore_list(db->store, db->p, &query, &list, db->err), KL_OK);
    db->connections.close = close_only;
    assert_null(leaving);
    assert_int_equal(list->nelts, 1);
    assert_int_equal(APR_ARRAY_IDX(list, 0, kl_order_t *)->state, KL_ORDER_AUTHORIZED);
}

/* Whoever has the payment in memory must not go on with it beside the order. */
static void test_a_mark_closes_the_payment_first(void **state)
{
    database_t *db = *state;
    kl_order_t *order, *stale;

    assert_int_equal(insert(db, sample_payment(db->p, ID1)), KL_OK);
    order = load(db, ID1);
    stale = load(db, ID1);
    order->attention = KL_ATTENTION_ORPHAN;
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(load(db, ID1)->attention, KL_ATTENTION_ORPHAN);
    assert_int_equal(load(db, ID1)->stored, KL_STORED_ORDER);
    kl_payment_decline(stale, "x", "y");
    assert_int_equal(save(db, stale), KL_STALE);
    assert_int_equal(load_payment(db, ID1)->stored, KL_STORED_LEAVING);
}

/* A death between the two: it is loaded, found due, and can only become an order. */
static void test_one_that_was_left_in_between(void **state)
{
    database_t *db = *state;
    kl_order_t *order, *stale;
    apr_array_header_t *due = NULL;

    assert_int_equal(insert(db, sample_payment(db->p, ID1)), KL_OK);
    stale = load(db, ID1);
    database_run(database_connect(db, db->p),
                 "UPDATE klarna_payment SET version = version + 1, state = 'COMPLETED'");
    order = load(db, ID1);
    assert_int_equal(order->stored, KL_STORED_LEAVING);
    assert_int_equal(db->store->orders_due(db->store, db->p, &(kl_due_query_t){"shop", 500, 5, 0},
                                           &due, db->err),
                     KL_OK);
    assert_int_equal(due->nelts, 1);
    assert_int_equal(save(db, stale), KL_STALE);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(order->stored, KL_STORED_ORDER);
    assert_int_equal(orders(db), 1);
}

/* Else a death in between, or the row itself once its order is there, would stay for ever. */
static void test_one_that_is_left_is_due(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_payment(db->p, ID1);

    order->check_at = 0;
    assert_int_equal(insert(db, order), KL_OK);
    kl_attention_raise(order, KL_ATTENTION_DIFFERS);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(order->stored, KL_STORED_ORDER);
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_payment"
                                         " WHERE check_at > 0 AND check_at = updated_at"
                                         " AND addresses = ''"),
                     1);
}

static int listed(database_t *db, const char *state)
{
    kl_order_query_t query = {.account = "shop", .state = state, .limit = 10};
    apr_array_header_t *out = NULL;
    int count = -1;

    kl_error_clear(db->err);
    assert_int_equal(db->store->order_list(db->store, db->p, &query, &out, db->err), KL_OK);
    assert_int_equal(db->store->order_count(db->store, db->p, &query, &count, db->err), KL_OK);
    assert_int_equal(count, out->nelts);
    return count;
}

static void test_lists_show_what_is_not_placed(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_payment(db->p, ID1), *other = sample_payment(db->p, ID2);
    apr_array_header_t *due = NULL;
    kl_due_query_t query = {"shop", 500, 5, 0};

    assert_int_equal(insert(db, order), KL_OK);
    assert_int_equal(insert(db, other), KL_OK);
    assert_int_equal(listed(db, "CREATED"), 2);
    kl_payment_decline(other, "x", "y");
    other->check_at = 0;
    assert_int_equal(save(db, other), KL_OK);
    assert_int_equal(listed(db, "CREATED"), 1);
    assert_int_equal(listed(db, "DECLINED"), 1);
    assert_int_equal(db->store->orders_due(db->store, db->p, &query, &due, db->err), KL_OK);
    assert_int_equal(due->nelts, 1);
    place(order);
    order->check_at = 0;
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(listed(db, "CREATED"), 0);
    assert_int_equal(listed(db, "AUTHORIZED"), 1);
    assert_int_equal(db->store->orders_due(db->store, db->p, &query, &due, db->err), KL_OK);
    assert_int_equal(due->nelts, 0);
}

static void must_not_be_written(database_t *db, kl_order_t *order, const char *condition)
{
    kl_error_clear(db->err);
    contract_may_break();
    if (order->version) {
        assert_int_equal(db->store->order_save(db->store, db->p, order, db->err), KL_INTERNAL);
    }
    else {
        assert_int_equal(db->store->payment_insert(db->store, db->p, order, db->err), KL_INTERNAL);
    }
    check_broken(db->err, condition);
}

/* What no payment is, by a defect or by other hands. */
static void what_is_no_payment_is_not_written(void **state)
{
    database_t *db = *state;
    kl_order_t *order = sample_payment(db->p, ID1);

    order->state = KL_ORDER_AUTHORIZED;
    must_not_be_written(db, order, "kl_payment_is_state");
    order = sample_payment(db->p, ID1);
    order->captured_amount = 1;
    order->remaining_amount--;
    must_not_be_written(db, order, "captured_amount == 0");
    order = sample_payment(db->p, ID1);
    order->original_amount--;
    must_not_be_written(db, order, "original_amount == order->order_amount");
    order = sample_payment(db->p, ID1);
    order->refunded_amount = 1;
    must_not_be_written(db, order, "kl_order_check");
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_payment"), 0);
    assert_int_equal(insert(db, sample_payment(db->p, ID1)), KL_OK);
    assert_int_equal(database_run(database_connect(db, db->p),
                                  "UPDATE klarna_payment SET cart = '{'"),
                     0);
    must_not_be_written(db, load(db, ID1), "ledger cannot be read");
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_payment WHERE cart = '{'"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(what_is_no_payment_is_not_written),
        WITH_DATABASE(test_one_of_a_store_comes_back_whole),
        WITH_DATABASE(test_a_payment_comes_back_whole),
        WITH_DATABASE(test_an_id_is_taken_once),
        WITH_DATABASE(test_a_placed_one_becomes_an_order_once),
        WITH_DATABASE(test_one_that_is_placed_while_it_is_listed),
        WITH_DATABASE(test_a_mark_closes_the_payment_first),
        WITH_DATABASE(test_one_that_was_left_in_between),
        WITH_DATABASE(test_one_that_is_left_is_due),
        WITH_DATABASE(test_lists_show_what_is_not_placed),
    };

    return cmocka_run_group_tests(tests, database_group_setup, database_group_teardown);
}
