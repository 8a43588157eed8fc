/* SPDX-License-Identifier: Apache-2.0 */
/* An authorization that was written anew: what becomes of each line. */
#include "tests/unit/order_fixture.h"

#include <apr_strings.h>

#include "core/agree.h"
#include "core/ledger.h"
#include "core/limits.h"
#include "core/line.h"
#include "core/line_changes.h"
#include "core/order_check.h"

/* Klarna's lines of the order as it is now. */
static apr_array_header_t *lines_of(apr_pool_t *p, const kl_order_t *order)
{
    return apr_array_copy(p, order->lines);
}

static kl_line_t *at(const apr_array_header_t *lines, int i)
{
    return &APR_ARRAY_IDX(lines, i, kl_line_t);
}

static kl_line_t a_line(const char *reference, apr_int64_t quantity, apr_int64_t price)
{
    return (kl_line_t){.reference = reference,
                       .name = reference,
                       .quantity_unit = "",
                       .image_url = "",
                       .product_url = "",
                       .merchant_data = "",
                       .quantity = quantity,
                       .unit_price = price,
                       .tax_rate = 2500,
                       .total_amount = quantity * price};
}

static apr_int64_t sum_of(const apr_array_header_t *lines)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < lines->nelts; i++) {
        sum += at(lines, i)->total_amount;
    }
    return sum;
}

/* Booked, agreed on, readable, and nothing to do the next time. */
static void check_taken(kl_order_t *order, apr_pool_t *p, apr_array_header_t *lines)
{
    kl_error_t *err = kl_error_make(p);
    const kl_klarna_record_t seen = {.order_amount = sum_of(lines), .lines = lines};
    kl_order_t *again = fixture_order(p);
    const char *ledger;

    assert_int_equal(kl_line_changes_fit(order, lines), 1);
    assert_int_equal(kl_booking_lines(order, sum_of(lines), lines, err), KL_OK);
    assert_null(kl_agree_authorization(p, order, &seen));
    assert_int_equal(order->captured_amount + order->remaining_amount, order->order_amount);
    ledger = kl_ledger_text(p, order);
    assert_int_equal(kl_ledger_parse(again, p, ledger, err), KL_OK);
    kl_line_changes_take(order, lines);
    assert_string_equal(kl_ledger_text(p, order), ledger);
}

static void a_new_line_is_added_with_all_it_says(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_array_header_t *lines = lines_of(*state, order);
    kl_line_t lamp = a_line("lamp", 2, 1000);

    lamp.type = KL_LINE_DIGITAL;
    lamp.total_tax_amount = 400;
    lamp.product_url = "https://shop.example/lamp";
    APR_ARRAY_PUSH(lines, kl_line_t) = lamp;
    check_taken(order, *state, lines);
    check_amounts(order, KL_ORDER_AUTHORIZED, 42900, 0, 0, 42900);
    assert_int_equal(order->lines->nelts, 5);
    assert_int_equal(fixture_at(order, "lamp")->type, KL_LINE_DIGITAL);
    assert_string_equal(fixture_at(order, "lamp")->product_url, "https://shop.example/lamp");
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "lamp")), 2);
}

static void a_line_that_grew_is_taken_over_in_full(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_array_header_t *lines = lines_of(*state, order);

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    *at(lines, 0) = a_line("shirt", 5, 9000);
    check_taken(order, *state, lines);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 55900, 10000, 0, 45900);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "shirt")), 4);
    assert_int_equal(fixture_at(order, "shirt")->unit_price, 9000);
    assert_int_equal(fixture_at(order, "shirt")->captured_amount, 10000);
}

static void a_line_that_shrank_or_went_is_cancelled_by_that(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_array_header_t *lines = lines_of(*state, order);

    *at(lines, 0) = a_line("shirt", 2, 10000);
    *at(lines, 1) = *at(lines, 3);
    lines->nelts = 3;
    check_taken(order, *state, lines);
    assert_int_equal(fixture_at(order, "shirt")->quantity, 3);
    assert_int_equal(fixture_at(order, "shirt")->cancelled_quantity, 1);
    assert_int_equal(fixture_at(order, "shirt")->cancelled_amount, 10000);
    assert_int_equal(fixture_at(order, "mug")->cancelled_quantity, 2);
    check_amounts(order, KL_ORDER_AUTHORIZED, 21900, 0, 0, 21900);
}

static void what_was_taken_off_comes_back(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_array_header_t *lines = lines_of(*state, order);

    must_credit(order, *state,
                "{'lines':[{'reference':'mug','quantity':2},{'reference':'off','amount':0}]}");
    check_taken(order, *state, lines);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "mug")), 2);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
}

/* Another article for the same money; another VAT; other pieces for the same money. */
static void a_swap_is_taken_over(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_array_header_t *lines = lines_of(*state, order);

    at(lines, 0)->reference = "coat";
    at(lines, 1)->tax_rate = 600;
    at(lines, 1)->total_tax_amount = 509;
    *at(lines, 2) = a_line("ship", 7, 700);
    at(lines, 2)->total_tax_amount = 980;
    check_taken(order, *state, lines);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "shirt")), 0);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "coat")), 3);
    assert_int_equal(fixture_at(order, "mug")->tax_rate, 600);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "ship")), 7);
    assert_int_equal(order->order_tax_amount, 6000 + 509 + 980 - 600);
}

/* Less than what was captured can be of no line. */
static void what_was_captured_stays_within_its_line(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    apr_array_header_t *lines = lines_of(*state, order);
    const char *before;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    before = kl_ledger_text(*state, order);
    *at(lines, 0) = a_line("shirt", 1, 10000);
    assert_int_equal(kl_line_changes_fit(order, lines), 0);
    assert_int_equal(kl_booking_lines(order, sum_of(lines), lines, err), KL_INTERNAL);
    *at(lines, 0) = a_line("coat", 3, 10000);
    assert_int_equal(kl_line_changes_fit(order, lines), 0);
    lines->nelts = 0;
    assert_int_equal(kl_line_changes_fit(order, lines), 0);
    assert_string_equal(kl_ledger_text(*state, order), before);
    *at(lines, 0) = a_line("shirt", 2, 10000);
    lines->nelts = 1;
    check_taken(order, *state, lines);
    check_amounts(order, KL_ORDER_CAPTURED, 20000, 20000, 0, 0);
}

static void an_order_has_only_so_many_lines(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_array_header_t *lines = lines_of(*state, order);

    for (int i = 4; i < KL_MAX_LINES; i++) {
        APR_ARRAY_PUSH(lines, kl_line_t) = a_line(apr_psprintf(*state, "l%d", i), 1, 1);
    }
    assert_int_equal(kl_line_changes_fit(order, lines), 1);
    at(lines, 0)->reference = "one more";
    assert_int_equal(kl_line_changes_fit(order, lines), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(a_new_line_is_added_with_all_it_says),
        WITH_POOL(a_line_that_grew_is_taken_over_in_full),
        WITH_POOL(a_line_that_shrank_or_went_is_cancelled_by_that),
        WITH_POOL(what_was_taken_off_comes_back),
        WITH_POOL(a_swap_is_taken_over),
        WITH_POOL(what_was_captured_stays_within_its_line),
        WITH_POOL(an_order_has_only_so_many_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
