/* SPDX-License-Identifier: Apache-2.0 */
/* See callback.h. */
#include "core/callback.h"

#include "core/view.h"

static kl_json_t *view(apr_pool_t *p, const kl_callback_t *callback)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "store", callback->account);
    kl_json_set_str(v, "kind", callback->kind);
    kl_view_time(p, v, "last_good", callback->good_at);
    kl_json_set_int(v, "good", callback->good);
    kl_view_time(p, v, "last_bad", callback->bad_at);
    kl_json_set_int(v, "bad", callback->bad);
    kl_view_word(v, "why", callback->bad_why);
    return v;
}

kl_json_t *kl_callback_view(apr_pool_t *p, const apr_array_header_t *callbacks)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < callbacks->nelts; i++) {
        kl_json_append(list, view(p, &APR_ARRAY_IDX(callbacks, i, kl_callback_t)));
    }
    return list;
}
