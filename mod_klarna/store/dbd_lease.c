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

    row->holder = kl_dbd_text(db, p, 0);
    row->until = kl_dbd_int64(db, 1);
    return KL_OK; /* what could not be read shows at the end */
}

static int is_free(const row_t *row, const kl_worker_lease_t *lease)
{
    return row->until <= lease->now || row->until > lease->now + LONGEST
           || strcmp(row->holder, lease->holder) == 0;
}

kl_kind_t kl_dbd_worker_lease(kl_store_t *self, apr_pool_t *p, kl_worker_lease_t *lease,
                              kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(row_t));
    const void *load[] = {lease->merchant},
               *insert[] = {lease->merchant, lease->holder, &lease->until};
    kl_kind_t rv = kl_rows_select(self, p, KL_SQL_worker_load, load, row_read, found, err);
    const row_t *row = (const row_t *)found->elts;
    const void *save[] = {lease->holder, &lease->until, lease->merchant, NULL, NULL};

    if (rv != KL_OK) {
        return rv;
    }
    if (found->nelts == 0) {
        return kl_rows_insert(self, p, KL_SQL_worker_insert, insert, "lease", err);
    }
    if (!is_free(row, lease)) {
        lease->until = row->until;
        return kl_error_set(err, KL_CONFLICT, "held", "Another process has the lease.");
    }
    save[3] = row->holder;
    save[4] = &row->until;
    return kl_rows_save(self, p, KL_SQL_worker_save, save, "lease", err);
}
