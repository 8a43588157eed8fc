/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order as the routes show it, in Klarna's words where Klarna has them. It never shows
 * the shopper's key, the client token or a client's idempotency key: what may see those
 * adds them itself.
 */
#include "core/order_view.h"

#include "core/instore.h"
#include "core/order_parts.h"
#include "core/view.h"
#include "core/plan_capture.h"
#include "core/plan_credit.h"
#include "core/plan_lines.h"
#include "core/plan_shares.h"
#include "core/why_not.h"
#include "core/line.h"

/* --- lines ----------------------------------------------------------------------- */

/* What can still be done with each line. */
typedef struct limits_t {
    const kl_part_t *capture, *credit;
} limits_t;

static kl_json_t *line_view(apr_pool_t *p, const kl_order_t *order, int i, const limits_t *most)
{
    const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
    kl_json_t *v = kl_order_parts_line(p, line, KL_SHOWN);
    int open = kl_order_open_amount(order) > 0;

    kl_json_set_int(v, "max_capture_quantity", most->capture[i].quantity);
    kl_json_set_int(v, "max_capture_amount", most->capture[i].amount);
    kl_json_set_int(v, "max_credit_quantity", most->credit[i].quantity);
    kl_json_set_int(v, "max_credit_amount", most->credit[i].amount);
    kl_json_set_bool(v, "shared", kl_plan_shares_has(line));
    kl_json_set_int(v, "open_quantity", open ? kl_line_open_quantity(line) : 0);
    kl_json_set_int(v, "open_amount", open ? kl_line_open_amount(line) : 0);
    kl_order_parts_moved(v, line, KL_SHOWN);
    kl_json_set_int(v, "creditable_quantity", kl_line_creditable_quantity(line));
    kl_json_set_int(v, "creditable_amount", kl_line_creditable_amount(line));
    return v;
}

static kl_json_t *moved_lines_view(apr_pool_t *p, const kl_order_t *order,
                                   const apr_array_header_t *parts)
{
    kl_json_t *arr = kl_json_array(p);

    for (int i = 0; i < parts->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(parts, i, kl_movement_line_t);
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, part->line, kl_line_t);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_str(v, "reference", line->reference);
        kl_json_set_str(v, "name", line->name);
        kl_json_set_int(v, "quantity", part->quantity);
        kl_json_set_int(v, "amount", part->amount);
        kl_json_append(arr, v);
    }
    return arr;
}

/* --- captures and credit invoices ------------------------------------------------ */

static kl_json_t *capture_view(apr_pool_t *p, const kl_order_t *order, const kl_capture_t *capture)
{
    kl_json_t *v = kl_order_parts_capture(p, capture, KL_SHOWN);

    kl_json_set_int(v, "captured_amount", capture->moved.amount);
    kl_json_set(v, "lines", moved_lines_view(p, order, capture->moved.lines));
    kl_json_set(v, "shipping_info", kl_view_array(p, capture->shipping_info));
    return v;
}

kl_json_t *kl_order_view_credit_invoice(apr_pool_t *p, const kl_order_t *order,
                                        const kl_credit_invoice_t *ci)
{
    kl_json_t *v = kl_order_parts_credit_invoice(p, ci, KL_SHOWN);

    kl_json_set_str(v, "order_id", order->id);
    kl_json_set(v, "lines", moved_lines_view(p, order, ci->lines));
    return v;
}

/* What an amount is written as, where it is of no lines. */
static kl_json_t *added_view(apr_pool_t *p, const kl_order_t *order,
                             const kl_credit_step_plan_t *step)
{
    if (step->moved.lines->nelts > 0 || step->verb == KL_VERB_CANCEL
        || step->verb == KL_VERB_RELEASE) {
        return kl_json_array(p);
    }
    return kl_order_parts_klarna_lines(p, step->verb == KL_VERB_REDUCE
                                              ? kl_plan_lines_reduction(p, order, &step->moved)
                                              : kl_plan_lines_klarna(p, order, &step->moved));
}

static kl_json_t *step_plan_view(apr_pool_t *p, const kl_order_t *order,
                                 const kl_credit_step_plan_t *step)
{
    const kl_words_t *sentence = kl_plan_credit_sentence(step);
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "verb", kl_plan_credit_verb_name(step->verb));
    kl_json_set_int(v, "amount", step->moved.amount);
    kl_json_set_str(v, "sentence", sentence->text);
    kl_json_set_str(v, "sentence_code", sentence->code);
    kl_json_set(v, "lines", moved_lines_view(p, order, step->moved.lines));
    kl_json_set(v, "added", added_view(p, order, step));
    return v;
}

kl_json_t *kl_order_view_capture_plan(apr_pool_t *p, const kl_order_t *order,
                                      const kl_movement_t *moved)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_int(v, "captured_amount", moved->amount);
    kl_json_set_str(v, "purchase_currency", order->currency);
    kl_json_set(v, "lines", moved_lines_view(p, order, moved->lines));
    return v;
}

kl_json_t *kl_order_view_credit_plan(apr_pool_t *p, const kl_order_t *order,
                                     const kl_credit_plan_t *plan)
{
    kl_json_t *v = kl_json_object(p), *steps = kl_json_array(p);
    apr_int64_t refund = 0, fee = 0;

    for (int i = 0; i < plan->steps; i++) {
        const kl_credit_step_plan_t *step = &plan->step[i];

        refund += step->verb == KL_VERB_REFUND ? step->moved.amount : 0;
        fee += step->moved.return_fee;
        kl_json_append(steps, step_plan_view(p, order, step));
    }
    kl_json_set_int(v, "amount", plan->amount);
    kl_json_set_int(v, "refund_amount", refund);
    kl_json_set_int(v, "return_fee", fee);
    kl_json_set_int(v, "max_return_fee", kl_plan_credit_max_fee(order, plan));
    kl_json_set_str(v, "purchase_currency", order->currency);
    kl_json_set(v, "steps", steps);
    return v;
}

