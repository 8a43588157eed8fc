/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of lines in Klarna's form: the line rule and the sum hold for every part.
 */
#include "tests/unit/order_fixture.h"
#include "core/limits.h"
#include "core/money.h"
#include "core/plan_lines.h"

static kl_movement_t moving(apr_pool_t *p, int line, apr_int64_t quantity, apr_int64_t amount)
{
    kl_movement_t m = {.amount = amount, .lines = apr_array_make(p, 1, sizeof(kl_movement_line_t))};

    APR_ARRAY_PUSH(m.lines, kl_movement_line_t) = (kl_movement_line_t){line, quantity, amount};
    return m;
}

static void check_part(apr_pool_t *p, const kl_order_t *order, const kl_movement_t *m,
                       apr_int64_t quantity, apr_int64_t unit_price, apr_int64_t discount)
{
    const apr_array_header_t *lines = kl_plan_lines_klarna(p, order, m);
    const kl_line_t *line = &APR_ARRAY_IDX(lines, 0, kl_line_t);

    check_klarna_lines(lines, m->amount);
    assert_int_equal(line->quantity, quantity);
    assert_int_equal(line->unit_price, unit_price);
    assert_int_equal(line->total_discount_amount, discount);
    assert_int_equal(line->captured_quantity, 0);
}

static void parts_keep_the_unit_price_where_they_can(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = moving(*state, 0, 2, 20000);

    check_part(*state, order, &m, 2, 10000, 0);
    m = moving(*state, 1, 1, 4500);
    check_part(*state, order, &m, 1, 5000, 500);
    m = moving(*state, 0, 2, 0);
    check_part(*state, order, &m, 2, 10000, 20000);
}

static void other_parts_get_a_price_that_fits(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = moving(*state, 0, 0, 777); /* value only */

    check_part(*state, order, &m, 1, 777, 0);
    m = moving(*state, 0, 2, 25001); /* more than two cost */
    check_part(*state, order, &m, 2, 12501, 1);
    m = moving(*state, 3, 1, -1000); /* a part of a discount */
    check_part(*state, order, &m, 1, -1000, 0);
    m = moving(*state, 3, 0, -3000);
    check_part(*state, order, &m, 1, -3000, 0);
}

static void a_negative_line_of_many_units_is_divided(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m;

    fixture_line(order, KL_LINE_DISCOUNT, "offs", 4, -50, 0, 0);
    m = moving(*state, 4, 4, -150);
    check_part(*state, order, &m, 4, -37, 2);
    m = moving(*state, 4, 3, -200);
    check_part(*state, order, &m, 3, -50, 50);
}

static void huge_prices_do_not_overflow(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = moving(*state, 0, 3, 100);

    fixture_at(order, "shirt")->unit_price = APR_INT64_MAX / 2;
    check_part(*state, order, &m, 3, 34, 2);
    fixture_at(order, "shirt")->unit_price = 300000000;
    check_part(*state, order, &m, 3, 34, 2);
}

static void a_fee_is_a_negative_line(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = moving(*state, 0, 1, 10000);
    apr_array_header_t *lines;
    kl_line_t *fee;

    m.return_fee = 1250;
    m.return_fee_tax_rate = 2500;
    m.amount -= m.return_fee;
    lines = kl_plan_lines_klarna(*state, order, &m);
    check_klarna_lines(lines, 8750);
    fee = &APR_ARRAY_IDX(lines, 1, kl_line_t);
    assert_int_equal(fee->type, KL_LINE_RETURN_FEE);
    assert_string_equal(fee->reference, "return-fee");
    assert_int_equal(fee->total_amount, -1250);
    assert_int_equal(fee->total_tax_amount, -250);
}

static void an_amount_alone_has_no_lines(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = {.amount = 90,
                       .return_fee = 10,
                       .lines = apr_array_make(*state, 1, sizeof(kl_movement_line_t))};

    assert_int_equal(kl_plan_lines_klarna(*state, order, &m)->nelts, 0);
}

static void reduced_lines_are_what_stays(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = moving(*state, 2, 1, 4900);
    apr_array_header_t *lines = kl_plan_lines_reduced(*state, order, &m);

    assert_int_equal(lines->nelts, 3);
    check_klarna_lines(lines, 36000);
    m = moving(*state, 1, 1, 4500);
    lines = kl_plan_lines_reduced(*state, order, &m);
    assert_int_equal(lines->nelts, 4);
    assert_int_equal(APR_ARRAY_IDX(lines, 1, kl_line_t).quantity, 1);
    check_klarna_lines(lines, 36400);
    m = moving(*state, 2, 1, 900); /* goods gone, value left */
    lines = kl_plan_lines_reduced(*state, order, &m);
    assert_int_equal(APR_ARRAY_IDX(lines, 2, kl_line_t).quantity, 1);
    check_klarna_lines(lines, 40000);
}

