/* SPDX-License-Identifier: Apache-2.0 */
/* A batch as the routes show it. */
#ifndef KL_BATCH_VIEW_H
#define KL_BATCH_VIEW_H

#include "core/batch.h"
#include "core/json.h"

/** Without its items. */
kl_json_t *kl_batch_view(apr_pool_t *p, const kl_batch_t *batch, const kl_batch_counts_t *counts);

/** items: of kl_batch_item_t *. */
kl_json_t *kl_batch_view_items(apr_pool_t *p, const apr_array_header_t *items);

#endif
