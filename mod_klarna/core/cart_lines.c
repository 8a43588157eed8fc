/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order lines and their arithmetic, by Klarna's own rules (Klarna Payments: order line,
 * tax handling). A cart that Klarna would refuse is refused here, with the line, the
 * member, what came and what would have been right; nothing is ever corrected silently.
 */
#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "core/cart_lines.h"
#include "core/limits.h"
#include "core/money.h"
#include "core/line.h"
#include "core/reader.h"

#define LINE_TYPES \
    "physical, digital, shipping_fee, discount, gift_card, store_credit, " \
    "surcharge, sales_tax"

static const char *number(apr_pool_t *p, apr_int64_t n)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT, n);
}

static const char *text(const kl_reader_t *rd, const char *key, apr_size_t max)
{
    const char *s = kl_reader_str(rd, key, KL_OPTIONAL, 0, max);

    return s ? s : "";
}

static apr_int64_t amount(const kl_reader_t *rd, const char *key, int required)
{
    return kl_reader_int(rd, key, required, 0, -KL_MAX_AMOUNT, KL_MAX_AMOUNT);
}

static void fault(const kl_reader_t *rd, const char *code, const char *key, apr_int64_t got,
                  const char *expected)
{
    kl_error_field(rd->err, code, kl_reader_name(rd, key), number(rd->p, got), expected);
}

/* --- one line -------------------------------------------------------------------- */

static kl_line_type_t read_type(const kl_reader_t *rd)
{
    const char *name = kl_reader_str(rd, "type", KL_OPTIONAL, 1, KL_MAX_STRING);
    kl_line_type_t type = KL_LINE_PHYSICAL;

    /* A return fee is a line of a refund, never of a cart. */
    if (name && (!kl_line_type_parse(name, &type) || type == KL_LINE_RETURN_FEE)) {
        kl_error_field(rd->err, "unknown_value", kl_reader_name(rd, "type"), name,
                       "one of: " LINE_TYPES);
    }
    return type;
}

static void read_line(kl_line_t *line, const kl_reader_t *rd, int place)
{
    kl_reader_only(rd, "type", "reference", "name", "quantity", "quantity_unit", "unit_price",
                   "tax_rate", "total_amount", "total_discount_amount", "total_tax_amount",
                   "image_url", "product_url", "merchant_data", NULL);
    line->type = read_type(rd);
    line->reference = text(rd, "reference", KL_MAX_STRING);
    if (!line->reference[0]) {
        line->reference = apr_psprintf(rd->p, "line-%d", place);
    }
    line->name = kl_reader_str(rd, "name", KL_REQUIRED, 1, KL_MAX_STRING);
    line->quantity = kl_reader_int(rd, "quantity", KL_REQUIRED, 1, 1, KL_MAX_QUANTITY);
    line->quantity_unit = text(rd, "quantity_unit", 8);
    line->unit_price = amount(rd, "unit_price", KL_REQUIRED);
    line->tax_rate = kl_reader_int(rd, "tax_rate", KL_OPTIONAL, 0, 0, KL_MAX_TAX_RATE);
    line->total_amount = amount(rd, "total_amount", KL_REQUIRED);
    line->total_discount_amount = kl_reader_int(rd, "total_discount_amount", KL_OPTIONAL, 0, 0,
                                                KL_MAX_AMOUNT);
    line->total_tax_amount = amount(rd, "total_tax_amount", KL_OPTIONAL);
    line->image_url = text(rd, "image_url", KL_MAX_URL);
    line->product_url = text(rd, "product_url", KL_MAX_URL);
    line->merchant_data = text(rd, "merchant_data", KL_MAX_URL);
}

/* The value of a gift card or store credit was taxed, or not, when it was bought. */
static int is_paid_value(kl_line_type_t type)
{
    return type == KL_LINE_GIFT_CARD || type == KL_LINE_STORE_CREDIT;
}

static void check_sign(const kl_line_t *line, const kl_reader_t *rd)
{
    if (line->type == KL_LINE_DISCOUNT || is_paid_value(line->type)) {
        if (line->unit_price > 0) {
            fault(rd, "line_sign", "unit_price", line->unit_price, "0 or less for this type");
        }
        if (line->total_amount > 0) {
            fault(rd, "line_sign", "total_amount", line->total_amount, "0 or less for this type");
        }
        return;
    }
    if (line->unit_price < 0) {
        fault(rd, "line_sign", "unit_price", line->unit_price, "0 or more for this type");
    }
    if (line->total_amount < 0) {
        fault(rd, "line_sign", "total_amount", line->total_amount, "0 or more for this type");
    }
}

static void check_total(const kl_line_t *line, const kl_reader_t *rd)
{
    apr_int64_t total = 0;

    if (!kl_money_mul(line->quantity, line->unit_price, &total)
        || !kl_money_sub(total, line->total_discount_amount, &total)
        || total != line->total_amount) {
        fault(rd, "line_total", "total_amount", line->total_amount,
              apr_psprintf(rd->p,
                           "%" APR_INT64_T_FMT " (quantity * unit_price - total_discount_amount)",
                           total));
    }
}

static void check_tax(const kl_line_t *line, const kl_reader_t *rd)
{
    apr_int64_t exact = kl_money_tax_within(line->total_amount, line->tax_rate);

    if (is_paid_value(line->type) && line->tax_rate != 0) {
        fault(rd, "line_tax_rate", "tax_rate", line->tax_rate, "0 for this type");
    }
    if (line->total_tax_amount < exact - 1 || line->total_tax_amount > exact + 1) {
        fault(rd, "line_tax", "total_tax_amount", line->total_tax_amount,
              apr_psprintf(rd->p,
                           "%" APR_INT64_T_FMT ", or 1 more or less (total_amount - "
                           "total_amount * 10000 / (10000 + tax_rate))",
                           exact));
    }
}

