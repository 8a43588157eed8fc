/* SPDX-License-Identifier: Apache-2.0 */
/* See sample_order.h. Klarna's rules are spelled out here a second time, by hand. */
#include "support.h"

#include "sample_order.h"

static void add_line(kl_order_t *order, kl_line_type_t type, const char *reference,
                     apr_int64_t quantity, apr_int64_t price, apr_int64_t tax)
{
    kl_line_t line = {.type = type,
                      .reference = reference,
                      .name = reference,
                      .quantity_unit = "",
                      .image_url = "",
                      .product_url = "",
                      .merchant_data = "",
                      .quantity = quantity,
                      .unit_price = price,
                      .tax_rate = 2500,
                      .total_amount = quantity * price,
                      .total_tax_amount = tax};

    APR_ARRAY_PUSH(order->lines, kl_line_t) = line;
}

kl_order_t *shipped_order(apr_pool_t *p)
{
    kl_order_t *order = kl_order_make(p);

    order->state = KL_ORDER_AUTHORIZED;
    order->session_id = "0b1d9815-165e-42e2";
    order->klarna_order_id = "7849fd84-47dc-4919-a7ce-000000000001";
    order->reference1 = "shop-1001";
    order->country = "SE";
    order->currency = "SEK";
    order->locale = "sv-SE";
    order->original_amount = order->order_amount = order->remaining_amount = 10500;
    order->order_tax_amount = 2100;
    add_line(order, KL_LINE_PHYSICAL, "cup", 2, 5000, 2000);
    add_line(order, KL_LINE_SHIPPING_FEE, "freight", 1, 900, 180);
    add_line(order, KL_LINE_DISCOUNT, "voucher", 1, -400, -80);
    return order;
}

kl_json_t *object_of(apr_pool_t *p, const char *text)
{
    kl_json_t *v;

    assert_non_null(text);
    v = kl_json_parse(p, text, strlen(text), kl_error_make(p));
    assert_non_null(v);
    assert_true(kl_json_is_object(v));
    return v;
}

static apr_int64_t must_int(const kl_json_t *v, const char *key)
{
    assert_non_null(kl_json_get(v, key));
    assert_int_equal(kl_json_int(v, key, -7), kl_json_int(v, key, -8));
    return kl_json_int(v, key, 0);
}

static void check_line(const kl_json_t *line)
{
    apr_int64_t total = must_int(line, "total_amount");
    apr_int64_t rate = kl_json_int(line, "tax_rate", 0);
    apr_int64_t off;

    assert_non_null(kl_json_str(line, "name"));
    assert_true(*kl_json_str(line, "name") != '\0');
    assert_true(kl_json_int(line, "total_discount_amount", 0) >= 0);
    assert_int_equal(total, must_int(line, "quantity") * must_int(line, "unit_price")
                                - kl_json_int(line, "total_discount_amount", 0));
    /* tax * (10000 + rate) = total * rate, within one minor unit of tax */
    off = kl_json_int(line, "total_tax_amount", 0) * (10000 + rate) - total * rate;
    assert_true(off <= 10000 + rate && -off <= 10000 + rate);
}

void check_lines(const kl_json_t *body, apr_int64_t sum)
{
    const kl_json_t *lines = kl_json_get(body, "order_lines");
    apr_int64_t total = 0;

    assert_true(kl_json_is_array(lines));
    assert_true(kl_json_size(lines) >= 1);
    for (apr_size_t i = 0; i < kl_json_size(lines); i++) {
        check_line(kl_json_at(lines, i));
        total += kl_json_int(kl_json_at(lines, i), "total_amount", 0);
    }
    assert_int_equal(total, sum);
}
