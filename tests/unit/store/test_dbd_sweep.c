/* SPDX-License-Identifier: Apache-2.0 */
/* What has had its time is found and taken away, nothing else, and twice does no harm. */
#include "tests/unit/database.h"

#include <apr_strings.h>

#include "core/schedule.h"

#define ID1 "11111111-1111-4111-8111-111111111111"
#define ID2 "22222222-2222-4222-8222-222222222222"
#define OP1 "aaaaaaaa-1111-4111-8111-111111111111"
#define OP2 "aaaaaaaa-2222-4222-8222-222222222222"
#define DAY apr_time_from_sec(86400)
#define NOW (1700000000000000 + 400 * DAY)
#define BEFORE (NOW - 30 * DAY)
#define OLD (BEFORE - KL_INTENT_LIFETIME) /* the last moment that is old enough */

static void run(database_t *db, const char *sql)
{
    assert_int_equal(database_run(database_connect(db, db->p), sql), 0);
}

static apr_array_header_t *found(database_t *db, kl_sweep_kind_t what)
{
    const kl_sweep_t sweep = {what, "shop", NOW, BEFORE};
    apr_array_header_t *ids = NULL;

    kl_error_clear(db->err);
    if (db->store->sweep_find(db->store, db->p, &sweep, &ids, db->err) != KL_OK) {
        fail_msg("%s", db->err->detail);
    }
    return ids;
}

static void take(database_t *db, kl_sweep_kind_t what, const apr_array_header_t *ids)
{
    const kl_sweep_t sweep = {what, "shop", NOW, BEFORE};

    kl_error_clear(db->err);
    if (db->store->sweep(db->store, db->p, &sweep, ids, db->err) != KL_OK) {
        fail_msg("%s", db->err->detail);
    }
}

/* Finds and takes; how many there were. */
static int sweep(database_t *db, kl_sweep_kind_t what)
{
    apr_array_header_t *ids = found(db, what);

    if (ids->nelts) {
        take(db, what, ids);
    }
    return ids->nelts;
}

/* --- payments ------------------------------------------------------------------------- */

static kl_order_t *insert_payment(database_t *db, const char *id, kl_order_state_t state)
{
    kl_order_t *order = sample_payment(db->p, id);

    order->state = state;
    order->created_at = order->updated_at = OLD;
    order->check_at = 0;
    kl_error_clear(db->err);
    assert_int_equal(db->store->payment_insert(db->store, db->p, order, db->err), KL_OK);
    return order;
}

static kl_operation_t *insert_operation(database_t *db, const char *id, const char *order_id,
                                        kl_op_state_t state)
{
    kl_operation_t *op = sample_operation(db->p, id, order_id);

    op->kind = KL_OP_PLACE_ORDER;
    op->state = state;
    op->mark = KL_OP_UNMARKED;
    op->updated_at = BEFORE;
    op->next_at = op->lease_until = kl_op_is_final(state) ? 0 : op->next_at;
    kl_error_clear(db->err);
    assert_int_equal(db->store->operation_insert(db->store, db->p, op, db->err), KL_OK);
    return op;
}

static apr_int64_t payments(database_t *db)
{
    return database_number(db, "SELECT COUNT(*) FROM klarna_payment");
}

static apr_int64_t operations(database_t *db)
{
    return database_number(db, "SELECT COUNT(*) FROM klarna_operation");
}

static void test_only_what_became_an_order_is_swept(void **state)
{
    database_t *db = *state;
    kl_order_t *order = insert_payment(db, ID1, KL_ORDER_CREATED);

    insert_payment(db, ID2, KL_ORDER_CREATED);
    run(db, "UPDATE klarna_payment SET check_at = 1");
    assert_int_equal(sweep(db, KL_SWEEP_PLACED), 0);
    order->state = KL_ORDER_AUTHORIZED;
    order->klarna_order_id = "kl-1";
    order->client_token = "";
    assert_int_equal(db->store->order_save(db->store, db->p, order, db->err), KL_OK);
    run(db, "UPDATE klarna_payment SET check_at = 9000000000000000");
    assert_int_equal(sweep(db, KL_SWEEP_PLACED), 0); /* its placement may be going on */
    run(db, "UPDATE klarna_payment SET check_at = 1, keep_until = 9000000000000000");
    assert_int_equal(sweep(db, KL_SWEEP_PLACED), 0);
    run(db, "UPDATE klarna_payment SET keep_until = 1");
    assert_int_equal(sweep(db, KL_SWEEP_PLACED), 1);
    assert_int_equal(database_number(db, "SELECT COUNT(*) FROM klarna_order"), 1);
    assert_int_equal(payments(db), 1);
}

static void test_a_payment_that_came_to_nothing_goes(void **state)
{
    static const kl_order_state_t states[] = {KL_ORDER_DECLINED, KL_ORDER_ABANDONED};
    database_t *db = *state;

    for (int i = 0; i < 2; i++) {
        insert_payment(db, ID1, states[i]);
        insert_operation(db, OP1, ID1, KL_OP_REFUSED);
        insert_operation(db, OP2, ID2, KL_OP_REFUSED); /* another's */
        assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 1);
        assert_int_equal(payments(db), 0);
        assert_int_equal(operations(db), 1);
        assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 0);
        run(db, "DELETE FROM klarna_operation");
    }
}

