/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done at Klarna without us: booked once, by the same arithmetic as our own, or
 * left for a person when it does not fit; and the search for a movement that may be ours.
 */
#include "tests/unit/order_fixture.h"

#include <apr_strings.h>

#include "core/klarna_record.h"
#include "core/limits.h"
#include "core/order_check.h"
#include "core/ledger.h"
#include "core/import.h"
#include "core/line.h"

#define THEN apr_time_from_sec(1790000000)

/* Klarna's record of an order that agrees with ours. */
static kl_klarna_record_t *seen_of(apr_pool_t *p, const kl_order_t *order)
{
    kl_klarna_record_t *seen = apr_pcalloc(p, sizeof(*seen));

    seen->order_id = order->klarna_order_id;
    seen->status = kl_order_state_name(order->state);
    seen->fraud_status = seen->klarna_reference = seen->reference1 = seen->reference2 = "";
    seen->currency = order->currency;
    seen->original_order_amount = order->original_amount;
    seen->order_amount = order->order_amount;
    seen->captured_amount = order->captured_amount;
    seen->refunded_amount = order->refunded_amount;
    seen->remaining_authorized_amount = order->remaining_amount;
    seen->captures = apr_array_make(p, 2, sizeof(kl_klarna_move_t));
    seen->refunds = apr_array_make(p, 2, sizeof(kl_klarna_move_t));
    return seen;
}

static void add(apr_array_header_t *list, const char *id, apr_int64_t amount)
{
    APR_ARRAY_PUSH(list, kl_klarna_move_t) =
        (kl_klarna_move_t){.id = id,
                           .amount = amount,
                           .at = THEN,
                           .reference = "",
                           .klarna_reference = apr_pstrcat(list->pool, "K1-", id, NULL)};
}

static void they_capture(kl_klarna_record_t *seen, const char *id, apr_int64_t amount)
{
    add(seen->captures, id, amount);
    seen->captured_amount += amount;
    seen->remaining_authorized_amount -= amount;
    seen->status = seen->remaining_authorized_amount ? "PART_CAPTURED" : "CAPTURED";
}

static void they_refund(kl_klarna_record_t *seen, const char *id, apr_int64_t amount)
{
    add(seen->refunds, id, amount);
    seen->refunded_amount += amount;
}

static void they_release(kl_klarna_record_t *seen)
{
    seen->remaining_authorized_amount = 0;
    seen->status = "CAPTURED";
}

static void they_reduce(kl_klarna_record_t *seen, apr_int64_t amount)
{
    seen->order_amount -= amount;
    seen->remaining_authorized_amount -= amount;
    if (seen->remaining_authorized_amount == 0) {
        seen->status = "CAPTURED";
    }
}

/* The newest entry of the history is this. */
static void check_told(const kl_order_t *order, int n, const char *kind, apr_int64_t amount)
{
    const kl_outside_t *last;

    assert_int_equal(order->outside->nelts, n);
    last = &APR_ARRAY_IDX(order->outside, n - 1, kl_outside_t);
    assert_string_equal(last->kind, kind);
    assert_int_equal(last->amount, amount);
    assert_int_equal(last->at, THEN);
}

/* Booked, and not again by a second look. */
static void check_booked(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen, int n)
{
    const char *ledger;

    assert_int_equal(kl_import_record(order, p, seen, THEN), n);
    assert_int_equal(order->attention, KL_ATTENTION_OUTSIDE);
    assert_string_equal(order->pending_op, "");
    assert_string_equal(kl_order_state_name(order->state), seen->status);
    check_amounts(order, order->state, seen->order_amount, seen->captured_amount,
                  seen->refunded_amount, seen->remaining_authorized_amount);
    ledger = kl_ledger_text(p, order);
    assert_int_equal(kl_import_record(order, p, seen, THEN + 1), 0);
    assert_string_equal(kl_ledger_text(p, order), ledger);
}

/* Not booked but reported; what we knew stands. */
static void check_differs(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen,
                          int booked)
{
    assert_int_equal(kl_import_record(order, p, seen, THEN), booked);
    assert_int_equal(order->attention, KL_ATTENTION_DIFFERS);
    assert_int_equal(kl_order_check(order, kl_error_make(p)), KL_OK);
}

