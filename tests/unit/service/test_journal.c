/* SPDX-License-Identifier: Apache-2.0 */
/* Stored intents: what was stored and never claimed its order is never sent. */
#include "tests/unit/service_checks.h"

static int is_stored(const world_t *world)
{
    return world_last_operation(world)->state == KL_OP_QUEUED;
}

static void an_operation_without_claim_is_discarded_after_its_lease(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    const kl_operation_t *left;
    kl_operation_t *op;
    kl_error_t *err;

    world_act_until(world, act_capture_cup, id, "k", is_stored);
    left = world_last_operation(world);
    assert_string_equal(world_order(world, id)->pending_op, "");
    world_try(world, act_capture_cup, id, "k", &op, &err);
    check_error(err, KL_CONFLICT, "in_progress");
    assert_int_equal(err->retry_after, 2);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(left->state, KL_OP_REFUSED);
    assert_string_equal(left->error_code, "not_started");
    assert_string_equal(left->body, "");
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* Whoever resumes an operation that holds no order must not send it. */
static void an_operation_without_claim_is_never_sent(void **state)
{
    world_t *world = world_for(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;

    world_act_until(world, act_capture_cup, id, "k", is_stored);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    svc->store->operation_load(svc->store, svc->p, world_last_operation(world)->id, &op, err);
    assert_int_equal(world_resume(svc, &op, err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "in_progress");
    assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 0);
    assert_int_equal(world_last_operation(world)->state, KL_OP_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(an_operation_without_claim_is_discarded_after_its_lease),
        WITH_POOL(an_operation_without_claim_is_never_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
