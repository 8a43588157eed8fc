/* SPDX-License-Identifier: Apache-2.0 */
/* The flow that all actions share: one answer for one key, one operation on an order at a time, and
 * what was left behind goes on first. */
#include "tests/unit/service_checks.h"
#include "service/journal.h"

static void check_held_by(const world_t *world, const char *id, const char *operation_id)
{
    assert_string_equal(world_order(world, id)->pending_op, operation_id);
}

/* By client key, the order, two inserts around the claim (the operation, what it is found by),
 * sent, the outcome, what it is found by, the booking. */
static void a_refund_takes_nine_statements(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);

    fake_store_arm(world->store, 0, 0);
    world_must(world, act_credit_cup, id, "count");
    assert_int_equal(world->store->calls, 9);
}

static void the_same_key_is_the_same_operation(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *first, *second;
    kl_error_t *err;

    assert_int_equal(world_try(world, act_capture_cup, id, "k", &first, &err), KL_OK);
    assert_int_equal(world_try(world, act_capture_cup, id, "k", &second, &err), KL_OK);
    assert_string_equal(second->id, first->id);
    assert_string_equal(second->result_id, "capture-1");
    world_must(world, act_capture_cup, id, "another key");
    world_check_ours(world, id, "PART_CAPTURED", 10000, 0, 500);
}

static void a_key_is_for_one_request(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_error_t *err = kl_error_make(world->p);
    kl_client_t other = {"k", "hash of another request"};
    kl_operation_t *op = NULL;

    world_must(world, act_capture_cup, id, "k");
    kl_journal_find(world_service(world, world->p), &other, &op, err);
    check_field(err, "idempotency_key_reused", "Idempotency-Key");
    assert_null(op);
}

static void without_a_key_each_request_is_its_own(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_must(world, act_capture_cup, id, "");
    world_must(world, act_capture_cup, id, "");
    world_check_ours(world, id, "PART_CAPTURED", 10000, 0, 500);
}

static void an_unknown_operation_holds_its_order(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op, *other;
    kl_error_t *err;

    assert_int_equal(world_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err),
                     KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_string_equal(op->error_code, "answer_lost");
    assert_non_null(strstr(op->refusal, "next"));
    world_must_refuse(world, act_capture_cup, id, KL_CONFLICT, "order_busy");
    world_try(world, act_extend, id, "another key", &other, &err);
    assert_int_equal(err->retry_after, 2);
    check_held_by(world, id, op->id);
    assert_int_equal(world_try(world, act_capture_cup, id, "k", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* Nobody asks with its key again: whoever wants something of the order next goes on with it. */
static void the_next_action_walks_what_was_left(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    assert_int_equal(world_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err),
                     KL_OK);
    fake_clock_set(op->next_at);
    world_must(world, act_capture_cup, id, "another key");
    world_check_ours(world, id, "PART_CAPTURED", 10000, 0, 500);
}

/* The last store call of a capture is the fold. */
static void the_next_action_folds_what_is_final(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;
    int calls;

    fake_store_arm(world->store, 0, 0);
    world_must(world, act_capture_cup, id, "to count");
    calls = world->store->calls;
    fake_store_arm(world->store, calls, FAKE_STORE_FAILS_BEFORE);
    assert_int_equal(world_try(world, act_capture_cup, id, "k", &op, &err), KL_UNAVAILABLE);
    assert_int_equal(world_last_operation(world)->state, KL_OP_CONFIRMED);
    check_held_by(world, id, world_last_operation(world)->id);
    world_must(world, act_extend, id, "another key");
    world_check_ours(world, id, "PART_CAPTURED", 10000, 0, 500);
}

/* 1 when the process died at that step of the action, 0 when the action has fewer steps. */
static int dies_at(world_t *world, act_fn prepare, const char *id, const char *key, int step)
{
    kl_operation_t *op;
    kl_error_t *err;

    fake_process_calm(&world->process);
    world->process.die_at = step;
    if (setjmp(world->process.death) == 0) {
        world_try(world, prepare, id, key, &op, &err);
        fake_process_calm(&world->process);
        return 0;
    }
    fake_process_calm(&world->process);
    return 1;
}

/* A chain whose first step is final but not booked: the claim goes on to the second. */
static void a_chain_left_between_its_steps_goes_on(void **state)
{
    int died = 1;

    for (int step = 1; died; step++) {
        world_t *world = world_for(state);
        const char *id = world_part_captured(world);
        kl_operation_t *op;
        kl_error_t *err;

        assert_true(step < 40);
        died = dies_at(world, act_cancel, id, "k", step);
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
        /* Cancelling again finds nothing left to cancel, unless nothing had begun. */
        world_try(world, act_cancel, id, "another key", &op, &err);
        world_try(world, act_cancel, id, "k", &op, &err);
        assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 1);
        assert_int_equal(fake_klarna_executed(world->klarna, "release"), 1);
        assert_string_equal(world_order(world, id)->pending_op, "");
        assert_int_equal(world_order(world, id)->refunded_amount, 5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_refund_takes_nine_statements),
        WITH_POOL(the_same_key_is_the_same_operation),
        WITH_POOL(a_key_is_for_one_request),
        WITH_POOL(without_a_key_each_request_is_its_own),
        WITH_POOL(an_unknown_operation_holds_its_order),
        WITH_POOL(the_next_action_walks_what_was_left),
        WITH_POOL(the_next_action_folds_what_is_final),
        WITH_POOL(a_chain_left_between_its_steps_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
