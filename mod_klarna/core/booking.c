/* SPDX-License-Identifier: Apache-2.0 */
/* See booking.h. */
#include <string.h>

#include "core/booking.h"
#include "core/limits.h"
#include "core/line_changes.h"
#include "core/money.h"
#include "core/plan_lines.h"
#include "core/order_check.h"

static kl_kind_t broken(kl_error_t *err, const char *what, const char *why)
{
    return kl_error_set(err, KL_INTERNAL, "invariant", "A %s cannot be booked: %s", what, why);
}

/* --- the parts of movements on their lines --------------------------------------- */

static kl_line_t *line_at(const kl_order_t *order, int i)
{
    return &APR_ARRAY_IDX(order->lines, i, kl_line_t);
}

typedef void (*book_fn)(kl_line_t *line, const kl_movement_line_t *part);

static void book_captured(kl_line_t *line, const kl_movement_line_t *part)
{
    line->captured_quantity += part->quantity;
    line->captured_amount += part->amount;
}

/* What was captured by amount proves to be of the lines that come back. */
static void book_credited(kl_line_t *line, const kl_movement_line_t *part)
{
    line->credited_quantity += part->quantity;
    line->credited_amount += part->amount;
    if (line->credited_quantity > line->captured_quantity) {
        line->captured_quantity = line->credited_quantity;
    }
    if (!kl_money_within(line->credited_amount, line->captured_amount)) {
        line->captured_amount = line->credited_amount;
    }
}

static void book_cancelled(kl_line_t *line, const kl_movement_line_t *part)
{
    line->cancelled_quantity += part->quantity;
    line->cancelled_amount += part->amount;
}

static void book_lines(kl_order_t *order, const kl_movement_t *m, book_fn book)
{
    for (int i = 0; i < m->lines->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(m->lines, i, kl_movement_line_t);

        book(line_at(order, part->line), part);
    }
}

static apr_int64_t lines_not_cancelled(const kl_order_t *order)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < order->lines->nelts; i++) {
        sum += line_at(order, i)->total_amount - line_at(order, i)->cancelled_amount;
    }
    return sum;
}

/* Free amounts name no lines; when all money of the lines was captured, so were the lines,
 * and they can be returned one by one. */
static void lines_caught_up(kl_order_t *order)
{
    if (order->captured_amount != lines_not_cancelled(order)) {
        return;
    }
    for (int i = 0; i < order->lines->nelts; i++) {
        kl_line_t *line = line_at(order, i);

        line->captured_quantity = line->quantity - line->cancelled_quantity;
        line->captured_amount = line->total_amount - line->cancelled_amount;
    }
}

/* A movement that can be one of this order's, of at most that much. */
static kl_kind_t fits(const kl_order_t *order, const kl_movement_t *moved, apr_int64_t most,
                      const char *what, kl_error_t *err)
{
    for (int i = 0; i < moved->lines->nelts; i++) {
        if (APR_ARRAY_IDX(moved->lines, i, kl_movement_line_t).line >= order->lines->nelts) {
            return broken(err, what, "it names a line that the order does not have");
        }
    }
    if (moved->amount <= 0) {
        return broken(err, what, "it has no amount");
    }
    return moved->amount <= most ? KL_OK : broken(err, what, "less than its amount is left");
}

/* --- what was moved --------------------------------------------------------------- */

kl_kind_t kl_booking_place(kl_order_t *order, const char *klarna_order_id, const char *fraud_status,
                           kl_error_t *err)
{
    if (klarna_order_id[0] == '\0') {
        return broken(err, "placement", "Klarna's order id is missing");
    }
    order->klarna_order_id = klarna_order_id;
    order->state = KL_ORDER_AUTHORIZED;
    order->fraud_status = fraud_status;
    order->client_token = "";
    order->payment_methods = NULL;
    order->order_amount = order->original_amount;
    order->remaining_amount = order->original_amount;
    return kl_order_check(order, err);
}

static void after_taking(kl_order_t *order)
{
    if (order->remaining_amount == 0) {
        lines_caught_up(order);
        order->state = KL_ORDER_CAPTURED;
    }
}

