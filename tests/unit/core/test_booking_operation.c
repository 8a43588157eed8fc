/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bookings: each kind of outcome by example, then random orders walked by random captures
 * and credits, with every sum checked after every step against a ledger kept here.
 */
#include "tests/unit/order_fixture.h"

#include <apr_strings.h>
#include "core/money.h"
#include "core/order_view.h"
#include "core/why_not.h"
#include "core/ledger.h"
#include "core/order_check.h"
#include "core/line.h"

/* --- by example ------------------------------------------------------------------ */

static void a_placed_order_is_authorized(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_operation_t *op = kl_operation_make(*state);
    kl_error_t *err = kl_error_make(*state);

    order->state = KL_ORDER_CREATED;
    order->remaining_amount = 0;
    order->fraud_status = "";
    order->attention = KL_ATTENTION_ORPHAN;
    order->pending_op = op->id = "op";
    op->kind = KL_OP_PLACE_ORDER;
    op->state = KL_OP_CONFIRMED;
    op->result_id = "klarna-1";
    op->result = "{\"fraud_status\":\"PENDING\",\"redirect_url\":\"https://x.test/\"}";
    assert_int_equal(kl_booking_operation(order, *state, op, err), KL_OK);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
    assert_string_equal(order->klarna_order_id, "klarna-1");
    assert_string_equal(order->fraud_status, "PENDING");
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
    assert_string_equal(order->client_token, "");
    assert_string_equal(order->pending_op, "");
}

static void a_refused_placement_may_be_tried_again(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);

    order->state = KL_ORDER_CREATED;
    order->klarna_order_id = "";
    assert_int_equal(fixture_book(order, *state, KL_OP_PLACE_ORDER, "", KL_OP_REFUSED, err), KL_OK);
    assert_int_equal(order->state, KL_ORDER_CREATED);
    assert_string_equal(order->klarna_order_id, "");
    assert_string_equal(order->client_token, "a-client-token");
    assert_string_equal(order->pending_op, "");
}

static void klarnas_no_declines_the_payment(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_operation_t *op = kl_operation_make(*state);
    kl_error_t *err = kl_error_make(*state);

    op->id = order->pending_op = "op";
    op->kind = KL_OP_PLACE_ORDER;
    op->state = KL_OP_REFUSED;
    op->http_status = 403;
    op->error_code = "NOT_APPROVED";
    op->error_messages = "[\"Not today\",\"nor tomorrow\"]";
    op->refusal = "{\"detail\":\"Klarna said no.\"}";
    order->state = KL_ORDER_CREATED;
    order->klarna_order_id = "";
    assert_int_equal(kl_booking_operation(order, *state, op, err), KL_OK);
    assert_int_equal(order->state, KL_ORDER_DECLINED);
    assert_string_equal(order->reason_code, "NOT_APPROVED");
    assert_string_equal(order->reason, "Not today; nor tomorrow");
    order->state = KL_ORDER_CREATED;
    order->pending_op = "op";
    op->error_messages = "[]";
    assert_int_equal(kl_booking_operation(order, *state, op, err), KL_OK);
    assert_string_equal(order->reason, "Klarna said no.");
}

static void captures_add_up(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_capture_t *capture;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    check_amounts(order, KL_ORDER_PART_CAPTURED, 40900, 20000, 0, 20900);
    assert_int_equal(fixture_at(order, "shirt")->captured_quantity, 2);
    must_capture(order, *state, "{'everything':true}");
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 40900, 0, 0);
    assert_int_equal(kl_line_open_amount(fixture_at(order, "off")), 0);
    capture = &APR_ARRAY_IDX(order->captures, 1, kl_capture_t);
    assert_ptr_equal(kl_order_find_capture(order, capture->capture_id), capture);
    assert_int_equal(capture->moved.amount, 20900);
    assert_int_equal(apr_time_sec(capture->captured_at), 1790000100);
    assert_null(kl_order_find_capture(order, "other"));
}

