/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding an outcome into its order. Everything that Klarna confirmed is booked here and
 * nowhere else. It never decides anything: what was planned is booked as it was planned,
 * and when that would break an invariant the order must be thrown away and somebody told.
 */
#include <string.h>

#include "core/apply.h"
#include "core/money.h"
#include "core/plan.h"

/* What every booking needs. */
typedef struct fold_t {
    kl_order_t *order;
    apr_pool_t *p;
    const kl_operation_t *op;
    const kl_json_t *intent;
    kl_error_t *err;
} fold_t;

static kl_kind_t broken(const fold_t *f, const char *what)
{
    return kl_error_set(f->err, KL_INTERNAL, "invariant", "A confirmed %s can not be booked: %s",
                        kl_op_kind_name(f->op->kind), what);
}

static const char *or_empty(const char *s)
{
    return s != NULL ? s : "";
}

/* JSON that we stored ourselves; "" is no value. */
static kl_kind_t read_stored(const fold_t *f, const char *text, kl_json_t **out)
{
    *out = NULL;
    if (text[0] != '\0') {
        *out = kl_json_parse(f->p, text, strlen(text), kl_error_make(f->p));
    }
    return *out != NULL || text[0] == '\0' ? KL_OK : broken(f, "what was stored can not be read");
}

/* --- the parts of movements on their lines --------------------------------------- */

static kl_kind_t read_movement(const fold_t *f, kl_movement_t *m)
{
    if (kl_movement_parse(m, f->p, kl_json_get(f->intent, "movement"), f->err) != KL_OK) {
        return f->err->kind;
    }
    for (int i = 0; i < m->lines->nelts; i++) {
        if (APR_ARRAY_IDX(m->lines, i, kl_movement_line_t).line >= f->order->lines->nelts) {
            return broken(f, "it names a line that the order does not have");
        }
    }
    return m->amount > 0 ? KL_OK : broken(f, "it has no amount");
}

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

static void book_credited(kl_line_t *line, const kl_movement_line_t *part)
{
    line->credited_quantity += part->quantity;
    line->credited_amount += part->amount;
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

static apr_int64_t captured_by_lines(const kl_order_t *order)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < order->lines->nelts; i++) {
        sum += line_at(order, i)->captured_amount;
    }
    return sum;
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
static int lines_caught_up(kl_order_t *order)
{
    if (order->captured_amount != lines_not_cancelled(order)) {
        return 0;
    }
    for (int i = 0; i < order->lines->nelts; i++) {
        kl_line_t *line = line_at(order, i);

        line->captured_quantity = line->quantity - line->cancelled_quantity;
        line->captured_amount = line->total_amount - line->cancelled_amount;
    }
    return 1;
}

/* --- what Klarna confirmed ------------------------------------------------------- */

static kl_kind_t placed(const fold_t *f)
{
    kl_order_t *order = f->order;
    kl_json_t *result;

    if (f->op->result_id[0] == '\0') {
        return broken(f, "Klarna's order id is missing");
    }
    if (read_stored(f, f->op->result, &result) != KL_OK) {
        return f->err->kind;
    }
    order->klarna_order_id = f->op->result_id;
    order->state = KL_ORDER_AUTHORIZED;
    order->fraud_status = or_empty(kl_json_str(result, "fraud_status"));
    order->client_token = "";
    order->payment_methods = NULL;
    order->order_amount = order->original_amount;
    order->remaining_amount = order->original_amount;
    return KL_OK;
}

static void after_taking(kl_order_t *order)
{
    if (order->remaining_amount == 0) {
        lines_caught_up(order);
        order->state = KL_ORDER_CAPTURED;
    }
}

