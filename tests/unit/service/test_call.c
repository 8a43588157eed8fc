/* SPDX-License-Identifier: Apache-2.0 */
/* One operation's tries: with one key, in time, no longer than they may take, and none with a key
 * that Klarna has forgotten. */
#include "tests/unit/service_checks.h"

#include <apr_strings.h>
#include <ctype.h>

#include "service/call.h"

static void a_busy_key_is_tried_again(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    fake_klarna_arm(world->klarna, 1, FAKE_409_TWICE);
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(world->klarna->calls, 3);
    assert_true(fake_clock_slept() >= apr_time_from_msec(600));
    assert_true(fake_clock_slept() < apr_time_from_sec(1));
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

static void klarnas_pause_is_kept_when_there_is_time(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world->klarna->retry_after = 3;
    fake_klarna_arm(world->klarna, 1, FAKE_429);
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(fake_clock_slept(), apr_time_from_sec(3));
}

static void a_long_pause_is_left_to_later(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->retry_after = 100000;
    fake_klarna_arm(world->klarna, 1, FAKE_429);
    assert_int_equal(world_try(world, act_capture_cup, id, "k", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_QUEUED);
    assert_int_equal(op->doubtful, 0);
    assert_int_equal(fake_clock_slept(), 0);
    assert_in_range(op->next_at - fake_clock_now(), apr_time_from_sec(900),
                    apr_time_from_sec(900 * 5 / 4)); /* bounded */
    world_must(world, act_capture_cup, id, "k");
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

static void every_step_takes_long(void *unused)
{
    (void)unused;
    fake_clock_advance(apr_time_from_msec(1500));
}

/* The last try's time, not that of all tries nor of the pauses between them. */
static void each_try_is_timed(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    fake_klarna_arm(world->klarna, 1, FAKE_LOST_BEFORE);
    world->process.hook = every_step_takes_long;
    assert_int_equal(world_try(world, act_capture_cup, id, "slow", &op, &err), KL_OK);
    world->process.hook = NULL;
    assert_int_equal(op->attempts, 1);
    assert_int_equal(fake_store_operation(world->store, op->id)->took, 1500);

    world_must(world, act_extend, id, "no time at all");
    op = APR_ARRAY_IDX(world->store->operations, world->store->operations->nelts - 1,
                       kl_operation_t *);
    assert_int_equal(op->took, 1);
    for (int fault = FAKE_NOT_SENT; fault <= FAKE_LOST_BEFORE; fault++) {
        kl_service_t *svc = world_service(world, world->p);

        svc->timeout = 1; /* one try */
        fake_klarna_arm(world->klarna, 2,
                        (fake_klarna_fault_t)fault); /* the record is read first */
        world_act(svc, act_extend, id, fault ? "lost" : "not sent", &op, kl_error_make(world->p));
        fake_klarna_arm(world->klarna, 0, 0);
        assert_int_equal(op->took, fault == FAKE_NOT_SENT ? 0 : 1);
        assert_true(world_drain(world));
    }
}

static void every_try_ends_before_the_deadline(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    apr_time_t began = fake_clock_now();

    fake_klarna_arm(world->klarna, 1, FAKE_500_BEFORE);
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(world->klarna->calls, 2);
    assert_int_equal(world->klarna->last_deadline, began + apr_time_from_sec(10));
}

/* Klarna forgets a key after a day: sent again, the money would move twice. Its record tells
 * whether it moved. */
static void a_forgotten_key_is_never_sent(void **state)
{
    static const fake_klarna_fault_t how[] = {FAKE_LOST_AFTER, FAKE_409_BUSY, FAKE_MALFORMED,
                                              FAKE_500_AFTER};

    for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
        world_t *world = world_for(state);
        const char *id = world_placed(world);
        kl_operation_t *op;
        kl_error_t *err;

        world_lose(world, act_capture_cup, id, "k", how[i], &op, &err);
        assert_int_equal(op->state, KL_OP_UNKNOWN);
        fake_clock_advance(apr_time_from_sec(25 * 3600));
        world_must(world, act_capture_cup, id, "k");
        assert_string_equal(world_last_operation(world)->result_id, "capture-1");
        world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
    }
}

static void what_klarnas_record_lacks_starts_afresh(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    world_lose(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE, &op, &err);
    fake_clock_advance(apr_time_from_sec(25 * 3600));
    world_must(world, act_capture_cup, id, "k");
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

static void without_klarnas_record_it_stays_unknown(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    world_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err);
    fake_clock_advance(apr_time_from_sec(25 * 3600));
    world_lose(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE, &op, &err);
    assert_int_equal(world_last_operation(world)->state, KL_OP_UNKNOWN);
    assert_string_equal(world_last_operation(world)->error_code, "key_expired");
    world_must_refuse(world, act_extend, id, KL_CONFLICT, "order_busy");
    assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 1);
}

/* What was certainly not executed may wait as long as it likes. */
static void an_unused_key_does_not_age(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    world_lose(world, act_capture_cup, id, "k", FAKE_401_HTML, &op, &err);
    assert_int_equal(op->state, KL_OP_QUEUED);
    fake_clock_advance(apr_time_from_sec(25 * 3600));
    world_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    fake_clock_advance(apr_time_from_sec(23 * 3600));
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(world_last_operation(world)->attempts, 3); /* sent again, not looked up */
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* As when two answers are mixed up on their way: nothing of it is believed. */
static void a_record_of_another_order_is_no_answer(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_order_t *order = world_order(world, id);
    kl_error_t *err = kl_error_make(world->p);
    kl_klarna_record_t record;
    char *same = apr_pstrdup(world->p, order->klarna_order_id);

    world->klarna->misnames = "another";
    assert_int_equal(kl_call_read_record(world_service(world, world->p), order->account,
                                         order->klarna_order_id, &record, err),
                     KL_PROTOCOL);
    check_error(err, KL_PROTOCOL, "unreadable_answer");
    for (char *c = same; *c; c++) { /* a person's way to write it */
        *c = (char)toupper(*c);
    }
    world->klarna->misnames = same;
    kl_error_clear(err);
    assert_int_equal(kl_call_read_record(world_service(world, world->p), order->account,
                                         order->klarna_order_id, &record, err),
                     KL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_busy_key_is_tried_again),
        WITH_POOL(a_record_of_another_order_is_no_answer),
        WITH_POOL(klarnas_pause_is_kept_when_there_is_time),
        WITH_POOL(a_long_pause_is_left_to_later),
        WITH_POOL(each_try_is_timed),
        WITH_POOL(every_try_ends_before_the_deadline),
        WITH_POOL(a_forgotten_key_is_never_sent),
        WITH_POOL(what_klarnas_record_lacks_starts_afresh),
        WITH_POOL(without_klarnas_record_it_stays_unknown),
        WITH_POOL(an_unused_key_does_not_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