static void a_capture_keeps_its_words(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_capture_t *capture;
    const char *id;

    fixture_book(order, *state, KL_OP_CAPTURE,
                 "{\"movement\":{\"amount\":100,\"lines\":[]},\"reference\":\"R\","
                 "\"description\":\"D\",\"shipping_info\":[{\"tracking_number\":\"1\"}]}",
                 KL_OP_CONFIRMED, err);
    capture = &APR_ARRAY_IDX(order->captures, 0, kl_capture_t);
    assert_string_equal(capture->reference, "R");
    assert_string_equal(capture->description, "D");
    assert_string_equal(capture->shipping_info, "[{\"tracking_number\":\"1\"}]");
    id = apr_pstrcat(*state, "{\"capture_id\":\"", capture->capture_id,
                     "\",\"shipping_info\":[{\"tracking_number\":\"2\"}]}", NULL);
    assert_int_equal(fixture_book(order, *state, KL_OP_SHIPPING_INFO, id, KL_OP_CONFIRMED, err),
                     KL_OK);
    assert_string_equal(capture->shipping_info,
                        "[{\"tracking_number\":\"1\"},{\"tracking_number\":\"2\"}]");
    check_amounts(order, KL_ORDER_PART_CAPTURED, 40900, 100, 0, 40800);
}

static void free_captures_allow_line_returns_once_all_is_captured(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state, "{'amount':900}");
    assert_int_equal(fixture_at(order, "shirt")->captured_amount, 0);
    must_capture(order, *state, "{'amount':40000}");
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 40900, 0, 0);
    must_credit(order, *state,
                "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 40900, 10000, 0);
    assert_int_equal(kl_line_creditable_quantity(fixture_at(order, "shirt")), 2);
}

static void a_cancel_ends_every_line(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_credit(order, *state, "{'everything':true}");
    check_amounts(order, KL_ORDER_CANCELLED, 40900, 0, 0, 0);
    for (int i = 0; i < order->lines->nelts; i++) {
        kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        assert_int_equal(line->cancelled_quantity, line->quantity);
        assert_int_equal(line->cancelled_amount, line->total_amount);
    }
}

static void a_reduce_by_lines_takes_them_off(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_int64_t tax = order->order_tax_amount;

    must_credit(order, *state,
                "{'lines':[{'reference':'mug','quantity':1},{'reference':'off','amount':0}]}");
    check_amounts(order, KL_ORDER_AUTHORIZED, 36400, 0, 0, 36400);
    assert_int_equal(fixture_at(order, "mug")->cancelled_quantity, 1);
    assert_int_equal(order->order_tax_amount,
                     tax - kl_money_tax_within(9000, 1200) + kl_money_tax_within(4500, 1200));
    must_capture(order, *state, "{'everything':true}");
    check_amounts(order, KL_ORDER_CAPTURED, 36400, 36400, 0, 0);
}

static void a_reduce_by_an_amount_adds_a_discount_for_each_rate(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_int64_t tax = order->order_tax_amount;
    kl_line_t *line;

    must_credit(order, *state, "{'amount':900}");
    must_credit(order, *state, "{'amount':1000}");
    check_amounts(order, KL_ORDER_AUTHORIZED, 39000, 0, 0, 39000);
    line = fixture_at(order, "reduction-3");
    assert_int_equal(line->type, KL_LINE_DISCOUNT);
    assert_int_equal(line->total_amount, -780);
    assert_int_equal(line->tax_rate, 2500);
    assert_int_equal(fixture_at(order, "reduction-4")->total_amount, -220);
    assert_int_equal(fixture_at(order, "reduction-4")->tax_rate, 1200);
    assert_int_equal(order->order_tax_amount, tax - 140 - 21 - 156 - 24);
    must_capture(order, *state, "{'everything':true}");
    check_amounts(order, KL_ORDER_CAPTURED, 39000, 39000, 0, 0);
    assert_int_equal(fixture_at(order, "reduction-1")->captured_amount, -702);
}