static kl_capture_t *last_capture(const kl_order_t *order)
{
    return &APR_ARRAY_IDX(order->captures, order->captures->nelts - 1, kl_capture_t);
}

static void agreement_is_no_news(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    assert_int_equal(kl_import_record(order, *state, seen_of(*state, order), THEN), 0);
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
    assert_int_equal(order->outside->nelts, 0);
}

static void a_capture(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_capture(seen, "theirs", 10000);
    check_booked(order, *state, seen, 1);
    assert_string_equal(last_capture(order)->capture_id, "theirs");
    assert_string_equal(last_capture(order)->operation_id, "");
    assert_int_equal(last_capture(order)->captured_at, THEN);
    check_told(order, 1, "capture", 10000);
    assert_string_equal(APR_ARRAY_IDX(order->outside, 0, kl_outside_t).result_id, "theirs");
    assert_int_equal(last_capture(order)->moved.lines->nelts, 0);
}

/* Free amounts of ours name no lines either. */
static void captures_after_free_amounts(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen;

    must_capture(order, *state, "{'amount':5000}");
    last_capture(order)->capture_id = "ours";
    seen = seen_of(*state, order);
    add(seen->captures, "ours", 5000);
    they_capture(seen, "theirs", 5000);
    they_capture(seen, "the rest", 30900);
    check_booked(order, *state, seen, 2);
    assert_int_equal(kl_line_creditable_quantity(fixture_at(order, "shirt")), 3);
    assert_true(APR_ARRAY_IDX(order->captures, 0, kl_capture_t).operation_id[0]);
    assert_string_equal(last_capture(order)->operation_id, "");
}

static void a_refund_becomes_a_credit_invoice(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);
    const kl_credit_invoice_t *ci;
    const kl_credit_step_t *step;

    they_capture(seen, "c", 40900);
    they_refund(seen, "r", 900);
    check_booked(order, *state, seen, 2);
    assert_int_equal(order->credit_invoices->nelts, 1);
    ci = kl_order_find_credit_invoice(order, "r");
    assert_non_null(ci);
    assert_string_equal(ci->state, "paid");
    assert_int_equal(ci->paid_amount, 900);
    step = &APR_ARRAY_IDX(ci->steps, 0, kl_credit_step_t);
    assert_string_equal(step->refund_id, "r");
    assert_string_equal(step->state, "confirmed");
    assert_string_equal(step->operation_id, "");
    check_told(order, 2, "refund", 900);
    they_refund(seen, "all else", 40000);
    check_booked(order, *state, seen, 1);
    assert_int_equal(kl_line_creditable_quantity(fixture_at(order, "shirt")), 0);
}

/* Klarna's record lists the order's lines. */
static kl_line_t *they_list(kl_klarna_record_t *seen, const kl_order_t *order)
{
    seen->lines = apr_array_copy(order->lines->pool, order->lines);
    return &APR_ARRAY_IDX(seen->lines, 0, kl_line_t);
}

static void they_raise(kl_klarna_record_t *seen, apr_int64_t amount)
{
    seen->order_amount += amount;
    seen->remaining_authorized_amount += amount;
    if (seen->captured_amount > 0) {
        seen->status = "PART_CAPTURED";
    }
}

static void a_raise(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);
    kl_line_t *line = they_list(seen, order);

    line->quantity += 1;
    line->total_amount += 10000;
    they_raise(seen, 10000);
    check_booked(order, *state, seen, 1);
    check_told(order, 1, "raise", 10000);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "shirt")), 4);
}

/* What grew before it was captured, in one look; and again after all was captured. */
static void a_raise_and_its_capture(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_raise(seen, 2000);
    they_capture(seen, "c", 42900);
    check_booked(order, *state, seen, 2);
    assert_int_equal(kl_line_creditable_amount(fixture_at(order, "raise-1")), 2000);
    they_raise(seen, 1000);
    check_booked(order, *state, seen, 1);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 43900, 42900, 0, 1000);
    they_refund(seen, "r", 42900);
    they_release(seen);
    check_booked(order, *state, seen, 2);
}

