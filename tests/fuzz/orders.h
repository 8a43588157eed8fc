/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets of capture and credit requests share: an order in one of a few
 * states, booking a plan, and what must hold of every plan. Included by those targets only.
 */
#ifndef KL_FUZZ_ORDERS_H
#define KL_FUZZ_ORDERS_H

#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/ledger.h"
#include "core/booking_operation.h"
#include "core/money.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(int truth)
{
    if (!truth) {
        abort();
    }
}

static void add_line(kl_order_t *order, kl_line_type_t type, const char *reference,
                     apr_int64_t quantity, apr_int64_t price, apr_int64_t discount)
{
    kl_line_t *line = apr_array_push(order->lines);

    memset(line, 0, sizeof(*line));
    line->type = type;
    line->reference = line->name = reference;
    line->quantity_unit = line->image_url = line->product_url = line->merchant_data = "";
    line->quantity = quantity;
    line->unit_price = price;
    line->total_discount_amount = discount;
    line->tax_rate = 2500;
    line->total_amount = quantity * price - discount;
    line->total_tax_amount = kl_money_tax_within(line->total_amount, line->tax_rate);
    order->original_amount = order->order_amount += line->total_amount;
    order->remaining_amount = order->order_amount;
}

static void book(kl_order_t *order, apr_pool_t *p, kl_op_kind_t kind, const char *intent)
{
    kl_operation_t *op = kl_operation_make(p);
    kl_error_t *err = kl_error_make(p);

    op->id = op->result_id = "op";
    op->kind = kind;
    op->state = KL_OP_CONFIRMED;
    op->intent = intent;
    order->pending_op = op->id;
    check(kl_booking_operation(order, p, op, err) == KL_OK);
}

static void book_movement(kl_order_t *order, apr_pool_t *p, kl_op_kind_t kind,
                          const kl_movement_t *m)
{
    kl_json_t *intent = kl_json_object(p);

    kl_json_set(intent, "movement", kl_ledger_movement_json(p, m));
    book(order, p, kind, kl_json_text(p, intent));
}

/* choice % 8: untouched, a part captured by lines, a part captured by an amount, captured
 * with a part refunded; the same with more that belongs to the whole order, the third released. */
static kl_order_t *make_order(apr_pool_t *p, unsigned char choice)
{
    kl_order_t *order = kl_order_make(p);

    order->state = KL_ORDER_AUTHORIZED;
    add_line(order, KL_LINE_PHYSICAL, "a", 3, 1000, 1);
    add_line(order, KL_LINE_SHIPPING_FEE, "b", 1, 490, 0);
    add_line(order, KL_LINE_DISCOUNT, "c", 2, -100, 0);
    add_line(order, KL_LINE_DIGITAL, "d", 5, 0, 0);
    if (choice % 8 >= 4) {
        add_line(order, KL_LINE_GIFT_CARD, "e", 1, -500, 0);
        add_line(order, KL_LINE_SALES_TAX, "f", 1, 500, 0);
    }
    if (choice % 4 == 1) {
        book(order, p, KL_OP_CAPTURE,
             "{\"movement\":{\"amount\":2000,\"lines\":"
             "[{\"line\":0,\"quantity\":2,\"amount\":2000}]}}");
    }
    if (choice % 4 == 2) {
        book(order, p, KL_OP_CAPTURE, "{\"movement\":{\"amount\":777,\"lines\":[]}}");
    }
    if (choice % 8 == 6) {
        book(order, p, KL_OP_RELEASE, "{\"movement\":{\"amount\":1,\"lines\":[]}}");
    }
    if (choice % 4 == 3) {
        book(order, p, KL_OP_CAPTURE, "{\"movement\":{\"amount\":3289,\"lines\":[]}}");
        book(order, p, KL_OP_REFUND,
             "{\"movement\":{\"amount\":1000,\"lines\":"
             "[{\"line\":0,\"quantity\":1,\"amount\":1000}]}}");
    }
    return order;
}

static void check_lines(const apr_array_header_t *lines, apr_int64_t sum)
{
    apr_int64_t total = 0;

    for (int i = 0; i < lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(lines, i, kl_line_t);

        check(line->quantity >= 1 && line->total_discount_amount >= 0);
        check(line->total_amount
              == line->quantity * line->unit_price - line->total_discount_amount);
        total += line->total_amount;
    }
    check(lines->nelts == 0 || total == sum);
}

static void check_refusal(const kl_error_t *err)
{
    check(err->kind == KL_INVALID || err->kind == KL_CONFLICT);
    check(err->code != NULL && err->detail != NULL);
    check(err->kind != KL_INVALID || (err->field != NULL && err->expected != NULL));
}

static apr_pool_t *new_pool(void)
{
    static apr_pool_t *root;
    apr_pool_t *p;

    if (root == NULL) {
        apr_initialize();
        kl_json_init();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&p, root);
    return p;
}

#endif