static void a_release_cancels_what_is_open(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    fixture_book(order, *state, KL_OP_RELEASE, "{\"movement\":{\"amount\":20900,\"lines\":[]}}",
                 KL_OP_CONFIRMED, err);
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 20000, 0, 0);
    assert_int_equal(fixture_at(order, "shirt")->cancelled_quantity, 1);
    assert_int_equal(fixture_at(order, "off")->cancelled_amount, -3000);
}

static void releasing_lines_after_a_free_capture_captures_the_others(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state, "{'amount':30900}");
    must_credit(order, *state,
                "{'lines':[{'reference':'shirt','quantity':1,'amount':10000},{'reference':'off','"
                "amount':0}],"
                "'release':true,'comment':'out of stock'}");
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 30900, 0, 0);
    assert_int_equal(fixture_at(order, "shirt")->cancelled_quantity, 1);
    assert_int_equal(fixture_at(order, "shirt")->captured_quantity, 2);
    assert_int_equal(fixture_at(order, "mug")->captured_amount, 9000);
}

static void a_release_never_captures_lines_that_cancel_each_other(void **state)
{
    kl_order_t *order = fixture_order(*state);

    fixture_line(order, KL_LINE_PHYSICAL, "goods", 1, 100, 0, 0);
    fixture_line(order, KL_LINE_PHYSICAL, "more", 1, 20, 0, 0);
    fixture_line(order, KL_LINE_DISCOUNT, "off", 1, -20, 0, 0);
    must_capture(order, *state, "{'lines':[{'reference':'goods','amount':60}]}");
    must_credit(order, *state,
                "{'lines':[{'reference':'goods','quantity':1,'amount':100},{'reference':'off','"
                "amount':0}]}");
    check_amounts(order, KL_ORDER_CAPTURED, 100, 60, 60, 0);
    assert_int_equal(fixture_at(order, "more")->captured_amount, 0);
    assert_int_equal(fixture_at(order, "more")->cancelled_quantity, 1);
}

static void a_credit_in_two_steps_is_paid_when_both_are(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_credit_invoice_t *ci;
    kl_credit_step_t *step;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    must_credit(order, *state, "{'amount':40900,'release':true,'return_fee':2000}");
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 20000, 18000, 0);
    ci = &APR_ARRAY_IDX(order->credit_invoices, 0, kl_credit_invoice_t);
    assert_string_equal(ci->state, "paid");
    assert_int_equal(ci->paid_amount, 20900 + 18000);
    assert_int_equal(ci->amount, ci->paid_amount);
    step = &APR_ARRAY_IDX(ci->steps, 0, kl_credit_step_t);
    assert_string_equal(step->verb, "release");
    assert_string_equal(step->refund_id, "");
    step = &APR_ARRAY_IDX(ci->steps, 1, kl_credit_step_t);
    assert_string_equal(step->verb, "refund");
    assert_string_equal(step->state, "confirmed");
    assert_string_not_equal(step->refund_id, "");
    assert_int_equal(kl_order_fees_kept(order), 2000);
}

static void a_refused_step_stops_the_credit(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_credit_invoice_t *ci;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    assert_int_equal(fixture_credit_refused(order, *state, "{'everything':true}", 0, err), KL_OK);
    check_amounts(order, KL_ORDER_PART_CAPTURED, 40900, 20000, 0, 20900);
    ci = &APR_ARRAY_IDX(order->credit_invoices, 0, kl_credit_invoice_t);
    assert_string_equal(ci->state, "refused");
    assert_string_equal(APR_ARRAY_IDX(ci->steps, 1, kl_credit_step_t).state, "refused");
    assert_string_equal(order->pending_op, "");

    fixture_credit_refused(order, *state, "{'amount':40900,'release':true,'return_fee':5}", 1, err);
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 20000, 0, 0);
    ci = &APR_ARRAY_IDX(order->credit_invoices, 1, kl_credit_invoice_t);
    assert_string_equal(ci->state, "partly_paid");
    assert_int_equal(ci->paid_amount, 20900);
    assert_int_equal(kl_order_fees_kept(order), 0);
    must_credit(order, *state, "{'everything':true}");
    check_amounts(order, KL_ORDER_CAPTURED, 40900, 20000, 20000, 0);
}

