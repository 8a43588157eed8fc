/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What belongs to the whole order goes with each part of it, and money that was captured by amount
 * is found by a return of lines, whatever waits.
 */
#include "tests/unit/order_fixture.h"

#include <apr_strings.h>
#include "core/booking.h"
#include "core/line.h"
#include "core/money.h"
#include "core/order_view.h"
#include "core/plan_capture.h"
#include "core/plan_credit.h"
#include "core/plan_shares.h"

#define A "{'lines':[{'reference':'A','quantity':1}]}"
#define B "{'lines':[{'reference':'B','quantity':1}]}"
#define A_B "{'lines':[{'reference':'A','quantity':1},{'reference':'B','quantity':1}]}"

/* A 100.00, B 50.00, and a discount, gift card or tax of the whole order. */
static kl_order_t *with(apr_pool_t *p, kl_line_type_t type, apr_int64_t amount)
{
    kl_order_t *order = fixture_order(p);

    fixture_line(order, KL_LINE_PHYSICAL, "A", 1, 10000, 0, 0);
    fixture_line(order, KL_LINE_PHYSICAL, "B", 1, 5000, 0, 0);
    fixture_line(order, type, "whole", 1, amount, 0, 0);
    return order;
}

static kl_credit_plan_t credit_plan(apr_pool_t *p, const kl_order_t *order, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    kl_credit_plan_t plan;

    if (fixture_plan_credit(&plan, p, order, text, err) != KL_OK) {
        fail_msg("%s", err->detail);
    }
    return plan;
}

static void one_step(const kl_credit_plan_t *plan, const char *verb, apr_int64_t amount)
{
    assert_int_equal(plan->steps, 1);
    assert_string_equal(kl_plan_credit_verb_name(plan->step[0].verb), verb);
    assert_int_equal(plan->amount, amount);
}

static kl_error_t *credit_fails(apr_pool_t *p, const kl_order_t *order, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    kl_credit_plan_t plan;

    assert_int_not_equal(fixture_plan_credit(&plan, p, order, text, err), KL_OK);
    return err;
}

/* --- shares -------------------------------------------------------------------------- */

static void a_return_pays_back_what_the_shopper_paid(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_DISCOUNT, -3000);
    kl_credit_plan_t plan;

    must_capture(order, *state, "{'everything':true}");
    plan = credit_plan(*state, order, A);
    one_step(&plan, "refund", 8000);
    must_credit(order, *state, A);
    assert_int_equal(fixture_at(order, "whole")->credited_amount, -2000);
    must_credit(order, *state, B);
    assert_int_equal(order->refunded_amount, 12000);
    assert_int_equal(kl_line_creditable_amount(fixture_at(order, "whole")), 0);
    assert_int_equal(fixture_at(order, "whole")->credited_quantity, 1);
}

static void a_part_shipment_takes_its_share(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_GIFT_CARD, -3000);

    must_capture(order, *state, A);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 12000, 8000, 0, 4000);
    assert_int_equal(fixture_at(order, "whole")->captured_amount, -2000);
    must_capture(order, *state, B);
    check_amounts(order, KL_ORDER_CAPTURED, 12000, 12000, 0, 0);
}

static void sales_tax_goes_with_its_goods(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_SALES_TAX, 1200);

    must_capture(order, *state, B);
    assert_int_equal(order->captured_amount, 5400);
    must_capture(order, *state, A);
    check_amounts(order, KL_ORDER_CAPTURED, 16200, 16200, 0, 0);
    must_credit(order, *state, A);
    assert_int_equal(order->refunded_amount, 10800);
}

static void what_is_taken_off_takes_its_share_along(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_DISCOUNT, -3000);

    must_credit(order, *state, B);
    check_amounts(order, KL_ORDER_AUTHORIZED, 8000, 0, 0, 8000);
    assert_int_equal(fixture_at(order, "whole")->cancelled_amount, -1000);
}

