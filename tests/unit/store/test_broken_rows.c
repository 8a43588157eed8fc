/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row that contradicts itself, damaged by other hands: it is read for people to see, marked, and
 * never written over; no list fails for its sake.
 */
#include "tests/unit/database.h"

#include <apr_strings.h>

#define ID1 "11111111-1111-4111-8111-111111111111"
#define ID2 "22222222-2222-4222-8222-222222222222"

/* What can be damaged without the schema's refusing it, and how it reads. */
static const struct {
    const char *set, *reads;
} damages[] = {
    {"ledger = REPLACE(ledger, '\"credited_quantity\":1,', '\"credited_quantity\":99,')",
     "credited quantity stays within its captured quantity"},
    {"ledger = '{}'", "The stored ledger cannot be read"},
    {"ledger = ''", "The stored ledger cannot be read"},
};

static void damage(database_t *db, const char *id, const char *set)
{
    const char *sql = apr_pstrcat(db->p, "UPDATE klarna_order SET ", set, " WHERE id = '", id, "'",
                                  NULL);

    assert_int_equal(database_run(database_connect(db, db->p), sql), 0);
}

static kl_order_t *load(database_t *db, const char *id)
{
    kl_order_t *order = NULL;

    kl_error_clear(db->err);
    if (db->store->order_load(db->store, db->p, id, &order, db->err) != KL_OK) {
        fail_msg("order_load: %s", db->err->detail);
    }
    return order;
}

static void make_two(database_t *db)
{
    kl_order_t *other = sample_order(db->p, ID2);

    other->klarna_order_id = "another";
    assert_int_equal(db->store->order_insert(db->store, db->p, sample_order(db->p, ID1), db->err),
                     KL_OK);
    assert_int_equal(db->store->order_insert(db->store, db->p, other, db->err), KL_OK);
}

static void one_that_adds_up_is_not_broken(void **state)
{
    database_t *db = *state;

    make_two(db);
    assert_null(load(db, ID1)->broken);
}

/* Alone and beside the other one, which is as it was. */
static void it_is_read_with_what_is_wrong(void **state)
{
    database_t *db = *state;
    const kl_order_query_t query = {.account = "shop", .limit = 10};
    const kl_due_query_t due = {.account = "shop", .now = APR_INT64_MAX, .limit = 10};
    apr_array_header_t *list = NULL;

    make_two(db);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        kl_order_t *order;

        damage(db, ID1, damages[i].set);
        order = load(db, ID1);
        assert_non_null(order->broken);
        if (!strstr(order->broken, damages[i].reads)) {
            fail_msg("%s reads '%s'", damages[i].set, order->broken);
        }
        assert_int_equal(order->attention, KL_ATTENTION_DIFFERS);
        assert_int_equal(db->store->order_list(db->store, db->p, &query, &list, db->err), KL_OK);
        assert_int_equal(list->nelts, 2);
        assert_int_equal(db->store->orders_due(db->store, db->p, &due, &list, db->err), KL_OK);
        assert_int_equal(list->nelts, 2);
        assert_null(load(db, ID2)->broken);
    }
    assert_int_equal(load(db, ID1)->lines->nelts, 0);
}

static void it_is_marked_and_nothing_else_of_it_is_written(void **state)
{
    database_t *db = *state;
    kl_order_t *order;

    make_two(db);
    damage(db, ID1, "ledger = 'damaged'");
    order = load(db, ID1);
    order->check_at = 77;
    order->currency = "no more";
    assert_int_equal(db->store->order_mark(db->store, db->p, order, db->err), KL_OK);
    assert_int_equal(database_number(db, "SELECT version FROM klarna_order WHERE attention = "
                                         "'differs' AND check_at = 77 AND ledger = 'damaged'"
                                         " AND currency <> 'no more'"),
                     2);
    /* who read it before, and who reads it now */
    assert_int_equal(db->store->order_mark(db->store, db->p, order, db->err), KL_OK);
    assert_int_equal(db->store->order_mark(db->store, db->p, load(db, ID1), db->err), KL_OK);
    assert_int_equal(load(db, ID1)->version, 2);
    assert_int_equal(load(db, ID2)->version, 1);
}

static void must_not_be_saved(database_t *db, kl_order_t *order, const char *condition)
{
    apr_int64_t version = order->version;

    kl_error_clear(db->err);
    contract_may_break();
    assert_int_equal(db->store->order_save(db->store, db->p, order, db->err), KL_INTERNAL);
    check_broken(db->err, condition);
    assert_int_equal(order->version, version);
    assert_int_equal(load(db, ID1)->version, version);
}

/* An unreadable ledger is empty in memory, and that adds up. */
static void it_is_not_written_over(void **state)
{
    database_t *db = *state;
    kl_order_t *order;

    make_two(db);
    damage(db, ID1, "ledger = 'damaged'");
    must_not_be_saved(db, load(db, ID1), "cannot be read");
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_order WHERE"
                                         " ledger = 'damaged'"),
                     1);
    order = load(db, ID2);
    order->id = "";
    kl_error_clear(db->err);
    contract_may_break();
    assert_int_equal(db->store->order_save(db->store, db->p, order, db->err), KL_INTERNAL);
    check_broken(db->err, "order->id[0]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(one_that_adds_up_is_not_broken),
        WITH_DATABASE(it_is_read_with_what_is_wrong),
        WITH_DATABASE(it_is_marked_and_nothing_else_of_it_is_written),
        WITH_DATABASE(it_is_not_written_over),
    };

    return cmocka_run_group_tests(tests, database_group_setup, database_group_teardown);
}
