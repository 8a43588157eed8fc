/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prepared statements whose session is not what it was: lost, emptied, exchanged for another
 * one, changed under a plan. A name is missing or there already, and no call notices: it ends
 * as it would without, and the log is told of faults only. What PostgreSQL's session holds is
 * asked of the session itself. database.h says which database; without PostgreSQL there are no
 * names.
 */
#include "tests/unit/database.h"

#include <apr_strings.h>

#include "store/dbd_prepared.h"
#include "store/order_query.h"

#define ID1 "11111111-1111-4111-8111-111111111111"
#define ID2 "22222222-2222-4222-8222-222222222222"
#define SESSIONS 4

static kl_kind_t load(database_t *db)
{
    kl_order_t *found = NULL;

    kl_error_clear(db->err);
    return db->store->order_load(db->store, db->p, ID1, &found, db->err);
}

static kl_kind_t save(database_t *db, kl_order_t *order)
{
    kl_error_clear(db->err);
    return db->store->order_save(db->store, db->p, order, db->err);
}

static kl_kind_t insert(database_t *db, const char *id)
{
    kl_error_clear(db->err);
    return db->store->order_insert(db->store, db->p, sample_order(db->p, id), db->err);
}

/* An order of version 1, on the store's one connection. Skips when there is no PostgreSQL, or
 * only a pooler's, whose sessions are nobody's own. */
static kl_order_t *begin(database_t *db)
{
    kl_order_t *order = sample_order(db->p, ID1);

    if (db->dialect != KL_DIALECT_PGSQL || database_is_pooled(db)) {
        skip();
    }
    assert_int_equal(db->store->order_insert(db->store, db->p, order, db->err), KL_OK);
    assert_int_equal(db->idle_count, 1);
    return order;
}

/* How often the connection's session ran a statement by its name; -1: it has no such name. */
static int runs(database_t *db, kl_sql_t id)
{
    return (
        int)database_ask(db->idle[0],
                         apr_psprintf(db->p,
                                      "SELECT generic_plans + custom_plans"
                                      " FROM pg_prepared_statements WHERE name = '%s'",
                                      kl_statements_session_name(kl_statements_get(id), db->p)));
}

/* The label of the list of all. */
static const char *newest(database_t *db, const kl_order_query_t *query)
{
    kl_order_select_t rows;

    assert_true(kl_order_query_select(&rows, db->p, query, KL_ASK_ROWS, 0));
    return rows.statement.label;
}

static void discard_all(database_t *db)
{
    assert_int_equal(database_run(db->idle[0], "DISCARD ALL"), 0);
}

static kl_dbd_prepared_t *kept(database_t *db, const char *label)
{
    return apr_hash_get(db->idle[0]->prepared, label, APR_HASH_KEY_STRING);
}

/* --- in its own session ------------------------------------------------------------- */

static void test_only_postgresql_has_names(void **state)
{
    database_t *db = *state;

    assert_int_equal(insert(db, ID1), KL_OK);
    assert_int_equal(kept(db, "klarna_order_insert")->name != NULL,
                     db->dialect == KL_DIALECT_PGSQL);
}

static void test_a_name_is_used(void **state)
{
    database_t *db = *state;
    kl_order_t *order = begin(db);

    for (int i = 1; i <= 20; i++) {
        assert_int_equal(load(db), KL_OK);
        assert_int_equal(save(db, order), KL_OK);
        assert_int_equal(runs(db, KL_SQL_order_load), i);
        assert_int_equal(runs(db, KL_SQL_order_save), i);
    }
    assert_int_equal(runs(db, KL_SQL_order_insert), 1);
    assert_int_equal(db->log_count, 0);
}

/* A list is planned for its values; it has no name to lose. */
static void test_a_list_has_no_name(void **state)
{
    database_t *db = *state;
    kl_order_query_t query = {.account = "shop", .limit = 10};
    apr_array_header_t *page;
    const void *statement;

    begin(db);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(db->store->order_list(db->store, db->p, &query, &page, db->err), KL_OK);
        assert_null(kept(db, newest(db, &query))->name);
    }
    statement = kept(db, newest(db, &query));
    discard_all(db);
    assert_int_equal(db->store->order_list(db->store, db->p, &query, &page, db->err), KL_OK);
    assert_ptr_equal(kept(db, newest(db, &query)), statement);
    assert_int_equal(db->log_count, 0);
}