static void other_lines_for_the_same_money(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_list(seen, order)->reference = "coat";
    check_booked(order, *state, seen, 1);
    check_told(order, 1, "lines", 0);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "shirt")), 0);
    assert_int_equal(kl_line_open_quantity(fixture_at(order, "coat")), 3);
    assert_int_equal(order->lines->nelts, 5);
}

static void a_reduction_by_line(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_list(seen, order)->quantity--;
    APR_ARRAY_IDX(seen->lines, 0, kl_line_t).total_amount -= 10000;
    they_reduce(seen, 10000);
    check_booked(order, *state, seen, 1);
    check_told(order, 1, "reduce", 10000);
    assert_int_equal(fixture_at(order, "shirt")->cancelled_quantity, 1);
}

/* Lines that do not come to the amount, or in which no place is for what was captured: only the
 * amount is booked. */
static void lines_that_cannot_be_are_not_taken_over(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    last_capture(order)->capture_id = "ours";
    seen = seen_of(*state, order);
    add(seen->captures, "ours", 20000);
    they_list(seen, order);
    they_raise(seen, 100);
    check_booked(order, *state, seen, 1);
    assert_int_equal(fixture_at(order, "raise-1")->total_amount, 100);
    they_list(seen, order)->reference = "coat";
    they_reduce(seen, 200);
    APR_ARRAY_IDX(seen->lines, 0, kl_line_t).total_amount -= 200;
    check_booked(order, *state, seen, 1);
    assert_int_equal(fixture_at(order, "reduction-1")->total_amount, -113); /* of 25 % */
    they_list(seen, order)->reference = "coat"; /* nothing to book, and nothing is */
    order->attention = KL_ATTENTION_NONE;
    assert_int_equal(kl_import_record(order, *state, seen, THEN), 0);
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
}

/* Only Klarna can open again what has ended; what it opens is ours again, with its new end. */
static void an_order_that_klarna_opened_again(void **state)
{
    static const kl_order_state_t ends[] = {KL_ORDER_CANCELLED, KL_ORDER_EXPIRED};

    for (int i = 0; i < 2; i++) {
        kl_order_t *order = fixture_shop(*state);
        kl_klarna_record_t *seen = seen_of(*state, order);

        they_list(seen, order);
        seen->status = kl_order_state_name(ends[i]);
        seen->remaining_authorized_amount = 0;
        assert_int_equal(kl_import_record(order, *state, seen, THEN), 0);
        assert_int_equal(order->state, ends[i]);
        seen->status = "AUTHORIZED";
        seen->remaining_authorized_amount = 40900;
        seen->expires_at = THEN + 1000;
        check_booked(order, *state, seen, 2);
        assert_int_equal(order->expires_at, THEN + 1000);
        assert_string_equal(APR_ARRAY_IDX(order->outside, 1, kl_outside_t).kind, "reopened");
        assert_int_equal(kl_line_open_quantity(fixture_at(order, "shirt")), 3);
        assert_int_equal(kl_order_open_amount(order), 40900);
    }
}

static void a_release_that_klarna_took_back(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_capture(seen, "c", 10000);
    they_release(seen);
    check_booked(order, *state, seen, 2);
    seen->remaining_authorized_amount = 30900;
    seen->status = "PART_CAPTURED";
    check_booked(order, *state, seen, 1);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 40900, 10000, 0, 30900);
}

/* Raised or reduced before it was cancelled, between two looks. */
static void what_changed_before_the_end_is_booked(void **state)
{
    for (int more = -900; more <= 900; more += 1800) {
        kl_order_t *order = fixture_shop(*state);
        kl_klarna_record_t *seen = seen_of(*state, order);

        seen->order_amount += more;
        seen->remaining_authorized_amount = 0;
        seen->status = "CANCELLED";
        assert_int_equal(kl_import_record(order, *state, seen, THEN), 1);
        check_amounts(order, KL_ORDER_CANCELLED, 40900 + more, 0, 0, 0);
        assert_int_equal(order->attention, KL_ATTENTION_OUTSIDE);
    }
}

