/* SPDX-License-Identifier: Apache-2.0 */
/* See record_order.h. */
#include "core/record_order.h"

#include "core/line.h"
#include "core/money.h"

static int come_to(const apr_array_header_t *lines, apr_int64_t amount)
{
    apr_int64_t sum = 0;

    for (int i = 0; lines && i < lines->nelts; i++) {
        if (!kl_money_add(sum, APR_ARRAY_IDX(lines, i, kl_line_t).total_amount, &sum)) {
            return 0;
        }
    }
    return lines && lines->nelts && sum == amount;
}

static const char *word(const char *s)
{
    return s ? s : "";
}

/* Klarna leaves out what is empty; a line of ours has a name. */
static void fill(kl_line_t *line)
{
    line->name = word(line->name)[0] ? line->name : line->reference;
    line->quantity_unit = word(line->quantity_unit);
    line->image_url = word(line->image_url);
    line->product_url = word(line->product_url);
    line->merchant_data = word(line->merchant_data);
}

static void take_lines(kl_order_t *order, const kl_klarna_record_t *seen)
{
    if (!come_to(seen->lines, seen->order_amount)) {
        APR_ARRAY_PUSH(order->lines, kl_line_t) =
            kl_line_plain(KL_LINE_PHYSICAL, "order", "Klarna order", seen->order_amount, 0);
        return;
    }
    apr_array_cat(order->lines, seen->lines);
    for (int i = 0; i < order->lines->nelts; i++) {
        kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        fill(line);
        order->order_tax_amount += line->type == KL_LINE_SALES_TAX ? line->total_amount
                                                                   : line->total_tax_amount;
    }
}

kl_order_t *kl_record_order_make(apr_pool_t *p, const kl_klarna_record_t *seen)
{
    kl_order_t *order = kl_order_make(p);

    order->state = KL_ORDER_CREATED;
    order->channel = "online";
    order->country = seen->country;
    order->currency = seen->currency;
    order->locale = seen->locale;
    order->reference1 = seen->reference1 ? seen->reference1 : "";
    order->reference2 = seen->reference2 ? seen->reference2 : "";
    order->original_amount = order->order_amount = order->remaining_amount = seen->order_amount;
    order->created_at = seen->created_at;
    take_lines(order, seen);
    return order;
}