void kl_cart_lines_read_one(kl_line_t *line, const kl_reader_t *rd, int place)
{
    memset(line, 0, sizeof(*line));
    read_line(line, rd, place);
    check_sign(line, rd);
    check_total(line, rd);
    check_tax(line, rd);
}

/* --- all lines ------------------------------------------------------------------- */

void kl_cart_lines_check_unique(apr_hash_t *seen, const kl_line_t *line, const kl_reader_t *rd)
{
    if (apr_hash_get(seen, line->reference, APR_HASH_KEY_STRING)) {
        kl_error_field(rd->err, "duplicate_reference", kl_reader_name(rd, "reference"),
                       line->reference, "a reference no other line has");
    }
    apr_hash_set(seen, line->reference, APR_HASH_KEY_STRING, line);
}

apr_array_header_t *kl_cart_lines_read(const kl_reader_t *cart)
{
    const kl_json_t *entries = kl_reader_array(cart, "order_lines", KL_REQUIRED, 1, KL_MAX_LINES);
    int n = entries ? (int)kl_json_size(entries) : 0;
    apr_array_header_t *lines = apr_array_make(cart->p, n, sizeof(kl_line_t));
    apr_hash_t *seen = apr_hash_make(cart->p);

    for (int i = 0; i < n && cart->err->kind == KL_OK; i++) {
        kl_reader_t rd = kl_reader_entry(cart, "order_lines", entries, i);
        kl_line_t *line = apr_array_push(lines);

        kl_cart_lines_read_one(line, &rd, i + 1);
        kl_cart_lines_check_unique(seen, line, &rd);
    }
    return lines;
}

/* --- the sums -------------------------------------------------------------------- */

static const char *line_member(apr_pool_t *p, int i, const char *key)
{
    return apr_psprintf(p, "order_lines[%d].%s", i, key);
}

/* The limits of lines and amounts keep every sum far from overflow; this guards it. */
static void add_to(apr_int64_t *sum, apr_int64_t n, kl_error_t *err)
{
    if (!kl_money_add(*sum, n, sum)) {
        kl_error_set(err, KL_INTERNAL, "overflow", "The order lines cannot be added up.");
    }
}

static void check_order_amount(const kl_cart_t *cart, apr_pool_t *p, kl_error_t *err)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < cart->lines->nelts; i++) {
        add_to(&sum, APR_ARRAY_IDX(cart->lines, i, kl_line_t).total_amount, err);
    }
    if (sum != cart->order_amount) {
        kl_error_field(err, "order_total", "order_amount", number(p, cart->order_amount),
                       apr_psprintf(p, "%" APR_INT64_T_FMT " (sum of the lines' total_amount)",
                                    sum));
    }
}

/* Tax handling, Europe and Oceania: the sum of the lines' tax, at most one unit per line off. */
static void check_order_tax(const kl_cart_t *cart, apr_pool_t *p, kl_error_t *err)
{
    apr_int64_t sum = 0, slack = cart->lines->nelts;

    for (int i = 0; i < cart->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(cart->lines, i, kl_line_t);

        if (line->type == KL_LINE_SALES_TAX) {
            kl_error_field(err, "sales_tax", line_member(p, i, "type"), "sales_tax",
                           "tax on each line (a sales_tax line is for the US only)");
        }
        add_to(&sum, line->total_tax_amount, err);
    }
    if (cart->order_tax_amount < sum - slack || cart->order_tax_amount > sum + slack) {
        kl_error_field(err, "order_tax", "order_tax_amount", number(p, cart->order_tax_amount),
                       apr_psprintf(p,
                                    "%" APR_INT64_T_FMT " (sum of the lines' "
                                    "total_tax_amount), at most %" APR_INT64_T_FMT " more or less",
                                    sum, slack));
    }
}

/* Tax handling, US: no tax on the lines, it has lines of its own, one for each kind of tax. */
static void check_sales_tax(const kl_cart_t *cart, apr_pool_t *p, kl_error_t *err)
{
    apr_int64_t tax = 0;

    for (int i = 0; i < cart->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(cart->lines, i, kl_line_t);

        if (line->tax_rate != 0) {
            kl_error_field(err, "sales_tax", line_member(p, i, "tax_rate"),
                           number(p, line->tax_rate), "0 (US tax is on lines of type sales_tax)");
        }
        if (line->total_tax_amount != 0) {
            kl_error_field(err, "sales_tax", line_member(p, i, "total_tax_amount"),
                           number(p, line->total_tax_amount),
                           "0 (US tax is on lines of type sales_tax)");
        }
        if (line->type == KL_LINE_SALES_TAX) {
            add_to(&tax, line->total_amount, err);
        }
    }
    if (cart->order_tax_amount != tax) {
        kl_error_field(err, "sales_tax", "order_tax_amount", number(p, cart->order_tax_amount),
                       apr_psprintf(p, "%" APR_INT64_T_FMT " (sum of the sales_tax lines)", tax));
    }
}

kl_kind_t kl_cart_lines_check_sums(const kl_cart_t *cart, apr_pool_t *p, kl_error_t *err)
{
    check_order_amount(cart, p, err);
    if (strcmp(cart->country, "US") == 0) {
        check_sales_tax(cart, p, err);
    }
    else {
        check_order_tax(cart, p, err);
    }
    return err->kind;
}