static void a_release(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_capture(seen, "c", 10000);
    they_release(seen);
    check_booked(order, *state, seen, 2);
    assert_int_equal(order->state, KL_ORDER_CAPTURED);
    check_told(order, 2, "release", 30900);
}

static void a_reduction(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_reduce(seen, 900);
    check_booked(order, *state, seen, 1);
    check_told(order, 1, "reduce", 900);
    they_reduce(seen, 10000);
    they_capture(seen, "c", 30000);
    check_booked(order, *state, seen, 2);
    assert_int_equal(order->state, KL_ORDER_CAPTURED);
}

static void a_reduction_and_a_release(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_capture(seen, "c", 10000);
    they_reduce(seen, 900);
    they_release(seen);
    check_booked(order, *state, seen, 3);
}

static void a_reduction_to_what_was_captured(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    last_capture(order)->capture_id = "ours";
    seen = seen_of(*state, order);
    add(seen->captures, "ours", 10000);
    they_reduce(seen, 30900);
    check_booked(order, *state, seen, 1);
    check_amounts(order, KL_ORDER_CAPTURED, 10000, 10000, 0, 0);
}

/* Klarna ends it: nothing was moved, so nothing is booked, but the history tells it, once. */
static void an_end_is_no_movement(void **state)
{
    static const char *const ends[] = {"CANCELLED", "EXPIRED"};
    static const char *const told[] = {"cancelled", "expired"};

    for (int i = 0; i < 2; i++) {
        kl_order_t *order = fixture_shop(*state);
        kl_klarna_record_t *seen;

        if (i == 1) {
            must_capture(order, *state, "{'amount':5000}");
            last_capture(order)->capture_id = "ours";
        }
        seen = seen_of(*state, order);
        if (i == 1) {
            add(seen->captures, "ours", 5000);
        }
        seen->remaining_authorized_amount = 0;
        seen->status = ends[i];
        assert_int_equal(kl_import_record(order, *state, seen, THEN), 0);
        assert_int_equal(order->attention, KL_ATTENTION_NONE);
        assert_string_equal(kl_order_state_name(order->state), ends[i]);
        assert_int_equal(order->remaining_amount, 0);
        check_told(order, 1, told[i], i == 0 ? 40900 : 35900);
        kl_import_record(order, *state, seen, THEN + 1);
        check_told(order, 1, told[i], i == 0 ? 40900 : 35900);
    }
}

/* Closing gives nothing back: what is left stays authorized in Klarna's record. */
static void a_closed_order_is_told(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    seen->status = "CLOSED";
    assert_int_equal(kl_import_record(order, *state, seen, THEN), 0);
    check_told(order, 1, "closed", 40900);
}

static void what_does_not_fit_is_left_for_a_person(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_capture(seen, "more than there is", 40901);
    check_differs(order, *state, seen, 0);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);

    seen = seen_of(*state, order);
    they_capture(seen, "c", 1000);
    they_refund(seen, "more than captured", 1001);
    check_differs(order, *state, seen, 0);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);

    order = fixture_shop(*state);
    seen = seen_of(*state, order);
    seen->order_amount += 100; /* more was authorized, yet no more is left */
    check_differs(order, *state, seen, 0);
    seen = seen_of(*state, order);
    seen->order_amount = 0; /* all of it taken off, yet not cancelled */
    seen->remaining_authorized_amount = 0;
    check_differs(order, *state, seen, 0);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
}

static void a_difference_that_is_gone_is_forgotten(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    seen->captured_amount = 1;
    check_differs(order, *state, seen, 0);
    assert_int_equal(kl_import_record(order, *state, seen_of(*state, order), THEN), 0);
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
}

static void a_capture_that_is_listed_twice_is_booked_once(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_capture(seen, "c", 1000);
    add(seen->captures, "c", 1000);
    check_booked(order, *state, seen, 1);
}