kl_kind_t kl_booking_capture(kl_order_t *order, const kl_capture_t *capture, kl_error_t *err)
{
    const kl_movement_t *moved = &capture->moved;

    if (fits(order, moved, order->remaining_amount, "capture", err) != KL_OK) {
        return err->kind;
    }
    book_lines(order, moved, book_captured);
    order->captured_amount += moved->amount;
    order->remaining_amount -= moved->amount;
    order->unacknowledged = 0; /* a capture says so as well */
    order->state = KL_ORDER_PART_CAPTURED;
    after_taking(order);
    APR_ARRAY_PUSH(order->captures, kl_capture_t) = *capture;
    return kl_order_check(order, err);
}

/* Nothing waits any more, and no line can prove to be captured: what was not, will not be. */
static void settle_lines(kl_order_t *order)
{
    if (order->state == KL_ORDER_CAPTURED
        && (kl_order_captured_loose(order) == 0 || kl_order_creditable_amount(order) == 0)) {
        kl_order_cancel_open(order);
    }
}

/* Once everything was credited by free amounts, no line is left to return. */
static void lines_credited_up(kl_order_t *order)
{
    for (int i = 0; i < order->lines->nelts; i++) {
        kl_line_t *line = line_at(order, i);

        line->credited_quantity = line->captured_quantity;
        line->credited_amount = line->captured_amount;
    }
}

kl_kind_t kl_booking_refund(kl_order_t *order, const kl_movement_t *moved, kl_error_t *err)
{
    apr_int64_t most = order->captured_amount - order->refunded_amount;

    if (fits(order, moved, most, "refund", err) != KL_OK) {
        return err->kind;
    }
    book_lines(order, moved, book_credited);
    if (kl_order_captured_loose(order) < 0) {
        return broken(err, "refund", "its lines were not captured");
    }
    order->refunded_amount += moved->amount;
    if (kl_order_creditable_amount(order) == 0) {
        lines_credited_up(order);
    }
    settle_lines(order);
    return kl_order_check(order, err);
}

/* The tax in what is still authorized: the shop's own figure for an untouched line, else
 * computed; a US sales tax line is tax as a whole. */
static apr_int64_t tax_left(const kl_order_t *order)
{
    apr_int64_t tax = 0;

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = line_at(order, i);
        apr_int64_t left = line->total_amount - line->cancelled_amount;

        if (line->type == KL_LINE_SALES_TAX) {
            tax += left;
        }
        else {
            tax += line->cancelled_amount == 0 ? line->total_tax_amount
                                               : kl_money_tax_within(left, line->tax_rate);
        }
    }
    return tax;
}

/* The authorization became so much more, or less. */
static void authorize(kl_order_t *order, apr_int64_t more)
{
    order->order_tax_amount = tax_left(order);
    order->order_amount += more;
    order->remaining_amount += more;
    if (order->captured_amount > 0) {
        order->state = KL_ORDER_PART_CAPTURED;
        after_taking(order);
    }
}

kl_kind_t kl_booking_reduce(kl_order_t *order, apr_pool_t *p, const kl_movement_t *moved,
                            kl_error_t *err)
{
    if (fits(order, moved, order->remaining_amount, "reduction", err) != KL_OK) {
        return err->kind;
    }
    if (moved->lines->nelts == 0) {
        apr_array_cat(order->lines, kl_plan_lines_reduction(p, order, moved));
    }
    book_lines(order, moved, book_cancelled);
    authorize(order, -moved->amount);
    return kl_order_check(order, err);
}

kl_kind_t kl_booking_raise(kl_order_t *order, apr_pool_t *p, apr_int64_t amount, kl_error_t *err)
{
    kl_line_t raise = kl_plan_lines_raise(p, order, amount);

    if (amount <= 0 || amount > KL_MAX_AMOUNT - order->order_amount) {
        return broken(err, "raise", "its amount is none that an order can have");
    }
    APR_ARRAY_PUSH(order->lines, kl_line_t) = raise;
    authorize(order, amount);
    return kl_order_check(order, err);
}

