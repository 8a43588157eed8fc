/* SPDX-License-Identifier: Apache-2.0 */
/* See plan_lines_change.h. */
#include "core/plan_lines_change.h"

#include <apr_strings.h>
#include <string.h>

#include "core/agree.h"
#include "core/cart_lines.h"
#include "core/limits.h"
#include "core/line_changes.h"
#include "core/money.h"
#include "core/order_parts.h"
#include "core/plan_lines.h"
#include "core/why_not.h"

#define LIST "order_lines"
#define ROOM 4096 /* bytes that stay free in the ledger document */

/* --- reading ----------------------------------------------------------------------------- */

static void read_change(kl_line_change_t *change, const kl_reader_t *rd, int place)
{
    memset(change, 0, sizeof(*change));
    change->is_quantity = !kl_json_get(rd->obj, "unit_price");
    if (!change->is_quantity) {
        kl_cart_lines_read_one(&change->line, rd, place);
        return;
    }
    kl_reader_only(rd, "reference", "quantity", NULL);
    change->line.reference = kl_reader_str(rd, "reference", KL_REQUIRED, 1, KL_MAX_STRING);
    change->line.quantity = kl_reader_int(rd, "quantity", KL_REQUIRED, 0, 0, KL_MAX_QUANTITY);
}

kl_kind_t kl_plan_lines_change_read(kl_lines_request_t *out, apr_pool_t *p, const kl_json_t *body,
                                    kl_error_t *err)
{
    kl_reader_t rd = kl_reader(p, body, "", err);
    const kl_json_t *entries = kl_reader_array(&rd, LIST, KL_REQUIRED, 1, KL_MAX_LINES);
    const char *description = kl_reader_str(&rd, "description", KL_OPTIONAL, 0, KL_MAX_STRING);
    int n = entries ? (int)kl_json_size(entries) : 0;
    apr_hash_t *seen = apr_hash_make(p);

    kl_reader_only(&rd, LIST, "description", NULL);
    out->description = description ? description : "";
    out->changes = apr_array_make(p, n, sizeof(kl_line_change_t));
    for (int i = 0; i < n && err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(&rd, LIST, entries, i);
        kl_line_change_t *change = apr_array_push(out->changes);

        read_change(change, &entry, i + 1);
        if (err->kind == KL_OK) {
            kl_cart_lines_check_unique(seen, &change->line, &entry);
        }
    }
    return err->kind;
}

/* --- planning ---------------------------------------------------------------------------- */

static kl_kind_t fault(kl_error_t *err, apr_pool_t *p, int i, const char *member,
                       const char *expected)
{
    return kl_error_field(err, "line_change", apr_psprintf(p, LIST "[%d].%s", i, member), NULL,
                          expected);
}

static kl_line_t *find(const apr_array_header_t *lines, const char *reference)
{
    for (int i = 0; i < lines->nelts; i++) {
        kl_line_t *line = &APR_ARRAY_IDX(lines, i, kl_line_t);

        if (strcmp(line->reference, reference) == 0) {
            return line;
        }
    }
    return NULL;
}

static void take_off(apr_array_header_t *lines, const kl_line_t *line)
{
    int at = (int)(line - (const kl_line_t *)lines->elts);

    for (int i = at; i + 1 < lines->nelts; i++) {
        APR_ARRAY_IDX(lines, i, kl_line_t) = APR_ARRAY_IDX(lines, i + 1, kl_line_t);
    }
    lines->nelts--;
}

/* So many at the price that it has. */
static kl_kind_t set_quantity(kl_line_t *line, apr_pool_t *p, apr_int64_t quantity, int i,
                              kl_error_t *err)
{
    apr_int64_t total;

    if (line->total_discount_amount != 0) {
        return fault(err, p, i, "unit_price",
                     "all amounts of this line, since it has a discount of its own");
    }
    if (!kl_money_mul(quantity, line->unit_price, &total) || total > KL_MAX_AMOUNT
        || total < -KL_MAX_AMOUNT) {
        return fault(err, p, i, "quantity", "fewer of them");
    }
    line->quantity = quantity;
    line->total_amount = total;
    line->total_tax_amount = kl_money_tax_within(total, line->tax_rate);
    return KL_OK;
}

static kl_kind_t apply(apr_array_header_t *lines, apr_pool_t *p, const kl_line_change_t *change,
                       int i, kl_error_t *err)
{
    kl_line_t *line = find(lines, change->line.reference);

    if (change->is_quantity && !line) {
        return fault(err, p, i, "reference", "a line of the authorization, or a whole line");
    }
    if (!change->is_quantity) {
        *(line ? line : (kl_line_t *)apr_array_push(lines)) = change->line;
        return KL_OK;
    }
    if (change->line.quantity == 0) {
        take_off(lines, line);
        return KL_OK;
    }
    return set_quantity(line, p, change->line.quantity, i, err);
}

