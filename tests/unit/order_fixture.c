/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders for the tests of plans and bookings; see order_fixture.h.
 */
#include "order_fixture.h"

#include <apr_strings.h>
#include "core/money.h"
#include "core/plan_json.h"
#include "core/plan_lines.h"
#include "core/plan_credit.h"
#include "core/plan_capture.h"
#include "core/ledger.h"
#include "core/order_check.h"

kl_order_t *fixture_order(apr_pool_t *p)
{
    kl_order_t *order = kl_order_make(p);

    order->id = "0b7b34b8-8b52-4f3a-9d2c-5b8a5a0b2f10";
    order->key = "the-shoppers-key";
    order->client_token = "a-client-token";
    order->account = "shop";
    order->environment = "playground";
    order->country = "SE";
    order->currency = "SEK";
    order->klarna_order_id = "klarna-order";
    order->session_id = "a-session";
    order->fraud_status = "ACCEPTED";
    order->state = KL_ORDER_AUTHORIZED;
    order->created_at = order->updated_at = apr_time_from_sec(1790000000);
    return order;
}

kl_line_t *fixture_line(kl_order_t *order, kl_line_type_t type, const char *reference,
                        apr_int64_t quantity, apr_int64_t unit_price, apr_int64_t discount,
                        apr_int64_t tax_rate)
{
    kl_line_t *line = apr_array_push(order->lines);

    memset(line, 0, sizeof(*line));
    line->type = type;
    line->reference = line->name = reference;
    line->quantity_unit = line->image_url = line->product_url = line->merchant_data = "";
    line->quantity = quantity;
    line->unit_price = unit_price;
    line->tax_rate = tax_rate;
    line->total_discount_amount = discount;
    line->total_amount = quantity * unit_price - discount;
    line->total_tax_amount = kl_money_tax_within(line->total_amount, tax_rate);
    order->original_amount = order->order_amount += line->total_amount;
    order->remaining_amount = order->order_amount;
    order->order_tax_amount += line->total_tax_amount;
    return line;
}

kl_order_t *fixture_shop(apr_pool_t *p)
{
    kl_order_t *order = fixture_order(p);

    fixture_line(order, KL_LINE_PHYSICAL, "shirt", 3, 10000, 0, 2500);
    fixture_line(order, KL_LINE_PHYSICAL, "mug", 2, 5000, 1000, 1200);
    fixture_line(order, KL_LINE_SHIPPING_FEE, "ship", 1, 4900, 0, 2500);
    fixture_line(order, KL_LINE_DISCOUNT, "off", 1, -3000, 0, 2500);
    return order;
}

kl_json_t *fixture_json(apr_pool_t *p, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    char *json = apr_pstrdup(p, text);
    kl_json_t *v;

    for (char *c = json; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    v = kl_json_parse(p, json, strlen(json), err);
    assert_non_null(v);
    return v;
}

kl_line_t *fixture_at(const kl_order_t *order, const char *reference)
{
    int i = kl_order_find_line(order, reference);

    assert_true(i >= 0);
    return &APR_ARRAY_IDX(order->lines, i, kl_line_t);
}

kl_kind_t fixture_plan_capture(kl_movement_t *m, apr_pool_t *p, const kl_order_t *order,
                               const char *text, kl_error_t *err)
{
    kl_capture_request_t want;

    if (kl_plan_json_capture(&want, p, fixture_json(p, text), err) != KL_OK) {
        return err->kind;
    }
    return kl_plan_capture(m, p, order, &want, err);
}

kl_kind_t fixture_plan_credit(kl_credit_plan_t *plan, apr_pool_t *p, const kl_order_t *order,
                              const char *text, kl_error_t *err)
{
    kl_credit_request_t want;

    if (kl_plan_json_credit(&want, p, fixture_json(p, text), err) != KL_OK) {
        return err->kind;
    }
    return kl_plan_credit(plan, p, order, &want, err);
}

static kl_operation_t *operation(apr_pool_t *p, kl_op_kind_t kind, const char *intent)
{
    static int n;
    kl_operation_t *op = kl_operation_make(p);

    op->id = apr_psprintf(p, "operation-%d", ++n);
    op->result_id = apr_psprintf(p, "result-%d", n);
    op->kind = kind;
    op->intent = intent;
    op->updated_at = apr_time_from_sec(1790000100);
    return op;
}

kl_kind_t fixture_book(kl_order_t *order, apr_pool_t *p, kl_op_kind_t kind, const char *intent,
                       kl_op_state_t state, kl_error_t *err)
{
    kl_operation_t *op = operation(p, kind, intent);

    op->state = state;
    order->pending_op = op->id;
    return kl_booking_operation(order, p, op, err);
}

static const char *intent_of(apr_pool_t *p, const kl_movement_t *m)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set(v, "movement", kl_ledger_movement_json(p, m));
    return kl_json_text(p, v);
}

kl_kind_t fixture_capture(kl_order_t *order, apr_pool_t *p, const char *text, kl_error_t *err)
{
    kl_movement_t m;

    if (fixture_plan_capture(&m, p, order, text, err) != KL_OK) {
        return err->kind;
    }
    check_klarna_lines(kl_plan_lines_klarna(p, order, &m), m.lines->nelts ? m.amount : 0);
    return fixture_book(order, p, KL_OP_CAPTURE, intent_of(p, &m), KL_OP_CONFIRMED, err);
}

