/* SPDX-License-Identifier: Apache-2.0 */
/* What changes an authorization: cancelling, reducing, releasing. */
#include "tests/unit/service_checks.h"

static void cancelling(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_must_refuse(world, act_release, id, KL_CONFLICT, "not_releasable");
    world_must(world, act_cancel, id, "cancel");
    world_check_ours(world, id, "CANCELLED", 0, 0, 0);
    world_must_refuse(world, act_cancel, id, KL_CONFLICT, "not_cancellable");
    world_must_refuse(world, act_extend, id, KL_CONFLICT, "not_extendable");
}

static void cancelling_what_was_captured_refunds_all(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);

    world_must(world, act_cancel, id, "cancel");
    world_check_ours(world, id, "CAPTURED", 10500, 10500, 0);
}

static void reducing_and_releasing(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_must(world, act_extend, id, "extend");
    assert_int_equal(world_klarna_order(world, id)->extensions, 1);
    world_must(world, act_credit_cup, id, "one cup less");
    assert_int_equal(world_order(world, id)->order_amount, 5500);
    world_must(world, act_capture_cup, id, "the other cup");
    world_must(world, act_release, id, "release");
    world_check_ours(world, id, "CAPTURED", 5000, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(cancelling),
        WITH_POOL(cancelling_what_was_captured_refunds_all),
        WITH_POOL(reducing_and_releasing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
