/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking over Klarna's record: words always, the state when the amounts agree or the order
 * has ended, amounts never.
 */
#include "tests/unit/order_fixture.h"

#include "core/klarna_record.h"
#include "core/why_not.h"
#include "core/import.h"
#include "core/line.h"

static kl_klarna_record_t seen_of(const kl_order_t *order)
{
    return (kl_klarna_record_t){
        .order_id = order->klarna_order_id,
        .status = kl_order_state_name(order->state),
        .fraud_status = "ACCEPTED",
        .klarna_reference = "K123",
        .reference1 = "",
        .reference2 = "",
        .order_amount = order->order_amount,
        .captured_amount = order->captured_amount,
        .refunded_amount = order->refunded_amount,
        .remaining_authorized_amount = order->remaining_amount,
        .expires_at = apr_time_from_sec(1800000000),
    };
}

static void words_are_taken_over(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = seen_of(order);

    order->fraud_status = "PENDING";
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 0);
    assert_string_equal(order->fraud_status, "ACCEPTED");
    assert_string_equal(order->klarna_reference, "K123");
    assert_int_equal(apr_time_sec(order->expires_at), 1800000000);
    seen.fraud_status = seen.klarna_reference = "";
    seen.expires_at = 0;
    kl_klarna_record_take_over(order, *state, &seen);
    assert_string_equal(order->fraud_status, "ACCEPTED");
    assert_string_equal(order->klarna_reference, "K123");
    assert_int_equal(apr_time_sec(order->expires_at), 1800000000);
}

/* Others may have set them, or cleared them; one that could not be read is no news. */
static void references_are_taken_over(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = seen_of(order);

    order->pending_op = "op";
    seen.reference1 = "portal-9";
    seen.reference2 = "till 7";
    kl_klarna_record_take_over(order, *state, &seen);
    assert_string_equal(order->reference1, "portal-9");
    assert_string_equal(order->reference2, "till 7");
    seen.reference1 = NULL;
    seen.reference2 = "";
    kl_klarna_record_take_over(order, *state, &seen);
    assert_string_equal(order->reference1, "portal-9");
    assert_string_equal(order->reference2, "");
}

static void a_difference_is_reported_and_not_taken_over(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = seen_of(order);

    seen.status = "PART_CAPTURED";
    seen.captured_amount = 500;
    seen.remaining_authorized_amount -= 500;
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 1);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
    seen = seen_of(order);
    seen.remaining_authorized_amount = 0;
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 1);
    seen = seen_of(order);
    seen.refunded_amount = 1;
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 1);
    seen = seen_of(order);
    seen.order_amount = 1;
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 1);
}

static void an_end_is_taken_over(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = seen_of(order);

    seen.status = "EXPIRED";
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 0);
    check_amounts(order, KL_ORDER_EXPIRED, 40900, 0, 0, 0);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "shirt")), 0);

    order = fixture_shop(*state);
    seen = seen_of(order);
    seen.status = "CANCELLED";
    seen.captured_amount = 10;
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 1);
    check_amounts(order, KL_ORDER_CANCELLED, 40900, 0, 0, 0);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "shirt")), 3);

    order = fixture_shop(*state);
    seen = seen_of(order);
    seen.status = "CLOSED";
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 0);
    check_amounts(order, KL_ORDER_CLOSED, 40900, 0, 0, 40900);
    assert_non_null(kl_why_not_capture(order));
}

static void an_unknown_status_changes_nothing(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = seen_of(order);

    seen.status = "SHINY";
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 0);
    assert_int_equal(order->state, KL_ORDER_AUTHORIZED);
    seen.status = NULL;
    seen.fraud_status = seen.klarna_reference = NULL;
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 0);
    assert_int_equal(order->state, KL_ORDER_AUTHORIZED);
}

static void agreement_takes_the_status_over(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen;

    must_capture(order, *state, "{'everything':true}");
    order->state = KL_ORDER_PART_CAPTURED;
    seen = seen_of(order);
    seen.status = "CAPTURED";
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 0);
    assert_int_equal(order->state, KL_ORDER_CAPTURED);
}

static void an_operation_under_way_explains_itself(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = seen_of(order);

    order->pending_op = "op";
    seen.status = "CANCELLED";
    seen.remaining_authorized_amount = 0;
    seen.klarna_reference = "NEW";
    assert_int_equal(kl_klarna_record_take_over(order, *state, &seen), 0);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
    assert_string_equal(order->klarna_reference, "NEW");
}

/* Books 100.00 of the shirts as captured by us, then releases the rest, as we believe. */
static kl_order_t *released_order(apr_pool_t *p)
{
    kl_order_t *order = fixture_shop(p);

    must_capture(order, p,
                 "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    APR_ARRAY_IDX(order->captures, 0, kl_capture_t).capture_id = "ours";
    assert_int_equal(fixture_book(order, p, KL_OP_RELEASE,
                                  "{\"movement\":{\"amount\":30900,\"lines\":[]}}", KL_OP_CONFIRMED,
                                  kl_error_make(p)),
                     KL_OK);
    return order;
}

static void add_move(apr_array_header_t *list, const char *id, apr_int64_t amount)
{
    APR_ARRAY_PUSH(list, kl_klarna_move_t) =
        (kl_klarna_move_t){.id = id, .amount = amount, .klarna_reference = ""};
}

static void a_capture_made_outside_before_our_release_is_booked(void **state)
{
    kl_order_t *order = released_order(*state);
    kl_klarna_record_t seen = seen_of(order);

    seen.captures = apr_array_make(*state, 2, sizeof(kl_klarna_move_t));
    seen.refunds = apr_array_make(*state, 1, sizeof(kl_klarna_move_t));
    add_move(seen.captures, "ours", 10000);
    add_move(seen.captures, "portal", 4000);
    add_move(seen.refunds, "back", 1500);
    seen.captured_amount = 14000;
    seen.refunded_amount = 1500;
    assert_int_equal(kl_import_record(order, *state, &seen, 1), 2);
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 14000, 1500, 0);
    assert_int_equal(order->attention, KL_ATTENTION_OUTSIDE);
}

static void a_capture_beyond_the_order_is_not_booked(void **state)
{
    kl_order_t *order = released_order(*state);
    kl_klarna_record_t seen = seen_of(order);

    seen.captures = apr_array_make(*state, 2, sizeof(kl_klarna_move_t));
    seen.refunds = apr_array_make(*state, 1, sizeof(kl_klarna_move_t));
    add_move(seen.captures, "ours", 10000);
    add_move(seen.captures, "portal", 30901);
    seen.captured_amount = 40901;
    assert_int_equal(kl_import_record(order, *state, &seen, 1), 0);
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 10000, 0, 0);
    assert_int_equal(order->attention, KL_ATTENTION_DIFFERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(words_are_taken_over),
        WITH_POOL(references_are_taken_over),
        WITH_POOL(a_difference_is_reported_and_not_taken_over),
        WITH_POOL(an_end_is_taken_over),
        WITH_POOL(an_unknown_status_changes_nothing),
        WITH_POOL(agreement_takes_the_status_over),
        WITH_POOL(an_operation_under_way_explains_itself),
        WITH_POOL(a_capture_made_outside_before_our_release_is_booked),
        WITH_POOL(a_capture_beyond_the_order_is_not_booked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
