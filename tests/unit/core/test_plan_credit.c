/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of credits: which Klarna verbs, in which order, over which amounts; what a return
 * fee does; what is refused.
 */
#include "tests/unit/order_fixture.h"

#include "core/order_view.h"
#include "core/plan_credit.h"
#include "core/why_not.h"
#include "core/plan_lines.h"
#include "core/line.h"

#include <apr_strings.h>

static kl_credit_plan_t plan(apr_pool_t *p, const kl_order_t *order, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    kl_credit_plan_t out;

    if (fixture_plan_credit(&out, p, order, text, err) != KL_OK) {
        fail_msg("%s", err->detail);
    }
    return out;
}

static void check_step(const kl_credit_plan_t *got, int i, const char *verb, apr_int64_t amount,
                       int lines)
{
    assert_true(i < got->steps);
    assert_string_equal(kl_plan_credit_verb_name(got->step[i].verb), verb);
    assert_int_equal(got->step[i].moved.amount, amount);
    assert_int_equal(got->step[i].moved.lines->nelts, lines);
}

static void one_step(apr_pool_t *p, const kl_order_t *order, const char *text, const char *verb,
                     apr_int64_t amount, int lines)
{
    kl_credit_plan_t got = plan(p, order, text);

    assert_int_equal(got.steps, 1);
    assert_int_equal(got.amount, amount);
    check_step(&got, 0, verb, amount, lines);
}

static kl_error_t *plan_fails(apr_pool_t *p, const kl_order_t *order, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    kl_credit_plan_t out;

    assert_int_not_equal(fixture_plan_credit(&out, p, order, text, err), KL_OK);
    return err;
}

static void before_capture_it_is_cancel_or_reduce(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    one_step(*state, order, "{'everything':true}", "cancel", 40900, 4);
    one_step(*state, order, "{'amount':40900}", "cancel", 40900, 0);
    one_step(*state, order, "{'amount':900}", "reduce", 900, 0);
    one_step(*state, order,
             "{'lines':[{'reference':'mug','quantity':1},{'reference':'off','amount':0}]}",
             "reduce", 4500, 1);
    one_step(*state, order,
             "{'lines':[{'reference':'shirt','quantity':3},{'reference':'mug','quantity':2},"
             "{'reference':'ship','quantity':1},{'reference':'off','quantity':1}]}",
             "cancel", 40900, 4);
}

static void after_capture_it_is_a_refund(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state, "{'everything':true}");
    one_step(*state, order, "{'everything':true}", "refund", 40900, 4);
    one_step(*state, order, "{'amount':900}", "refund", 900, 0);
    one_step(*state, order,
             "{'lines':[{'reference':'mug','quantity':2},{'reference':'off','amount':-1000}]}",
             "refund", 8000, 2);
}

static void a_part_captured_order_needs_two_steps(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_credit_plan_t got;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    got = plan(*state, order, "{'everything':true}");
    assert_int_equal(got.steps, 2);
    assert_int_equal(got.amount, 40900);
    check_step(&got, 0, "release", 20900, 4);
    check_step(&got, 1, "refund", 20000, 1);

    got = plan(*state, order,
               "{'lines':[{'reference':'shirt','quantity':3},{'reference':'off','amount':0}]}");
    check_step(&got, 0, "reduce", 10000, 1);
    check_step(&got, 1, "refund", 20000, 1);

    got = plan(*state, order, "{'amount':20500,'release':true}");
    check_step(&got, 0, "reduce", 500, 0);
    check_step(&got, 1, "refund", 20000, 0);

    got = plan(*state, order, "{'amount':40900,'release':true}");
    check_step(&got, 0, "release", 20900, 0);
    check_step(&got, 1, "refund", 20000, 0);

    one_step(*state, order,
             "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}",
             "refund", 10000, 1);
    one_step(*state, order,
             "{'lines':[{'reference':'mug','quantity':1},{'reference':'off','amount':0}]}",
             "reduce", 4500, 1);
    one_step(*state, order,
             "{'lines':[{'reference':'shirt','quantity':0,'amount':500},{'reference':'off','amount'"
             ":0}]}",
             "refund", 500, 1);
}

