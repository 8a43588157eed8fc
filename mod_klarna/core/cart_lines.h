/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a cart: reading each, checking it by itself, and checking the cart's sums
 * against all of them. For carts, and for what an authorization is to become (plan_lines_change.h).
 */
#ifndef KL_CART_LINES_H
#define KL_CART_LINES_H

#include <apr_hash.h>

#include "core/cart.h"
#include "core/reader.h"

/**
 * Reads order_lines. The first fault is left in the reader's err; then the result is not
 * complete.
 * @param cart reader of the whole cart
 * @return array of kl_line_t with the strings in cart->p
 */
apr_array_header_t *kl_cart_lines_read(const kl_reader_t *cart);

/** Reads one line and checks it by itself. @param place it has, counted from 1 */
void kl_cart_lines_read_one(kl_line_t *line, const kl_reader_t *rd, int place);

/** Checks that no line that was seen has its reference. @param seen kl_line_t by reference */
void kl_cart_lines_check_unique(apr_hash_t *seen, const kl_line_t *line, const kl_reader_t *rd);

/**
 * Checks order_amount, order_tax_amount and where sales tax stands.
 * @return KL_OK, or KL_INVALID "order_total", "order_tax" or "sales_tax"
 */
kl_kind_t kl_cart_lines_check_sums(const kl_cart_t *cart, apr_pool_t *p, kl_error_t *err);

#endif