/* Klarna's example: not captured, nothing left, and one capture of everything. */
static void what_contradicts_itself_is_left_for_a_person(void **state)
{
    static const struct {
        const char *status;
        apr_int64_t captured, refunded, left, listed;
    } seen_as[] = {
        {"AUTHORIZED", 0, 0, 0, 40900},          {"AUTHORIZED", 1000, 0, 39900, 1000},
        {"PART_CAPTURED", 0, 0, 40900, 0},       {"PART_CAPTURED", 1000, 0, 39900, 999},
        {"CAPTURED", 40000, 0, 900, 40000},      {"CAPTURED", 0, 0, 0, 0},
        {"CAPTURED", 1000, 1001, 0, 1000},       {"PART_CAPTURED", 1000, 0, 40900, 1000},
        {"PART_CAPTURED", 1000, 5, 39900, 1000}, {"AUTHORIZED", 0, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(seen_as) / sizeof(seen_as[0]); i++) {
        kl_order_t *order = fixture_shop(*state);
        kl_klarna_record_t *seen = seen_of(*state, order);

        if (seen_as[i].listed) {
            add(seen->captures, "c", seen_as[i].listed);
        }
        if (seen_as[i].refunded == 5) {
            add(seen->refunds, "r", 4);
        }
        seen->status = seen_as[i].status;
        seen->captured_amount = seen_as[i].captured;
        seen->refunded_amount = seen_as[i].refunded;
        seen->remaining_authorized_amount = seen_as[i].left;
        seen->klarna_reference = "K1";
        assert_non_null(kl_klarna_record_fault(seen));
        check_differs(order, *state, seen, 0);
        check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
        assert_string_equal(order->klarna_reference, "K1");
    }
}

static void invoice_numbers_of_captures(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen;

    must_capture(order, *state, "{'amount':5000}");
    last_capture(order)->capture_id = "ours";
    seen = seen_of(*state, order);
    add(seen->captures, "ours", 5000);
    order->pending_op = "op"; /* words may be taken over at any time */
    assert_int_equal(kl_import_record(order, *state, seen, THEN), 0);
    assert_string_equal(last_capture(order)->klarna_reference, "K1-ours");
    order->pending_op = "";
    they_capture(seen, "theirs", 1000);
    check_booked(order, *state, seen, 1);
    assert_string_equal(last_capture(order)->klarna_reference, "K1-theirs");
    APR_ARRAY_IDX(seen->captures, 0, kl_klarna_move_t).klarna_reference = "";
    kl_import_record(order, *state, seen, THEN);
    assert_string_equal(APR_ARRAY_IDX(order->captures, 0, kl_capture_t).klarna_reference,
                        "K1-ours");
}

/* --- refunds without an id ---------------------------------------------------------- */

static const char *refund_id(const kl_order_t *order, int i)
{
    const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i, kl_credit_invoice_t);

    return APR_ARRAY_IDX(ci->steps, 0, kl_credit_step_t).refund_id;
}

/* check_booked looks twice: each is booked once. */
static void refunds_without_an_id(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    they_capture(seen, "c", 40900);
    they_refund(seen, "", 900);
    they_refund(seen, "", 900);
    they_refund(seen, "r", 500);
    check_booked(order, *state, seen, 4);
    assert_string_equal(refund_id(order, 0), "unnamed-1");
    assert_string_equal(refund_id(order, 1), "unnamed-2");
    they_refund(seen, "", 700);
    check_booked(order, *state, seen, 1);
    assert_string_equal(refund_id(order, 3), "unnamed-3");
    APR_ARRAY_IDX(seen->refunds, 0, kl_klarna_move_t).id = "named at last";
    assert_int_equal(kl_import_record(order, *state, seen, THEN), 0);
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 40900, 3000, 0);
    assert_int_equal(order->attention, KL_ATTENTION_OUTSIDE);
}

/* What Klarna lists without an id is ours when ours has that amount. */
static void our_refund_without_an_id(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen;

    must_capture(order, *state, "{'everything':true}");
    last_capture(order)->capture_id = "ours";
    must_credit(order, *state, "{'amount':900}");
    APR_ARRAY_IDX(APR_ARRAY_IDX(order->credit_invoices, 0, kl_credit_invoice_t).steps, 0,
                  kl_credit_step_t)
        .refund_id = "back";
    seen = seen_of(*state, order);
    add(seen->captures, "ours", 40900);
    add(seen->refunds, "", 900);
    assert_int_equal(kl_import_record(order, *state, seen, THEN), 0);
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
    they_refund(seen, "", 900);
    check_booked(order, *state, seen, 1);
    assert_string_equal(refund_id(order, 1), "unnamed-1");
}