static void an_amount_beyond_the_captured_part_comes_from_the_open_part(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_credit_plan_t got;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    got = plan(*state, order,
               "{'lines':[{'reference':'shirt','quantity':1,'amount':10500},{'reference':'off','"
               "amount':0}]}");
    assert_int_equal(got.steps, 2);
    check_step(&got, 0, "reduce", 500, 1);
    check_step(&got, 1, "refund", 10000, 1);
    assert_int_equal(APR_ARRAY_IDX(got.step[0].moved.lines, 0, kl_movement_line_t).quantity, 0);
}

/* Captured were 50 of a line of three for 100, but no unit. */
static void units_and_value_of_a_line_may_move_apart(void **state)
{
    kl_order_t *order = fixture_order(*state);
    kl_credit_plan_t got;

    fixture_line(order, KL_LINE_PHYSICAL, "a", 3, 100, 200, 0);
    fixture_line(order, KL_LINE_PHYSICAL, "b", 1, 100, 0, 0);
    must_capture(order, *state, "{'lines':[{'reference':'a','amount':50}]}");
    one_step(*state, order, "{'lines':[{'reference':'a','quantity':1}]}", "reduce", 33, 1);
    got = plan(*state, order, "{'lines':[{'reference':'a','quantity':2}]}");
    check_step(&got, 0, "reduce", 50, 1);
    check_step(&got, 1, "refund", 17, 1);
    got = plan(*state, order, "{'lines':[{'reference':'a','quantity':3}]}");
    check_step(&got, 0, "reduce", 50, 1);
    check_step(&got, 1, "refund", 50, 1);
}

static void returning_all_units_returns_all_value(void **state)
{
    kl_order_t *order = fixture_order(*state);
    kl_credit_plan_t got;

    fixture_line(order, KL_LINE_PHYSICAL, "a", 2, 100, 0, 0);
    fixture_line(order, KL_LINE_PHYSICAL, "b", 1, 100, 0, 0);
    must_capture(order, *state, "{'lines':[{'reference':'a','quantity':2,'amount':150}]}");
    one_step(*state, order, "{'lines':[{'reference':'a','quantity':1}]}", "refund", 100, 1);
    got = plan(*state, order, "{'lines':[{'reference':'a','quantity':2}]}");
    check_step(&got, 0, "reduce", 50, 1);
    check_step(&got, 1, "refund", 150, 1);
}

static void a_pick_over_both_parts_is_worth_its_share(void **state)
{
    kl_order_t *order = fixture_order(*state);
    kl_credit_plan_t got;

    fixture_line(order, KL_LINE_PHYSICAL, "a", 3, 100, 200, 0);
    must_capture(order, *state, "{'lines':[{'reference':'a','quantity':1,'amount':63}]}");
    got = plan(*state, order, "{'lines':[{'reference':'a','quantity':2}]}");
    assert_int_equal(got.amount, 67);
    check_step(&got, 0, "reduce", 4, 1);
    check_step(&got, 1, "refund", 63, 1);
}

static void a_side_that_comes_to_nothing_is_refused(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':3},{'reference':'off','amount':0}]}");
    err = plan_fails(*state, order,
                     "{'lines':[{'reference':'shirt','quantity':1},"
                     "{'reference':'off','quantity':1}]}");
    check_field(err, "too_many", "lines[1].quantity"); /* none of it was captured */
    assert_string_equal(err->expected, "at most 0");
}

static void a_return_fee_is_kept_from_the_refund(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_credit_plan_t got;
    apr_array_header_t *lines;

    must_capture(order, *state, "{'everything':true}");
    got = plan(*state, order,
               "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}],"
               "'return_fee':1500,'return_fee_tax_rate':2500}");
    check_step(&got, 0, "refund", 8500, 1);
    assert_int_equal(got.step[0].moved.return_fee, 1500);
    lines = kl_plan_lines_klarna(*state, order, &got.step[0].moved);
    assert_int_equal(lines->nelts, 2);
    check_klarna_lines(lines, 8500);
}

static void a_return_fee_needs_a_greater_refund(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = plan_fails(*state, order, "{'amount':100,'return_fee':1}");

    check_field(err, "return_fee", "return_fee");
    must_capture(order, *state, "{'everything':true}");
    err = plan_fails(*state, order, "{'amount':100,'return_fee':100}");
    check_field(err, "return_fee", "return_fee");
    assert_string_equal(err->got, "100");
    assert_string_equal(err->expected, "less than the 100 that are refunded");
    one_step(*state, order, "{'amount':100,'return_fee':99}", "refund", 1, 0);
}

