/* SPDX-License-Identifier: Apache-2.0 */
/* See kept.h. */
#include "api/kept.h"

#include <apr_thread_mutex.h>

struct kl_kept_t {
    apr_thread_mutex_t *mutex; /* guards things and count */
    void **things;
    int count, max;
};

kl_kept_t *kl_kept_make(apr_pool_t *p, int max)
{
    kl_kept_t *kept = apr_pcalloc(p, sizeof(*kept));

    kept->things = apr_pcalloc(p, (apr_size_t)max * sizeof(void *));
    kept->max = max;
    return apr_thread_mutex_create(&kept->mutex, APR_THREAD_MUTEX_DEFAULT, p) == APR_SUCCESS ? kept
                                                                                             : NULL;
}

void *kl_kept_take(kl_kept_t *kept)
{
    void *thing = NULL;

    apr_thread_mutex_lock(kept->mutex);
    if (kept->count > 0) {
        thing = kept->things[--kept->count];
    }
    apr_thread_mutex_unlock(kept->mutex);
    return thing;
}

int kl_kept_put(kl_kept_t *kept, void *thing)
{
    int has_room;

    apr_thread_mutex_lock(kept->mutex);
    has_room = kept->count < kept->max;
    if (has_room) {
        kept->things[kept->count++] = thing;
    }
    apr_thread_mutex_unlock(kept->mutex);
    return has_room;
}