static void an_extension_moves_nothing(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(fixture_book(order, *state, KL_OP_EXTEND, "", KL_OP_CONFIRMED, err), KL_OK);
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
}

static void only_the_holder_of_the_claim_is_booked(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_operation_t *op = kl_operation_make(*state);
    kl_error_t *err = kl_error_make(*state);

    op->id = "op";
    op->kind = KL_OP_EXTEND;
    op->state = KL_OP_CONFIRMED;
    kl_booking_operation(order, *state, op, err);
    check_error(err, KL_CONFLICT, "not_claimed");
    kl_error_clear(err);
    order->pending_op = "another";
    kl_booking_operation(order, *state, op, err);
    check_error(err, KL_CONFLICT, "not_claimed");
    kl_error_clear(err);
    op->id = "";
    order->pending_op = "";
    kl_booking_operation(order, *state, op, err);
    check_error(err, KL_CONFLICT, "not_claimed");
    kl_error_clear(err);
    order->pending_op = op->id = "op";
    op->state = KL_OP_UNKNOWN;
    kl_booking_operation(order, *state, op, err);
    check_error(err, KL_INTERNAL, "not_final");
}

static void the_claim_goes_to_the_next_operation(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_operation_t *op = kl_operation_make(*state);
    kl_error_t *err = kl_error_make(*state);

    op->kind = KL_OP_EXTEND;
    op->next_op = "next";
    op->state = KL_OP_CONFIRMED;
    order->pending_op = op->id = "op";
    assert_int_equal(kl_booking_operation(order, *state, op, err), KL_OK);
    assert_string_equal(order->pending_op, "next");
    op->state = KL_OP_REFUSED;
    order->pending_op = "op";
    assert_int_equal(kl_booking_operation(order, *state, op, err), KL_OK);
    assert_string_equal(order->pending_op, "");
}

static void what_can_not_be_booked_is_an_invariant(void **state)
{
    static const struct {
        kl_op_kind_t kind;
        const char *intent;
    } bad[] = {
        {KL_OP_CAPTURE, "{\"movement\":{\"amount\":40901,\"lines\":[]}}"},
        {KL_OP_CAPTURE, "{\"movement\":{\"amount\":0,\"lines\":[]}}"},
        {KL_OP_CAPTURE, "{\"movement\":{\"amount\":1,\"lines\":"
                        "[{\"line\":4,\"quantity\":1,\"amount\":1}]}}"},
        {KL_OP_CAPTURE, "{\"movement\":{\"amount\":1,\"lines\":"
                        "[{\"line\":0,\"quantity\":4,\"amount\":1}]}}"},
        {KL_OP_CAPTURE, "{\"movement\":{\"amount\":1,\"lines\":"
                        "[{\"line\":3,\"quantity\":0,\"amount\":1}]}}"},
        {KL_OP_REFUND, "{\"movement\":{\"amount\":1,\"lines\":[]}}"},
        {KL_OP_RELEASE, "{\"movement\":{\"amount\":40900,\"lines\":[]}}"},
        {KL_OP_REDUCE, "{\"movement\":{\"amount\":40901,\"lines\":[]}}"},
        {KL_OP_SHIPPING_INFO, "{\"capture_id\":\"none\",\"shipping_info\":[]}"},
        {KL_OP_REFUND, "no JSON"},
    };
    kl_error_t *err = kl_error_make(*state);
    kl_order_t *order;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kl_error_clear(err);
        fixture_book(fixture_shop(*state), *state, bad[i].kind, bad[i].intent, KL_OP_CONFIRMED,
                     err);
        check_error(err, KL_INTERNAL, "invariant");
    }
    kl_error_clear(err);
    fixture_book(fixture_shop(*state), *state, KL_OP_CAPTURE, "{}", KL_OP_CONFIRMED, err);
    check_error(err, KL_INTERNAL, "movement");
    order = fixture_shop(*state);
    must_capture(order, *state, "{'amount':1}");
    kl_error_clear(err);
    fixture_book(order, *state, KL_OP_CANCEL, "", KL_OP_CONFIRMED, err);
    check_error(err, KL_INTERNAL, "invariant");
}

