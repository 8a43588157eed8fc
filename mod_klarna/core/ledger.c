/* SPDX-License-Identifier: Apache-2.0 */
/* See ledger.h. */
#include "core/ledger.h"
#include <string.h>

#include "core/instore.h"
#include "core/limits.h"
#include "core/order.h"
#include "core/order_parts.h"
#include "core/line.h"
#include "core/reader.h"

#define VERSION 1
/* Entries of a list. Plans keep to the limits of limits.h, but what others did at Klarna is booked
 * beyond them and must stay readable. */
#define MANY KL_MANY

/* --- writing --------------------------------------------------------------------- */

static void set_word(kl_json_t *obj, const char *key, const char *word)
{
    kl_json_set_str(obj, key, word[0] != '\0' ? word : NULL);
}

static void set_number(kl_json_t *obj, const char *key, apr_int64_t n)
{
    if (n != 0) {
        kl_json_set_int(obj, key, n);
    }
}

static kl_json_t *line_json(apr_pool_t *p, const kl_line_t *line)
{
    kl_json_t *v = kl_order_parts_line(p, line, KL_STORED);

    kl_order_parts_moved(v, line, KL_STORED);
    return v;
}

kl_json_t *kl_ledger_lines_json(apr_pool_t *p, const apr_array_header_t *lines)
{
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p);

    for (int i = 0; i < lines->nelts; i++) {
        kl_json_append(list, line_json(p, &APR_ARRAY_IDX(lines, i, kl_line_t)));
    }
    kl_json_set(v, "lines", list);
    return v;
}

static kl_json_t *movement_lines_json(apr_pool_t *p, const apr_array_header_t *lines)
{
    kl_json_t *arr = kl_json_array(p);

    for (int i = 0; i < lines->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(lines, i, kl_movement_line_t);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_int(v, "line", part->line);
        kl_json_set_int(v, "quantity", part->quantity);
        kl_json_set_int(v, "amount", part->amount);
        kl_json_append(arr, v);
    }
    return arr;
}

kl_json_t *kl_ledger_movement_json(apr_pool_t *p, const kl_movement_t *m)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_int(v, "amount", m->amount);
    kl_json_set(v, "lines", movement_lines_json(p, m->lines));
    set_number(v, "return_fee", m->return_fee);
    set_number(v, "return_fee_tax_rate", m->return_fee_tax_rate);
    kl_json_set_str(v, "name", m->name && m->name[0] ? m->name : NULL);
    if (m->taxed) {
        kl_json_set_int(v, "tax_rate", m->tax_rate);
    }
    return v;
}

static kl_json_t *capture_json(apr_pool_t *p, const kl_capture_t *capture)
{
    kl_json_t *v = kl_order_parts_capture(p, capture, KL_STORED);

    kl_json_set(v, "moved", kl_ledger_movement_json(p, &capture->moved));
    kl_json_set_str(v, "shipping_info", capture->shipping_info);
    return v;
}

static kl_json_t *credit_invoice_json(apr_pool_t *p, const kl_credit_invoice_t *ci)
{
    kl_json_t *v = kl_order_parts_credit_invoice(p, ci, KL_STORED);

    kl_json_set(v, "lines", movement_lines_json(p, ci->lines));
    return v;
}

/* No list at all where there is nothing: most orders are never touched by others. */
static kl_json_t *outside_json(apr_pool_t *p, const apr_array_header_t *list)
{
    return list->nelts > 0 ? kl_order_parts_outside(p, list, KL_STORED) : NULL;
}

const char *kl_ledger_text(apr_pool_t *p, const kl_order_t *order)
{
    kl_json_t *v = kl_json_object(p);
    kl_json_t *lines = kl_json_array(p), *captures = kl_json_array(p), *cis = kl_json_array(p);

    for (int i = 0; i < order->lines->nelts; i++) {
        kl_json_append(lines, line_json(p, &APR_ARRAY_IDX(order->lines, i, kl_line_t)));
    }
    for (int i = 0; i < order->captures->nelts; i++) {
        kl_json_append(captures, capture_json(p, &APR_ARRAY_IDX(order->captures, i, kl_capture_t)));
    }
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        kl_json_append(cis, credit_invoice_json(p, &APR_ARRAY_IDX(order->credit_invoices, i,
                                                                  kl_credit_invoice_t)));
    }
    kl_json_set_int(v, "version", VERSION);
    kl_json_set(v, "lines", lines);
    kl_json_set(v, "captures", captures);
    kl_json_set(v, "credit_invoices", cis);
    kl_json_set(v, "outside", outside_json(p, order->outside));
    kl_json_set(v, "payment_methods", order->payment_methods);
    kl_json_set(v, "instore", kl_instore_json(p, order->instore));
    set_word(v, "waiting_too", order->waiting_too);
    set_number(v, "unacknowledged", order->unacknowledged);
    set_number(v, "seen_at", order->seen_at);
    set_number(v, "authorized_at", order->authorized_at);
    set_word(v, "payment_type", order->payment_type);
    return kl_json_text(p, v);
}