static void each_side_takes_the_share_of_its_own(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_DISCOUNT, -3000);
    kl_credit_plan_t plan;

    must_capture(order, *state, A);
    plan = credit_plan(*state, order, A_B);
    assert_int_equal(plan.steps, 2);
    assert_int_equal(plan.step[0].moved.amount, 4000);
    assert_int_equal(plan.step[1].moved.amount, 8000);
}

static void a_person_decides_otherwise(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_DISCOUNT, -3000);
    kl_credit_plan_t plan;

    must_capture(order, *state, "{'everything':true}");
    plan = credit_plan(*state, order,
                       "{'lines':[{'reference':'A','quantity':1},"
                       "{'reference':'whole','amount':0}]}");
    one_step(&plan, "refund", 10000);
    plan = credit_plan(*state, order,
                       "{'lines':[{'reference':'whole','amount':-3000},"
                       "{'reference':'A','quantity':1}]}");
    one_step(&plan, "refund", 7000);
    must_credit(order, *state,
                "{'lines':[{'reference':'A','quantity':1},{'reference':'whole','amount':-500}]}");
    must_credit(order, *state, B); /* the last takes the rest */
    assert_int_equal(order->refunded_amount, 9500 + 2500);
}

static void a_person_decides_about_the_side_of_the_goods(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_DISCOUNT, -3000);
    kl_credit_plan_t plan;

    must_capture(order, *state, A);
    plan = credit_plan(*state, order,
                       "{'lines':[{'reference':'B','quantity':1},"
                       "{'reference':'whole','amount':-1000}]}");
    one_step(&plan, "release", 4000);
    check_field(credit_fails(*state, order,
                             "{'lines':[{'reference':'B','quantity':1},"
                             "{'reference':'whole','amount':-1001}]}"),
                "too_much", "lines[1].amount");
}

static void value_without_goods_takes_no_share(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_DISCOUNT, -3000);
    kl_credit_plan_t plan;

    must_capture(order, *state, "{'everything':true}");
    plan = credit_plan(*state, order, "{'lines':[{'reference':'A','amount':1234}]}");
    one_step(&plan, "refund", 1234);
}

static void freight_bears_a_share_only_where_the_goods_cannot(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_DISCOUNT, -3000), *dear = fixture_order(*state);
    kl_movement_t m;
    kl_error_t *err = kl_error_make(*state);

    fixture_line(order, KL_LINE_SHIPPING_FEE, "freight", 1, 4900, 0, 0);
    fixture_plan_capture(&m, *state, order, "{'lines':[{'reference':'freight','quantity':1}]}",
                         err);
    assert_int_equal(m.amount, 4900);
    fixture_line(dear, KL_LINE_PHYSICAL, "A", 1, 1000, 0, 0);
    fixture_line(dear, KL_LINE_SHIPPING_FEE, "freight", 1, 1000, 0, 0);
    fixture_line(dear, KL_LINE_GIFT_CARD, "card", 1, -1600, 0, 0);
    fixture_plan_capture(&m, *state, dear, A, err);
    assert_int_equal(m.amount, 200);
}

static void a_refusal_names_the_discount(void **state)
{
    kl_order_t *order = with(*state, KL_LINE_DISCOUNT, -3000);
    kl_error_t *err = kl_error_make(*state);
    kl_movement_t m;

    assert_int_equal(fixture_plan_capture(&m, *state, order,
                                          "{'lines':[{'reference':'A','quantity':1},"
                                          "{'reference':'B','quantity':1},"
                                          "{'reference':'whole','amount':0}]}",
                                          err),
                     KL_INVALID);
    assert_non_null(strstr(err->next, "-3000 of the line whole (whole)"));
    must_capture(order, *state, "{'everything':true}");
    err = credit_fails(*state, order,
                       "{'lines':[{'reference':'A','quantity':1},{'reference':'B','quantity':1},"
                       "{'reference':'whole','amount':-1}]}");
    assert_non_null(strstr(err->next, "-2999 of the line whole (whole)"));
}