/* --- the order ------------------------------------------------------------------- */

static kl_json_t *actions_view(apr_pool_t *p, const kl_order_t *order)
{
    kl_json_t *v = kl_json_object(p);

    kl_view_action(p, v, "capture", kl_why_not_capture(order));
    kl_view_action(p, v, "credit_invoice", kl_why_not_credit(order));
    kl_view_action(p, v, "cancel", kl_why_not_cancel(order));
    kl_view_action(p, v, "extend", kl_why_not_extend(order));
    kl_view_action(p, v, "release", kl_why_not_release(order));
    kl_view_action(p, v, "due_date", kl_why_not_due_date(order));
    kl_view_action(p, v, "send_out", kl_why_not_send_out(order));
    kl_view_action(p, v, "lines", kl_why_not_lines(order));
    kl_view_action(p, v, "references", kl_why_not_references(order));
    kl_view_action(p, v, "shipping_address", kl_why_not_shipping_address(order));
    kl_view_action(p, v, "adopt", kl_why_not_adopt(order));
    kl_view_action(p, v, "seen", kl_why_not_seen(order));
    return v;
}

static void add_lists(apr_pool_t *p, kl_json_t *v, const kl_order_t *order)
{
    kl_json_t *lines = kl_json_array(p), *captures = kl_json_array(p), *cis = kl_json_array(p);
    const limits_t most = {kl_plan_capture_limits(p, order), kl_plan_credit_limits(p, order)};

    for (int i = 0; i < order->lines->nelts; i++) {
        kl_json_append(lines, line_view(p, order, i, &most));
    }
    for (int i = 0; i < order->captures->nelts; i++) {
        kl_json_append(captures,
                       capture_view(p, order, &APR_ARRAY_IDX(order->captures, i, kl_capture_t)));
    }
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        kl_json_append(cis, kl_order_view_credit_invoice(p, order,
                                                         &APR_ARRAY_IDX(order->credit_invoices, i,
                                                                        kl_credit_invoice_t)));
    }
    kl_json_set(v, "order_lines", lines);
    kl_json_set(v, "captures", captures);
    kl_json_set(v, "credit_invoices", cis);
    kl_json_set(v, "outside", kl_order_parts_outside(p, order->outside, KL_SHOWN));
    kl_json_set(v, "actions", actions_view(p, order));
}

static void add_amounts(kl_json_t *v, const kl_order_t *order)
{
    kl_json_set_int(v, "original_order_amount", order->original_amount);
    kl_json_set_int(v, "order_amount", order->order_amount);
    kl_json_set_int(v, "order_tax_amount", order->order_tax_amount);
    kl_json_set_int(v, "captured_amount", order->captured_amount);
    kl_json_set_int(v, "refunded_amount", order->refunded_amount);
    kl_json_set_int(v, "remaining_authorized_amount", order->remaining_amount);
    kl_json_set_int(v, "return_fees_kept", kl_order_fees_kept(order));
    kl_json_set_int(v, "creditable_amount", kl_order_creditable_amount(order));
    kl_json_set_int(v, "max_credit_amount", kl_order_credit_limit(order));
}

/* Where in a store it was paid. */
static void add_shop(apr_pool_t *p, kl_json_t *v, const kl_order_t *order)
{
    const kl_instore_t *shop = order->instore ? order->instore : kl_instore_make(p);

    kl_view_word(v, "department", shop->department);
    kl_view_word(v, "till", shop->till);
    kl_view_word(v, "terminal", shop->terminal);
    kl_view_word(v, "cashier", shop->cashier);
    kl_view_word(v, "invoice", shop->invoice);
}

kl_json_t *kl_order_view(apr_pool_t *p, const kl_order_t *order, int full)
{
    const kl_words_t *sentence = kl_order_sentence(order);
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "id", order->id);
    kl_json_set_str(v, "state", kl_order_state_name(order->state));
    kl_json_set_str(v, "sentence", sentence->text);
    kl_json_set_str(v, "sentence_code", sentence->code);
    kl_view_word(v, "reason_code", order->reason_code);
    kl_view_word(v, "reason", order->reason);
    kl_view_word(v, "pending_operation", order->pending_op);
    kl_view_word(v, "attention", kl_attention_name(order->attention));
    kl_view_word(v, "waiting", order->waiting);
    kl_view_word(v, "channel", order->channel);
    add_shop(p, v, order);
    kl_json_set_str(v, "merchant", order->account);
    kl_json_set_str(v, "environment", order->environment);
    kl_view_word(v, "klarna_order_id", order->klarna_order_id);
    kl_view_word(v, "klarna_reference", order->klarna_reference);
    kl_view_word(v, "merchant_reference1", order->reference1);
    kl_view_word(v, "merchant_reference2", order->reference2);
    kl_view_word(v, "fraud_status", order->fraud_status);
    kl_json_set_str(v, "purchase_country", order->country);
    kl_json_set_str(v, "purchase_currency", order->currency);
    kl_view_word(v, "locale", order->locale);
    add_amounts(v, order);
    kl_view_time(p, v, "created_at", order->created_at);
    kl_view_time(p, v, "updated_at", order->updated_at);
    kl_view_time(p, v, "expires_at", order->expires_at);
    if (full) {
        add_lists(p, v, order);
    }
    return v;
}
