/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger document: lines, captures, credit invoices and whatever else is never queried alone,
 * as one JSON text in the order's row. What was written here must stay readable forever, so members
 * are only ever added and an absent one means "" or 0. Numbers are bounded on reading so that no
 * later sum overflows, even if the ledger was tampered with.
 */
#ifndef KL_LEDGER_H
#define KL_LEDGER_H

#include "core/order.h"

/** A movement as stored with an operation, and back. */
kl_json_t *kl_ledger_movement_json(apr_pool_t *p, const kl_movement_t *m);

/** Lines as stored with an operation, and back: {"lines"}. */
kl_json_t *kl_ledger_lines_json(apr_pool_t *p, const apr_array_header_t *lines);
kl_kind_t kl_ledger_lines_parse(apr_array_header_t **lines, apr_pool_t *p, const kl_json_t *v,
                                kl_error_t *err);

const char *kl_ledger_text(apr_pool_t *p, const kl_order_t *order);

/** Fills the lists of order from text; KL_INTERNAL "ledger" when it cannot be read, and order is as
 *  it was. */
kl_kind_t kl_ledger_parse(kl_order_t *order, apr_pool_t *p, const char *text, kl_error_t *err);

kl_kind_t kl_ledger_movement_parse(kl_movement_t *m, apr_pool_t *p, const kl_json_t *v,
                                   kl_error_t *err);

#endif