static kl_kind_t captured(const fold_t *f)
{
    kl_order_t *order = f->order;
    kl_capture_t *capture;
    kl_movement_t m;

    if (read_movement(f, &m) != KL_OK) {
        return f->err->kind;
    }
    if (m.amount > order->remaining_amount) {
        return broken(f, "less than its amount remains");
    }
    book_lines(order, &m, book_captured);
    order->captured_amount += m.amount;
    order->remaining_amount -= m.amount;
    order->state = KL_ORDER_PART_CAPTURED;
    after_taking(order);
    capture = apr_array_push(order->captures);
    *capture = (kl_capture_t){
        .capture_id = f->op->result_id,
        .operation_id = f->op->id,
        .reference = or_empty(kl_json_str(f->intent, "reference")),
        .description = or_empty(kl_json_str(f->intent, "description")),
        .captured_at = f->op->updated_at,
        .moved = m,
        .shipping_info = "[]",
    };
    if (kl_json_is_array(kl_json_get(f->intent, "shipping_info"))) {
        capture->shipping_info = kl_json_text(f->p, kl_json_get(f->intent, "shipping_info"));
    }
    return KL_OK;
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

static kl_kind_t refunded(const fold_t *f)
{
    kl_order_t *order = f->order;
    kl_movement_t m;

    if (read_movement(f, &m) != KL_OK) {
        return f->err->kind;
    }
    if (m.amount > order->captured_amount - order->refunded_amount) {
        return broken(f, "less than its amount is captured and not refunded");
    }
    book_lines(order, &m, book_credited);
    order->refunded_amount += m.amount;
    if (kl_order_creditable_amount(order) == 0) {
        lines_credited_up(order);
    }
    return KL_OK;
}

static kl_kind_t cancelled(const fold_t *f)
{
    if (f->order->captured_amount > 0) {
        return broken(f, "something was captured");
    }
    kl_order_cancel_open(f->order);
    f->order->remaining_amount = 0;
    f->order->state = KL_ORDER_CANCELLED;
    return KL_OK;
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
                                               : kl_tax_within(left, line->tax_rate);
        }
    }
    return tax;
}

static kl_kind_t reduced(const fold_t *f)
{
    kl_order_t *order = f->order;
    kl_movement_t m;

    if (read_movement(f, &m) != KL_OK) {
        return f->err->kind;
    }
    if (m.amount > order->remaining_amount) {
        return broken(f, "less than its amount remains");
    }
    if (m.lines->nelts == 0) {
        kl_line_t reduction = kl_reduction_line(f->p, order, m.amount);

        APR_ARRAY_PUSH(order->lines, kl_line_t) = reduction;
    }
    book_lines(order, &m, book_cancelled);
    order->order_tax_amount = tax_left(order);
    order->order_amount -= m.amount;
    order->remaining_amount -= m.amount;
    if (order->captured_amount > 0) {
        after_taking(order);
    }
    return KL_OK;
}

/* The lines it names were given back. Whatever else is still open was not captured, unless
 * free amounts account for exactly the rest. */
static kl_kind_t released(const fold_t *f)
{
    kl_order_t *order = f->order;
    kl_movement_t m;

    if (read_movement(f, &m) != KL_OK) {
        return f->err->kind;
    }
    if (order->captured_amount == 0) {
        return broken(f, "nothing was captured");
    }
    book_lines(order, &m, book_cancelled);
    if (captured_by_lines(order) == order->captured_amount || !lines_caught_up(order)) {
        kl_order_cancel_open(order);
    }
    order->remaining_amount = 0;
    order->state = KL_ORDER_CAPTURED;
    return KL_OK;
}

static kl_kind_t shipped(const fold_t *f)
{
    const kl_json_t *more = kl_json_get(f->intent, "shipping_info");
    kl_capture_t *capture = kl_order_find_capture(f->order,
                                                  or_empty(kl_json_str(f->intent, "capture_id")));
    kl_json_t *all;

    if (capture == NULL) {
        return broken(f, "its capture is not known");
    }
    if (read_stored(f, capture->shipping_info, &all) != KL_OK) {
        return f->err->kind;
    }
    if (!kl_json_is_array(all) || !kl_json_is_array(more)) {
        return broken(f, "its shipping info is no list");
    }
    for (apr_size_t i = 0; i < kl_json_size(more); i++) {
        kl_json_append(all, kl_json_at(more, i));
    }
    capture->shipping_info = kl_json_text(f->p, all);
    return KL_OK;
}

static kl_kind_t book(const fold_t *f)
{
    switch (f->op->kind) {
    case KL_OP_PLACE_ORDER:
        return placed(f);
    case KL_OP_CAPTURE:
        return captured(f);
    case KL_OP_REFUND:
        return refunded(f);
    case KL_OP_CANCEL:
        return cancelled(f);
    case KL_OP_REDUCE:
        return reduced(f);
    case KL_OP_RELEASE:
        return released(f);
    case KL_OP_EXTEND:
        f->order->expires_at = 0; /* not known until it is read back from Klarna */
        return KL_OK;
    case KL_OP_SHIPPING_INFO:
        return shipped(f);
    }
    return broken(f, "its kind is not known");
}