static void an_operation_of_an_unknown_credit_invoice_is_an_invariant(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_operation_t *op = kl_operation_make(*state);
    kl_error_t *err = kl_error_make(*state);

    order->pending_op = op->id = "op";
    op->kind = KL_OP_CANCEL;
    op->state = KL_OP_CONFIRMED;
    op->credit_invoice_id = "none";
    kl_booking_operation(order, *state, op, err);
    check_error(err, KL_INTERNAL, "invariant");
}

/* --- random walks ---------------------------------------------------------------- */

/* The test's own books, kept from what was asked, not from what the order says. */
typedef struct books_t {
    apr_int64_t captured, refunded, fees, off;
    int released;
} books_t;

static kl_order_t *random_order(apr_pool_t *p, test_random_t *random)
{
    static const kl_line_type_t types[] = {KL_LINE_PHYSICAL, KL_LINE_DIGITAL, KL_LINE_SHIPPING_FEE,
                                           KL_LINE_SURCHARGE};
    static const int rates[] = {0, 600, 1200, 2500, 777};
    kl_order_t *order = fixture_order(p);
    int lines = (int)test_random_in(random, 1, 6);

    for (int i = 0; i < lines; i++) {
        apr_int64_t quantity = test_random_in(random, 1, 9);
        apr_int64_t price = test_random_in(random, 0, 5) == 0 ? 0 : test_random_in(random, 1, 9999);
        apr_int64_t discount = test_random_in(random, 0, 1)
                                   ? test_random_in(random, 0, quantity * price)
                                   : 0;

        fixture_line(order, types[test_random_in(random, 0, 3)], apr_psprintf(p, "line-%d", i),
                     quantity, price, discount, rates[test_random_in(random, 0, 4)]);
    }
    if (order->order_amount == 0) {
        fixture_line(order, KL_LINE_PHYSICAL, "more", 7, 13, 2, 2500);
    }
    if (order->order_amount > 10 && test_random_in(random, 0, 1)) {
        fixture_line(order, KL_LINE_DISCOUNT, "off", 1,
                     -test_random_in(random, 1, order->order_amount / 2), 0, 2500);
    }
    return order;
}

static const char *random_picks(apr_pool_t *p, const kl_order_t *order, test_random_t *random)
{
    const char *picks = "";

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
        apr_int64_t left = line->quantity - line->cancelled_quantity - line->credited_quantity;
        apr_int64_t worth = line->total_amount - line->cancelled_amount - line->credited_amount;
        apr_int64_t quantity = test_random_in(random, 0, left + (left < 2));

        if (test_random_in(random, 0, 2) == 0) {
            continue;
        }
        picks = apr_psprintf(p, "%s%s{'reference':'%s','quantity':%" APR_INT64_T_FMT, picks,
                             picks[0] != '\0' ? "," : "", line->reference, quantity);
        if (quantity == 0 || test_random_in(random, 0, 3) == 0) {
            apr_int64_t amount = worth < 0 ? -test_random_in(random, 0, -worth)
                                           : test_random_in(random, 0, worth);

            picks = apr_psprintf(p, "%s,'amount':%" APR_INT64_T_FMT, picks, amount);
        }
        picks = apr_pstrcat(p, picks, "}", NULL);
    }
    return apr_pstrcat(p, "'lines':[", picks, "]", NULL);
}

