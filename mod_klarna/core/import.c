/* SPDX-License-Identifier: Apache-2.0 */
/* See import.h. */
#include "core/import.h"
#include <apr_strings.h>
#include <string.h>

#include "core/agree.h"
#include "core/booking.h"
#include "core/klarna_record.h"
#include "core/limits.h"
#include "core/line_changes.h"
#include "core/money.h"
#include "core/order_parts.h"
#include "core/waiting.h"

#define ROOM 4096     /* bytes that one takes in the ledger document, at most */
#define ROOM_LINE 256 /* what moved of a line */

const char *kl_import_made_by(const kl_order_t *order, const char *id)
{
    for (int i = 0; i < order->captures->nelts; i++) {
        const kl_capture_t *capture = &APR_ARRAY_IDX(order->captures, i, kl_capture_t);

        if (strcmp(capture->capture_id, id) == 0) {
            return capture->operation_id;
        }
    }
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);

        for (int j = 0; j < ci->steps->nelts; j++) {
            const kl_credit_step_t *step = &APR_ARRAY_IDX(ci->steps, j, kl_credit_step_t);

            if (strcmp(step->refund_id, id) == 0) {
                return step->operation_id;
            }
        }
    }
    return NULL;
}

/* --- refunds without an id --------------------------------------------------------- */

static int is_listed(const apr_array_header_t *list, const char *id)
{
    for (int i = 0; i < list->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(list, i, kl_klarna_move_t).id, id) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A refund in the books of that amount whose id is not in list, or NULL. */
static const char *unlisted_refund(const kl_order_t *order, const apr_array_header_t *list,
                                   apr_int64_t amount)
{
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);

        for (int j = 0; j < ci->steps->nelts; j++) {
            const kl_credit_step_t *step = &APR_ARRAY_IDX(ci->steps, j, kl_credit_step_t);

            if (step->refund_id[0] && step->amount == amount && !is_listed(list, step->refund_id)) {
                return step->refund_id;
            }
        }
    }
    return NULL;
}

static const char *new_name(apr_pool_t *p, const kl_order_t *order, const apr_array_header_t *list)
{
    const char *name;
    int n = 1;

    do {
        name = apr_psprintf(p, "unnamed-%d", n++);
    } while (kl_import_made_by(order, name) || is_listed(list, name));
    return name;
}

apr_array_header_t *kl_import_refunds(apr_pool_t *p, const kl_order_t *order,
                                      apr_array_header_t *refunds)
{
    apr_array_header_t *named = refunds;

    for (int i = 0; i < refunds->nelts; i++) {
        kl_klarna_move_t move = APR_ARRAY_IDX(refunds, i, kl_klarna_move_t);

        if (!move.id[0]) {
            named = named == refunds ? apr_array_copy(p, refunds) : named;
            move.id = unlisted_refund(order, named, move.amount);
            move.id = move.id ? move.id : new_name(p, order, named);
            APR_ARRAY_IDX(named, i, kl_klarna_move_t) = move;
        }
    }
    return named;
}

/* --- the search for one of ours ------------------------------------------------------ */

apr_array_header_t *kl_import_candidates(apr_pool_t *p, const kl_order_t *order,
                                         const apr_array_header_t *list,
                                         const kl_import_lost_t *lost)
{
    apr_array_header_t *found = apr_array_make(p, 2, sizeof(kl_klarna_move_t));

    for (int i = 0; i < list->nelts; i++) {
        const kl_klarna_move_t *move = &APR_ARRAY_IDX(list, i, kl_klarna_move_t);
        const char *maker = kl_import_made_by(order, move->id);

        if (move->amount == lost->amount && (!move->at || move->at >= lost->since)
            && (!maker || (lost->outside && !maker[0]))) {
            APR_ARRAY_PUSH(found, kl_klarna_move_t) = *move;
        }
    }
    return found;
}

const kl_klarna_move_t *kl_import_pick(const apr_array_header_t *candidates, const char *reference)
{
    const kl_klarna_move_t *found = NULL;
    int alike = 0;

    for (int i = 0; i < candidates->nelts; i++) {
        const kl_klarna_move_t *move = &APR_ARRAY_IDX(candidates, i, kl_klarna_move_t);

        if (strcmp(move->reference, reference) == 0) {
            found = move;
            alike++;
        }
    }
    return alike == 1 && (candidates->nelts == 1 || reference[0]) ? found : NULL;
}