/* --- captured by amount ---------------------------------------------------------------- */

/* A 2 x 50.00, B 50.00, and 100.00 captured by amount. */
static kl_order_t *by_amount(apr_pool_t *p)
{
    kl_order_t *order = fixture_order(p);

    fixture_line(order, KL_LINE_PHYSICAL, "A", 2, 5000, 0, 0);
    fixture_line(order, KL_LINE_PHYSICAL, "B", 1, 5000, 0, 0);
    must_capture(order, p, "{'amount':10000}");
    return order;
}

static void captured_money_goes_back_first(void **state)
{
    kl_order_t *order = by_amount(*state);
    kl_credit_plan_t plan = credit_plan(*state, order, A);

    one_step(&plan, "refund", 5000);
    must_credit(order, *state, A);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 15000, 10000, 5000, 5000);
    must_capture(order, *state, B); /* still waits, and can be shipped */
    check_amounts(order, KL_ORDER_CAPTURED, 15000, 15000, 5000, 0);
    must_credit(order, *state, A_B);
    check_amounts(order, KL_ORDER_CAPTURED, 15000, 15000, 15000, 0);
}

static void what_waits_is_released_only_when_that_is_said(void **state)
{
    kl_order_t *order = by_amount(*state);
    kl_credit_plan_t plan;
    kl_error_t *err;

    must_credit(order, *state, "{'amount':7000}");
    err = credit_fails(*state, order, A);
    check_error(err, KL_CONFLICT, "not_creditable");
    assert_string_equal(err->reason, "captured_by_amount");
    assert_non_null(strstr(err->detail, "Captured by amount: credit by amount."));
    err = credit_fails(*state, order, "{'amount':3001}");
    check_field(err, "too_much", "amount");
    assert_string_equal(err->expected, "at most 3000");
    assert_non_null(strstr(err->next, "release"));
    plan = credit_plan(*state, order, "{'amount':3001,'release':true}");
    assert_int_equal(plan.steps, 2);
    assert_int_equal(plan.step[0].moved.amount, 1);
    must_credit(order, *state, "{'lines':[{'reference':'B','quantity':1}],'release':true}");
    check_amounts(order, KL_ORDER_CAPTURED, 15000, 10000, 7000, 0);
    assert_int_equal(fixture_at(order, "A")->captured_quantity, 2); /* so it was A */
}

static void after_a_release_a_return_still_finds_the_money(void **state)
{
    kl_order_t *order = by_amount(*state);
    kl_movement_t rest = {.amount = 5000, .lines = apr_array_make(*state, 1, 32)};
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_booking_release(order, &rest, err), KL_OK);
    must_credit(order, *state, B);
    must_credit(order, *state, A);
    check_amounts(order, KL_ORDER_CAPTURED, 15000, 10000, 10000, 0);
    assert_int_equal(kl_line_open_amount(fixture_at(order, "A")), 0);
    check_error(credit_fails(*state, order, A), KL_CONFLICT, "not_creditable");
}

static void a_return_of_lines_that_were_not_captured_is_not_booked(void **state)
{
    kl_order_t *order = by_amount(*state);
    kl_movement_t back = {.amount = 10000, .lines = apr_array_make(*state, 2, 32)};
    kl_error_t *err = kl_error_make(*state);

    back.lines = apr_array_make(*state, 2, sizeof(kl_movement_line_t));
    APR_ARRAY_PUSH(back.lines, kl_movement_line_t) = (kl_movement_line_t){0, 2, 10000};
    APR_ARRAY_PUSH(back.lines, kl_movement_line_t) = (kl_movement_line_t){1, 1, 5000};
    assert_int_equal(kl_booking_refund(order, &back, err), KL_INTERNAL);
}

/* --- properties ------------------------------------------------------------------------- */

