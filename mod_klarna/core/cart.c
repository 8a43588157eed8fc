/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a cart, moving it into an order, and the order's cart part in Klarna's words.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/cart_lines.h"
#include "core/limits.h"
#include "core/order_parts.h"
#include "core/reader.h"

static const char *text(const kl_reader_t *rd, const char *key, apr_size_t max)
{
    const char *s = kl_reader_str(rd, key, KL_OPTIONAL, 0, max);

    return s ? s : "";
}

/* The other merchant_urls are this module's own routes. The address may carry a secret of
 * the shop, so it is not repeated. */
static const char *read_confirmation_url(const kl_reader_t *cart)
{
    kl_reader_t rd = kl_reader_object(cart, "merchant_urls", KL_OPTIONAL);
    const char *url;

    kl_reader_only(&rd, "confirmation", NULL);
    url = text(&rd, "confirmation", KL_MAX_MERCHANT_URL);
    if (url[0] && strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) {
        kl_error_field(rd.err, "unknown_value", kl_reader_name(&rd, "confirmation"), NULL,
                       "an address that starts with https:// or http://");
    }
    return url;
}

static void read_members(kl_cart_t *cart, const kl_reader_t *rd)
{
    kl_reader_only(rd, "purchase_country", "purchase_currency", "locale", "order_amount",
                   "order_tax_amount", "order_lines", "merchant_reference1", "merchant_reference2",
                   "merchant_urls", "billing_address", "shipping_address", "customer", NULL);
    cart->country = kl_reader_str(rd, "purchase_country", KL_REQUIRED, 2, 2);
    cart->currency = kl_reader_str(rd, "purchase_currency", KL_REQUIRED, 3, 3);
    cart->locale = text(rd, "locale", 5);
    /* An order of nothing could never be captured. */
    cart->order_amount = kl_reader_int(rd, "order_amount", KL_REQUIRED, 0, 1, KL_MAX_AMOUNT);
    cart->order_tax_amount = kl_reader_int(rd, "order_tax_amount", KL_OPTIONAL, 0, 0,
                                           KL_MAX_AMOUNT);
    cart->reference1 = text(rd, "merchant_reference1", KL_MAX_STRING);
    cart->reference2 = text(rd, "merchant_reference2", KL_MAX_STRING);
    cart->confirmation_url = read_confirmation_url(rd);
    cart->told = kl_addresses_read(rd, KL_TO_BE_TOLD);
}

kl_kind_t kl_cart_parse(kl_cart_t *cart, apr_pool_t *p, const kl_json_t *v, kl_region_t region,
                        kl_error_t *err)
{
    kl_reader_t rd = kl_reader(p, v, "", err);

    memset(cart, 0, sizeof(*cart));
    read_members(cart, &rd);
    if (err->kind != KL_OK) {
        return err->kind;
    }
    if (kl_country_check(cart->country, cart->currency, cart->locale[0] ? cart->locale : NULL,
                         region, err)
        != KL_OK) {
        return err->kind;
    }
    cart->lines = kl_cart_lines_read(&rd);
    if (err->kind != KL_OK) {
        return err->kind;
    }
    return kl_cart_lines_check_sums(cart, p, err);
}

/* Of a payment; to an order nothing is told any more. */
static void remember(apr_pool_t *p, kl_order_t *order, const kl_addresses_t *later)
{
    kl_addresses_t told;

    if (kl_addresses_are_told(later)) {
        (void)kl_addresses_parse(&told, p, order->addresses);
        kl_addresses_add(p, &told, later);
        order->addresses = kl_addresses_text(p, &told);
    }
}

/* A line whose strings live as long as the order. */
static kl_line_t copied(apr_pool_t *p, const kl_line_t *from)
{
    kl_line_t line = *from;

    line.reference = apr_pstrdup(p, from->reference);
    line.name = apr_pstrdup(p, from->name);
    line.quantity_unit = apr_pstrdup(p, from->quantity_unit);
    line.image_url = apr_pstrdup(p, from->image_url);
    line.product_url = apr_pstrdup(p, from->product_url);
    line.merchant_data = apr_pstrdup(p, from->merchant_data);
    return line;
}

void kl_cart_to_order(const kl_cart_t *cart, kl_order_t *order)
{
    apr_pool_t *p = order->lines->pool;

    order->state = KL_ORDER_CREATED;
    order->country = apr_pstrdup(p, cart->country);
    order->currency = apr_pstrdup(p, cart->currency);
    order->locale = apr_pstrdup(p, cart->locale);
    order->original_amount = order->order_amount = order->remaining_amount = cart->order_amount;
    order->order_tax_amount = cart->order_tax_amount;
    order->reference1 = apr_pstrdup(p, cart->reference1);
    order->reference2 = apr_pstrdup(p, cart->reference2);
    order->confirmation_url = apr_pstrdup(p, cart->confirmation_url);
    remember(p, order, &cart->told);
    apr_array_clear(order->lines);
    for (int i = 0; i < cart->lines->nelts; i++) {
        APR_ARRAY_PUSH(order->lines, kl_line_t) = copied(p,
                                                         &APR_ARRAY_IDX(cart->lines, i, kl_line_t));
    }
}

static void set_unless_empty(kl_json_t *obj, const char *key, const char *s)
{
    if (s[0]) {
        kl_json_set_str(obj, key, s);
    }
}

kl_json_t *kl_cart_klarna(apr_pool_t *p, const kl_order_t *order)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "purchase_country", order->country);
    kl_json_set_str(v, "purchase_currency", order->currency);
    set_unless_empty(v, "locale", order->locale);
    kl_json_set_int(v, "order_amount", order->order_amount);
    kl_json_set_int(v, "order_tax_amount", order->order_tax_amount);
    kl_json_set(v, "order_lines", kl_order_parts_klarna_lines(p, order->lines));
    set_unless_empty(v, "merchant_reference1", order->reference1);
    set_unless_empty(v, "merchant_reference2", order->reference2);
    return v;
}
