/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mark takes the place of which, and which goes.
 */
#include "tests/unit/support.h"

#include "core/attention.h"
#include "core/order.h"

#define NOW apr_time_from_sec(1790000000)

static kl_order_t *marked(apr_pool_t *p, kl_attention_t mark)
{
    kl_order_t *order = kl_order_make(p);

    kl_attention_raise(order, mark);
    assert_int_equal(order->attention, mark);
    return order;
}

static void words_go_both_ways(void **state)
{
    kl_attention_t mark;

    (void)state;
    for (int i = KL_ATTENTION_NONE; i <= KL_ATTENTION_ORPHAN; i++) {
        assert_int_equal(kl_attention_parse(kl_attention_name(i), &mark), 1);
        assert_int_equal(mark, i);
    }
    assert_int_equal(kl_attention_parse("late", &mark), 0);
    assert_string_equal(kl_attention_name(KL_ATTENTION_NONE), "");
    assert_string_equal(kl_attention_name(KL_ATTENTION_DIFFERS), "differs");
}

static void the_gravest_mark_stands(void **state)
{
    for (int first = KL_ATTENTION_NONE; first <= KL_ATTENTION_ORPHAN; first++) {
        for (int second = KL_ATTENTION_NONE; second <= KL_ATTENTION_ORPHAN; second++) {
            kl_order_t *order = marked(*state, first);

            kl_attention_raise(order, second);
            assert_int_equal(order->attention, second > first ? second : first);
        }
    }
}

static void only_its_own_mark_goes(void **state)
{
    for (int mark = KL_ATTENTION_NONE; mark <= KL_ATTENTION_ORPHAN; mark++) {
        for (int lowered = KL_ATTENTION_EXPIRING; lowered <= KL_ATTENTION_ORPHAN; lowered++) {
            kl_order_t *order = marked(*state, mark);

            kl_attention_lower(order, lowered);
            assert_int_equal(order->attention, mark == lowered ? KL_ATTENTION_NONE : mark);
        }
    }
}

static void agreement_settles_a_difference_and_tells_what_was_booked(void **state)
{
    static const kl_attention_t after[][2] = {
        /* nothing booked, something booked */
        [KL_ATTENTION_NONE] = {KL_ATTENTION_NONE, KL_ATTENTION_OUTSIDE},
        [KL_ATTENTION_EXPIRING] = {KL_ATTENTION_EXPIRING, KL_ATTENTION_OUTSIDE},
        [KL_ATTENTION_OUTSIDE] = {KL_ATTENTION_OUTSIDE, KL_ATTENTION_OUTSIDE},
        [KL_ATTENTION_REJECTED] = {KL_ATTENTION_REJECTED, KL_ATTENTION_REJECTED},
        [KL_ATTENTION_DIFFERS] = {KL_ATTENTION_NONE, KL_ATTENTION_OUTSIDE},
        [KL_ATTENTION_ORPHAN] = {KL_ATTENTION_ORPHAN, KL_ATTENTION_ORPHAN},
    };

    for (int mark = KL_ATTENTION_NONE; mark <= KL_ATTENTION_ORPHAN; mark++) {
        for (int booked = 0; booked <= 1; booked++) {
            kl_order_t *order = marked(*state, mark);

            kl_attention_agree(order, booked);
            assert_int_equal(order->attention, after[mark][booked]);
        }
    }
}

static void what_was_seen_is_gone_but_an_orphan(void **state)
{
    for (int mark = KL_ATTENTION_NONE; mark <= KL_ATTENTION_ORPHAN; mark++) {
        kl_order_t *order = marked(*state, mark);
        int stays = mark == KL_ATTENTION_ORPHAN;

        kl_attention_see(order, NOW);
        assert_int_equal(order->attention, stays ? mark : KL_ATTENTION_NONE);
        assert_int_equal(order->seen_at, mark == KL_ATTENTION_EXPIRING ? NOW : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(words_go_both_ways),
        WITH_POOL(the_gravest_mark_stands),
        WITH_POOL(only_its_own_mark_goes),
        WITH_POOL(agreement_settles_a_difference_and_tells_what_was_booked),
        WITH_POOL(what_was_seen_is_gone_but_an_orphan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
