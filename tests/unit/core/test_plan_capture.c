/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of captures: what is left is taken exactly, more is refused with the field.
 */
#include "tests/unit/order_fixture.h"
#include "core/why_not.h"
#include "core/plan_capture.h"
#include "core/plan_lines.h"

#include <apr_strings.h>

static void plan_fails(apr_pool_t *p, const kl_order_t *order, const char *text, const char *code,
                       const char *field, const char *got, const char *expected)
{
    kl_error_t *err = kl_error_make(p);
    kl_movement_t m;

    assert_int_equal(fixture_plan_capture(&m, p, order, text, err), KL_INVALID);
    check_field(err, code, field);
    assert_string_equal(err->got, got);
    assert_string_equal(err->expected, expected);
}

static kl_movement_t plan(apr_pool_t *p, const kl_order_t *order, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    kl_movement_t m;

    if (fixture_plan_capture(&m, p, order, text, err) != KL_OK) {
        fail_msg("%s", err->detail);
    }
    return m;
}

static void everything_takes_all_open_lines(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = plan(*state, order, "{'everything':true}");

    assert_int_equal(m.amount, 40900);
    assert_int_equal(m.lines->nelts, 4);
    check_klarna_lines(kl_plan_lines_klarna(*state, order, &m), 40900);
}

static void everything_after_a_free_amount_is_an_amount(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m;

    must_capture(order, *state, "{'amount':900}");
    m = plan(*state, order, "{'everything':true}");
    assert_int_equal(m.amount, 40000);
    assert_int_equal(m.lines->nelts, 0);
}

static void the_last_units_take_exactly_what_is_left(void **state)
{
    kl_order_t *order = fixture_order(*state);
    kl_movement_t m;

    fixture_line(order, KL_LINE_PHYSICAL, "a", 3, 100, 200, 0); /* 100 for three */
    m = plan(*state, order, "{'lines':[{'reference':'a','quantity':1}]}");
    assert_int_equal(m.amount, 33);
    must_capture(order, *state, "{'lines':[{'reference':'a','quantity':2}]}");
    assert_int_equal(order->captured_amount, 67);
    m = plan(*state, order, "{'lines':[{'reference':'a','quantity':1}]}");
    assert_int_equal(m.amount, 33);
    must_capture(order, *state, "{'lines':[{'reference':'a','quantity':0,'amount':30}]}");
    m = plan(*state, order, "{'lines':[{'reference':'a','quantity':1}]}");
    assert_int_equal(m.amount, 3);
}

static void the_last_unit_takes_the_rest_of_the_rounding(void **state)
{
    kl_order_t *order = fixture_order(*state);

    fixture_line(order, KL_LINE_PHYSICAL, "a", 3, 100, 200, 0);
    fixture_line(order, KL_LINE_PHYSICAL, "b", 1, 500, 0, 0);
    must_capture(order, *state, "{'lines':[{'reference':'a','quantity':1}]}");
    must_capture(order, *state, "{'lines':[{'reference':'a','quantity':1}]}");
    assert_int_equal(order->captured_amount, 66);
    must_capture(order, *state, "{'lines':[{'reference':'a','quantity':1}]}");
    assert_int_equal(order->captured_amount, 100);
}

static void a_share_is_never_more_than_is_left(void **state)
{
    kl_order_t *order = fixture_order(*state);
    kl_movement_t m;

    fixture_line(order, KL_LINE_PHYSICAL, "a", 4, 100, 0, 0);
    must_capture(order, *state, "{'lines':[{'reference':'a','amount':350}]}");
    m = plan(*state, order, "{'lines':[{'reference':'a','quantity':2}]}");
    assert_int_equal(m.amount, 50);
}

static void a_discount_counts_negative(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = plan(*state, order,
                           "{'lines':[{'reference':'shirt','quantity':1},"
                           "{'reference':'off','quantity':1}]}");

    assert_int_equal(m.amount, 7000);
    plan_fails(*state, order, "{'lines':[{'reference':'off','quantity':1}]}", "nothing", "lines",
               "-3000", "a sum greater than 0");
}

static void lines_never_exceed_the_remaining_amount(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    plan_fails(*state, order,
               "{'lines':[{'reference':'shirt','quantity':3},{'reference':'mug','quantity':2},"
               "{'reference':'ship','quantity':1},{'reference':'off','amount':0}]}",
               "too_much", "lines", "43900", "at most 40900");
}