static kl_op_kind_t kind_of(kl_verb_t verb)
{
    switch (verb) {
    case KL_VERB_CANCEL:
        return KL_OP_CANCEL;
    case KL_VERB_REDUCE:
        return KL_OP_REDUCE;
    case KL_VERB_RELEASE:
        return KL_OP_RELEASE;
    default:
        return KL_OP_REFUND;
    }
}

static void add_step(kl_credit_invoice_t *ci, const kl_credit_step_plan_t *step,
                     const kl_operation_t *op)
{
    apr_array_cat(ci->lines, step->moved.lines);
    APR_ARRAY_PUSH(ci->steps, kl_credit_step_t) = (kl_credit_step_t){
        .operation_id = op->id,
        .verb = kl_plan_credit_verb_name(step->verb),
        .amount = step->moved.amount,
        .state = "queued",
        .refund_id = "",
    };
}

/* What Klarna would be sent must be right for every plan. */
static void check_step_lines(apr_pool_t *p, const kl_order_t *order,
                             const kl_credit_step_plan_t *step)
{
    if (step->verb == KL_VERB_REDUCE) {
        check_klarna_lines(kl_plan_lines_reduced(p, order, &step->moved),
                           order->order_amount - step->moved.amount);
    }
    if (step->verb == KL_VERB_REFUND && step->moved.lines->nelts > 0) {
        check_klarna_lines(kl_plan_lines_klarna(p, order, &step->moved), step->moved.amount);
    }
}

kl_kind_t fixture_credit_refused(kl_order_t *order, apr_pool_t *p, const char *text,
                                 int refused_step, kl_error_t *err)
{
    kl_credit_invoice_t ci = {.id = "",
                              .reference = "",
                              .comment = "",
                              .actor = "clerk",
                              .state = "pending",
                              .created_at = apr_time_from_sec(1790000050)};
    kl_operation_t *ops[2] = {NULL, NULL};
    kl_credit_plan_t plan;

    if (fixture_plan_credit(&plan, p, order, text, err) != KL_OK) {
        return err->kind;
    }
    assert_in_range(plan.steps, 1, 2);
    ci.lines = apr_array_make(p, 4, sizeof(kl_movement_line_t));
    ci.steps = apr_array_make(p, 2, sizeof(kl_credit_step_t));
    ci.amount = plan.amount;
    ci.return_fee = plan.step[plan.steps - 1].moved.return_fee;
    for (int i = 0; i < plan.steps; i++) {
        check_step_lines(p, order, &plan.step[i]);
        ops[i] = operation(p, kind_of(plan.step[i].verb), intent_of(p, &plan.step[i].moved));
        ci.id = apr_pstrcat(p, "credit-of-", ops[0]->id, NULL);
        ops[i]->credit_invoice_id = ci.id;
        ops[i]->state = i == refused_step ? KL_OP_REFUSED : KL_OP_CONFIRMED;
        add_step(&ci, &plan.step[i], ops[i]);
    }
    ops[0]->next_op = ops[1] != NULL ? ops[1]->id : "";
    order->pending_op = ops[0]->id;
    kl_booking_credit_invoice(order, p, &ci);
    for (int i = 0; i < plan.steps && order->pending_op[0] != '\0'; i++) {
        if (kl_booking_operation(order, p, ops[i], err) != KL_OK) {
            return err->kind;
        }
    }
    return KL_OK;
}

kl_kind_t fixture_credit(kl_order_t *order, apr_pool_t *p, const char *text, kl_error_t *err)
{
    return fixture_credit_refused(order, p, text, -1, err);
}

static void must(kl_kind_t kind, const kl_error_t *err)
{
    if (kind != KL_OK) {
        fail_msg("%s: %s", err->code, err->detail);
    }
}

void must_capture(kl_order_t *order, apr_pool_t *p, const char *text)
{
    kl_error_t *err = kl_error_make(p);

    must(fixture_capture(order, p, text, err), err);
}

void must_credit(kl_order_t *order, apr_pool_t *p, const char *text)
{
    kl_error_t *err = kl_error_make(p);

    must(fixture_credit(order, p, text, err), err);
}

void check_klarna_lines(const apr_array_header_t *lines, apr_int64_t sum)
{
    apr_int64_t total = 0;

    for (int i = 0; i < lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(lines, i, kl_line_t);

        assert_true(line->quantity >= 1);
        assert_true(line->total_discount_amount >= 0);
        assert_int_equal(line->total_amount,
                         line->quantity * line->unit_price - line->total_discount_amount);
        assert_int_equal(line->total_tax_amount,
                         kl_money_tax_within(line->total_amount, line->tax_rate));
        total += line->total_amount;
    }
    assert_int_equal(total, sum);
}

void check_amounts(const kl_order_t *order, kl_order_state_t state, apr_int64_t order_amount,
                   apr_int64_t captured, apr_int64_t refunded, apr_int64_t remaining)
{
    kl_error_t *err = kl_error_make(order->lines->pool);

    assert_string_equal(kl_order_state_name(order->state), kl_order_state_name(state));
    assert_int_equal(order->order_amount, order_amount);
    assert_int_equal(order->captured_amount, captured);
    assert_int_equal(order->refunded_amount, refunded);
    assert_int_equal(order->remaining_amount, remaining);
    must(kl_order_check(order, err), err);
}
