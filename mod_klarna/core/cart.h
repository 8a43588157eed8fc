/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cart a shop vouches for, in Klarna's words. Parsing checks everything Klarna would
 * check (Klarna Payments order line arithmetic and limits) before anything is stored or
 * sent, and says which line and field is wrong, what came and what was expected.
 */
#ifndef KL_CART_H
#define KL_CART_H

#include "core/addresses.h"
#include "core/country.h"
#include "core/order.h"

typedef struct kl_cart_t {
    const char *country, *currency, *locale; /* locale "" when none given */
    apr_int64_t order_amount, order_tax_amount;
    apr_array_header_t *lines; /* of kl_line_t, moved fields 0 */
    const char *reference1, *reference2;
    const char *confirmation_url; /* merchant_urls.confirmation or "" */
    /* Personal data: sent to Klarna, never stored with the order. NULL when absent. Borrowed
     * from the parsed document. */
    kl_addresses_t told;
} kl_cart_t;

/**
 * Reads and checks a cart.
 * @param region the merchant account's region, for the country check
 * @return KL_OK, or KL_INVALID with field, got, expected. Codes: "not_json", "missing",
 *   "wrong_type", "too_short", "too_long", "control_character", "out_of_range",
 *   "unknown_field", "unknown_value",
 *   "unknown_country", "currency_mismatch", "locale_mismatch", "region_mismatch",
 *   "line_total" (total = quantity * unit_price - discount), "line_tax" (within 1 minor
 *   unit), "line_sign" (a discount, gift card or store credit must not be positive,
 *   others not negative), "line_tax_rate" (gift card and store credit: 0), "sales_tax"
 *   (US rules), "order_total", "order_tax", "duplicate_reference".
 *   Values of addresses and customer are never quoted.
 * Stricter than Klarna: order_amount and quantity are at least 1 (nothing else can be
 *   captured), references are unique, a sales_tax line is for the US only.
 * Rules: facts on Klarna Payments 4.1 to 4.3.
 */
kl_kind_t kl_cart_parse(kl_cart_t *cart, apr_pool_t *p, const kl_json_t *v, kl_region_t region,
                        kl_error_t *err);

/** Moves the cart into an order that is CREATED: amounts, lines, references, country, and what it
 *  tells of the shopper, added to what was told before. */
void kl_cart_to_order(const kl_cart_t *cart, kl_order_t *order);

/** The order's cart part in Klarna's words, member by member, for a session or a placement:
 *  purchase_country, purchase_currency, locale, order_amount, order_tax_amount,
 *  order_lines, merchant_reference1/2. */
kl_json_t *kl_cart_klarna(apr_pool_t *p, const kl_order_t *order);

#endif
