/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation's words and the steps of its state.
 */
#include "support.h"

#include "core/operation.h"

static void words_go_both_ways(void **state)
{
    kl_op_kind_t kind;
    kl_op_state_t s;

    (void)state;
    for (int i = KL_OP_PLACE_ORDER; i <= KL_OP_SHIPPING_INFO; i++) {
        assert_int_equal(kl_op_kind_parse(kl_op_kind_name(i), &kind), 1);
        assert_int_equal(kind, i);
    }
    for (int i = KL_OP_QUEUED; i <= KL_OP_UNKNOWN; i++) {
        assert_int_equal(kl_op_state_parse(kl_op_state_name(i), &s), 1);
        assert_int_equal(s, i);
    }
    assert_int_equal(kl_op_kind_parse("void", &kind), 0);
    assert_int_equal(kl_op_state_parse("done", &s), 0);
    assert_int_equal(kl_op_state_parse(NULL, &s), 0);
    assert_string_equal(kl_op_kind_name(KL_OP_SHIPPING_INFO), "shipping_info");
}

static void only_the_allowed_steps_are_allowed(void **state)
{
    /* from each state to queued, sent, confirmed, refused, unknown */
    static const int may[5][5] = {
        [KL_OP_QUEUED] = {1, 1, 0, 1, 0},    [KL_OP_SENT] = {1, 1, 1, 1, 1},
        [KL_OP_CONFIRMED] = {0, 0, 0, 0, 0}, [KL_OP_REFUSED] = {0, 0, 0, 0, 0},
        [KL_OP_UNKNOWN] = {1, 1, 1, 1, 1},
    };

    (void)state;
    for (int from = KL_OP_QUEUED; from <= KL_OP_UNKNOWN; from++) {
        for (int to = KL_OP_QUEUED; to <= KL_OP_UNKNOWN; to++) {
            assert_int_equal(kl_op_may(from, to), may[from][to]);
        }
        assert_int_equal(kl_op_is_final(from), from == KL_OP_CONFIRMED || from == KL_OP_REFUSED);
    }
}

static void all_but_the_placement_have_a_key(void **state)
{
    (void)state;
    for (int i = KL_OP_PLACE_ORDER; i <= KL_OP_SHIPPING_INFO; i++) {
        assert_int_equal(kl_op_has_key(i), i != KL_OP_PLACE_ORDER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(words_go_both_ways),
        WITH_POOL(only_the_allowed_steps_are_allowed),
        WITH_POOL(all_but_the_placement_have_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
