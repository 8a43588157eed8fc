/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Movements into an order, called as they are; test_booking_operation.c and test_import.c book
 * the same by way of operations and of Klarna's record.
 */
#include "tests/unit/order_fixture.h"
#include "core/ledger.h"
#include "core/limits.h"
#include "core/line.h"

static kl_movement_t amount_of(apr_pool_t *p, apr_int64_t amount)
{
    return (kl_movement_t){.amount = amount,
                           .lines = apr_array_make(p, 1, sizeof(kl_movement_line_t))};
}

static kl_capture_t capture_of(apr_pool_t *p, apr_int64_t amount)
{
    return (kl_capture_t){.capture_id = "c",
                          .klarna_reference = "",
                          .operation_id = "",
                          .reference = "",
                          .description = "",
                          .moved = amount_of(p, amount),
                          .shipping_info = "[]"};
}

static void a_capture_and_its_refund(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_capture_t capture = capture_of(*state, 900);
    kl_movement_t back = amount_of(*state, 300);

    assert_int_equal(kl_booking_capture(order, &capture, err), KL_OK);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 40900, 900, 0, 40000);
    assert_non_null(kl_order_find_capture(order, "c"));
    assert_int_equal(kl_booking_refund(order, &back, err), KL_OK);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 40900, 900, 300, 40000);
}

static void a_reduction_then_a_release(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_movement_t less = amount_of(*state, 900), rest = amount_of(*state, 39000);
    kl_capture_t capture = capture_of(*state, 1000);

    assert_int_equal(kl_booking_reduce(order, *state, &less, err), KL_OK);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40000, 0, 0, 40000);
    assert_int_equal(kl_booking_capture(order, &capture, err), KL_OK);
    assert_int_equal(kl_booking_release(order, &rest, err), KL_OK);
    check_amounts(order, KL_ORDER_CAPTURED, 40000, 1000, 0, 0);
}

static void a_raise_becomes_a_line(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    apr_int64_t tax = order->order_tax_amount;

    must_capture(order, *state, "{'everything':true}");
    assert_int_equal(kl_booking_raise(order, *state, 2000, err), KL_OK);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 42900, 40900, 0, 2000);
    assert_int_equal(order->order_tax_amount, tax);
    assert_int_equal(kl_line_open_amount(fixture_at(order, "raise-1")), 2000);
    assert_int_equal(kl_booking_raise(order, *state, 0, err), KL_INTERNAL);
    assert_int_equal(kl_booking_raise(order, *state, KL_MAX_AMOUNT, err), KL_INTERNAL);
    must_capture(order, *state, "{'everything':true}");
    check_amounts(order, KL_ORDER_CAPTURED, 42900, 42900, 0, 0);
}

static void what_ended_is_opened_again(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_booking_cancel(order, err), KL_OK);
    assert_int_equal(kl_booking_reopen(order, err), KL_OK);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
}

static void tracking_is_added_to_its_capture(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_capture_t capture = capture_of(*state, 900);

    assert_int_equal(kl_booking_capture(order, &capture, err), KL_OK);
    assert_int_equal(kl_booking_track(order, *state, "c", "[{\"tracking_number\":\"1\"}]", err),
                     KL_OK);
    assert_string_equal(kl_order_find_capture(order, "c")->shipping_info,
                        "[{\"tracking_number\":\"1\"}]");
    kl_booking_track(order, *state, "other", "[]", err);
    check_error(err, KL_INTERNAL, "invariant");
    kl_error_clear(err);
    kl_booking_track(order, *state, "c", "{}", err);
    check_error(err, KL_INTERNAL, "invariant");
}

static void what_does_not_fit_changes_nothing(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_capture_t capture = capture_of(*state, 40901);
    kl_movement_t one = amount_of(*state, 1), none = amount_of(*state, 0);
    const char *before = kl_ledger_text(*state, order);

    assert_int_equal(kl_booking_capture(order, &capture, err), KL_INTERNAL);
    assert_int_equal(kl_booking_refund(order, &one, err), KL_INTERNAL);
    assert_int_equal(kl_booking_release(order, &one, err), KL_INTERNAL);
    assert_int_equal(kl_booking_reduce(order, *state, &none, err), KL_INTERNAL);
    assert_int_equal(kl_booking_place(order, "", "", err), KL_INTERNAL);
    APR_ARRAY_PUSH(one.lines, kl_movement_line_t) = (kl_movement_line_t){4, 1, 1};
    assert_int_equal(kl_booking_reduce(order, *state, &one, err), KL_INTERNAL);
    check_error(err, KL_INTERNAL, "invariant");
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
    assert_string_equal(kl_ledger_text(*state, order), before);
    must_capture(order, *state, "{'amount':1}");
    assert_int_equal(kl_booking_cancel(order, err), KL_INTERNAL);
}

/* An order that other hands have damaged is not booked on. */
static void a_broken_order_is_noticed_by_every_booking(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_capture_t capture = capture_of(*state, 1);

    fixture_at(order, "mug")->captured_amount = 100000;
    assert_int_equal(kl_booking_capture(order, &capture, err), KL_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_capture_and_its_refund),
        WITH_POOL(a_reduction_then_a_release),
        WITH_POOL(a_raise_becomes_a_line),
        WITH_POOL(what_ended_is_opened_again),
        WITH_POOL(tracking_is_added_to_its_capture),
        WITH_POOL(what_does_not_fit_changes_nothing),
        WITH_POOL(a_broken_order_is_noticed_by_every_booking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