kl_kind_t kl_booking_lines(kl_order_t *order, apr_int64_t amount, const apr_array_header_t *lines,
                           kl_error_t *err)
{
    if (amount <= 0 || amount > KL_MAX_AMOUNT
        || amount < order->order_amount - order->remaining_amount) {
        return broken(err, "change of lines", "its amount is none that the order can have");
    }
    if (!kl_line_changes_fit(order, lines)) {
        return broken(err, "change of lines", "what was captured of a line is not within it");
    }
    kl_line_changes_take(order, lines);
    authorize(order, amount - order->order_amount);
    return kl_order_check(order, err);
}

kl_kind_t kl_booking_reopen(kl_order_t *order, kl_error_t *err)
{
    order->state = order->captured_amount > 0 ? KL_ORDER_PART_CAPTURED : KL_ORDER_AUTHORIZED;
    order->remaining_amount = order->order_amount - order->captured_amount;
    return kl_order_check(order, err);
}

/* Its amount is what was open when it was requested; what is open now was given up. Of what was
 * captured by amount, lines are known only when it accounts for exactly the rest; else they stay as
 * they are, so that each can still come back. */
kl_kind_t kl_booking_release(kl_order_t *order, const kl_movement_t *moved, kl_error_t *err)
{
    if (fits(order, moved, APR_INT64_MAX, "release", err) != KL_OK) {
        return err->kind;
    }
    if (order->captured_amount == 0) {
        return broken(err, "release", "nothing was captured");
    }
    book_lines(order, moved, book_cancelled);
    if (kl_order_captured_loose(order) != 0) {
        lines_caught_up(order);
    }
    order->remaining_amount = 0;
    order->state = KL_ORDER_CAPTURED;
    settle_lines(order);
    return kl_order_check(order, err);
}

kl_kind_t kl_booking_cancel(kl_order_t *order, kl_error_t *err)
{
    if (order->captured_amount > 0) {
        return broken(err, "cancellation", "something was captured");
    }
    kl_order_cancel_open(order);
    order->remaining_amount = 0;
    order->state = KL_ORDER_CANCELLED;
    kl_attention_lower(order, KL_ATTENTION_REJECTED); /* nothing is left that could be shipped */
    return kl_order_check(order, err);
}

/* --- what moves nothing ------------------------------------------------------------ */

static kl_json_t *list_of(apr_pool_t *p, const char *text)
{
    kl_json_t *list = kl_json_parse(p, text, strlen(text), kl_error_make(p));

    return kl_json_is_array(list) ? list : NULL;
}

kl_kind_t kl_booking_track(kl_order_t *order, apr_pool_t *p, const char *capture_id,
                           const char *shipping_info, kl_error_t *err)
{
    kl_capture_t *capture = kl_order_find_capture(order, capture_id);
    kl_json_t *all, *more;

    if (capture == NULL) {
        return broken(err, "tracking", "its capture is unknown");
    }
    all = list_of(p, capture->shipping_info);
    more = list_of(p, shipping_info);
    if (all == NULL || more == NULL) {
        return broken(err, "tracking", "it is no list");
    }
    for (apr_size_t i = 0; i < kl_json_size(more); i++) {
        kl_json_append(all, kl_json_at(more, i));
    }
    capture->shipping_info = kl_json_text(p, all);
    return KL_OK;
}

kl_kind_t kl_booking_due_date(kl_order_t *order, const char *capture_id, apr_int64_t days,
                              kl_error_t *err)
{
    kl_capture_t *capture = kl_order_find_capture(order, capture_id);

    if (capture == NULL) {
        return broken(err, "due date", "its capture is unknown");
    }
    capture->due_date_days += days;
    return KL_OK;
}

void kl_booking_refer(kl_order_t *order, const char *reference1, const char *reference2)
{
    order->reference1 = reference1 ? reference1 : order->reference1;
    order->reference2 = reference2 ? reference2 : order->reference2;
}

void kl_booking_credit_invoice(kl_order_t *order, apr_pool_t *p, const kl_credit_invoice_t *ci)
{
    kl_credit_invoice_t *added = apr_array_push(order->credit_invoices);

    *added = *ci;
    added->lines = apr_array_copy(p, ci->lines);
    added->steps = apr_array_copy(p, ci->steps);
}
