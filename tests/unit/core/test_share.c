/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shares: whatever the parts and their order, they add up to the whole to the minor unit, and none
 * takes more than is left.
 */
#include "tests/unit/support.h"

#include "core/limits.h"
#include "core/money.h"
#include "core/share.h"

/* The same numbers at every run. */
static apr_uint64_t next_random(apr_uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static apr_int64_t up_to(apr_uint64_t *seed, apr_int64_t most)
{
    return (apr_int64_t)(next_random(seed) % ((apr_uint64_t)most + 1));
}

static void a_part_takes_its_share(void **state)
{
    (void)state;
    assert_int_equal(kl_share_of(-3000, 10000, 15000), -2000);
    assert_int_equal(kl_share_of(-1000, 5000, 5000), -1000); /* the last takes the rest */
    assert_int_equal(kl_share_of(100, 1, 3), 33);
    assert_int_equal(kl_share_of(-5000, 34800, 81700), -2130);
    assert_int_equal(kl_share_of(1, 1, 2), 1); /* halves away from zero */
    assert_int_equal(kl_share_of(-1, 1, 2), -1);
}

static void nothing_takes_nothing(void **state)
{
    (void)state;
    assert_int_equal(kl_share_of(-3000, 0, 15000), 0);
    assert_int_equal(kl_share_of(-3000, -1, 15000), 0);
    assert_int_equal(kl_share_of(-3000, 5, 0), 0);
    assert_int_equal(kl_share_of(-3000, 5, -5), 0);
    assert_int_equal(kl_share_of(0, 5, 10), 0);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    apr_int64_t half = APR_INT64_MAX / 2;

    (void)state;
    assert_int_equal(kl_share_of(APR_INT64_MAX, APR_INT64_MAX, APR_INT64_MAX), APR_INT64_MAX);
    assert_int_equal(kl_share_of(APR_INT64_MAX, APR_INT64_MAX - 1, APR_INT64_MAX),
                     APR_INT64_MAX - 1);
    assert_int_equal(kl_share_of(APR_INT64_MIN, APR_INT64_MAX - 1, APR_INT64_MAX),
                     APR_INT64_MIN + 1);
    assert_true(kl_money_within(kl_share_of(APR_INT64_MIN, half, APR_INT64_MAX), APR_INT64_MIN));
}

/* One whole over a base, taken in parts until nothing is left of it. */
static void take_in_parts(apr_uint64_t *seed, apr_int64_t whole, apr_int64_t base)
{
    apr_int64_t left = whole, sum = 0;

    while (base > 0) {
        apr_int64_t part = up_to(seed, base);
        apr_int64_t share = kl_share_of(left, part, base);

        assert_true(kl_money_within(share, left));
        /* to the nearest: twice the error is at most one base */
        assert_true(kl_money_within(2 * (share * base - left * part) + base, 2 * base));
        left -= share;
        sum += share;
        base -= part;
    }
    assert_int_equal(left, 0);
    assert_int_equal(sum, whole);
}

static void the_shares_of_any_parts_are_the_whole(void **state)
{
    apr_uint64_t seed = 0x9e3779b97f4a7c15;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        apr_int64_t most = i % 2 ? 200 : KL_MAX_AMOUNT;
        apr_int64_t whole = up_to(&seed, 2 * most) - most;

        take_in_parts(&seed, whole, 1 + up_to(&seed, most));
    }
}

/* Nobody has to take what is proposed: what one part leaves, the rest shares, and the last takes.
 */
static void what_a_person_decides_otherwise_stays_for_the_rest(void **state)
{
    apr_int64_t left = -3000;

    (void)state;
    assert_int_equal(kl_share_of(left, 5000, 15000), -1000);
    left -= -500;
    assert_int_equal(kl_share_of(left, 5000, 10000), -1250);
    left -= -1250;
    assert_int_equal(kl_share_of(left, 5000, 5000), -1250);
}

/* What part comes to together with its shares. */
static apr_int64_t net_of(apr_int64_t part, const kl_share_pot_t *pot)
{
    apr_int64_t net = part;

    for (int i = 0; i < pot->n; i++) {
        net += kl_share_of(pot->own[i], part, pot->base);
    }
    return net;
}

static void the_most_can_be_reached_and_no_more(void **state)
{
    apr_uint64_t seed = 42;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        apr_int64_t base = 1 + up_to(&seed, 30000);
        apr_int64_t own[2] = {-up_to(&seed, base), up_to(&seed, base / 4)};
        kl_share_pot_t pot = {.base = base, .own = own, .n = 2};
        apr_int64_t line = up_to(&seed, base), money = up_to(&seed, base);
        apr_int64_t most = kl_share_most(line, money, &pot);

        assert_true(kl_money_within(most, line));
        assert_true(net_of(most, &pot) <= money);
        assert_true(most == line || net_of(most + 1, &pot) > money);
    }
}

static void the_most_of_nothing_is_nothing(void **state)
{
    const apr_int64_t own[] = {APR_INT64_MAX, APR_INT64_MAX};
    const kl_share_pot_t none = {.base = 0}, much = {.base = 1, .own = own, .n = 2};

    (void)state;
    assert_int_equal(kl_share_most(0, 100, &none), 0);
    assert_int_equal(kl_share_most(-5, 100, &none), 0);
    assert_int_equal(kl_share_most(100, 0, &none), 0);
    assert_int_equal(kl_share_most(100, 40, &none), 40);
    assert_int_equal(kl_share_most(1, 40, &much), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_takes_its_share),
        cmocka_unit_test(nothing_takes_nothing),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
        cmocka_unit_test(the_shares_of_any_parts_are_the_whole),
        cmocka_unit_test(what_a_person_decides_otherwise_stays_for_the_rest),
        cmocka_unit_test(the_most_can_be_reached_and_no_more),
        cmocka_unit_test(the_most_of_nothing_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