/* A release took what was still open at Klarna. What others had captured before, unseen by us, was
 * never part of it, whatever we booked. */
static void give_back_released(kl_order_t *order, apr_int64_t amount)
{
    apr_int64_t missing = amount - order->remaining_amount;

    if (missing > 0
        && missing <= order->order_amount - order->captured_amount - order->remaining_amount) {
        order->remaining_amount += missing;
    }
}

/* Whatever Klarna confirms for us must always fit, so foreign movements keep to the same bounds. */
static int has_place(const kl_order_t *order, apr_pool_t *p, kl_op_kind_t kind)
{
    int full = (kind == KL_OP_CAPTURE && order->captures->nelts >= KL_MAX_CAPTURES)
               || (kind == KL_OP_REFUND && order->credit_invoices->nelts >= KL_MAX_CREDIT_INVOICES)
               || (kind == KL_OP_REDUCE && order->lines->nelts >= KL_MAX_LINES); /* or a raise */

    return !full && kl_order_has_room(p, order, ROOM);
}

/* For the history: what none of our operations shows. */
static void note(kl_order_t *order, const char *kind, apr_int64_t amount, const char *id,
                 apr_time_t at)
{
    kl_outside_t *seen = apr_array_push(order->outside);

    *seen = (kl_outside_t){.kind = kind, .amount = amount, .at = at, .result_id = id};
}

/* An authorization that others ended, or that has run out; open was still to be captured. */
static void note_end(kl_order_t *order, apr_pool_t *p, apr_int64_t open, apr_time_t now)
{
    const char *kind = order->state == KL_ORDER_CANCELLED ? "cancelled"
                       : order->state == KL_ORDER_EXPIRED ? "expired"
                       : order->state == KL_ORDER_CLOSED  ? "closed"
                                                          : NULL;

    if (kind && kl_order_has_room(p, order, ROOM)) {
        note(order, kind, open, "", now);
    }
}

/* A refund is booked with a credit invoice, so that every refund has one. */
static kl_kind_t book_refund(kl_order_t *order, apr_pool_t *p, const kl_klarna_move_t *move,
                             const kl_movement_t *moved, kl_error_t *err)
{
    kl_credit_step_t *step;
    kl_credit_invoice_t ci = {
        .id = move->id,
        .reference = "",
        .comment = "made outside",
        .actor = "outside",
        .credit_note = "",
        .state = "paid",
        .amount = move->amount,
        .paid_amount = move->amount,
        .created_at = move->at,
        .lines = moved->lines,
        .steps = apr_array_make(p, 1, sizeof(kl_credit_step_t)),
    };

    step = apr_array_push(ci.steps);
    *step = (kl_credit_step_t){
        .operation_id = "",
        .verb = "refund",
        .amount = move->amount,
        .state = kl_op_state_name(KL_OP_CONFIRMED),
        .refund_id = move->id,
    };
    kl_booking_credit_invoice(order, p, &ci);
    return kl_booking_refund(order, moved, err);
}

static kl_kind_t book_capture(kl_order_t *order, const kl_klarna_move_t *move,
                              const kl_movement_t *moved, kl_error_t *err)
{
    const kl_capture_t capture = {
        .capture_id = move->id,
        .operation_id = "",
        .klarna_reference = move->klarna_reference,
        .reference = "",
        .description = "",
        .captured_at = move->at,
        .moved = *moved,
        .shipping_info = "[]",
    };

    return kl_booking_capture(order, &capture, err);
}

/* Which lines it was of is not known. */
static apr_array_header_t *no_lines(apr_pool_t *p)
{
    return apr_array_make(p, 1, sizeof(kl_movement_line_t));
}

static kl_kind_t book_as(kl_order_t *order, apr_pool_t *p, kl_op_kind_t kind,
                         const kl_klarna_move_t *move)
{
    kl_movement_t moved = {.amount = move->amount, .lines = no_lines(p)};
    kl_error_t *ignored = kl_error_make(p);

    switch (kind) {
    case KL_OP_CAPTURE:
        return book_capture(order, move, &moved, ignored);
    case KL_OP_REFUND:
        return book_refund(order, p, move, &moved, ignored);
    default:
        return kl_booking_release(order, &moved, ignored);
    }
}

