/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the worker takes away in its time, and what it never does: the books, what an operation
 * still needs, and a payment that nobody has looked at. Whatever fails in between, the end is the
 * same.
 */
#include "tests/unit/service_checks.h"

#include <apr_general.h>
#include <apr_strings.h>

#include "core/schedule.h"
#include "service/retention.h"
#include "service/units.h"

#define DAY apr_time_from_sec(86400)
#define RETENTION (KL_RETENTION_DEFAULT_D * DAY)
#define TRACKING "1Z999"

static int payments(const world_t *world)
{
    return world->store->payments->nelts;
}

static int has(const world_t *world, const char *id)
{
    return fake_store_order(world->store, id) != NULL;
}

/* A payment of its own. */
static const char *started(world_t *world, const char *key)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_starter(world->p, key);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;

    assert_int_equal(kl_checkout_start(svc, world_cart(world->p), &client, &order, err), KL_OK);
    fake_klarna_authorize(world->klarna, TOKEN, CART_AMOUNT);
    return order->id;
}

/* A payment whose shopper never came, after the look at it. */
static const char *abandoned(world_t *world)
{
    const char *id = started(world, "abandoned");

    fake_clock_advance(KL_INTENT_LIFETIME);
    world_round(world, world->p);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_ABANDONED);
    return id;
}

/* A payment that Klarna declined. */
static const char *declined(world_t *world)
{
    const char *id = started(world, "declined");
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/order";
    assert_int_equal(world_try(world, act_place, id, "declined", &op, &err), KL_OK);
    world->klarna->refuses = NULL;
    assert_int_equal(world_order(world, id)->state, KL_ORDER_DECLINED);
    assert_string_not_equal(op->refusal, "");
    return id;
}

/* --- payments ------------------------------------------------------------------------- */

static void an_abandoned_payment_goes_in_its_time(void **state)
{
    world_t *world = world_for(state);
    const char *id = abandoned(world);

    fake_clock_advance(RETENTION - 1);
    world_round(world, world->p);
    assert_true(has(world, id));
    fake_clock_advance(1);
    world_round(world, world->p);
    assert_false(has(world, id));
}

static void a_declined_one_goes_with_its_placement(void **state)
{
    world_t *world = world_for(state);
    const char *id = declined(world), *key = world_order(world, id)->key;
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t again = world_client("declined");
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;
    kl_operation_t *op = NULL;

    fake_clock_advance(KL_INTENT_LIFETIME);
    world_round(world, world->p); /* Klarna has no order of it */
    fake_clock_advance(RETENTION);
    world_round(world, world->p);
    assert_false(has(world, id));
    assert_int_equal(world->store->operations->nelts, 0);
    assert_int_equal(kl_checkout_read(svc, id, key, &order, err), KL_NOT_FOUND);
    assert_int_equal(act_place(svc, id, &again, &op, kl_error_make(world->p)), KL_NOT_FOUND);
}

/* Klarna does not answer for a month: what it would say about that session is still wanted. */
static void one_that_nobody_could_look_at_stays(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_created(world);

    world->one_try = 1;
    fake_klarna_arm(world->klarna, 1, FAKE_500_BEFORE);
    fake_clock_advance(KL_INTENT_LIFETIME + RETENTION);
    world_round(world, world->p);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_CREATED);
    fake_clock_advance(DAY);
    world_round(world, world->p);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_ABANDONED);
}

/* The client's old key starts a new payment; the session of the old one has long ended. */
static void its_key_is_new_again(void **state)
{
    world_t *world = world_for(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_starter(world->p, "abandoned");
    kl_error_t *err = kl_error_make(world->p);
    const char *id = abandoned(world);
    kl_order_t *order = NULL;

    assert_int_equal(kl_checkout_start(svc, world_cart(world->p), &client, &order, err),
                     KL_CONFLICT);
    assert_string_equal(err->code, "session_over");
    fake_clock_advance(RETENTION);
    world_round(world, world->p);
    assert_string_equal(started(world, "abandoned"), id);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_CREATED);
}

/* --- operations ----------------------------------------------------------------------- */

static const kl_operation_t *operation(const world_t *world, int i)
{
    return APR_ARRAY_IDX(world->store->operations, i, kl_operation_t *);
}