static kl_order_t *random_order(apr_pool_t *p, test_random_t *random)
{
    static const kl_line_type_t types[] = {KL_LINE_DISCOUNT, KL_LINE_GIFT_CARD,
                                           KL_LINE_STORE_CREDIT};
    kl_order_t *order = fixture_order(p);
    int lines = (int)test_random_in(random, 1, 5);

    for (int i = 0; i < lines; i++) {
        fixture_line(order, i % 2 ? KL_LINE_DIGITAL : KL_LINE_PHYSICAL,
                     apr_psprintf(p, "line-%d", i), test_random_in(random, 1, 4),
                     test_random_in(random, 0, 3) ? test_random_in(random, 1, 30000) : 1, 0, 0);
    }
    for (int i = 0; i < 3 && order->order_amount > 10; i++) {
        if (test_random_in(random, 0, 1)) {
            fixture_line(order, types[i], apr_psprintf(p, "off-%d", i), 1,
                         -test_random_in(random, 1, order->order_amount / 3), 0, 0);
        }
    }
    if (test_random_in(random, 0, 1)) {
        fixture_line(order, KL_LINE_SALES_TAX, "tax", 1, test_random_in(random, 0, 900), 0, 0);
    }
    return order;
}

/* Some of the goods that are left by number(); "" for none. */
static const char *some_goods(apr_pool_t *p, const kl_order_t *order, test_random_t *random,
                              apr_int64_t (*number)(const kl_line_t *line))
{
    const char *picks = "";

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
        apr_int64_t n = kl_plan_shares_has(line) ? 0 : test_random_in(random, 0, number(line));

        if (n > 0) {
            picks = apr_psprintf(p, "%s%s{'reference':'%s','quantity':%" APR_INT64_T_FMT "}", picks,
                                 picks[0] ? "," : "", line->reference, n);
        }
    }
    return picks;
}

static apr_int64_t all_goods(const kl_order_t *order, apr_int64_t (*number)(const kl_line_t *line))
{
    apr_int64_t left = 0;

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        left += kl_plan_shares_has(line) ? 0 : number(line);
    }
    return left;
}

/* In parts, until no goods are left. A part that comes to nothing waits for the next. */
static int move_in_parts(apr_pool_t *p, kl_order_t *order, test_random_t *random, int back)
{
    apr_int64_t (*number)(const kl_line_t *) = back ? kl_line_creditable_quantity
                                                    : kl_line_open_quantity;
    kl_error_t *err = kl_error_make(p);
    int tries = 0;

    while (all_goods(order, number) > 0 && tries++ < 200) {
        const char *picks = some_goods(p, order, random, number);
        const char *text = apr_psprintf(p, "{'lines':[%s]}", picks);

        kl_error_clear(err);
        if (!picks[0]) {
            continue;
        }
        if ((back ? fixture_credit(order, p, text, err) : fixture_capture(order, p, text, err))
            != KL_OK) {
            check_field(err, "nothing", "lines");
        }
    }
    return tries < 200;
}

static void nothing_is_left(const kl_order_t *order, apr_int64_t (*amount)(const kl_line_t *line))
{
    for (int i = 0; i < order->lines->nelts; i++) {
        assert_int_equal(amount(&APR_ARRAY_IDX(order->lines, i, kl_line_t)), 0);
    }
}

static void parts_and_their_shares_are_the_whole(void **state)
{
    test_random_t random = {20261127};
    int whole = 0;

    for (int i = 0; i < 600; i++) {
        apr_pool_t *p;
        kl_order_t *order;

        apr_pool_create(&p, *state);
        order = random_order(p, &random);
        if (order->order_amount > 0 && move_in_parts(p, order, &random, 0)) {
            nothing_is_left(order, kl_line_open_amount);
            assert_int_equal(order->captured_amount, order->order_amount);
            if (move_in_parts(p, order, &random, 1)) {
                nothing_is_left(order, kl_line_creditable_amount);
                assert_int_equal(order->refunded_amount, order->order_amount);
                whole++;
            }
        }
        apr_pool_destroy(p);
    }
    assert_true(whole > 500);
}

