/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of an order as JSON, with the members that what is stored and what is shown have
 * in common. Stored, an absent member means "" or 0, and a time is a number; shown, every
 * member is there. Each file adds what only it has: order_json.c and order_view.c.
 */
#ifndef KL_ORDER_PARTS_H
#define KL_ORDER_PARTS_H

#include "core/order.h"

typedef enum { KL_STORED, KL_SHOWN } kl_style_t;

/** A line in Klarna's words: without what moved since. */
kl_json_t *kl_order_parts_line(apr_pool_t *p, const kl_line_t *line, kl_style_t style);
/** Lines as requests to Klarna have them. */
kl_json_t *kl_order_parts_klarna_lines(apr_pool_t *p, const apr_array_header_t *lines);
/** Adds to v what moved. */
void kl_order_parts_moved(kl_json_t *v, const kl_line_t *line, kl_style_t style);

/** Without its movement and its shipping_info. */
kl_json_t *kl_order_parts_capture(apr_pool_t *p, const kl_capture_t *capture, kl_style_t style);
/** Without its lines. */
kl_json_t *kl_order_parts_credit_invoice(apr_pool_t *p, const kl_credit_invoice_t *ci,
                                         kl_style_t style);
/** What others did at Klarna, of kl_outside_t. */
kl_json_t *kl_order_parts_outside(apr_pool_t *p, const apr_array_header_t *list, kl_style_t style);

#endif
