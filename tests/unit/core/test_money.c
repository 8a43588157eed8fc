/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amounts: overflow is told, tax and shares are exact. The properties are checked against
 * their definitions by whole-number inequalities, not by the formula under test.
 */
#include "tests/unit/support.h"

#include "core/limits.h"
#include "core/money.h"

static void sums(void **state)
{
    apr_int64_t out = 42;

    (void)state;
    assert_true(kl_money_add(2, -5, &out) && out == -3);
    assert_true(kl_money_sub(2, -5, &out) && out == 7);
    assert_true(kl_money_mul(-4, 5, &out) && out == -20);
    assert_true(kl_money_add(INT64_MAX - 1, 1, &out) && out == INT64_MAX);
    assert_true(kl_money_sub(INT64_MIN + 1, 1, &out) && out == INT64_MIN);
}

static void overflow_leaves_out_alone(void **state)
{
    apr_int64_t out = 42;

    (void)state;
    assert_false(kl_money_add(INT64_MAX, 1, &out));
    assert_false(kl_money_add(INT64_MIN, -1, &out));
    assert_false(kl_money_sub(INT64_MIN, 1, &out));
    assert_false(kl_money_sub(0, INT64_MIN, &out));
    assert_false(kl_money_mul(INT64_MAX / 2, 3, &out));
    assert_false(kl_money_mul(INT64_MIN, -1, &out));
    assert_int_equal(out, 42);
}

static void known_taxes(void **state)
{
    (void)state;
    assert_int_equal(kl_money_tax_within(12500, 2500), 2500);
    assert_int_equal(kl_money_tax_within(9999, 2300), 1870);
    assert_int_equal(kl_money_tax_within(12300, 2300), 2300);
    assert_int_equal(kl_money_tax_within(-12500, 2500), -2500);
    assert_int_equal(kl_money_tax_within(5000, 0), 0);
    assert_int_equal(kl_money_tax_within(0, 2500), 0);
    assert_int_equal(kl_money_tax_within(1, 10000), 0);  /* net 0.5 goes up to 1 */
    assert_int_equal(kl_money_tax_within(-1, 10000), 0); /* and down to -1 below zero */
}

/* The net amount n of total t is nearest to t * 10000 / (10000 + r). */
static void tax_is_nearest(void **state)
{
    test_random_t random = {1};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        apr_int64_t total = test_random_in(&random, -KL_MAX_AMOUNT, KL_MAX_AMOUNT);
        apr_int64_t rate = test_random_in(&random, 0, KL_MAX_TAX_RATE);
        apr_int64_t tax = kl_money_tax_within(total, rate);
        apr_int64_t off = 2 * ((total - tax) * (10000 + rate) - total * 10000);

        assert_true(off <= 10000 + rate && off >= -(10000 + rate));
        assert_int_equal(kl_money_tax_within(-total, rate), -tax);
    }
}

static void known_shares(void **state)
{
    (void)state;
    assert_int_equal(kl_money_share(100, 1, 3), 33);
    assert_int_equal(kl_money_share(100, 2, 3), 67);
    assert_int_equal(kl_money_share(100, 3, 3), 100);
    assert_int_equal(kl_money_share(100, 0, 3), 0);
    assert_int_equal(kl_money_share(1, 1, 2), 1);
    assert_int_equal(kl_money_share(-1, 1, 2), -1);
    assert_int_equal(kl_money_share(-100, 1, 3), -33);
}

static void extremes_do_not_wrap(void **state)
{
    (void)state;
    assert_true(kl_money_share(INT64_MAX, INT64_MAX, INT64_MAX) == INT64_MAX);
    assert_true(kl_money_share(INT64_MIN, INT64_MAX, INT64_MAX) == INT64_MIN);
    assert_true(kl_money_share(INT64_MAX, 1, 2) == INT64_MAX / 2 + 1);
    assert_true(kl_money_tax_within(INT64_MAX, 10000) == INT64_MAX / 2);
    assert_true(kl_money_tax_within(INT64_MIN, 10000) == INT64_MIN / 2);
}

static void share_is_nearest(void **state)
{
    test_random_t random = {2};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        apr_int64_t total = test_random_in(&random, -KL_MAX_AMOUNT, KL_MAX_AMOUNT);
        apr_int64_t whole = test_random_in(&random, 1, KL_MAX_QUANTITY);
        apr_int64_t part = test_random_in(&random, 0, whole);
        apr_int64_t off = 2 * (kl_money_share(total, part, whole) * whole - total * part);

        assert_true(off <= whole && off >= -whole);
        assert_int_equal(kl_money_share(total, whole, whole), total);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(overflow_leaves_out_alone),
        cmocka_unit_test(known_taxes),
        cmocka_unit_test(tax_is_nearest),
        cmocka_unit_test(known_shares),
        cmocka_unit_test(extremes_do_not_wrap),
        cmocka_unit_test(share_is_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