/* Each row of these keeps the payment, however old it is. */
static void test_what_keeps_a_payment(void **state)
{
    static const char *const rows[] = {
        "created_at = created_at + 1",       /* its look was not due before that time */
        "updated_at = 1700000000000000 * 2", /* something happened to it since */
        "keep_until = 1700000000000000 * 2", /* its cart could be shown again */
        "pending_op = 'op-1'",               /* an operation works on it */
        "state = 'COMPLETED'",               /* its order is about to be written */
        "state = 'CREATED'",                 /* nobody has looked at it */
        "state = 'DECLINED', check_at = 1",  /* nor at this one */
        "merchant = 'another shop'",
    };
    database_t *db = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        insert_payment(db, ID1, KL_ORDER_ABANDONED);
        run(db, apr_pstrcat(db->p, "UPDATE klarna_payment SET ", rows[i], NULL));
        if (sweep(db, KL_SWEEP_UNFINISHED) != 0) {
            fail_msg("found in spite of %s", rows[i]);
        }
        run(db, "DELETE FROM klarna_payment");
    }
}

static void test_what_was_used_since_it_was_found_stays(void **state)
{
    static const char *const rows[] = {"updated_at = 1700000000000000 * 2", "pending_op = 'op-1'",
                                       "state = 'COMPLETED'"};
    database_t *db = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_array_header_t *ids;

        insert_payment(db, ID1, KL_ORDER_ABANDONED);
        ids = found(db, KL_SWEEP_UNFINISHED);
        assert_int_equal(ids->nelts, 1);
        run(db, apr_pstrcat(db->p, "UPDATE klarna_payment SET ", rows[i], NULL));
        insert_operation(db, OP1, ID1, KL_OP_QUEUED);
        take(db, KL_SWEEP_UNFINISHED, ids);
        assert_int_equal(payments(db), 1);
        assert_int_equal(operations(db), 1);
        run(db, "DELETE FROM klarna_payment");
        run(db, "DELETE FROM klarna_operation");
    }
}

/* Its operation is not done with it, or was until lately. */
static void test_an_operation_keeps_its_payment(void **state)
{
    static const kl_op_state_t states[] = {KL_OP_QUEUED, KL_OP_SENT, KL_OP_UNKNOWN,
                                           KL_OP_CONFIRMED};
    database_t *db = *state;

    insert_payment(db, ID1, KL_ORDER_DECLINED);
    for (int i = 0; i < 4; i++) {
        insert_operation(db, OP1, ID1, states[i]);
        assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 0);
        run(db, "DELETE FROM klarna_operation");
    }
    insert_operation(db, OP1, ID1, KL_OP_REFUSED);
    run(db, "UPDATE klarna_operation SET updated_at = updated_at + 1");
    assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 0);
    run(db, "UPDATE klarna_operation SET updated_at = updated_at - 1");
    assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 1);
}

/* A look that never came stays due; only what cannot have an order at Klarna any more goes. */
static void test_a_payment_nobody_has_looked_at(void **state)
{
    database_t *db = *state;
    apr_time_t last = NOW - KL_INTENT_LIFETIME - KL_AUTHORIZATION_LIFETIME;

    insert_payment(db, ID1, KL_ORDER_CREATED);
    run(db,
        apr_psprintf(db->p, "UPDATE klarna_payment SET created_at = %" APR_TIME_T_FMT, last + 1));
    assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 0);
    run(db, "UPDATE klarna_payment SET created_at = created_at - 1");
    assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 1);
}

/* The operations go first: what is left in between is found again. */
static void test_a_death_in_between(void **state)
{
    database_t *db = *state;
    apr_array_header_t *ids;

    insert_payment(db, ID1, KL_ORDER_DECLINED);
    insert_operation(db, OP1, ID1, KL_OP_REFUSED);
    ids = found(db, KL_SWEEP_UNFINISHED);
    run(db, "DELETE FROM klarna_operation");
    assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 1);
    take(db, KL_SWEEP_UNFINISHED, ids); /* another worker that found it, too */
    assert_int_equal(payments(db), 0);
}

static void test_many_go_a_batch_at_a_time(void **state)
{
    database_t *db = *state;

    for (int i = 0; i < KL_SWEPT + 3; i++) {
        insert_payment(db, apr_psprintf(db->p, "%08d-1111-4111-8111-111111111111", i),
                       KL_ORDER_ABANDONED);
    }
    assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), KL_SWEPT);
    assert_int_equal(payments(db), 3);
    assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 3);
    assert_int_equal(sweep(db, KL_SWEEP_UNFINISHED), 0);
    assert_int_equal(payments(db), 0);
}

/* --- operations ----------------------------------------------------------------------- */