/* --- reading --------------------------------------------------------------------- */

/* Any string: whatever was stored must come back, be it a user name with odd characters. */
static const char *word(const kl_reader_t *rd, const char *key, int required)
{
    const char *s = kl_json_str(rd->obj, key);

    if (s == NULL && (required || kl_json_get(rd->obj, key) != NULL)) {
        kl_error_field(rd->err, "wrong_type", kl_reader_name(rd, key), NULL, "a string");
    }
    return s != NULL ? s : "";
}

static apr_int64_t number(const kl_reader_t *rd, const char *key)
{
    return kl_reader_int(rd, key, KL_OPTIONAL, 0, -KL_BOUND, KL_BOUND);
}

static apr_int64_t count(const kl_reader_t *rd, const char *key)
{
    return kl_reader_int(rd, key, KL_OPTIONAL, 0, 0, KL_BOUND);
}

static apr_time_t moment(const kl_reader_t *rd, const char *key)
{
    return kl_reader_int(rd, key, KL_REQUIRED, 0, 0, APR_INT64_MAX);
}

static void read_line(kl_line_t *line, const kl_reader_t *rd)
{
    const char *type = word(rd, "type", KL_REQUIRED);

    memset(line, 0, sizeof(*line));
    if (!kl_line_type_parse(type, &line->type)) {
        kl_error_field(rd->err, "unknown_value", kl_reader_name(rd, "type"), NULL, "a line type");
    }
    line->reference = word(rd, "reference", KL_OPTIONAL);
    line->name = word(rd, "name", KL_REQUIRED);
    line->quantity_unit = word(rd, "quantity_unit", KL_OPTIONAL);
    line->image_url = word(rd, "image_url", KL_OPTIONAL);
    line->product_url = word(rd, "product_url", KL_OPTIONAL);
    line->merchant_data = word(rd, "merchant_data", KL_OPTIONAL);
    line->quantity = kl_reader_int(rd, "quantity", KL_REQUIRED, 0, 0, KL_BOUND);
    line->unit_price = number(rd, "unit_price");
    line->tax_rate = kl_reader_int(rd, "tax_rate", KL_OPTIONAL, 0, 0, KL_MAX_TAX_RATE);
    line->total_amount = number(rd, "total_amount");
    line->total_discount_amount = count(rd, "total_discount_amount");
    line->total_tax_amount = number(rd, "total_tax_amount");
    line->cancelled_quantity = count(rd, "cancelled_quantity");
    line->cancelled_amount = number(rd, "cancelled_amount");
    line->captured_quantity = count(rd, "captured_quantity");
    line->captured_amount = number(rd, "captured_amount");
    line->credited_quantity = count(rd, "credited_quantity");
    line->credited_amount = number(rd, "credited_amount");
}

static apr_array_header_t *read_movement_lines(const kl_reader_t *rd)
{
    const kl_json_t *arr = kl_reader_array(rd, "lines", KL_REQUIRED, 0, 2 * MANY);
    int n = arr != NULL ? (int)kl_json_size(arr) : 0;
    apr_array_header_t *lines = apr_array_make(rd->p, n, sizeof(kl_movement_line_t));

    for (int i = 0; i < n && rd->err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(rd, "lines", arr, i);
        kl_movement_line_t *part = apr_array_push(lines);

        part->line = (int)kl_reader_int(&entry, "line", KL_REQUIRED, 0, 0, MANY - 1);
        part->quantity = count(&entry, "quantity");
        part->amount = number(&entry, "amount");
    }
    return lines;
}

static void read_movement(kl_movement_t *m, const kl_reader_t *rd)
{
    m->amount = count(rd, "amount");
    m->lines = read_movement_lines(rd);
    m->return_fee = count(rd, "return_fee");
    m->return_fee_tax_rate = kl_reader_int(rd, "return_fee_tax_rate", KL_OPTIONAL, 0, 0,
                                           KL_MAX_TAX_RATE);
    m->name = word(rd, "name", KL_OPTIONAL);
    m->taxed = kl_json_get(rd->obj, "tax_rate") != NULL;
    m->tax_rate = kl_reader_int(rd, "tax_rate", KL_OPTIONAL, 0, 0, KL_MAX_TAX_RATE);
}