static void bad_picks_are_refused_with_their_field(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    plan_fails(*state, order,
               "{'lines':[{'reference':'ship','quantity':1},{'reference':'mug','quantity':3},{'"
               "reference':'off','amount':0}]}",
               "too_many", "lines[1].quantity", "3", "at most 2");
    plan_fails(*state, order,
               "{'lines':[{'reference':'hat','quantity':1},{'reference':'off','amount':0}]}",
               "unknown_line", "lines[0].reference", "hat",
               "the reference of a line of this order");
    plan_fails(*state, order,
               "{'lines':[{'reference':'mug','quantity':1},{'reference':'mug','quantity':1},{'"
               "reference':'off','amount':0}]}",
               "duplicate_reference", "lines[1].reference", "mug", "every line at most once");
    plan_fails(*state, order,
               "{'lines':[{'reference':'mug','amount':9001},{'reference':'off','amount':0}]}",
               "too_much", "lines[0].amount", "9001", "at most 9000");
    plan_fails(*state, order,
               "{'lines':[{'reference':'mug','amount':-1},{'reference':'off','amount':0}]}",
               "line_sign", "lines[0].amount", "-1", "0 or more");
    plan_fails(*state, order, "{'lines':[{'reference':'off','amount':1}]}", "line_sign",
               "lines[0].amount", "1", "0 or less, because the line reduces the total");
    plan_fails(*state, order, "{'lines':[{'reference':'off','amount':-3001}]}", "too_much",
               "lines[0].amount", "-3001", "at least -3000");
    plan_fails(*state, order,
               "{'lines':[{'reference':'mug','amount':0},{'reference':'off','amount':0}]}",
               "nothing", "lines[0].quantity", "0", "at least 1, or an amount");
    plan_fails(*state, order, "{'amount':40901}", "too_much", "amount", "40901", "at most 40900");
}

static void no_picks_are_refused(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    kl_capture_request_t want = {.reference = "", .description = "", .shipping_info = "[]"};
    kl_movement_t m;

    want.what.picks = apr_array_make(*state, 1, sizeof(kl_pick_t));
    kl_plan_capture(&m, *state, fixture_shop(*state), &want, err);
    check_field(err, "nothing", "lines");
}

static void refused_because(apr_pool_t *p, const kl_order_t *order, const char *why)
{
    kl_error_t *err = kl_error_make(p);
    kl_movement_t m;

    assert_int_equal(fixture_plan_capture(&m, p, order, "{'everything':true}", err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "not_capturable");
    assert_non_null(strstr(err->detail, why));
}

static void states_and_review_forbid_a_capture(void **state)
{
    static const struct {
        kl_order_state_t state;
        const char *why;
    } ended[] = {
        {KL_ORDER_CREATED, "not finished"},     {KL_ORDER_CAPTURED, "Nothing is left"},
        {KL_ORDER_CANCELLED, "was cancelled"},  {KL_ORDER_EXPIRED, "has expired"},
        {KL_ORDER_CLOSED, "has closed"},        {KL_ORDER_DECLINED, "declined"},
        {KL_ORDER_ABANDONED, "never finished"},
    };
    kl_order_t *order = fixture_shop(*state);

    for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++) {
        order->state = ended[i].state;
        refused_because(*state, order, ended[i].why);
    }
    order->state = KL_ORDER_AUTHORIZED;
    order->fraud_status = "PENDING";
    refused_because(*state, order, "still reviewing");
    order->fraud_status = "REJECTED";
    refused_because(*state, order, "rejected");
    order->fraud_status = "ACCEPTED";
    order->pending_op = "operation";
    refused_because(*state, order, "in progress");
    order->pending_op = "";
    assert_null(kl_why_not_capture(order));
}

static void an_order_has_a_bounded_number_of_captures(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    for (int i = 0; i < 200; i++) {
        must_capture(order, *state, "{'amount':1}");
    }
    refused_because(*state, order, "maximum number of captures");
}

static void a_full_ledger_takes_no_more(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    char *much = apr_palloc(*state, 523000);

    memset(much, 'x', 522999);
    much[522999] = '\0';
    fixture_at(order, "mug")->merchant_data = much;
    refused_because(*state, order, "record is full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(everything_takes_all_open_lines),
        WITH_POOL(everything_after_a_free_amount_is_an_amount),
        WITH_POOL(the_last_units_take_exactly_what_is_left),
        WITH_POOL(the_last_unit_takes_the_rest_of_the_rounding),
        WITH_POOL(a_share_is_never_more_than_is_left),
        WITH_POOL(a_discount_counts_negative),
        WITH_POOL(lines_never_exceed_the_remaining_amount),
        WITH_POOL(bad_picks_are_refused_with_their_field),
        WITH_POOL(no_picks_are_refused),
        WITH_POOL(states_and_review_forbid_a_capture),
        WITH_POOL(an_order_has_a_bounded_number_of_captures),
        WITH_POOL(a_full_ledger_takes_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
