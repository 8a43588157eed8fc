/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer makes of an operation. */
#include "tests/unit/service_checks.h"

/* Turned away after a lost answer: the first try may still have been executed. */
static void a_doubt_stays_when_klarna_turns_it_away(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    world_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err);
    world_lose(world, act_capture_cup, id, "k", FAKE_401_HTML, &op, &err);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_int_equal(op->doubtful, 1);
    assert_string_equal(op->error_code, "credentials_refused");
    world_must(world, act_capture_cup, id, "k");
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_doubt_stays_when_klarna_turns_it_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