static int requests(const world_t *world)
{
    int n = 0;

    for (int i = 0; i < world->store->operations->nelts; i++) {
        n += operation(world, i)->path[0] || operation(world, i)->body[0];
    }
    return n;
}

static void the_books_stay(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world), *before;
    kl_operation_t *op;
    kl_error_t *err;
    int calls;

    world_must(world, act_tracking, id, "tracking");
    world_must(world, act_credit_cup, id, "return");
    before = world_ledgers(world, world->p, id);
    assert_int_equal(requests(world), 3);
    fake_clock_advance(RETENTION - apr_time_from_sec(3600));
    world_round(world, world->p);
    assert_int_equal(requests(world), 3);
    fake_clock_advance(apr_time_from_sec(3600));
    world_round(world, world->p);
    assert_int_equal(requests(world), 0);
    assert_string_equal(world_ledgers(world, world->p, id), before);
    world_check(world, id, "swept");

    /* The same key gives the same, and nothing is sent for it. */
    calls = world->klarna->calls;
    assert_int_equal(world_try(world, act_credit_cup, id, "return", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    assert_int_equal(world->klarna->calls, calls);
    /* And what is done next is done on the same books. */
    world_must(world, act_credit_cup, id, "the other cup");
    world_check(world, id, "after");
}

static void a_swept_operation_is_final(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);
    kl_service_t *svc = world_service(world, world->p);
    const kl_operation_t *last = world_last_operation(world);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;

    fake_clock_advance(RETENTION);
    world_round(world, world->p);
    assert_string_equal(last->path, "");
    assert_int_equal(kl_resolve_send_again(svc, id, last->id, &op, err), KL_CONFLICT);
    assert_string_equal(err->code, "final");
    kl_error_clear(err);
    assert_int_equal(act_give_up(svc, id, last->id, &op, err), KL_CONFLICT);
    assert_string_equal(err->code, "final");
    world_check(world, id, "final");
}

/* Whose outcome nobody has seen needs its request, however long that takes. */
static void what_has_not_ended_keeps_its_request(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_AFTER);
    const kl_operation_t *row = fake_store_operation(world->store, op->id);

    world->one_try = 1;
    fake_klarna_arm(world->klarna, 1, FAKE_500_BEFORE);
    fake_clock_advance(10 * RETENTION);
    world_round(world, world->p);
    assert_int_equal(row->state, KL_OP_UNKNOWN);
    assert_string_not_equal(row->path, "");
    assert_string_not_equal(row->body, "");
    assert_true(world_drain(world));
    world_check(world, id, "in doubt");
}

/* Refused, and paid by another token: the words go, the operation stays. */
static void klarnas_words_go(void **state)
{
    world_t *world = world_for(state);
    const char *id = declined(world);
    const kl_operation_t *op = operation(world, 0);

    world_must(world, act_place, id, "another");
    fake_clock_advance(RETENTION);
    world_round(world, world->p);
    assert_string_equal(op->refusal, "");
    assert_string_equal(op->error_messages, "[]");
    assert_string_equal(op->error_code, "NOT_ALLOWED");
    assert_int_equal(op->state, KL_OP_REFUSED);
}

/* Dead between the outcome and its booking, and nobody came for a month. */
static void what_is_not_booked_yet_is_booked(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;

    op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_AFTER);
    op = fake_store_operation(world->store, op->id);
    op->state = KL_OP_CONFIRMED;
    op->result_id = "capture-1";
    op->mark = KL_OP_UNMARKED;
    op->next_at = op->lease_until = 0;
    fake_clock_advance(RETENTION);
    world_round(world, world->p);
    world_round(world, world->p);
    assert_string_equal(op->path, "");
    assert_string_equal(world_order(world, id)->pending_op, "");
    assert_int_equal(world_order(world, id)->captured_amount, 5000);
}

/* --- how much, and when --------------------------------------------------------------- */

static void money_goes_first(void **state)
{
    static const char *const wanted[] = {"operations", "placements", "batch_items",
                                         "placed",     "unfinished", "requests",
                                         "batches",    "strays",     "orders"};
    const int n = sizeof(wanted) / sizeof(*wanted);

    (void)state;
    for (int i = 0; i < n; i++) {
        assert_string_equal(kl_units[i].name, wanted[i]);
    }
    assert_null(kl_units[n].name);
}