static const char *random_selection(apr_pool_t *p, const kl_order_t *order, test_random_t *random)
{
    switch (test_random_in(random, 0, 9)) {
    case 0:
        return "'everything':true";
    case 1:
    case 2:
        return apr_psprintf(p, "'amount':%" APR_INT64_T_FMT,
                            test_random_in(random, 1, order->order_amount + 1));
    default:
        return random_picks(p, order, random);
    }
}

static void check_books(apr_pool_t *p, const kl_order_t *order, const books_t *books)
{
    apr_int64_t captured = 0, credited = 0, whole = 0;
    kl_error_t *err = kl_error_make(p);

    if (kl_order_check(order, err) != KL_OK) {
        fail_msg("%s", err->detail);
    }
    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        captured += line->captured_amount;
        credited += line->credited_amount;
        whole += line->total_amount - line->cancelled_amount;
    }
    assert_int_equal(order->captured_amount, books->captured);
    assert_int_equal(order->refunded_amount, books->refunded);
    assert_int_equal(order->order_amount, order->original_amount - books->off);
    assert_true(captured <= books->captured);
    assert_true(credited <= books->refunded + books->fees);
    assert_true(books->refunded + kl_order_fees_kept(order) <= books->captured);
    if (order->state == KL_ORDER_CANCELLED || books->released) {
        assert_int_equal(order->remaining_amount, 0);
    }
    else {
        assert_int_equal(order->remaining_amount, order->order_amount - books->captured);
        assert_int_equal(whole, order->order_amount);
    }
}

/* The amounts of the order as one text: equal texts, equal orders. */
static const char *picture(apr_pool_t *p, const kl_order_t *order)
{
    return apr_pstrcat(p, kl_json_text(p, kl_order_view(p, order, 1)), kl_ledger_text(p, order),
                       NULL);
}

static void check_stored(apr_pool_t *p, const kl_order_t *order)
{
    kl_order_t *copy = apr_pmemdup(p, order, sizeof(*order));
    kl_error_t *err = kl_error_make(p);

    if (kl_ledger_parse(copy, p, kl_ledger_text(p, order), err) != KL_OK) {
        fail_msg("%s", err->detail);
    }
    assert_string_equal(picture(p, copy), picture(p, order));
}

static int walk_capture(apr_pool_t *p, kl_order_t *order, const char *what, books_t *books)
{
    kl_error_t *err = kl_error_make(p);
    const char *text = apr_psprintf(p, "{%s}", what), *before = picture(p, order);
    kl_movement_t m;

    if (fixture_capture(order, p, text, err) != KL_OK) {
        assert_true(err->kind == KL_INVALID || err->kind == KL_CONFLICT);
        assert_string_equal(picture(p, order), before);
        return 0;
    }
    m = APR_ARRAY_IDX(order->captures, order->captures->nelts - 1, kl_capture_t).moved;
    assert_true(m.amount > 0);
    books->captured += m.amount;
    return 1;
}

static void keep_books(const kl_credit_plan_t *plan, int done, books_t *books)
{
    for (int i = 0; i < done; i++) {
        const kl_movement_t *m = &plan->step[i].moved;

        assert_true(m->amount > 0);
        if (plan->step[i].verb == KL_VERB_REFUND) {
            books->refunded += m->amount;
            books->fees += m->return_fee;
        }
        else if (plan->step[i].verb == KL_VERB_REDUCE) {
            books->off += m->amount;
        }
        else {
            books->released = 1;
        }
    }
}

static int walk_credit(apr_pool_t *p, kl_order_t *order, const char *what, int refused_step,
                       books_t *books)
{
    kl_error_t *err = kl_error_make(p);
    const char *text = apr_psprintf(p, "{%s}", what), *before = picture(p, order);
    kl_credit_plan_t plan;

    if (fixture_plan_credit(&plan, p, order, text, err) != KL_OK) {
        assert_true(err->kind == KL_INVALID || err->kind == KL_CONFLICT);
        assert_string_equal(picture(p, order), before);
        return 0;
    }
    if (fixture_credit_refused(order, p, text, refused_step, err) != KL_OK) {
        fail_msg("%s", err->detail);
    }
    if (refused_step < 0 || refused_step > plan.steps) {
        refused_step = plan.steps;
    }
    keep_books(&plan, refused_step, books);
    return 1;
}