static int fits(const kl_order_t *order, kl_op_kind_t kind, apr_int64_t amount)
{
    return amount <= (kind == KL_OP_REFUND ? order->captured_amount - order->refunded_amount
                                           : order->remaining_amount);
}

/* One import: into which order, and what came of it. */
typedef struct import_t {
    kl_order_t *order;
    apr_pool_t *p;
    apr_time_t now;
    int booked; /* movements */
    int broken; /* 1: one fits but could not be booked: the order in memory is worthless */
} import_t;

/* Leaves out what does not fit. */
static void book(import_t *in, kl_op_kind_t kind, const kl_klarna_move_t *move)
{
    if (kind == KL_OP_CAPTURE) {
        give_back_released(in->order, move->amount);
    }
    if (!fits(in->order, kind, move->amount) || !has_place(in->order, in->p, kind)) {
        return;
    }
    if (book_as(in->order, in->p, kind, move) != KL_OK) {
        in->broken = 1;
        return;
    }
    note(in->order, kl_op_kind_name(kind), move->amount, move->id, move->at);
    in->booked++;
}

/* Never more than is missing, under whatever ids Klarna lists it. */
static void import_moves(import_t *in, kl_op_kind_t kind, const apr_array_header_t *list,
                         apr_int64_t total)
{
    for (int i = 0; i < list->nelts; i++) {
        kl_klarna_move_t move = APR_ARRAY_IDX(list, i, kl_klarna_move_t);
        apr_int64_t booked = kind == KL_OP_REFUND ? in->order->refunded_amount
                                                  : in->order->captured_amount;

        if (move.amount <= total - booked && !kl_import_made_by(in->order, move.id)) {
            move.at = move.at ? move.at : in->now;
            book(in, kind, &move);
        }
    }
}

/* --- the authorization --------------------------------------------------------------- */

static int is_open_word(const char *status)
{
    return strcmp(status, "AUTHORIZED") == 0 || strcmp(status, "PART_CAPTURED") == 0;
}

/* 1 when the record adds up: all that is authorized was captured, can be, or was given up. */
static int adds_up(const kl_klarna_record_t *seen)
{
    apr_int64_t known;

    return kl_money_add(seen->captured_amount, seen->remaining_authorized_amount, &known)
           && (known == seen->order_amount
               || (seen->remaining_authorized_amount == 0 && !is_open_word(seen->status)));
}

/* Bytes that they take in the ledger document, at most. */
static apr_size_t room_of(apr_pool_t *p, const apr_array_header_t *lines)
{
    return strlen(kl_json_text(p, kl_order_parts_klarna_lines(p, lines)))
           + (apr_size_t)lines->nelts * ROOM_LINE;
}

/* Its lines can become ours, and there is room for them. */
static int has_lines(const import_t *in, const kl_klarna_record_t *seen)
{
    apr_int64_t sum = 0;

    if (!seen->lines || !kl_line_changes_fit(in->order, seen->lines)) {
        return 0;
    }
    for (int i = 0; i < seen->lines->nelts; i++) {
        sum +=
            APR_ARRAY_IDX(seen->lines, i, kl_line_t).total_amount; /* bounded, like their number */
    }
    return sum == seen->order_amount
           && kl_order_has_room(in->p, in->order, ROOM + room_of(in->p, seen->lines));
}

static kl_kind_t book_authorization(import_t *in, const kl_klarna_record_t *seen, apr_int64_t more)
{
    kl_error_t *ignored = kl_error_make(in->p);
    const kl_movement_t less = {.amount = -more, .lines = no_lines(in->p)};

    if (has_lines(in, seen)) {
        return kl_booking_lines(in->order, seen->order_amount, seen->lines, ignored);
    }
    return more > 0 ? kl_booking_raise(in->order, in->p, more, ignored)
                    : kl_booking_reduce(in->order, in->p, &less, ignored);
}

/* Only what was captured may stay: less would be a cancellation. */
static int is_possible(const kl_order_t *order, const kl_klarna_record_t *seen, apr_int64_t more)
{
    if (!adds_up(seen) || seen->order_amount <= 0 || seen->order_amount > KL_MAX_AMOUNT) {
        return 0;
    }
    return more > 0 || (kl_order_open_amount(order) > 0 && -more <= order->remaining_amount);
}