/* 20 batches of 3 in the fake store. */
static void a_round_takes_its_share(void **state)
{
    world_t *world = world_for(state);
    kl_order_t *row;

    abandoned(world);
    row = APR_ARRAY_IDX(world->store->payments, 0, kl_order_t *);
    for (int i = 1; i < 70; i++) {
        kl_order_t *copy = apr_pmemdup(world->p, row, sizeof(*row));

        copy->id = apr_psprintf(world->p, "%08d-0000-4000-8000-000000000000", i);
        APR_ARRAY_PUSH(world->store->payments, kl_order_t *) = copy;
    }
    fake_clock_advance(RETENTION);
    world_round(world, world->p);
    assert_int_equal(payments(world), 10);
    world_round(world, world->p);
    assert_int_equal(payments(world), 0);
}

static int due(world_t *world)
{
    apr_array_header_t *list = NULL;
    int n = 0;

    for (int i = 2; i < 5; i++) {
        assert_int_equal(kl_units[i].due(world_service(world, world->p), 20, &list,
                                         kl_error_make(world->p)),
                         KL_OK);
        n += list->nelts;
    }
    return n;
}

static void nothing_is_due_before_its_time(void **state)
{
    world_t *world = world_for(state);

    world_captured(world);
    started(world, "waiting");
    assert_int_equal(due(world), 0);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    assert_int_equal(due(world), 1); /* the row of the placed payment */
    world_round(world, world->p);
    assert_int_equal(due(world), 0);
}

/* --- faults --------------------------------------------------------------------------- */

static void old_things(world_t *world)
{
    const char *id = world_captured(world);

    world_must(world, act_credit_cup, id, "return");
    declined(world);
    abandoned(world);
    fake_clock_advance(KL_INTENT_LIFETIME + RETENTION);
}

static void check_swept(world_t *world, const char *where)
{
    if (payments(world) != 0 || requests(world) != 0) {
        fail_msg("%s: %d payments, %d requests are left", where, payments(world), requests(world));
    }
    world_check(world, APR_ARRAY_IDX(world->store->orders, 0, kl_order_t *)->id, where);
}

/* Each call of the store fails, before or after the database did it: the next round ends it. */
static void every_call_fails(void **state)
{
    int fired = 1;

    for (int kind = 0; kind < FAKE_STORE_FAULTS; kind++) {
        fired = 1;
        for (int n = 1; fired; n++) {
            world_t *world = world_for(state);

            old_things(world);
            fake_store_arm(world->store, n, kind);
            world_round(world, world->p);
            fired = world->store->calls >= n;
            fake_store_arm(world->store, 0, 0);
            world_round(world, world->p);
            world_round(world, world->p);
            check_swept(world, apr_psprintf(world->p, "fault %d at call %d", kind, n));
            assert_true(n < 100);
        }
    }
}

/* 1 when it died. */
static int round_that_dies(world_t *world, int n, int after)
{
    fake_process_calm(&world->process);
    if (setjmp(world->process.death) != 0) {
        fake_process_calm(&world->process);
        return 1;
    }
    world->process.die_at = n;
    world->process.die_after = after;
    world_round(world, world->p);
    fake_process_calm(&world->process);
    return 0;
}

static void a_death_at_every_step(void **state)
{
    for (int after = 0; after < 2; after++) {
        int died = 1;

        for (int n = 1; died; n++) {
            world_t *world = world_for(state);

            old_things(world);
            died = round_that_dies(world, n, after);
            world_round(world, world->p);
            world_round(world, world->p);
            check_swept(world, apr_psprintf(world->p, "death at step %d", n));
            assert_true(n < 100);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(an_abandoned_payment_goes_in_its_time),
        WITH_POOL(a_declined_one_goes_with_its_placement),
        WITH_POOL(one_that_nobody_could_look_at_stays),
        WITH_POOL(its_key_is_new_again),
        WITH_POOL(the_books_stay),
        WITH_POOL(a_swept_operation_is_final),
        WITH_POOL(what_has_not_ended_keeps_its_request),
        WITH_POOL(klarnas_words_go),
        WITH_POOL(what_is_not_booked_yet_is_booked),
        WITH_POOL(money_goes_first),
        WITH_POOL(a_round_takes_its_share),
        WITH_POOL(nothing_is_due_before_its_time),
        WITH_POOL(every_call_fails),
        WITH_POOL(a_death_at_every_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
