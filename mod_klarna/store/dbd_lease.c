/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_lease.h. */
#include "store/dbd_lease.h"

#include <string.h>
#include "store/dbd_rows.h"

#define LONGEST apr_time_from_sec(60) /* a later end comes from a clock that goes wrong */

typedef struct row_t {
    const char *holder;
    apr_time_t until;
} row_t;

static kl_kind_t row_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    row_t *row = apr_array_push(out);

    row->holder = kl_dbd_run_text(db, p, 0);
    row->until = kl_dbd_run_int64(db, 1);
    return KL_OK; /* what could not be read shows at the end */
}

static int is_free(const row_t *row, const kl_worker_lease_t *lease)
{
    return row->until <= lease->now || row->until > lease->now + LONGEST
           || strcmp(row->holder, lease->holder) == 0;
}

static kl_kind_t held(kl_worker_lease_t *lease, apr_time_t until, kl_error_t *err)
{
    lease->until = until;
    kl_error_clear(err);
    return kl_error_set(err, KL_CONFLICT, "held", "Another process has the lease.");
}

/* Someone was quicker, a moment ago, and holds it as long as this one would have. */
static kl_kind_t outcome(kl_kind_t rv, kl_worker_lease_t *lease, kl_error_t *err)
{
    return rv == KL_STALE || rv == KL_TAKEN ? held(lease, lease->until, err) : rv;
}

/* From the one who had it, unless someone else was quicker. */
static kl_kind_t take_over(kl_store_t *self, apr_pool_t *p, const kl_worker_lease_t *lease,
                           const row_t *row, kl_error_t *err)
{
    const void *v[] = {lease->holder, &lease->until, lease->account, row->holder, &row->until};
    const kl_dbd_rows_query_t save = {KL_SQL_worker_save, v, "lease", NULL};

    return kl_dbd_rows_save(self, p, &save, err);
}

kl_kind_t kl_dbd_lease_take(kl_store_t *self, apr_pool_t *p, kl_worker_lease_t *lease,
                            kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(row_t));
    const void *key[] = {lease->account}, *all[] = {lease->account, lease->holder, &lease->until};
    const kl_dbd_rows_query_t load = {KL_SQL_worker_load, key, "lease", row_read},
                              insert = {KL_SQL_worker_insert, all, "lease", NULL};
    kl_kind_t rv = kl_dbd_rows_select(self, p, &load, found, err);
    const row_t *row = (const row_t *)found->elts;

    if (rv != KL_OK) {
        return rv;
    }
    if (found->nelts == 0) {
        return outcome(kl_dbd_rows_insert(self, p, &insert, err), lease, err);
    }
    if (!is_free(row, lease)) {
        return held(lease, row->until, err);
    }
    return outcome(take_over(self, p, lease, row, err), lease, err);
}