static kl_operation_t *load(database_t *db, const char *id)
{
    kl_operation_t *op = NULL;

    kl_error_clear(db->err);
    assert_int_equal(db->store->operation_load(db->store, db->p, id, &op, db->err), KL_OK);
    return op;
}

static void test_the_request_of_what_ended_goes(void **state)
{
    database_t *db = *state;
    kl_operation_t *before, *after;

    insert_operation(db, OP1, ID1, KL_OP_CONFIRMED);
    run(db, "UPDATE klarna_operation SET kind = 'refund'");
    before = load(db, OP1);
    assert_int_equal(sweep(db, KL_SWEEP_REQUESTS), 1);
    after = load(db, OP1);
    assert_string_equal(after->path, "");
    assert_string_equal(after->body, "");
    assert_int_equal(after->version, before->version + 1);
    assert_int_equal(after->updated_at, before->updated_at);
#define SAME_TEXT(column, member) assert_string_equal(a.member, b.member);
#define SAME_NUMBER(column, member) assert_int_equal(a.member, b.member);
    {
        struct {
            kl_operation_t op;
            const char *kind, *state, *mark;
        } a = {*before, "", "", ""}, b = {*after, "", "", ""};

        b.op.path = a.op.path;
        b.op.body = a.op.body;
        KL_OPERATION_FIXED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
        KL_OPERATION_SAVED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
    }
    assert_int_equal(sweep(db, KL_SWEEP_REQUESTS), 0);
}

/* Where they may quote what the shopper gave: names, an address, a phone number. */
static void test_klarnas_words_about_a_person_go(void **state)
{
    static const kl_op_kind_t kinds[] = {KL_OP_PLACE_ORDER, KL_OP_SHIPPING_ADDRESS,
                                         KL_OP_DISTRIBUTE};
    database_t *db = *state;
    kl_operation_t *op;

    insert_operation(db, OP1, ID1, KL_OP_REFUSED);
    for (int i = 0; i < 3; i++) {
        assert_true(kl_op_is_personal(kinds[i]));
        run(db, apr_psprintf(db->p,
                             "UPDATE klarna_operation SET kind = '%s', path = '', body = '',"
                             " refusal = '{}', error_messages = '[1]'",
                             kl_op_kind_name(kinds[i])));
        assert_int_equal(sweep(db, KL_SWEEP_REQUESTS), 1);
        op = load(db, OP1);
        assert_string_equal(op->refusal, "");
        assert_string_equal(op->error_messages, "[]");
        assert_string_equal(op->error_code, "INTERNAL");
        assert_int_equal(sweep(db, KL_SWEEP_REQUESTS), 0);
    }
    /* About anything else they stay: that asked for nothing personal. */
    run(db, "UPDATE klarna_operation SET kind = 'refund', refusal = '{}', error_messages = '[1]',"
            " path = '/x'");
    assert_int_equal(sweep(db, KL_SWEEP_REQUESTS), 1);
    op = load(db, OP1);
    assert_string_equal(op->refusal, "{}");
    assert_string_equal(op->error_messages, "[1]");
    assert_int_equal(sweep(db, KL_SWEEP_REQUESTS), 0);
}

static void test_what_keeps_a_request(void **state)
{
    static const char *const rows[] = {"updated_at = updated_at + 1",
                                       "state = 'unknown', next_at = 1",
                                       "state = 'queued', next_at = 1",
                                       "state = 'sent', next_at = 1", "merchant = 'another shop'"};
    database_t *db = *state;

    insert_operation(db, OP1, ID1, KL_OP_CONFIRMED);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_array_header_t *ids = found(db, KL_SWEEP_REQUESTS);

        assert_int_equal(ids->nelts, 1);
        run(db, apr_pstrcat(db->p, "UPDATE klarna_operation SET ", rows[i], NULL));
        assert_int_equal(sweep(db, KL_SWEEP_REQUESTS), 0);
        if (i < 4) { /* whoever found it before */
            take(db, KL_SWEEP_REQUESTS, ids);
            assert_string_not_equal(load(db, OP1)->path, "");
        }
        run(db, "DELETE FROM klarna_operation");
        insert_operation(db, OP1, ID1, KL_OP_CONFIRMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(test_only_what_became_an_order_is_swept),
        WITH_DATABASE(test_a_payment_that_came_to_nothing_goes),
        WITH_DATABASE(test_what_keeps_a_payment),
        WITH_DATABASE(test_what_was_used_since_it_was_found_stays),
        WITH_DATABASE(test_an_operation_keeps_its_payment),
        WITH_DATABASE(test_a_payment_nobody_has_looked_at),
        WITH_DATABASE(test_a_death_in_between),
        WITH_DATABASE(test_many_go_a_batch_at_a_time),
        WITH_DATABASE(test_the_request_of_what_ended_goes),
        WITH_DATABASE(test_klarnas_words_about_a_person_go),
        WITH_DATABASE(test_what_keeps_a_request),
    };

    return cmocka_run_group_tests(tests, database_group_setup, database_group_teardown);
}
