/* SPDX-License-Identifier: Apache-2.0 */
/* Running operations to their end: a chain goes on in order, a lease is respected. */
#include "tests/unit/service_checks.h"

static int is_sent(const world_t *world)
{
    return world_last_operation(world)->state == KL_OP_SENT;
}

/* The second of a chain waits for its turn: it is neither sent nor discarded. */
static void a_following_step_waits(void **state)
{
    world_t *world = world_for(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_part_captured(world);
    kl_operation_t *op = NULL, *second = NULL;
    kl_error_t *lost;

    world_lose(world, act_cancel, id, "k", FAKE_LOST_BEFORE, &op, &lost);
    assert_int_equal(op->kind, KL_OP_RELEASE);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    svc->store->operation_load(svc->store, svc->p, op->next_op, &second, err);
    assert_int_equal(world_resume(svc, &second, err), KL_CONFLICT);
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 0);
    assert_int_equal(world_last_operation(world)->state, KL_OP_QUEUED);
    world_must(world, act_cancel, id, "k");
    world_check_ours(world, id, "CAPTURED", 5000, 5000, 0);
}

static void a_lease_is_respected(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    world_act_until(world, act_capture_cup, id, "k", is_sent);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S) - 1);
    fake_klarna_arm(world->klarna, 0, 0);
    world_try(world, act_capture_cup, id, "k", &op, &err);
    check_error(err, KL_CONFLICT, "in_progress");
    world_try(world, act_capture_cup, id, "another key", &op, &err);
    check_error(err, KL_CONFLICT, "order_busy");
    assert_int_equal(world->klarna->calls, 0);
    fake_clock_advance(1);
    world_must(world, act_capture_cup, id, "k");
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_following_step_waits),
        WITH_POOL(a_lease_is_respected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
