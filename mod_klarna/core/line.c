/* SPDX-License-Identifier: Apache-2.0 */
/* See line.h. */
#include "core/line.h"

#include <string.h>
#include "core/money.h"

static const char *const type_names[] = {
    [KL_LINE_PHYSICAL] = "physical",         [KL_LINE_DIGITAL] = "digital",
    [KL_LINE_SHIPPING_FEE] = "shipping_fee", [KL_LINE_DISCOUNT] = "discount",
    [KL_LINE_GIFT_CARD] = "gift_card",       [KL_LINE_STORE_CREDIT] = "store_credit",
    [KL_LINE_SURCHARGE] = "surcharge",       [KL_LINE_SALES_TAX] = "sales_tax",
    [KL_LINE_RETURN_FEE] = "return_fee",
};

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

_Static_assert(COUNT(type_names) == KL_LINE_RETURN_FEE + 1, "each type has a name");

const char *kl_line_type_name(kl_line_type_t type)
{
    return type_names[type];
}

int kl_line_type_parse(const char *name, kl_line_type_t *out)
{
    for (int i = 0; name && i < COUNT(type_names); i++) {
        if (strcmp(type_names[i], name) == 0) {
            *out = (kl_line_type_t)i;
            return 1;
        }
    }
    return 0;
}

apr_int64_t kl_line_open_quantity(const kl_line_t *line)
{
    return line->quantity - line->cancelled_quantity - line->captured_quantity;
}

apr_int64_t kl_line_open_amount(const kl_line_t *line)
{
    return line->total_amount - line->cancelled_amount - line->captured_amount;
}

apr_int64_t kl_line_creditable_quantity(const kl_line_t *line)
{
    return line->captured_quantity - line->credited_quantity;
}

apr_int64_t kl_line_creditable_amount(const kl_line_t *line)
{
    return line->captured_amount - line->credited_amount;
}

kl_line_t kl_line_plain(kl_line_type_t type, const char *reference, const char *name,
                        apr_int64_t amount, apr_int64_t tax_rate)
{
    return (kl_line_t){
        .type = type,
        .reference = reference,
        .name = name,
        .quantity_unit = "",
        .image_url = "",
        .product_url = "",
        .merchant_data = "",
        .quantity = 1,
        .unit_price = amount,
        .tax_rate = tax_rate,
        .total_amount = amount,
        .total_tax_amount = kl_money_tax_within(amount, tax_rate),
    };
}
