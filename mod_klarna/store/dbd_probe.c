/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_probe.h. */
#include "store/dbd_probe.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_time.h>

#define STORED_S 5 /* what was stored so lately proves it */

kl_dbd_probe_t *kl_dbd_probe_make(apr_pool_t *p)
{
    kl_dbd_probe_t *probe = apr_pcalloc(p, sizeof(*probe));

    apr_thread_mutex_create(&probe->mutex, APR_THREAD_MUTEX_DEFAULT, p);
    apr_thread_mutex_create(&probe->words, APR_THREAD_MUTEX_DEFAULT, p);
    return probe;
}

static apr_uint32_t seconds(void)
{
    return (apr_uint32_t)apr_time_sec(apr_time_now());
}

static void remember(kl_dbd_probe_t *probe, const kl_error_t *err)
{
    apr_thread_mutex_lock(probe->words);
    probe->reason = err->reason;
    apr_cpystrn(probe->detail, err->detail, sizeof(probe->detail));
    apr_cpystrn(probe->next, err->next, sizeof(probe->next));
    apr_thread_mutex_unlock(probe->words);
}

static kl_kind_t last_answer(kl_dbd_probe_t *probe, kl_error_t *err)
{
    if (!apr_atomic_read32(&probe->bad)) {
        return KL_OK;
    }
    apr_thread_mutex_lock(probe->words);
    kl_error_set(err, KL_UNAVAILABLE, "store", "%s", probe->detail);
    kl_error_next(err, probe->next);
    err->reason = probe->reason;
    apr_thread_mutex_unlock(probe->words);
    return err->kind;
}

static kl_kind_t write_row(kl_dbd_probe_t *probe, kl_dbd_t *db)
{
    apr_int64_t now = apr_time_now();
    const void *values[] = {&now};
    int changed = 0;
    kl_kind_t rv = kl_dbd_run_change(db, KL_SQL_probe_write, values, &changed);

    if (rv != KL_OK) {
        remember(probe, db->err);
    }
    apr_atomic_set32(&probe->bad, rv != KL_OK);
    apr_atomic_set32(&probe->at, seconds());
    return rv;
}

/* While there is no answer yet, all wait for the first one. */
static int may_write(kl_dbd_probe_t *probe)
{
    return apr_atomic_read32(&probe->at) == 0
               ? apr_thread_mutex_lock(probe->mutex) == APR_SUCCESS
               : apr_thread_mutex_trylock(probe->mutex) == APR_SUCCESS;
}

kl_kind_t kl_dbd_probe_write(kl_dbd_probe_t *probe, kl_dbd_t *db)
{
    kl_kind_t rv;

    if (seconds() - kl_dbd_run_stored_at(db) < STORED_S) {
        return KL_OK;
    }
    if (!may_write(probe)) {
        return last_answer(probe, db->err);
    }
    rv = apr_atomic_read32(&probe->at) == seconds() ? last_answer(probe, db->err)
                                                    : write_row(probe, db);
    apr_thread_mutex_unlock(probe->mutex);
    return rv;
}
