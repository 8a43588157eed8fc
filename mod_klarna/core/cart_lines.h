/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a cart: reading each, checking it by itself, and checking the cart's sums
 * against all of them. A part of cart.c, which is the only caller.
 */
#ifndef KL_CART_LINES_H
#define KL_CART_LINES_H

#include "core/cart.h"
#include "core/reader.h"

/**
 * Reads order_lines. The first fault is left in the reader's err; then the result is not
 * complete.
 * @param cart reader of the whole cart
 * @return array of kl_line_t with the strings in cart->p
 */
apr_array_header_t *kl_cart_lines_read(const kl_reader_t *cart);

/**
 * Checks order_amount, order_tax_amount and where sales tax stands.
 * @return KL_OK, or KL_INVALID "order_total", "order_tax" or "sales_tax"
 */
kl_kind_t kl_cart_lines_check_sums(const kl_cart_t *cart, apr_pool_t *p, kl_error_t *err);

#endif