static void walk_step(apr_pool_t *p, kl_order_t *order, test_random_t *random, books_t *books,
                      int *done)
{
    const char *what = random_selection(p, order, random);
    int refused = test_random_in(random, 0, 9) == 0 ? (int)test_random_in(random, 0, 1) : -1;

    if (test_random_in(random, 0, 1)) {
        *done += walk_capture(p, order, what, books);
    }
    else {
        if (test_random_in(random, 0, 3) == 0) {
            what = apr_psprintf(p, "%s,'return_fee':%" APR_INT64_T_FMT, what,
                                test_random_in(random, 1, 500));
        }
        *done += walk_credit(p, order, what, refused, books);
    }
    check_books(p, order, books);
    check_stored(p, order);
}

/* In the end all goes back but the fees, and nothing can be moved any more. */
static void give_everything_back(apr_pool_t *p, kl_order_t *order, books_t *books)
{
    kl_error_t *err = kl_error_make(p);
    kl_credit_plan_t plan;

    if (kl_why_not_cancel(order) == NULL) {
        assert_int_equal(walk_credit(p, order, "'everything':true", -1, books), 1);
    }
    check_books(p, order, books);
    assert_non_null(kl_why_not_cancel(order));
    assert_non_null(kl_why_not_capture(order));
    assert_int_equal(order->remaining_amount, 0);
    assert_int_equal(order->refunded_amount + kl_order_fees_kept(order), order->captured_amount);
    assert_true(kl_order_fees_kept(order) <= books->fees);
    assert_int_not_equal(fixture_plan_credit(&plan, p, order, "{'everything':true}", err), KL_OK);
    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        assert_int_equal(kl_line_creditable_amount(line), 0);
        assert_int_equal(kl_line_open_amount(line), 0);
    }
}

static void random_walks_keep_every_sum(void **state)
{
    test_random_t random = {20261122};
    int done = 0;

    for (int walk = 0; walk < 1500; walk++) {
        apr_pool_t *p;
        books_t books = {0};
        kl_order_t *order;

        apr_pool_create(&p, *state);
        order = random_order(p, &random);
        for (int i = (int)test_random_in(&random, 0, 12); i > 0; i--) {
            walk_step(p, order, &random, &books, &done);
        }
        give_everything_back(p, order, &books);
        apr_pool_destroy(p);
    }
    assert_true(done > 3000); /* the walks do walk */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_placed_order_is_authorized),
        WITH_POOL(a_refused_placement_may_be_tried_again),
        WITH_POOL(klarnas_no_declines_the_payment),
        WITH_POOL(captures_add_up),
        WITH_POOL(a_capture_keeps_its_words),
        WITH_POOL(free_captures_allow_line_returns_once_all_is_captured),
        WITH_POOL(a_cancel_ends_every_line),
        WITH_POOL(a_reduce_by_lines_takes_them_off),
        WITH_POOL(a_reduce_by_an_amount_adds_a_discount_for_each_rate),
        WITH_POOL(a_release_cancels_what_is_open),
        WITH_POOL(releasing_lines_after_a_free_capture_captures_the_others),
        WITH_POOL(a_release_never_captures_lines_that_cancel_each_other),
        WITH_POOL(a_credit_in_two_steps_is_paid_when_both_are),
        WITH_POOL(a_refused_step_stops_the_credit),
        WITH_POOL(an_extension_moves_nothing),
        WITH_POOL(only_the_holder_of_the_claim_is_booked),
        WITH_POOL(the_claim_goes_to_the_next_operation),
        WITH_POOL(what_can_not_be_booked_is_an_invariant),
        WITH_POOL(an_operation_of_an_unknown_credit_invoice_is_an_invariant),
        WITH_POOL(random_walks_keep_every_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
