/* SPDX-License-Identifier: Apache-2.0 */
/* See batch_view.h. */
#include "core/batch_view.h"

#include "core/view.h"

kl_json_t *kl_batch_view(apr_pool_t *p, const kl_batch_t *batch, const kl_batch_counts_t *counts)
{
    kl_json_t *v = kl_json_object(p);
    int waiting = batch->total - counts->confirmed - counts->refused;

    kl_json_set_str(v, "id", batch->id);
    kl_json_set_str(v, "action", batch->action);
    kl_json_set_str(v, "state", waiting > 0 ? "working" : "done");
    kl_json_set_str(v, "by", batch->actor);
    kl_view_time(p, v, "created_at", batch->created_at);
    kl_json_set_int(v, "total", batch->total);
    kl_json_set_int(v, "confirmed", counts->confirmed);
    kl_json_set_int(v, "waiting", waiting);
    kl_json_set_int(v, "refused", counts->refused);
    return v;
}

kl_json_t *kl_batch_view_items(apr_pool_t *p, const apr_array_header_t *items)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < items->nelts; i++) {
        const kl_batch_item_t *item = APR_ARRAY_IDX(items, i, kl_batch_item_t *);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_str(v, "order_id", item->order_id);
        kl_view_word(v, "reference", item->reference);
        kl_json_set_str(v, "state", item->state);
        kl_view_word(v, "reason", item->reason);
        kl_view_word(v, "sentence", item->sentence);
        kl_view_word(v, "next", item->next_step);
        kl_json_append(list, v);
    }
    return list;
}