/* An authorization that others wrote anew: raised, reduced, or with other lines. */
static void import_authorization(import_t *in, const kl_klarna_record_t *seen)
{
    kl_order_t *order = in->order;
    apr_int64_t more;

    if (!kl_agree_authorization(in->p, order, seen)
        || !kl_money_sub(seen->order_amount, order->order_amount, &more)
        || !is_possible(order, seen, more)
        || !(has_lines(in, seen) || (more != 0 && has_place(order, in->p, KL_OP_REDUCE)))) {
        return;
    }
    if (book_authorization(in, seen, more) != KL_OK) {
        in->broken = 1;
        return;
    }
    note(order,
         more > 0   ? "raise"
         : more < 0 ? "reduce"
                    : "lines",
         more < 0 ? -more : more, "", in->now);
    in->booked++;
}

/* Ended here, by time, a cancellation or a release, and open again at Klarna, which alone can do
 * that; or it was meanwhile, and was written anew before it ended again. */
static void import_reopened(import_t *in, const kl_klarna_record_t *seen)
{
    kl_order_t *order = in->order;
    int ended = order->state == KL_ORDER_CANCELLED || order->state == KL_ORDER_EXPIRED
                || order->state == KL_ORDER_CAPTURED;
    int is_open = is_open_word(seen->status) && seen->remaining_authorized_amount > 0;

    if (!ended || !(is_open || seen->order_amount != order->order_amount)
        || order->captured_amount == order->order_amount || !adds_up(seen)
        || !kl_order_has_room(in->p, order, ROOM)) {
        return;
    }
    if (kl_booking_reopen(order, kl_error_make(in->p)) != KL_OK) {
        in->broken = 1;
        return;
    }
    if (is_open) {
        note(order, "reopened", seen->remaining_authorized_amount, "", in->now);
        in->booked++;
    }
}

static void import_released(import_t *in, const kl_klarna_record_t *seen)
{
    const kl_order_t *order = in->order;
    kl_klarna_move_t rest = {.id = "", .at = in->now, .amount = order->remaining_amount};
    kl_order_state_t state;

    /* Cancelled and expired orders are taken over by their state. */
    if (kl_order_state_parse(seen->status, &state) && state != KL_ORDER_AUTHORIZED
        && state != KL_ORDER_PART_CAPTURED && state != KL_ORDER_CAPTURED) {
        return;
    }
    if (seen->remaining_authorized_amount == 0 && rest.amount > 0 && order->captured_amount > 0) {
        book(in, KL_OP_RELEASE, &rest);
    }
}

/* In an order in which each fits: what grew before what was captured of it, what shrank after. */
static void import_all(import_t *in, const kl_klarna_record_t *seen)
{
    import_reopened(in, seen);
    if (seen->order_amount >= in->order->order_amount) {
        import_authorization(in, seen);
    }
    import_moves(in, KL_OP_CAPTURE, seen->captures, seen->captured_amount);
    import_moves(in, KL_OP_REFUND, kl_import_refunds(in->p, in->order, seen->refunds),
                 seen->refunded_amount);
    import_authorization(in, seen);
    import_released(in, seen);
}

/* One of our operations may be what changed the rest, or the rest cannot be true. */
static int take_only_words(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen)
{
    kl_klarna_record_take_words(order, p, seen);
    if (!order->pending_op[0]) {
        kl_attention_raise(order, KL_ATTENTION_DIFFERS);
    }
    return 0;
}

int kl_import_record(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen,
                     apr_time_t now)
{
    kl_order_state_t before = order->state;
    /* What was done to an order before it was taken over needs no person. */
    int is_known = order->session_id[0] || order->klarna_reference[0];
    import_t in = {.order = order, .p = p, .now = now};
    apr_int64_t open;

    if (order->pending_op[0] || kl_klarna_record_fault(seen)) {
        return take_only_words(order, p, seen);
    }
    import_all(&in, seen);
    if (in.broken) {
        return -1;
    }
    kl_waiting_settled(order);
    open = kl_order_open_amount(order);
    if (kl_klarna_record_take_over(order, p, seen)) {
        kl_attention_raise(order, KL_ATTENTION_DIFFERS);
    }
    else {
        kl_attention_agree(order, is_known ? in.booked : 0);
    }
    if (order->state != before) {
        note_end(order, p, open, now);
    }
    return in.booked;
}