/* A line's most is taken, alone, as pieces and value. */
static void reach(apr_pool_t *p, const kl_order_t *order, int i, kl_part_t most, int back)
{
    const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
    kl_error_t *err = kl_error_make(p);
    kl_credit_plan_t plan;
    kl_movement_t m;
    const char *text = apr_psprintf(p,
                                    "{'lines':[{'reference':'%s','quantity':%" APR_INT64_T_FMT
                                    ",'amount':%" APR_INT64_T_FMT "}]}",
                                    line->reference, most.quantity, most.amount);

    if (most.amount <= 0 || kl_plan_shares_has(line)) {
        return;
    }
    if ((back ? fixture_plan_credit(&plan, p, order, text, err)
              : fixture_plan_capture(&m, p, order, text, err))
            != KL_OK
        && strcmp(err->code, "nothing") != 0) {
        fail_msg("%s %s: %s", back ? "credit" : "capture", text, err->detail);
    }
}

static void reach_each(apr_pool_t *p, const kl_order_t *order)
{
    const kl_part_t *capture = kl_plan_capture_limits(p, order);
    const kl_part_t *credit = kl_plan_credit_limits(p, order);

    for (int i = 0; i < order->lines->nelts; i++) {
        if (kl_order_open_amount(order) > 0) {
            reach(p, order, i, capture[i], 0);
        }
        if (kl_order_credit_limit(order) > 0) {
            reach(p, order, i, credit[i], 1);
        }
    }
}

static void each_maximum_can_be_reached(void **state)
{
    test_random_t random = {4711};

    for (int i = 0; i < 400; i++) {
        apr_pool_t *p;
        kl_order_t *order;
        kl_error_t *err;

        apr_pool_create(&p, *state);
        order = random_order(p, &random);
        err = kl_error_make(p);
        for (int step = 0; step < 6 && order->order_amount > 0; step++) {
            int back = test_random_in(&random, 0, 2) == 0;
            const char *picks = some_goods(p, order, &random, kl_line_open_quantity);
            const char *text = test_random_in(&random, 0, 2)
                                   ? apr_psprintf(p, "{'lines':[%s]}", picks)
                                   : apr_psprintf(p, "{'amount':%d}",
                                                  (int)test_random_in(&random, 1, 20000));

            reach_each(p, order);
            kl_error_clear(err);
            if ((back ? fixture_credit(order, p, text, err) : fixture_capture(order, p, text, err))
                == KL_INTERNAL) {
                fail_msg("%s %s: %s", back ? "credit" : "capture", text, err->detail);
            }
        }
        apr_pool_destroy(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_return_pays_back_what_the_shopper_paid),
        WITH_POOL(a_part_shipment_takes_its_share),
        WITH_POOL(sales_tax_goes_with_its_goods),
        WITH_POOL(what_is_taken_off_takes_its_share_along),
        WITH_POOL(each_side_takes_the_share_of_its_own),
        WITH_POOL(a_person_decides_otherwise),
        WITH_POOL(a_person_decides_about_the_side_of_the_goods),
        WITH_POOL(value_without_goods_takes_no_share),
        WITH_POOL(freight_bears_a_share_only_where_the_goods_cannot),
        WITH_POOL(a_refusal_names_the_discount),
        WITH_POOL(captured_money_goes_back_first),
        WITH_POOL(what_waits_is_released_only_when_that_is_said),
        WITH_POOL(after_a_release_a_return_still_finds_the_money),
        WITH_POOL(a_return_of_lines_that_were_not_captured_is_not_booked),
        WITH_POOL(parts_and_their_shares_are_the_whole),
        WITH_POOL(each_maximum_can_be_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