/* The outcome is known although there were two tries: the first was not executed. */
static void test_a_missing_name(void **state)
{
    database_t *db = *state;
    kl_order_t *order = begin(db), *stale = sample_order(db->p, ID1);

    stale->version = 1;
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(load(db), KL_OK);
    discard_all(db);
    assert_int_equal(load(db), KL_OK);
    assert_int_equal(insert(db, ID1), KL_TAKEN);
    assert_int_equal(save(db, stale), KL_STALE);
    assert_int_equal(runs(db, KL_SQL_order_save), -1);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(runs(db, KL_SQL_order_save), 1); /* there again */
    discard_all(db);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(order->version, 4);
    assert_int_equal(database_number(db, "SELECT version FROM klarna_order"), 4);
    assert_int_equal(db->log_count, 0);
}

static void test_a_name_that_is_there_already(void **state)
{
    database_t *db = *state;
    kl_order_t *order = begin(db);

    assert_int_equal(save(db, order), KL_OK);
    apr_hash_clear(db->idle[0]->prepared); /* as a client that was lent this session anew */
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(insert(db, ID1), KL_TAKEN);
    assert_int_equal(runs(db, KL_SQL_order_save), 2);
    assert_int_equal(runs(db, KL_SQL_order_insert), 2);
    assert_int_equal(db->log_count, 0);
}

static void test_a_lost_session_has_its_names_again(void **state)
{
    database_t *db = *state;
    kl_order_t *order = begin(db);

    for (int i = 0; i < 5; i++) {
        assert_int_equal(save(db, order), KL_OK);
        assert_int_equal(load(db), KL_OK);
        assert_int_equal(runs(db, KL_SQL_order_save), 1);
        assert_int_equal(runs(db, KL_SQL_order_load), 1);
        database_kill_session(db);
        assert_int_equal(save(db, order), KL_OK); /* lost */
        assert_int_equal(load(db), KL_OK);        /* missing */
        assert_int_equal(runs(db, KL_SQL_order_save), -1);
        assert_int_equal(runs(db, KL_SQL_order_load), -1);
    }
    assert_int_equal(order->version, 11);
}

/* A killed session is seen when the name is prepared: nothing was sent yet. */
static void test_a_session_lost_before_preparing(void **state)
{
    database_t *db = *state;
    kl_order_t *stale = begin(db);

    stale->version = 7;
    database_kill_session(db);
    assert_int_equal(save(db, stale), KL_STALE);
    database_kill_session(db);
    assert_int_equal(load(db), KL_OK);
}

/* --- in a pool of sessions ---------------------------------------------------------- */

/* The store's one connection gets another session before each call, as a pooler gives it. */
static void test_a_pool_of_sessions(void **state)
{
    database_t *db = *state;
    kl_order_t *order = begin(db);
    apr_dbd_t *sessions[SESSIONS] = {db->idle[0]->handle};
    test_random_t random = {1};
    int used = 0;

    for (int i = 1; i < SESSIONS; i++) {
        sessions[i] = database_connect(db, db->p)->handle;
    }
    for (int i = 0; i < 200; i++) {
        db->idle[0]->handle = sessions[test_random_in(&random, 0, SESSIONS - 1)];
        assert_int_equal(i % 2 ? load(db) : save(db, order), KL_OK);
    }
    for (int i = SESSIONS - 1; i >= 0; i--) {
        db->idle[0]->handle = sessions[i];
        used += runs(db, KL_SQL_order_load) + runs(db, KL_SQL_order_save);
    }
    assert_in_range(used, 180, 200); /* each session has learnt the names */
    assert_int_equal(order->version, 101);
    assert_int_equal(db->log_count, 0);
}

/* One call of the store's in which the name fails, and what comes after it does not. */
static void fail_by_name(database_t *db, kl_dbd_t *dbd, int missing)
{
    kl_dbd_prepared_t *prepared;

    assert_int_equal(kl_dbd_prepared_get(dbd, kl_statements_get(KL_SQL_order_load), 0, &prepared),
                     0);
    assert_non_null(prepared->name);
    assert_int_equal(kl_dbd_prepared_get(dbd, kl_statements_get(KL_SQL_order_load), 1, &prepared),
                     0);
    assert_null(prepared->name);
    kl_dbd_prepared_failed(prepared, missing);
    assert_int_equal(database_run(dbd->conn, "DISCARD ALL"), 0);
    assert_int_equal(db->log_count, 0);
}

