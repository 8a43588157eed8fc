/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database under faults: no connection, a locked file, statements and sessions that
 * died. A fault is KL_UNAVAILABLE and never a miss or a conflict, what can heal heals
 * within the call, every connection comes back, and no data gets into errors or logs.
 * database.h says which database.
 */
#include "tests/unit/database.h"

#include <apr_strings.h>

#define ID1 "11111111-1111-4111-8111-111111111111"
#define ID2 "22222222-2222-4222-8222-222222222222"

static kl_kind_t load(database_t *db, kl_order_t **out)
{
    kl_error_clear(db->err);
    return db->store->order_load(db->store, db->p, ID1, out, db->err);
}

static kl_kind_t save(database_t *db, kl_order_t *order)
{
    kl_error_clear(db->err);
    return db->store->order_save(db->store, db->p, order, db->err);
}

static kl_order_t *make_order(database_t *db, const char *id)
{
    kl_order_t *order = sample_order(db->p, id);

    if (db->store->order_insert(db->store, db->p, order, db->err) != KL_OK) {
        fail_msg("order_insert: %s", db->err->detail);
    }
    return order;
}

static apr_int64_t stored_version(database_t *db)
{
    return database_number(db, "SELECT version FROM klarna_order WHERE id = '" ID1 "'");
}

/* --- connections -------------------------------------------------------------------- */

static void test_second_try_at_open(void **state)
{
    database_t *db = *state;
    kl_order_t *order = make_order(db, ID1), *found = NULL;

    db->refuse = 1;
    assert_int_equal(load(db, &found), KL_OK);
    db->refuse = 1;
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(db->refuse, 0);
}

static void test_no_connection(void **state)
{
    database_t *db = *state;
    kl_order_t *found = NULL;
    int before;

    make_order(db, ID1);
    before = db->opened;
    db->refuse = 2;
    assert_int_equal(load(db, &found), KL_UNAVAILABLE);
    check_error(db->err, KL_UNAVAILABLE, "store");
    assert_null(found);
    db->refuse = 2;
    kl_error_clear(db->err);
    assert_int_equal(db->store->check(db->store, db->p, db->err), KL_UNAVAILABLE);
    assert_int_equal(db->opened, before);
    assert_int_equal(db->closed, before);
    assert_int_equal(load(db, &found), KL_OK);
}

static void test_connection_that_can_not_be_opened(void **state)
{
    database_t *db = *state;
    kl_order_t *found = NULL;

    make_order(db, ID1);
    database_forget_idle(db);
    if (db->dialect == KL_DIALECT_SQLITE3) {
        db->params = apr_pstrcat(db->p, db->params, "/no/such/directory", NULL);
    }
    else {
        db->params = "host=/no/such/directory sock=/no/such/socket";
    }
    assert_int_equal(load(db, &found), KL_UNAVAILABLE);
    check_error(db->err, KL_UNAVAILABLE, "store");
    assert_null(found);
}

static void test_one_connection_serves_many_calls(void **state)
{
    database_t *db = *state;
    kl_order_t *order = make_order(db, ID1), *found = NULL;
    ap_dbd_t *conn = db->idle[0];
    const void *statement;

    assert_int_equal(save(db, order), KL_OK);
    statement = apr_hash_get(conn->prepared, "klarna_order_save", APR_HASH_KEY_STRING);
    assert_non_null(statement);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(load(db, &found), KL_OK);
        assert_int_equal(save(db, found), KL_OK);
    }
    assert_int_equal(db->idle_count, 1);
    assert_ptr_equal(db->idle[0], conn);
    assert_ptr_equal(apr_hash_get(conn->prepared, "klarna_order_save", APR_HASH_KEY_STRING),
                     statement);
    assert_null(db->logged);
}

/* --- what died ---------------------------------------------------------------------- */

static void test_changed_schema_heals(void **state)
{
    database_t *db = *state;
    kl_order_t *order = make_order(db, ID1), *stale = NULL, *found = NULL;
    ap_dbd_t *other = database_connect(db, db->p);

    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(load(db, &stale), KL_OK);
    for (int i = 0; i < 3; i++) {
        const char *sql = apr_psprintf(db->p,
                                       "CREATE INDEX klarna_extra%d ON klarna_order"
                                       " (updated_at)",
                                       i);

        assert_int_equal(database_run(other, sql), 0);
        assert_int_equal(save(db, order), KL_OK);
        assert_int_equal(load(db, &found), KL_OK);
        assert_int_equal(found->version, order->version);
        assert_int_equal(save(db, stale), KL_STALE);
    }
    if (db->dialect == KL_DIALECT_SQLITE3) {
        assert_non_null(db->logged); /* or this test would prove nothing */
        assert_int_equal(database_run(other, "VACUUM"), 0);
        assert_int_equal(save(db, stale), KL_STALE);
        check_error(db->err, KL_STALE, "version");
        assert_int_equal(load(db, &found), KL_OK);
    }
    assert_int_equal(stored_version(db), order->version);
}

static void test_killed_session_heals(void **state)
{
    database_t *db = *state;
    kl_order_t *order, *stale = NULL, *found = NULL;
    kl_kind_t rv;

    if (db->dialect == KL_DIALECT_SQLITE3 || database_is_pooled(db)) {
        skip();
    }
    order = make_order(db, ID1);
    assert_int_equal(load(db, &stale), KL_OK);
    database_kill_session(db);
    assert_int_equal(load(db, &found), KL_OK);
    database_kill_session(db);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(stored_version(db), 2);
    assert_int_equal(save(db, order), KL_OK); /* prepared in the new session */
    assert_int_equal(stored_version(db), 3);
    database_kill_session(db);
    rv = save(db, stale);
    if (db->dialect == KL_DIALECT_PGSQL) {
        assert_int_equal(rv, KL_UNAVAILABLE); /* the lost session might have stored it */
    }
    else {
        assert_true(rv == KL_UNAVAILABLE || rv == KL_STALE); /* by when the client noticed */
    }
    assert_int_equal(stored_version(db), 3);
    assert_int_equal(save(db, stale), KL_STALE);
    assert_int_equal(save(db, order), KL_OK);
}