static void read_capture(kl_capture_t *capture, const kl_reader_t *rd)
{
    kl_reader_t moved = kl_reader_object(rd, "moved", KL_REQUIRED);

    capture->capture_id = word(rd, "capture_id", KL_REQUIRED);
    capture->operation_id = word(rd, "operation_id", KL_OPTIONAL);
    capture->klarna_reference = word(rd, "klarna_reference", KL_OPTIONAL);
    capture->reference = word(rd, "reference", KL_OPTIONAL);
    capture->description = word(rd, "description", KL_OPTIONAL);
    capture->captured_at = moment(rd, "captured_at");
    capture->due_date_days = count(rd, "due_date_days");
    read_movement(&capture->moved, &moved);
    capture->shipping_info = word(rd, "shipping_info", KL_REQUIRED);
}

static apr_array_header_t *read_steps(const kl_reader_t *rd)
{
    const kl_json_t *arr = kl_reader_array(rd, "steps", KL_REQUIRED, 0, 2);
    int n = arr != NULL ? (int)kl_json_size(arr) : 0;
    apr_array_header_t *steps = apr_array_make(rd->p, 2, sizeof(kl_credit_step_t));

    for (int i = 0; i < n && rd->err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(rd, "steps", arr, i);
        kl_credit_step_t *step = apr_array_push(steps);

        step->operation_id = word(&entry, "operation_id", KL_OPTIONAL);
        step->verb = word(&entry, "verb", KL_REQUIRED);
        step->amount = count(&entry, "amount");
        step->state = word(&entry, "state", KL_REQUIRED);
        step->refund_id = word(&entry, "refund_id", KL_OPTIONAL);
    }
    return steps;
}

static void read_credit_invoice(kl_credit_invoice_t *ci, const kl_reader_t *rd)
{
    ci->id = word(rd, "id", KL_REQUIRED);
    ci->reference = word(rd, "reference", KL_OPTIONAL);
    ci->comment = word(rd, "comment", KL_OPTIONAL);
    ci->actor = word(rd, "actor", KL_OPTIONAL);
    ci->credit_note = word(rd, "credit_note", KL_OPTIONAL);
    ci->state = word(rd, "state", KL_REQUIRED);
    ci->amount = count(rd, "amount");
    ci->paid_amount = count(rd, "paid_amount");
    ci->return_fee = count(rd, "return_fee");
    ci->created_at = moment(rd, "created_at");
    ci->lines = read_movement_lines(rd);
    ci->steps = read_steps(rd);
}

/* No list may point at a line that is not there. */
static void check_indexes(const kl_reader_t *rd, const apr_array_header_t *parts, int lines)
{
    for (int i = 0; i < parts->nelts; i++) {
        if (APR_ARRAY_IDX(parts, i, kl_movement_line_t).line >= lines) {
            kl_error_field(rd->err, "out_of_range", "line", NULL, "a line of the order");
        }
    }
}

static void read_lines(kl_order_t *order, const kl_reader_t *rd)
{
    const kl_json_t *arr = kl_reader_array(rd, "lines", KL_REQUIRED, 0, MANY);
    int n = arr != NULL ? (int)kl_json_size(arr) : 0;

    order->lines = apr_array_make(rd->p, n, sizeof(kl_line_t));
    for (int i = 0; i < n && rd->err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(rd, "lines", arr, i);

        read_line(apr_array_push(order->lines), &entry);
    }
}

static void read_captures(kl_order_t *order, const kl_reader_t *rd)
{
    const kl_json_t *arr = kl_reader_array(rd, "captures", KL_REQUIRED, 0, MANY);
    int n = arr != NULL ? (int)kl_json_size(arr) : 0;

    order->captures = apr_array_make(rd->p, n, sizeof(kl_capture_t));
    for (int i = 0; i < n && rd->err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(rd, "captures", arr, i);
        kl_capture_t *capture = apr_array_push(order->captures);

        read_capture(capture, &entry);
        check_indexes(&entry, capture->moved.lines, order->lines->nelts);
    }
}

