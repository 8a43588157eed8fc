/* SPDX-License-Identifier: Apache-2.0 */
/* See order_parts.h. */
#include "core/order_parts.h"

#include "core/view.h"
#include "core/line.h"

/* --- members ---------------------------------------------------------------------- */

/* In Klarna's words: a member that a line may have. */
static void known(kl_json_t *v, const char *key, const char *word)
{
    kl_json_set_str(v, key, word != NULL && word[0] != '\0' ? word : NULL);
}

/* What there may be none of: shown as null. */
static void word(kl_json_t *v, const char *key, const char *text, kl_style_t style)
{
    if (style == KL_SHOWN) {
        kl_view_word(v, key, text);
    }
    else {
        known(v, key, text);
    }
}

/* Text that someone wrote, even an empty one. */
static void text(kl_json_t *v, const char *key, const char *written, kl_style_t style)
{
    if (style == KL_SHOWN || written[0] != '\0') {
        kl_json_set_str(v, key, written);
    }
}

static void number(kl_json_t *v, const char *key, apr_int64_t n, kl_style_t style)
{
    if (style == KL_SHOWN || n != 0) {
        kl_json_set_int(v, key, n);
    }
}

static void moment(apr_pool_t *p, kl_json_t *v, const char *key, apr_time_t t, kl_style_t style)
{
    if (style == KL_SHOWN) {
        kl_view_time(p, v, key, t);
    }
    else {
        kl_json_set_int(v, key, t);
    }
}

/* --- parts ------------------------------------------------------------------------ */

kl_json_t *kl_order_parts_line(apr_pool_t *p, const kl_line_t *line, kl_style_t style)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "type", kl_line_type_name(line->type));
    known(v, "reference", line->reference);
    kl_json_set_str(v, "name", line->name);
    kl_json_set_int(v, "quantity", line->quantity);
    known(v, "quantity_unit", line->quantity_unit);
    kl_json_set_int(v, "unit_price", line->unit_price);
    kl_json_set_int(v, "tax_rate", line->tax_rate);
    kl_json_set_int(v, "total_amount", line->total_amount);
    number(v, "total_discount_amount", line->total_discount_amount, style);
    number(v, "total_tax_amount", line->total_tax_amount, style);
    known(v, "image_url", line->image_url);
    known(v, "product_url", line->product_url);
    known(v, "merchant_data", line->merchant_data);
    return v;
}

kl_json_t *kl_order_parts_klarna_lines(apr_pool_t *p, const apr_array_header_t *lines)
{
    kl_json_t *arr = kl_json_array(p);

    for (int i = 0; i < lines->nelts; i++) {
        kl_json_append(arr, kl_order_parts_line(p, &APR_ARRAY_IDX(lines, i, kl_line_t), KL_SHOWN));
    }
    return arr;
}

void kl_order_parts_moved(kl_json_t *v, const kl_line_t *line, kl_style_t style)
{
    number(v, "cancelled_quantity", line->cancelled_quantity, style);
    number(v, "cancelled_amount", line->cancelled_amount, style);
    number(v, "captured_quantity", line->captured_quantity, style);
    number(v, "captured_amount", line->captured_amount, style);
    number(v, "credited_quantity", line->credited_quantity, style);
    number(v, "credited_amount", line->credited_amount, style);
}

kl_json_t *kl_order_parts_capture(apr_pool_t *p, const kl_capture_t *capture, kl_style_t style)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "capture_id", capture->capture_id);
    word(v, "operation_id", capture->operation_id, style);
    word(v, "klarna_reference", capture->klarna_reference, style);
    text(v, "reference", capture->reference, style);
    text(v, "description", capture->description, style);
    moment(p, v, "captured_at", capture->captured_at, style);
    number(v, "due_date_days", capture->due_date_days, style);
    return v;
}

static kl_json_t *step_json(apr_pool_t *p, const kl_credit_step_t *step, kl_style_t style)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "verb", step->verb);
    kl_json_set_int(v, "amount", step->amount);
    kl_json_set_str(v, "state", step->state);
    word(v, "operation_id", step->operation_id, style);
    word(v, "refund_id", step->refund_id, style);
    return v;
}

kl_json_t *kl_order_parts_credit_invoice(apr_pool_t *p, const kl_credit_invoice_t *ci,
                                         kl_style_t style)
{
    kl_json_t *v = kl_json_object(p), *steps = kl_json_array(p);

    kl_json_set_str(v, "id", ci->id);
    kl_json_set_str(v, "state", ci->state);
    text(v, "reference", ci->reference, style);
    text(v, "comment", ci->comment, style);
    text(v, "actor", ci->actor, style);
    known(v, "credit_note", ci->credit_note);
    kl_json_set_int(v, "amount", ci->amount);
    number(v, "paid_amount", ci->paid_amount, style);
    number(v, "return_fee", ci->return_fee, style);
    moment(p, v, "created_at", ci->created_at, style);
    for (int i = 0; i < ci->steps->nelts; i++) {
        kl_json_append(steps, step_json(p, &APR_ARRAY_IDX(ci->steps, i, kl_credit_step_t), style));
    }
    kl_json_set(v, "steps", steps);
    return v;
}

kl_json_t *kl_order_parts_outside(apr_pool_t *p, const apr_array_header_t *list, kl_style_t style)
{
    kl_json_t *arr = kl_json_array(p);

    for (int i = 0; i < list->nelts; i++) {
        const kl_outside_t *seen = &APR_ARRAY_IDX(list, i, kl_outside_t);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_str(v, "kind", seen->kind);
        kl_json_set_int(v, "amount", seen->amount);
        moment(p, v, "at", seen->at, style);
        word(v, "result_id", seen->result_id, style);
        kl_json_append(arr, v);
    }
    return arr;
}