static void a_kept_fee_stays_kept(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err;

    must_capture(order, *state, "{'everything':true}");
    must_credit(order, *state,
                "{'lines':[{'reference':'shirt','quantity':3},{'reference':'off','amount':0}],'"
                "return_fee':1000}");
    assert_int_equal(kl_order_fees_kept(order), 1000);
    one_step(*state, order, "{'everything':true}", "refund", 10900, 3);
    must_credit(order, *state, "{'everything':true}");
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 40900, 39900, 0);

    err = plan_fails(*state, order, "{'everything':true}");
    check_error(err, KL_CONFLICT, "not_creditable");
    assert_non_null(kl_why_not_cancel(order));
    assert_null(kl_why_not_credit(order));

    /* Out of goodwill, by a free amount, it can be given back, but no more than that. */
    err = plan_fails(*state, order, "{'amount':1001}");
    check_field(err, "too_much", "amount");
    must_credit(order, *state, "{'amount':400}");
    assert_int_equal(kl_order_fees_kept(order), 600);
    must_credit(order, *state, "{'amount':600}");
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 40900, 40900, 0);
    assert_string_equal(kl_why_not_credit(order)->text, "Everything has already been credited.");
}

static void free_amounts_leave_everything_as_an_amount(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err;

    must_capture(order, *state, "{'everything':true}");
    must_credit(order, *state, "{'amount':30000}");
    err =
        plan_fails(*state, order,
                   "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    check_field(err, "too_much", "lines");
    assert_string_equal(err->expected, "at most 10900");
    one_step(*state, order, "{'everything':true,'return_fee':900}", "refund", 10000, 0);
    must_credit(order, *state, "{'everything':true,'return_fee':900}");
    assert_int_equal(order->refunded_amount + kl_order_fees_kept(order), 40900);
    assert_int_equal(kl_line_creditable_amount(fixture_at(order, "shirt")), 0);
}

static void bad_picks_are_refused_with_their_field(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err =
        plan_fails(*state, order,
                   "{'lines':[{'reference':'ship','quantity':1},"
                   "{'reference':'mug','quantity':3},{'reference':'off','amount':0}]}");

    check_field(err, "too_many", "lines[1].quantity");
    assert_string_equal(err->got, "3");
    assert_string_equal(err->expected, "at most 2");
    err = plan_fails(*state, order,
                     "{'lines':[{'reference':'hat','quantity':1},{'reference':'off','amount':0}]}");
    check_field(err, "unknown_line", "lines[0].reference");
    err = plan_fails(*state, order,
                     "{'lines':[{'reference':'mug','quantity':1},"
                     "{'reference':'mug','amount':1},{'reference':'off','amount':0}]}");
    check_field(err, "duplicate_reference", "lines[1].reference");
    err =
        plan_fails(*state, order,
                   "{'lines':[{'reference':'shirt','amount':-1},{'reference':'off','amount':0}]}");
    check_field(err, "line_sign", "lines[0].amount");
    err = plan_fails(*state, order, "{'lines':[{'reference':'off','amount':3000}]}");
    check_field(err, "line_sign", "lines[0].amount");
    err = plan_fails(*state, order, "{'lines':[{'reference':'off','amount':-3001}]}");
    check_field(err, "too_much", "lines[0].amount");
    err = plan_fails(*state, order, "{'amount':40901}");
    check_field(err, "too_much", "amount");
    assert_string_equal(err->expected, "at most 40900");
}

static void states_forbid_a_credit(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    order->state = KL_ORDER_CREATED;
    check_error(plan_fails(*state, order, "{'everything':true}"), KL_CONFLICT, "not_creditable");
    order->state = KL_ORDER_EXPIRED;
    check_error(plan_fails(*state, order, "{'everything':true}"), KL_CONFLICT, "not_creditable");
    order->state = KL_ORDER_AUTHORIZED;
    order->pending_op = "operation";
    check_error(plan_fails(*state, order, "{'everything':true}"), KL_CONFLICT, "not_creditable");
}

static void captured_money_of_an_ended_order_can_still_go_back(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    order->state = KL_ORDER_EXPIRED;
    order->remaining_amount = 0;
    one_step(*state, order, "{'everything':true}", "refund", 10000, 1);
    check_field(
        plan_fails(*state, order,
                   "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}"),
        "too_many", "lines[0].quantity"); /* what was not captured is gone */
}

/* --- limits and the preview ------------------------------------------------------- */

static void check_limits(const kl_order_t *order, const char *reference, apr_int64_t quantity,
                         apr_int64_t amount)
{
    kl_part_t most = kl_plan_credit_limits(order->lines->pool,
                                           order)[kl_order_find_line(order, reference)];

    assert_int_equal(most.quantity, quantity);
    assert_int_equal(most.amount, amount);
}

static void the_limits_are_what_the_plan_takes(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    must_credit(order, *state,
                "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    APR_ARRAY_IDX(order->credit_invoices, 0, kl_credit_invoice_t).return_fee = 1000;
    order->refunded_amount -= 1000;
    check_limits(order, "shirt", 2, 20000);
    check_limits(order, "off", 1, -3000);
    assert_int_equal(kl_order_credit_limit(order), 31900); /* the fee may come back */
    one_step(*state, order, "{'amount':10000}", "refund", 10000, 0);
    assert_int_equal(plan(*state, order, "{'amount':31900,'release':true}").amount, 31900);
    check_field(plan_fails(*state, order, "{'amount':31901,'release':true}"), "too_much", "amount");
    assert_int_equal(
        plan(*state, order,
             "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}")
            .amount,
        20000);
    check_field(
        plan_fails(*state, order,
                   "{'lines':[{'reference':'shirt','quantity':3},{'reference':'off','amount':0}]}"),
        "too_many", "lines[0].quantity");
    order->state = KL_ORDER_CLOSED; /* Klarna keeps the rest: only captured money is left */
    check_limits(order, "shirt", 1, 10000);
    assert_int_equal(kl_order_credit_limit(order), 11000);
}

/* The highest fee that is told is taken, one more is not. */
static void check_max_fee(apr_pool_t *p, const kl_order_t *order, const char *what,
                          apr_int64_t most)
{
    kl_credit_plan_t got = plan(p, order, apr_psprintf(p, "{%s}", what));

    assert_int_equal(kl_plan_credit_max_fee(order, &got), most);
    if (most > 0) {
        got = plan(p, order, apr_psprintf(p, "{%s,'return_fee':%d}", what, (int)most));
        assert_int_equal(kl_plan_credit_max_fee(order, &got), most);
    }
    check_field(plan_fails(p, order, apr_psprintf(p, "{%s,'return_fee':%d}", what, (int)most + 1)),
                "return_fee", "return_fee");
}

static void the_highest_fee_is_told(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    check_max_fee(*state, order, "'everything':true", 0);
    must_capture(order, *state, "{'everything':true}");
    check_max_fee(*state, order,
                  "'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]",
                  9999);
    check_max_fee(*state, order, "'everything':true", 40899);
    check_max_fee(*state, order, "'amount':1", 0);
}

/* Klarna takes a line for a fee of an order that was captured at once, in some markets. An amount
 * has no lines. */
static void klarna_takes_no_fee_line_elsewhere(void **state)
{
    static const char one[] =
        "'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]";
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    check_max_fee(*state, order, one, 0);
    check_max_fee(*state, order, "'everything':true", 0);
    check_max_fee(*state, order, "'amount':100", 99);
    must_capture(order, *state, "{'everything':true}"); /* but not at once */
    check_max_fee(*state, order, one, 0);
    check_max_fee(*state, order, "'amount':100", 99);
    order = fixture_shop(*state);
    must_capture(order, *state, "{'everything':true}");
    order->country = "GB";
    check_max_fee(*state, order, one, 0);
    order->country = "??";
    check_max_fee(*state, order, one, 0);
    order->country = "DE";
    check_max_fee(*state, order, one, 9999);
}

static void check_step_view(const kl_json_t *view, int i, const char *verb, const char *code,
                            apr_int64_t amount, int lines)
{
    const kl_json_t *step = kl_json_at(kl_json_get(view, "steps"), i);

    assert_string_equal(kl_json_str(step, "verb"), verb);
    assert_string_equal(kl_json_str(step, "sentence_code"), code);
    assert_true(strlen(kl_json_str(step, "sentence")) > 10);
    assert_int_equal(kl_json_int(step, "amount", -1), amount);
    assert_int_equal(kl_json_size(kl_json_get(step, "lines")), lines);
}

static void the_preview_tells_what_the_shopper_gets(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_credit_plan_t got;
    kl_json_t *v;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    got = plan(*state, order, "{'amount':40900,'release':true,'return_fee':500}");
    v = kl_order_view_credit_plan(*state, order, &got);
    assert_int_equal(kl_json_size(kl_json_get(v, "steps")), 2);
    check_step_view(v, 0, "release", "release", 20900, 0);
    check_step_view(v, 1, "refund", "refund_less_fee", 19500, 0);
    assert_int_equal(kl_json_int(v, "amount", -1), 40400);
    assert_int_equal(kl_json_int(v, "refund_amount", -1), 19500);
    assert_int_equal(kl_json_int(v, "return_fee", -1), 500);
    assert_int_equal(kl_json_int(v, "max_return_fee", -1), 19999);
    assert_string_equal(kl_json_str(v, "purchase_currency"), order->currency);
}

static void the_preview_of_what_was_not_captured_pays_nothing_back(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_credit_plan_t got = plan(*state, order, "{'amount':900}");
    kl_json_t *v = kl_order_view_credit_plan(*state, order, &got);

    check_step_view(v, 0, "reduce", "reduce", 900, 0);
    assert_int_equal(kl_json_int(v, "refund_amount", -1), 0);
    assert_int_equal(kl_json_int(v, "max_return_fee", -1), 0);
    got = plan(*state, order, "{'everything':true}");
    check_step_view(kl_order_view_credit_plan(*state, order, &got), 0, "cancel", "cancel", 40900,
                    4);
}

static void extend_and_release_have_their_reasons(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    assert_null(kl_why_not_extend(order));
    assert_string_equal(kl_why_not_release(order)->text,
                        "Nothing has been captured yet; cancel the order instead.");
    must_capture(order, *state, "{'amount':1}");
    assert_null(kl_why_not_release(order));
    must_capture(order, *state, "{'everything':true}");
    assert_non_null(kl_why_not_release(order));
    assert_non_null(kl_why_not_extend(order));
}

static void room_is_asked_for(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    char *much = apr_palloc(*state, 523000);

    memset(much, 'x', 522999);
    much[522999] = '\0';
    fixture_at(order, "mug")->merchant_data = much;
    check_error(plan_fails(*state, order, "{'everything':true}"), KL_CONFLICT, "not_creditable");
    fixture_at(order, "mug")->merchant_data = "";
    while (order->lines->nelts < 1000) {
        fixture_line(order, KL_LINE_PHYSICAL, apr_psprintf(*state, "n%d", order->lines->nelts), 1,
                     1, 0, 0);
    }
    check_error(plan_fails(*state, order, "{'amount':1}"), KL_CONFLICT, "not_creditable");
    one_step(*state, order,
             "{'lines':[{'reference':'n4','quantity':1},{'reference':'off','amount':0}]}", "reduce",
             1, 1);
}

static void an_order_has_a_bounded_number_of_credit_invoices(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state, "{'everything':true}");
    for (int i = 0; i < 200; i++) {
        must_credit(order, *state, "{'amount':1}");
    }
    check_error(plan_fails(*state, order, "{'amount':1}"), KL_CONFLICT, "not_creditable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(before_capture_it_is_cancel_or_reduce),
        WITH_POOL(after_capture_it_is_a_refund),
        WITH_POOL(a_part_captured_order_needs_two_steps),
        WITH_POOL(an_amount_beyond_the_captured_part_comes_from_the_open_part),
        WITH_POOL(units_and_value_of_a_line_may_move_apart),
        WITH_POOL(returning_all_units_returns_all_value),
        WITH_POOL(a_pick_over_both_parts_is_worth_its_share),
        WITH_POOL(a_side_that_comes_to_nothing_is_refused),
        WITH_POOL(a_return_fee_is_kept_from_the_refund),
        WITH_POOL(a_return_fee_needs_a_greater_refund),
        WITH_POOL(klarna_takes_no_fee_line_elsewhere),
        WITH_POOL(a_kept_fee_stays_kept),
        WITH_POOL(free_amounts_leave_everything_as_an_amount),
        WITH_POOL(bad_picks_are_refused_with_their_field),
        WITH_POOL(states_forbid_a_credit),
        WITH_POOL(captured_money_of_an_ended_order_can_still_go_back),
        WITH_POOL(the_limits_are_what_the_plan_takes),
        WITH_POOL(the_highest_fee_is_told),
        WITH_POOL(the_preview_tells_what_the_shopper_gets),
        WITH_POOL(the_preview_of_what_was_not_captured_pays_nothing_back),
        WITH_POOL(extend_and_release_have_their_reasons),
        WITH_POOL(room_is_asked_for),
        WITH_POOL(an_order_has_a_bounded_number_of_credit_invoices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