/* --- credit invoices ------------------------------------------------------------- */

static kl_credit_step_t *step_at(const kl_credit_invoice_t *ci, int i)
{
    return &APR_ARRAY_IDX(ci->steps, i, kl_credit_step_t);
}

static int find_step(const kl_credit_invoice_t *ci, const char *operation_id)
{
    for (int i = 0; i < ci->steps->nelts; i++) {
        if (strcmp(step_at(ci, i)->operation_id, operation_id) == 0) {
            return i;
        }
    }
    return -1;
}

static void step_confirmed(kl_credit_invoice_t *ci, int i, const kl_operation_t *op)
{
    kl_credit_step_t *step = step_at(ci, i);

    step->state = kl_op_state_name(KL_OP_CONFIRMED);
    step->refund_id = op->kind == KL_OP_REFUND ? op->result_id : "";
    ci->paid_amount += step->amount;
    if (i == ci->steps->nelts - 1) {
        ci->state = "paid";
    }
}

/* The steps after a refused one are never sent. */
static void step_refused(kl_credit_invoice_t *ci, int i)
{
    for (; i < ci->steps->nelts; i++) {
        step_at(ci, i)->state = kl_op_state_name(KL_OP_REFUSED);
    }
    ci->state = ci->paid_amount > 0 ? "partly_paid" : "refused";
}

static kl_kind_t mark_step(const fold_t *f)
{
    kl_credit_invoice_t *ci = kl_order_find_credit_invoice(f->order, f->op->credit_invoice_id);
    int i = ci != NULL ? find_step(ci, f->op->id) : -1;

    if (f->op->credit_invoice_id[0] == '\0') {
        return KL_OK;
    }
    if (i < 0) {
        return kl_error_set(f->err, KL_INTERNAL, "invariant",
                            "The order does not know the credit invoice of its operation.");
    }
    if (f->op->state == KL_OP_CONFIRMED) {
        step_confirmed(ci, i, f->op);
    }
    else {
        step_refused(ci, i);
    }
    return KL_OK;
}

void kl_apply_credit_invoice(kl_order_t *order, apr_pool_t *p, const kl_credit_invoice_t *ci)
{
    kl_credit_invoice_t *added = apr_array_push(order->credit_invoices);

    *added = *ci;
    added->state = "pending";
    added->paid_amount = 0;
    added->lines = apr_array_copy(p, ci->lines);
    added->steps = apr_array_copy(p, ci->steps);
}

/* Its placement is known now, or a doubtful one is known not to have been. A plain no says nothing
 * about an order that was placed elsewhere. */
static void no_orphan_any_more(kl_order_t *order, const kl_operation_t *op)
{
    if (op->kind == KL_OP_PLACE_ORDER && (op->state == KL_OP_CONFIRMED || op->doubtful)
        && strcmp(order->attention, "orphan") == 0) {
        order->attention = "";
    }
}

/* --- the fold -------------------------------------------------------------------- */

kl_kind_t kl_apply(kl_order_t *order, apr_pool_t *p, const kl_operation_t *op, kl_error_t *err)
{
    fold_t f = {.order = order, .p = p, .op = op, .err = err};
    int confirmed = op->state == KL_OP_CONFIRMED;
    kl_json_t *intent;

    if (order->pending_op[0] == '\0' || strcmp(order->pending_op, op->id) != 0) {
        return kl_error_set(err, KL_CONFLICT, "not_claimed",
                            "The operation does not hold the order.");
    }
    if (!kl_op_is_final(op->state)) {
        return kl_error_set(err, KL_INTERNAL, "not_final", "The operation has no outcome yet.");
    }
    /* The step first: a fee counts as kept from the moment its refund is booked. */
    if (mark_step(&f) != KL_OK) {
        return err->kind;
    }
    if (read_stored(&f, op->intent, &intent) != KL_OK) {
        return err->kind;
    }
    f.intent = intent;
    if (confirmed && book(&f) != KL_OK) {
        return err->kind;
    }
    order->pending_op = confirmed ? op->next_op : "";
    no_orphan_any_more(order, op);
    return kl_order_check(order, err);
}
