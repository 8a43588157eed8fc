/* SPDX-License-Identifier: Apache-2.0 */
/* See trouble.h. */
#include "trouble.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>
#include "core/repeats.h"
#include "klarna_module.h"

struct kl_trouble_t {
    apr_thread_mutex_t *mutex; /* guards repeats */
    volatile apr_uint32_t open;
    kl_repeats_t repeats;
};

kl_trouble_t *kl_trouble_make(apr_pool_t *p)
{
    kl_trouble_t *trouble = apr_pcalloc(p, sizeof(*trouble));

    apr_thread_mutex_create(&trouble->mutex, APR_THREAD_MUTEX_DEFAULT, p);
    return trouble;
}

const char *kl_trouble_happened(kl_trouble_t *trouble, apr_pool_t *p, const char *what)
{
    apr_uint32_t unsaid = 0;
    int due;

    apr_thread_mutex_lock(trouble->mutex);
    due = kl_repeats_happened(&trouble->repeats, what, apr_time_now(), &unsaid);
    apr_thread_mutex_unlock(trouble->mutex);
    if (!due) {
        return NULL;
    }
    apr_atomic_set32(&trouble->open, 1);
    return unsaid ? apr_psprintf(p, " (and %u more like it since this was last said)", unsaid) : "";
}

void kl_trouble_over(kl_trouble_t *trouble, server_rec *s)
{
    apr_uint32_t unsaid = 0;
    apr_time_t since = 0;
    int said;

    if (!apr_atomic_read32(&trouble->open)) {
        return;
    }
    apr_thread_mutex_lock(trouble->mutex);
    apr_atomic_set32(&trouble->open, 0);
    said = kl_repeats_over(&trouble->repeats, &since, &unsaid);
    apr_thread_mutex_unlock(trouble->mutex);
    if (said) {
        ap_log_error(
            APLOG_MARK, APLOG_NOTICE, 0, s,
            "KLA0041: the database works again after %d s; %u entries about it were left out "
            "since",
            (int)apr_time_sec(apr_time_now() - since), unsaid);
    }
}