static void a_free_reduction_is_a_line_with_a_new_name(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = {.amount = 900,
                       .lines = apr_array_make(*state, 1, sizeof(kl_movement_line_t))};
    apr_array_header_t *lines;

    fixture_line(order, KL_LINE_PHYSICAL, "reduction-1", 1, 100, 0, 0);
    lines = kl_plan_lines_reduced(*state, order, &m);
    assert_int_equal(lines->nelts, 8); /* three rates */
    assert_string_equal(APR_ARRAY_IDX(lines, 5, kl_line_t).reference, "reduction-2");
    assert_string_equal(APR_ARRAY_IDX(lines, 7, kl_line_t).reference, "reduction-4");
    check_klarna_lines(lines, 40100);
}

static void check_line(const kl_line_t *line, const char *name, apr_int64_t amount,
                       apr_int64_t tax_rate)
{
    assert_string_equal(line->name, name);
    assert_int_equal(line->quantity, 1);
    assert_int_equal(line->unit_price, amount);
    assert_int_equal(line->total_amount, amount);
    assert_int_equal(line->tax_rate, tax_rate);
    assert_int_equal(line->total_tax_amount, kl_money_tax_within(amount, tax_rate));
}

static void a_free_amount_has_the_vat_of_what_it_reduces(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = {.amount = 900,
                       .lines = apr_array_make(*state, 1, sizeof(kl_movement_line_t))};
    apr_array_header_t *lines = kl_plan_lines_reduction(*state, order, &m);

    assert_int_equal(lines->nelts, 2);
    check_line(&APR_ARRAY_IDX(lines, 0, kl_line_t), "Reduction", -702, 2500);
    check_line(&APR_ARRAY_IDX(lines, 1, kl_line_t), "Reduction", -198, 1200);
    m.name = "Scratch";
    m.taxed = 1;
    m.tax_rate = 600;
    lines = kl_plan_lines_reduction(*state, order, &m);
    assert_int_equal(lines->nelts, 1);
    check_line(&APR_ARRAY_IDX(lines, 0, kl_line_t), "Scratch", -900, 600);
}

static void a_free_refund_has_lines_when_it_has_a_name(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = {.amount = 900,
                       .lines = apr_array_make(*state, 1, sizeof(kl_movement_line_t))};
    apr_array_header_t *lines;

    assert_int_equal(kl_plan_lines_klarna(*state, order, &m)->nelts, 0);
    m.name = "Scratch";
    lines = kl_plan_lines_klarna(*state, order, &m);
    assert_int_equal(lines->nelts, 2);
    check_klarna_lines(lines, 900);
    check_line(&APR_ARRAY_IDX(lines, 0, kl_line_t), "Scratch", 702, 2500);
    m.taxed = 1;
    lines = kl_plan_lines_klarna(*state, order, &m);
    assert_int_equal(lines->nelts, 1);
    check_line(&APR_ARRAY_IDX(lines, 0, kl_line_t), "Scratch", 900, 0);
}

/* A full order takes one more line, whatever rates there are. */
static void the_last_line_takes_all_rates(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = {.amount = 900,
                       .lines = apr_array_make(*state, 1, sizeof(kl_movement_line_t))};
    apr_array_header_t *lines;

    while (order->lines->nelts < KL_MAX_LINES - 1) {
        fixture_line(order, KL_LINE_PHYSICAL, "more", 1, 1, 0, 0);
    }
    lines = kl_plan_lines_reduction(*state, order, &m);
    assert_int_equal(lines->nelts, 1);
    assert_int_equal(APR_ARRAY_IDX(lines, 0, kl_line_t).total_amount, -900);
}

static void any_part_obeys_the_rule(void **state)
{
    test_random_t random = {7};

    for (int i = 0; i < 20000; i++) {
        kl_order_t *order;
        kl_movement_t m;
        kl_line_t *line;
        apr_pool_t *p;
        int sign = test_random_in(&random, 0, 3) == 0 ? -1 : 1;

        apr_pool_create(&p, *state);
        order = fixture_order(p);
        line = fixture_line(order, sign < 0 ? KL_LINE_DISCOUNT : KL_LINE_PHYSICAL, "a",
                            test_random_in(&random, 1, 40), sign * test_random_in(&random, 0, 999),
                            0, test_random_in(&random, 0, 10000));
        m = moving(p, 0, test_random_in(&random, 0, line->quantity),
                   sign * test_random_in(&random, 0, sign * line->total_amount));
        check_klarna_lines(kl_plan_lines_klarna(p, order, &m), m.amount);
        check_klarna_lines(kl_plan_lines_reduced(p, order, &m), order->order_amount - m.amount);
        apr_pool_destroy(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(parts_keep_the_unit_price_where_they_can),
        WITH_POOL(other_parts_get_a_price_that_fits),
        WITH_POOL(a_negative_line_of_many_units_is_divided),
        WITH_POOL(huge_prices_do_not_overflow),
        WITH_POOL(a_fee_is_a_negative_line),
        WITH_POOL(an_amount_alone_has_no_lines),
        WITH_POOL(reduced_lines_are_what_stays),
        WITH_POOL(a_free_reduction_is_a_line_with_a_new_name),
        WITH_POOL(a_free_amount_has_the_vat_of_what_it_reduces),
        WITH_POOL(a_free_refund_has_lines_when_it_has_a_name),
        WITH_POOL(the_last_line_takes_all_rates),
        WITH_POOL(any_part_obeys_the_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