/* --- a locked SQLite file ----------------------------------------------------------- */

static void test_locked_for_writing(void **state)
{
    database_t *db = *state;
    kl_order_t *order, *found = NULL;
    ap_dbd_t *other;

    if (db->dialect != KL_DIALECT_SQLITE3) {
        skip();
    }
    order = make_order(db, ID1);
    other = database_connect(db, db->p);
    assert_int_equal(database_run(other, "BEGIN IMMEDIATE"), 0);
    assert_int_equal(save(db, order), KL_UNAVAILABLE);
    check_error(db->err, KL_UNAVAILABLE, "store");
    assert_int_equal(order->version, 1);
    assert_int_equal(load(db, &found), KL_OK); /* readers do not wait: WAL */
    assert_int_equal(database_run(other, "ROLLBACK"), 0);
    assert_int_equal(save(db, order), KL_OK);
    assert_int_equal(stored_version(db), 2);
}

static void test_locked_for_reading(void **state)
{
    database_t *db = *state;
    kl_order_t *found = NULL;
    kl_operation_t *op = NULL;
    ap_dbd_t *other;

    if (db->dialect != KL_DIALECT_SQLITE3) {
        skip();
    }
    make_order(db, ID1);
    database_forget_idle(db);
    other = database_connect(db, db->p);
    database_run(other, "PRAGMA journal_mode=DELETE");
    assert_int_equal(load(db, &found), KL_OK);
    assert_int_equal(database_run(other, "BEGIN EXCLUSIVE"), 0);
    assert_int_equal(load(db, &found), KL_UNAVAILABLE); /* of a prepared statement */
    check_error(db->err, KL_UNAVAILABLE, "store");
    kl_error_clear(db->err);
    assert_int_equal(db->store->operation_load(db->store, db->p, ID2, &op, db->err),
                     KL_UNAVAILABLE); /* not even prepared */
    check_error(db->err, KL_UNAVAILABLE, "store");
    assert_int_equal(database_run(other, "ROLLBACK"), 0);
    assert_int_equal(load(db, &found), KL_OK);
}

/* --- what is told about a fault ----------------------------------------------------- */

static void check_no_data(const char *text)
{
    static const char *const data[] = {"SECRET", ID1, ID2, "token", "hash", "0123456789"};

    for (int i = 0; i < 6; i++) {
        if (text && strstr(text, data[i])) {
            fail_msg("\"%s\" tells %s", text, data[i]);
        }
    }
}

static void test_faults_tell_no_data(void **state)
{
    database_t *db = *state;
    kl_order_t *one = sample_order(db->p, ID1), *two = make_order(db, ID2);

    one->klarna_order_id = "kl-SECRET";
    assert_int_equal(db->store->order_insert(db->store, db->p, one, db->err), KL_OK);
    two->klarna_order_id = "kl-SECRET";
    for (int i = 0; i < 3; i++) {
        assert_int_equal(save(db, two), KL_UNAVAILABLE);
        check_error(db->err, KL_UNAVAILABLE, "store");
        assert_non_null(strstr(db->err->detail, "klarna_order_save"));
        check_no_data(db->err->detail);
        check_no_data(db->err->next);
        assert_string_equal(db->logged_label, "klarna_order_save");
        assert_null(strchr(db->logged, '\n'));
        check_no_data(db->logged);
        /* A broken rule is no dead statement and is not tried again: SQLite's driver frees
         * what was prepared only when the connection closes. */
        if (db->dialect == KL_DIALECT_SQLITE3) {
            assert_int_equal(db->log_count, i + 1);
        }
    }
    two->klarna_order_id = "kl-2";
    assert_int_equal(save(db, two), KL_OK);
}

/* The same click twice is everyday business: an administrator is told of faults only. */
static void test_taken_key_is_no_fault(void **state)
{
    database_t *db = *state;

    make_order(db, ID1);
    assert_int_equal(db->store->order_insert(db->store, db->p, sample_order(db->p, ID1), db->err),
                     KL_TAKEN);
    assert_int_equal(db->log_count, 0);
}

static void test_no_log_callback(void **state)
{
    database_t *db = *state;
    kl_order_t *one = make_order(db, ID1), *two = make_order(db, ID2);

    db->connections.log = NULL;
    two->klarna_order_id = one->klarna_order_id;
    assert_int_equal(save(db, two), KL_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(test_second_try_at_open),
        WITH_DATABASE(test_no_connection),
        WITH_DATABASE(test_connection_that_can_not_be_opened),
        WITH_DATABASE(test_one_connection_serves_many_calls),
        WITH_DATABASE(test_changed_schema_heals),
        WITH_DATABASE(test_killed_session_heals),
        WITH_DATABASE(test_locked_for_writing),
        WITH_DATABASE(test_locked_for_reading),
        WITH_DATABASE(test_faults_tell_no_data),
        WITH_DATABASE(test_taken_key_is_no_fault),
        WITH_DATABASE(test_no_log_callback),
    };

    return cmocka_run_group_tests(tests, database_group_setup, database_group_teardown);
}