/* An operation of ours may be what did it. */
static void nothing_is_booked_while_an_operation_holds_the_order(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    order->pending_op = "op";
    they_capture(seen, "c", 1000);
    assert_int_equal(kl_import_record(order, *state, seen, THEN), 0);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
    assert_string_equal(order->pending_op, "op");
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
}

/* --- bounds ---------------------------------------------------------------------------- */

static void an_order_without_room_takes_no_more(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);
    char *long_text = apr_palloc(*state, KL_MAX_LEDGER);

    memset(long_text, 'x', KL_MAX_LEDGER);
    long_text[KL_MAX_LEDGER - 1 - strlen(kl_ledger_text(*state, order)) - 4000] = '\0';
    fixture_at(order, "mug")->merchant_data = long_text;
    they_capture(seen, "c", 1000);
    check_differs(order, *state, seen, 0);
    long_text[strlen(long_text) - 200] = '\0';
    check_booked(order, *state, seen, 1);
}

static void the_lists_are_bounded(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    for (int i = 0; i < KL_MAX_CAPTURES + 2; i++) {
        they_capture(seen, apr_psprintf(*state, "c%d", i), 1);
    }
    for (int i = 0; i < KL_MAX_CREDIT_INVOICES + 1; i++) {
        they_refund(seen, apr_psprintf(*state, "r%d", i), 1);
    }
    check_differs(order, *state, seen, KL_MAX_CAPTURES + KL_MAX_CREDIT_INVOICES);
    assert_int_equal(order->captures->nelts, KL_MAX_CAPTURES);
    assert_int_equal(order->credit_invoices->nelts, KL_MAX_CREDIT_INVOICES);
}

/* A reduction without lines is a line of its own, a release is none. */
static void a_full_order_can_still_be_released(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen;

    for (int i = order->lines->nelts; i < KL_MAX_LINES; i++) {
        fixture_line(order, KL_LINE_PHYSICAL, apr_psprintf(*state, "l%d", i), 1, 1, 0, 0);
    }
    seen = seen_of(*state, order);
    they_reduce(seen, 100);
    check_differs(order, *state, seen, 0);
    seen = seen_of(*state, order);
    they_capture(seen, "c", 1000);
    they_release(seen);
    order->attention = KL_ATTENTION_NONE;
    check_booked(order, *state, seen, 2);
}

/* The order was damaged by other hands: what it became must not be stored. */
static void a_broken_invariant_is_told(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);

    fixture_at(order, "mug")->captured_amount = 100000;
    they_capture(seen, "c", 1000);
    assert_int_equal(kl_import_record(order, *state, seen, THEN), -1);
}

/* --- which of Klarna's movements may be ours ---------------------------------------------- */

static const char *found(const kl_order_t *order, const kl_klarna_record_t *seen,
                         const char *reference, int *fit)
{
    const apr_array_header_t *candidates = kl_import_candidates(seen->captures->pool, order,
                                                                seen->captures,
                                                                &(kl_import_lost_t){1000, THEN, 0});
    const kl_klarna_move_t *move = kl_import_pick(candidates, reference);

    *fit = candidates->nelts;
    return move ? move->id : "none";
}

static kl_klarna_move_t *add_with(kl_klarna_record_t *seen, const char *id, const char *reference)
{
    kl_klarna_move_t *move;

    add(seen->captures, id, 1000);
    move = &APR_ARRAY_IDX(seen->captures, seen->captures->nelts - 1, kl_klarna_move_t);
    move->reference = reference;
    return move;
}

static void the_one_that_fits_is_ours(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);
    int fit;

    assert_string_equal(found(order, seen, "", &fit), "none");
    assert_int_equal(fit, 0);
    add(seen->captures, "another amount", 999);
    add_with(seen, "before", "")->at = THEN - 1;
    assert_string_equal(found(order, seen, "", &fit), "none");
    assert_int_equal(fit, 0);
    add_with(seen, "no time", "")->at = 0;
    assert_string_equal(found(order, seen, "", &fit), "no time");
    assert_int_equal(fit, 1);
}

