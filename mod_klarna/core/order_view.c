/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order as the routes show it, in Klarna's words where Klarna has them. It never shows
 * the shopper's key, the client token or a client's idempotency key: what may see those
 * adds them itself.
 */
#include "core/order_view.h"

#include "core/view.h"

/* --- lines ----------------------------------------------------------------------- */

static void set_known(kl_json_t *obj, const char *key, const char *word)
{
    kl_json_set_str(obj, key, word != NULL && word[0] != '\0' ? word : NULL);
}

static kl_json_t *line_klarna(apr_pool_t *p, const kl_line_t *line)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "type", kl_line_type_name(line->type));
    set_known(v, "reference", line->reference);
    kl_json_set_str(v, "name", line->name);
    kl_json_set_int(v, "quantity", line->quantity);
    set_known(v, "quantity_unit", line->quantity_unit);
    kl_json_set_int(v, "unit_price", line->unit_price);
    kl_json_set_int(v, "tax_rate", line->tax_rate);
    kl_json_set_int(v, "total_amount", line->total_amount);
    kl_json_set_int(v, "total_discount_amount", line->total_discount_amount);
    kl_json_set_int(v, "total_tax_amount", line->total_tax_amount);
    set_known(v, "image_url", line->image_url);
    set_known(v, "product_url", line->product_url);
    set_known(v, "merchant_data", line->merchant_data);
    return v;
}

kl_json_t *kl_lines_klarna(apr_pool_t *p, const apr_array_header_t *lines)
{
    kl_json_t *arr = kl_json_array(p);

    for (int i = 0; i < lines->nelts; i++) {
        kl_json_append(arr, line_klarna(p, &APR_ARRAY_IDX(lines, i, kl_line_t)));
    }
    return arr;
}

static kl_json_t *line_view(apr_pool_t *p, const kl_order_t *order, const kl_line_t *line)
{
    kl_json_t *v = line_klarna(p, line);
    apr_int64_t quantity, amount;

    kl_line_credit_limit(order, line, &quantity, &amount);
    kl_json_set_int(v, "max_credit_quantity", quantity);
    kl_json_set_int(v, "max_credit_amount", amount);
    kl_json_set_int(v, "open_quantity", kl_line_open_quantity(line));
    kl_json_set_int(v, "open_amount", kl_line_open_amount(line));
    kl_json_set_int(v, "cancelled_quantity", line->cancelled_quantity);
    kl_json_set_int(v, "cancelled_amount", line->cancelled_amount);
    kl_json_set_int(v, "captured_quantity", line->captured_quantity);
    kl_json_set_int(v, "captured_amount", line->captured_amount);
    kl_json_set_int(v, "credited_quantity", line->credited_quantity);
    kl_json_set_int(v, "credited_amount", line->credited_amount);
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
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "capture_id", capture->capture_id);
    kl_view_word(v, "operation_id", capture->operation_id);
    kl_json_set_str(v, "reference", capture->reference);
    kl_json_set_str(v, "description", capture->description);
    kl_view_time(p, v, "captured_at", capture->captured_at);
    kl_json_set_int(v, "captured_amount", capture->moved.amount);
    kl_json_set(v, "lines", moved_lines_view(p, order, capture->moved.lines));
    kl_json_set(v, "shipping_info", kl_view_array(p, capture->shipping_info));
    return v;
}

static kl_json_t *step_view(apr_pool_t *p, const kl_credit_step_t *step)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "verb", step->verb);
    kl_json_set_int(v, "amount", step->amount);
    kl_json_set_str(v, "state", step->state);
    kl_view_word(v, "operation_id", step->operation_id);
    kl_view_word(v, "refund_id", step->refund_id);
    return v;
}

