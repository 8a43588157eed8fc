/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of an authorization that was written anew, as a whole, by others or by us: what became of
 * each line of the order. Lines are never taken away, because captures and credit invoices name
 * them by their place: what an authorization no longer has is cancelled.
 */
#ifndef KL_LINE_CHANGES_H
#define KL_LINE_CHANGES_H

#include "core/order.h"

/** 1 when these can become the order's lines: what was captured of a line stays within it, and
 *  there are at most KL_MAX_LINES. @param lines of kl_line_t, each reference once */
int kl_line_changes_fit(const kl_order_t *order, const apr_array_header_t *lines);

/**
 * Makes them the order's lines. A line that is as it was stays untouched; of one that became less
 * that part is cancelled; any other is taken over in full; new ones are added.
 * @param lines that fit; their strings must live as long as the order
 */
void kl_line_changes_take(kl_order_t *order, const apr_array_header_t *lines);

#endif
