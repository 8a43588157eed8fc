/* SPDX-License-Identifier: Apache-2.0 */
/* See batch.h. */
#include "core/batch.h"

#include <string.h>

void kl_batch_count(kl_batch_counts_t *counts, const char *state, int n)
{
    counts->confirmed += strcmp(state, KL_ITEM_CONFIRMED) == 0 ? n : 0;
    counts->refused += strcmp(state, KL_ITEM_REFUSED) == 0 ? n : 0;
}

kl_batch_counts_t kl_batch_counts_of(const apr_array_header_t *items)
{
    kl_batch_counts_t counts = {0};

    for (int i = 0; i < items->nelts; i++) {
        kl_batch_count(&counts, APR_ARRAY_IDX(items, i, kl_batch_item_t *)->state, 1);
    }
    return counts;
}