kl_json_t *kl_credit_invoice_view(apr_pool_t *p, const kl_order_t *order,
                                  const kl_credit_invoice_t *ci)
{
    kl_json_t *v = kl_json_object(p);
    kl_json_t *steps = kl_json_array(p);

    kl_json_set_str(v, "id", ci->id);
    kl_json_set_str(v, "order_id", order->id);
    kl_json_set_str(v, "state", ci->state);
    kl_json_set_str(v, "reference", ci->reference);
    kl_json_set_str(v, "comment", ci->comment);
    kl_json_set_str(v, "actor", ci->actor);
    kl_json_set_int(v, "amount", ci->amount);
    kl_json_set_int(v, "paid_amount", ci->paid_amount);
    kl_json_set_int(v, "return_fee", ci->return_fee);
    kl_view_time(p, v, "created_at", ci->created_at);
    kl_json_set(v, "lines", moved_lines_view(p, order, ci->lines));
    for (int i = 0; i < ci->steps->nelts; i++) {
        kl_json_append(steps, step_view(p, &APR_ARRAY_IDX(ci->steps, i, kl_credit_step_t)));
    }
    kl_json_set(v, "steps", steps);
    return v;
}

static kl_json_t *step_plan_view(apr_pool_t *p, const kl_order_t *order,
                                 const kl_credit_step_plan_t *step)
{
    const kl_words_t *sentence = kl_credit_step_sentence(step);
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "verb", kl_verb_name(step->verb));
    kl_json_set_int(v, "amount", step->moved.amount);
    kl_json_set_str(v, "sentence", sentence->text);
    kl_json_set_str(v, "sentence_code", sentence->code);
    kl_json_set(v, "lines", moved_lines_view(p, order, step->moved.lines));
    return v;
}

kl_json_t *kl_credit_plan_view(apr_pool_t *p, const kl_order_t *order, const kl_credit_plan_t *plan)
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
    kl_json_set_int(v, "max_return_fee", kl_credit_max_fee(plan));
    kl_json_set_str(v, "purchase_currency", order->currency);
    kl_json_set(v, "steps", steps);
    return v;
}

static kl_json_t *outside_view(apr_pool_t *p, const apr_array_header_t *list)
{
    kl_json_t *arr = kl_json_array(p);

    for (int i = 0; i < list->nelts; i++) {
        const kl_outside_t *seen = &APR_ARRAY_IDX(list, i, kl_outside_t);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_str(v, "kind", seen->kind);
        kl_json_set_int(v, "amount", seen->amount);
        kl_view_time(p, v, "at", seen->at);
        kl_view_word(v, "result_id", seen->result_id);
        kl_json_append(arr, v);
    }
    return arr;
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
    kl_view_action(p, v, "adopt", kl_why_not_adopt(order));
    kl_view_action(p, v, "seen", kl_why_not_seen(order));
    return v;
}

static void add_lists(apr_pool_t *p, kl_json_t *v, const kl_order_t *order)
{
    kl_json_t *lines = kl_json_array(p), *captures = kl_json_array(p), *cis = kl_json_array(p);

    for (int i = 0; i < order->lines->nelts; i++) {
        kl_json_append(lines, line_view(p, order, &APR_ARRAY_IDX(order->lines, i, kl_line_t)));
    }
    for (int i = 0; i < order->captures->nelts; i++) {
        kl_json_append(captures,
                       capture_view(p, order, &APR_ARRAY_IDX(order->captures, i, kl_capture_t)));
    }
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        kl_json_append(cis, kl_credit_invoice_view(p, order,
                                                   &APR_ARRAY_IDX(order->credit_invoices, i,
                                                                  kl_credit_invoice_t)));
    }
    kl_json_set(v, "order_lines", lines);
    kl_json_set(v, "captures", captures);
    kl_json_set(v, "credit_invoices", cis);
    kl_json_set(v, "outside", outside_view(p, order->outside));
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

kl_json_t *kl_order_view(apr_pool_t *p, const kl_order_t *order, int full)
{
    const kl_words_t *sentence = kl_order_sentence(order);
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "id", order->id);
    kl_json_set_str(v, "state", kl_order_state_name(order->state));
    kl_json_set_str(v, "sentence", sentence->text);
    kl_json_set_str(v, "sentence_code", sentence->code);
    kl_view_word(v, "pending_operation", order->pending_op);
    kl_view_word(v, "attention", kl_attention_name(order->attention));
    kl_view_word(v, "waiting", order->waiting);
    kl_view_word(v, "channel", order->channel);
    kl_json_set_str(v, "merchant", order->merchant);
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
