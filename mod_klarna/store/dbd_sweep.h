/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is not kept for ever, found by its time and taken away by its ids, a few rows in one
 * statement: whoever else writes waits for little, and a death in between leaves only more to find.
 */
#ifndef KL_DBD_SWEEP_H
#define KL_DBD_SWEEP_H

#include "store/dbd_rows.h"

/** As kl_store_t.sweep_find. */
kl_kind_t kl_dbd_sweep_find(kl_store_t *self, apr_pool_t *p, const kl_sweep_t *sweep,
                            apr_array_header_t **out, kl_error_t *err);
/** As kl_store_t.sweep. */
kl_kind_t kl_dbd_sweep_take(kl_store_t *self, apr_pool_t *p, const kl_sweep_t *sweep,
                            const apr_array_header_t *ids, kl_error_t *err);

#endif