static void read_credit_invoices(kl_order_t *order, const kl_reader_t *rd)
{
    const kl_json_t *arr = kl_reader_array(rd, "credit_invoices", KL_REQUIRED, 0, MANY);
    int n = arr != NULL ? (int)kl_json_size(arr) : 0;

    order->credit_invoices = apr_array_make(rd->p, n, sizeof(kl_credit_invoice_t));
    for (int i = 0; i < n && rd->err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(rd, "credit_invoices", arr, i);
        kl_credit_invoice_t *ci = apr_array_push(order->credit_invoices);

        read_credit_invoice(ci, &entry);
        check_indexes(&entry, ci->lines, order->lines->nelts);
    }
}

static void read_outside(kl_order_t *order, const kl_reader_t *rd)
{
    const kl_json_t *arr = kl_reader_array(rd, "outside", KL_OPTIONAL, 0, MANY);
    int n = arr != NULL ? (int)kl_json_size(arr) : 0;

    order->outside = apr_array_make(rd->p, n, sizeof(kl_outside_t));
    for (int i = 0; i < n && rd->err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(rd, "outside", arr, i);
        kl_outside_t *seen = apr_array_push(order->outside);

        seen->kind = word(&entry, "kind", KL_REQUIRED);
        seen->amount = count(&entry, "amount");
        seen->at = moment(&entry, "at");
        seen->result_id = word(&entry, "result_id", KL_OPTIONAL);
    }
}

static void read_instore(kl_order_t *order, const kl_reader_t *rd)
{
    kl_reader_t instore = kl_reader_object(rd, "instore", KL_OPTIONAL);

    order->instore = kl_json_get(rd->obj, "instore") ? kl_instore_read(&instore) : NULL;
}

/* What we wrote ourselves and cannot read is our defect, not the caller's. */
static kl_kind_t unreadable(kl_error_t *err, const char *code, const char *what,
                            const kl_error_t *fault)
{
    return kl_error_set(err, KL_INTERNAL, code, "The stored %s cannot be read (%s).", what,
                        fault->field != NULL ? fault->field : fault->code);
}

kl_kind_t kl_ledger_parse(kl_order_t *order, apr_pool_t *p, const char *text, kl_error_t *err)
{
    kl_error_t *fault = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, text, strlen(text), fault);
    kl_order_t whole = *order;
    kl_reader_t rd;

    if (v == NULL) {
        return unreadable(err, "ledger", "ledger", fault);
    }
    rd = kl_reader(p, v, "", fault);
    kl_reader_int(&rd, "version", KL_REQUIRED, VERSION, VERSION, VERSION);
    read_lines(&whole, &rd);
    read_captures(&whole, &rd);
    read_credit_invoices(&whole, &rd);
    read_outside(&whole, &rd);
    read_instore(&whole, &rd);
    whole.payment_methods = kl_json_get(v, "payment_methods");
    whole.waiting_too = word(&rd, "waiting_too", KL_OPTIONAL);
    whole.unacknowledged = (int)kl_reader_int(&rd, "unacknowledged", KL_OPTIONAL, 0, 0, 1);
    whole.seen_at = kl_reader_int(&rd, "seen_at", KL_OPTIONAL, 0, 0, APR_INT64_MAX);
    whole.authorized_at = kl_reader_int(&rd, "authorized_at", KL_OPTIONAL, 0, 0, APR_INT64_MAX);
    whole.payment_type = word(&rd, "payment_type", KL_OPTIONAL);
    if (fault->kind != KL_OK) {
        return unreadable(err, "ledger", "ledger", fault);
    }
    *order = whole;
    return KL_OK;
}

kl_kind_t kl_ledger_lines_parse(apr_array_header_t **lines, apr_pool_t *p, const kl_json_t *v,
                                kl_error_t *err)
{
    kl_error_t *fault = kl_error_make(p);
    kl_reader_t rd = kl_reader(p, v, "authorization", fault);
    kl_order_t order;

    read_lines(&order, &rd);
    *lines = order.lines;
    return fault->kind == KL_OK ? KL_OK : unreadable(err, "lines", "lines", fault);
}

kl_kind_t kl_ledger_movement_parse(kl_movement_t *m, apr_pool_t *p, const kl_json_t *v,
                                   kl_error_t *err)
{
    kl_error_t *fault = kl_error_make(p);
    kl_reader_t rd = kl_reader(p, v, "movement", fault);

    memset(m, 0, sizeof(*m));
    read_movement(m, &rd);
    return fault->kind == KL_OK ? KL_OK : unreadable(err, "movement", "movement", fault);
}