static void what_is_booked_is_not_unknown(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);
    int fit;

    must_capture(order, *state, "{'amount':1000}");
    last_capture(order)->capture_id = "booked";
    add_with(seen, "booked", "");
    assert_string_equal(found(order, seen, "", &fit), "none");
    assert_int_equal(fit, 0);
}

/* What was booked as made outside is somebody's, unless nobody was sure of that. */
static void what_was_booked_as_made_outside_may_be_asked_for(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen;
    kl_import_lost_t lost = {1000, THEN, 0};
    const apr_array_header_t *list;

    must_capture(order, *state, "{'amount':1000}");
    last_capture(order)->capture_id = "ours";
    last_capture(order)->operation_id = "op";
    seen = seen_of(*state, order);
    add(seen->captures, "ours", 1000);
    they_capture(seen, "theirs", 1000);
    assert_int_equal(kl_import_record(order, *state, seen, THEN), 1);
    assert_string_equal(kl_import_made_by(order, "ours"), "op");
    assert_string_equal(kl_import_made_by(order, "theirs"), "");
    assert_null(kl_import_made_by(order, "another"));
    list = kl_import_candidates(*state, order, seen->captures, &lost);
    assert_int_equal(list->nelts, 0);
    lost.outside = 1;
    list = kl_import_candidates(*state, order, seen->captures, &lost);
    assert_int_equal(list->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(list, 0, kl_klarna_move_t).id, "theirs");
}

static void a_reference_tells_them_apart(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t *seen = seen_of(*state, order);
    int fit;

    add_with(seen, "theirs", "");
    assert_string_equal(found(order, seen, "R1", &fit), "none"); /* nor is it known not to be */
    assert_int_equal(fit, 1);
    add_with(seen, "ours", "R1");
    assert_string_equal(found(order, seen, "R1", &fit), "ours");
    assert_string_equal(found(order, seen, "", &fit), "none");
    assert_int_equal(fit, 2);
    add_with(seen, "the same again", "R1");
    add_with(seen, "and again", "R1");
    assert_string_equal(found(order, seen, "R1", &fit), "none");
    assert_int_equal(fit, 4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(agreement_is_no_news),
        WITH_POOL(a_capture),
        WITH_POOL(captures_after_free_amounts),
        WITH_POOL(a_refund_becomes_a_credit_invoice),
        WITH_POOL(a_raise),
        WITH_POOL(a_raise_and_its_capture),
        WITH_POOL(other_lines_for_the_same_money),
        WITH_POOL(a_reduction_by_line),
        WITH_POOL(lines_that_cannot_be_are_not_taken_over),
        WITH_POOL(an_order_that_klarna_opened_again),
        WITH_POOL(a_release_that_klarna_took_back),
        WITH_POOL(what_changed_before_the_end_is_booked),
        WITH_POOL(a_release),
        WITH_POOL(a_reduction),
        WITH_POOL(a_reduction_and_a_release),
        WITH_POOL(a_reduction_to_what_was_captured),
        WITH_POOL(an_end_is_no_movement),
        WITH_POOL(a_closed_order_is_told),
        WITH_POOL(what_does_not_fit_is_left_for_a_person),
        WITH_POOL(a_difference_that_is_gone_is_forgotten),
        WITH_POOL(a_capture_that_is_listed_twice_is_booked_once),
        WITH_POOL(what_contradicts_itself_is_left_for_a_person),
        WITH_POOL(invoice_numbers_of_captures),
        WITH_POOL(refunds_without_an_id),
        WITH_POOL(our_refund_without_an_id),
        WITH_POOL(nothing_is_booked_while_an_operation_holds_the_order),
        WITH_POOL(an_order_without_room_takes_no_more),
        WITH_POOL(the_lists_are_bounded),
        WITH_POOL(a_full_order_can_still_be_released),
        WITH_POOL(a_broken_invariant_is_told),
        WITH_POOL(the_one_that_fits_is_ours),
        WITH_POOL(what_is_booked_is_not_unknown),
        WITH_POOL(what_was_booked_as_made_outside_may_be_asked_for),
        WITH_POOL(a_reference_tells_them_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