/* Names that never last are given up, or every call would take three ways for ever: after 8
 * misses, or 2 lost sessions, because PgBouncer may break the connection at a name it does not
 * know (max_prepared_statements). One that lasted once begins anew. */
static void check_given_up_after(database_t *db, int missing, int most)
{
    kl_dbd_prepared_t *prepared;
    kl_dbd_t dbd;

    assert_int_equal(kl_dbd_run_open(&dbd, &db->connections, db->p, db->err), KL_OK);
    dbd.label = kl_statements_get(KL_SQL_order_load)->label;
    for (int i = 0; i < most - 1; i++) {
        fail_by_name(db, &dbd, missing);
    }
    assert_int_equal(kl_dbd_prepared_get(&dbd, kl_statements_get(KL_SQL_order_load), 0, &prepared),
                     0);
    kl_dbd_prepared_held(prepared);
    for (int i = 0; i < most; i++) {
        fail_by_name(db, &dbd, missing);
    }
    kl_dbd_run_close(&dbd);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(load(db), KL_OK);
        assert_int_equal(runs(db, KL_SQL_order_load), -1);
    }
}

static void test_names_that_never_last(void **state)
{
    begin(*state);
    check_given_up_after(*state, 1, 8);
}

static void test_sessions_that_die_of_a_name(void **state)
{
    begin(*state);
    check_given_up_after(*state, 0, 2);
}

/* --- faults that are not the name's ------------------------------------------------- */

static void test_a_fault_of_its_own_costs_no_name(void **state)
{
    database_t *db = *state;
    kl_order_t *order = begin(db), *other = sample_order(db->p, ID2);

    other->klarna_order_id = "kl-taken";
    assert_int_equal(db->store->order_insert(db->store, db->p, other, db->err), KL_OK);
    order->klarna_order_id = "kl-taken";
    for (int i = 0; i < 10; i++) {
        assert_int_equal(save(db, order), KL_UNAVAILABLE);
    }
    order->klarna_order_id = "kl-own";
    assert_int_equal(save(db, order), KL_OK);
    assert_non_null(kept(db, "klarna_order_save")->name);
}

static void test_a_type_changed_under_a_plan(void **state)
{
    database_t *db = *state;
    kl_order_t *order = begin(db);

    assert_int_equal(load(db), KL_OK);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(database_run(database_connect(db, db->p),
                                  "ALTER TABLE klarna_order ALTER merchant TYPE VARCHAR(99)"),
                     0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(load(db), KL_OK);
        assert_int_equal(save(db, order), KL_OK);
        assert_int_equal(insert(db, ID1), KL_TAKEN);
    }
    assert_int_equal(order->version, 7);
    assert_string_equal(db->logged, "ERROR:  cached plan must not change result type (7)");
    assert_int_equal(db->log_count, 2); /* then the name is given up */
}

/* What has waited is not run again: the caller would wait twice. */
static void test_a_statement_timeout(void **state)
{
    database_t *db = *state;
    kl_order_t *order = begin(db);
    ap_dbd_t *other = database_connect(db, db->p);

    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(database_run(db->idle[0], "SET statement_timeout = 1100"), 0);
    assert_int_equal(database_run(other, "BEGIN"), 0);
    assert_int_equal(database_run(other, "UPDATE klarna_order SET checks = checks"), 0);
    assert_int_equal(save(db, order), KL_UNAVAILABLE);
    check_error(db->err, KL_UNAVAILABLE, "store");
    assert_int_equal(db->log_count, 1);
    assert_int_equal(order->version, 2);
    assert_int_equal(database_run(other, "ROLLBACK"), 0);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(runs(db, KL_SQL_order_save), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(test_only_postgresql_has_names),
        WITH_DATABASE(test_a_name_is_used),
        WITH_DATABASE(test_a_list_has_no_name),
        WITH_DATABASE(test_a_missing_name),
        WITH_DATABASE(test_a_name_that_is_there_already),
        WITH_DATABASE(test_a_lost_session_has_its_names_again),
        WITH_DATABASE(test_a_session_lost_before_preparing),
        WITH_DATABASE(test_a_pool_of_sessions),
        WITH_DATABASE(test_names_that_never_last),
        WITH_DATABASE(test_sessions_that_die_of_a_name),
        WITH_DATABASE(test_a_fault_of_its_own_costs_no_name),
        WITH_DATABASE(test_a_type_changed_under_a_plan),
        WITH_DATABASE(test_a_statement_timeout),
    };

    return cmocka_run_group_tests(tests, database_group_setup, database_group_teardown);
}