/* As the authorization has them now. */
static apr_array_header_t *authorized(apr_pool_t *p, const kl_order_t *order)
{
    apr_array_header_t *lines = apr_array_make(p, order->lines->nelts + 1, sizeof(kl_line_t));
    kl_line_t left;

    for (int i = 0; i < order->lines->nelts; i++) {
        if (kl_plan_lines_authorized(&APR_ARRAY_IDX(order->lines, i, kl_line_t), &left)) {
            APR_ARRAY_PUSH(lines, kl_line_t) = left;
        }
    }
    return lines;
}

static int is_as_it_was(const kl_order_t *order, const apr_array_header_t *lines)
{
    int same = 0;

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
        const kl_line_t *now = find(lines, line->reference);

        if (!kl_agree_line(line, now)) {
            return 0;
        }
        same += now != NULL;
    }
    return same == lines->nelts;
}

static kl_kind_t add_up(kl_lines_plan_t *plan, kl_error_t *err)
{
    plan->amount = 0;
    for (int i = 0; i < plan->lines->nelts; i++) {
        if (!kl_money_add(plan->amount, APR_ARRAY_IDX(plan->lines, i, kl_line_t).total_amount,
                          &plan->amount)) {
            return kl_error_set(err, KL_INTERNAL, "overflow", "The lines cannot be added up.");
        }
    }
    return KL_OK;
}

/* Klarna would refuse it, or the books could not hold it. */
static kl_kind_t check(const kl_lines_plan_t *plan, apr_pool_t *p, const kl_order_t *order,
                       kl_error_t *err)
{
    apr_int64_t gone = order->order_amount - order->remaining_amount;

    if (plan->amount < gone || plan->amount <= 0 || plan->amount > KL_MAX_AMOUNT) {
        kl_error_field(err, "order_amount", LIST,
                       apr_psprintf(p, "%" APR_INT64_T_FMT, plan->amount),
                       apr_psprintf(p,
                                    "lines that come to at least %" APR_INT64_T_FMT
                                    " and at most " APR_STRINGIFY(KL_MAX_AMOUNT),
                                    gone > 0 ? gone : (apr_int64_t)1));
    }
    else if (!kl_line_changes_fit(order, plan->lines)) {
        kl_error_field(err, "captured_line", LIST, NULL,
                       "of each line at least what was captured of it, and at most " APR_STRINGIFY(
                           KL_MAX_LINES) " lines");
    }
    else if (is_as_it_was(order, plan->lines)) {
        kl_error_field(err, "nothing_changed", LIST, NULL, "lines that are not as they were");
    }
    else if (!kl_order_has_room(p, order,
                                strlen(kl_json_text(p, kl_order_parts_klarna_lines(p, plan->lines)))
                                    + ROOM)) {
        kl_error_set(err, KL_CONFLICT, "order_full",
                     "The order's record cannot hold so much more.");
    }
    return err->kind;
}

kl_kind_t kl_plan_lines_change(kl_lines_plan_t *out, apr_pool_t *p, const kl_order_t *order,
                               const kl_lines_request_t *want, kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_lines(order);

    if (why) {
        return kl_error_because(err, KL_CONFLICT, "lines_not_changeable", why);
    }
    out->lines = authorized(p, order);
    for (int i = 0; i < want->changes->nelts; i++) {
        if (apply(out->lines, p, &APR_ARRAY_IDX(want->changes, i, kl_line_change_t), i, err)
            != KL_OK) {
            return err->kind;
        }
    }
    return add_up(out, err) == KL_OK ? check(out, p, order, err) : err->kind;
}

kl_json_t *kl_plan_lines_change_view(apr_pool_t *p, const kl_order_t *order,
                                     const kl_lines_plan_t *plan)
{
    kl_json_t *v = kl_json_object(p), *lines = kl_json_array(p);

    for (int i = 0; i < plan->lines->nelts; i++) {
        kl_json_append(lines,
                       kl_order_parts_line(p, &APR_ARRAY_IDX(plan->lines, i, kl_line_t), KL_SHOWN));
    }
    kl_json_set_int(v, "order_amount", plan->amount);
    kl_json_set_int(v, "order_amount_before", order->order_amount);
    kl_json_set_int(v, "difference", plan->amount - order->order_amount);
    kl_json_set_str(v, "purchase_currency", order->currency);
    kl_json_set(v, "order_lines", lines);
    return v;
}
