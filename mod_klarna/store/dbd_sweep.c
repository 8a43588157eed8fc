/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_sweep.h. */
#include "store/dbd_sweep.h"

#include "core/schedule.h"

#define KL_STRAYED apr_time_from_sec(86400) /* whoever was to write their batch is gone */

static kl_kind_t id_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    APR_ARRAY_PUSH(out, const char *) = kl_dbd_run_text(db, p, 0);
    return KL_OK;
}

kl_kind_t kl_dbd_sweep_find(kl_store_t *self, apr_pool_t *p, const kl_sweep_t *sweep,
                            apr_array_header_t **out, kl_error_t *err)
{
    const int limit = KL_SWEPT, candidates = 8 * KL_SWEPT;
    const char *account = sweep->account;
    const apr_time_t *now = &sweep->now, *before = &sweep->before;
    const apr_time_t looked_at = *before - KL_INTENT_LIFETIME;
    /* one that nobody has looked at stays until Klarna cannot have an order of it any more */
    const apr_time_t no_order = *now - KL_INTENT_LIFETIME - KL_AUTHORIZATION_LIFETIME;
    const apr_time_t unseen = no_order < looked_at ? no_order : looked_at;
    const void *placed[] = {account, now, now, &limit};
    /* of one state each, as KL_OLD_PAYMENTS_ says */
#define CREATED_ account, &unseen, now, before, &candidates
#define ENDED_ account, &looked_at, now, before, &unseen, &candidates
    const void *unfinished[] = {CREATED_, CREATED_, CREATED_, ENDED_, ENDED_,
                                ENDED_,   ENDED_,   ENDED_,   before, &limit};
    const void *requests[] = {account, before, &limit};
    const void *batches[] = {account, before, before, &limit};
    const apr_time_t strayed = *now - KL_STRAYED;
    const void *strays[] = {account, &strayed, &limit};
    const kl_dbd_rows_query_t queries[] = {
        [KL_SWEEP_PLACED] = {KL_SQL_placed_find, placed, "payment", id_read},
        [KL_SWEEP_UNFINISHED] = {KL_SQL_unfinished_find, unfinished, "payment", id_read},
        [KL_SWEEP_REQUESTS] = {KL_SQL_requests_find, requests, "operation", id_read},
        [KL_SWEEP_BATCHES] = {KL_SQL_batches_find, batches, "batch", id_read},
        [KL_SWEEP_STRAYS] = {KL_SQL_strays_find, strays, "batch item", id_read},
    };

    *out = apr_array_make(p, KL_SWEPT, sizeof(const char *));
    return kl_dbd_rows_select(self, p, &queries[sweep->what], *out, err);
}

static kl_kind_t take(kl_store_t *self, apr_pool_t *p, kl_sql_t text, const void **v,
                      kl_error_t *err)
{
    const kl_dbd_rows_query_t query = {text, v, "row", NULL};

    return kl_dbd_rows_either_way(kl_dbd_rows_save(self, p, &query, err), err);
}

/* Payments and batches go after what refers to them: a death in between finds them again. */
kl_kind_t kl_dbd_sweep_take(kl_store_t *self, apr_pool_t *p, const kl_sweep_t *sweep,
                            const apr_array_header_t *ids, kl_error_t *err)
{
    static const kl_sql_t texts[] = {[KL_SWEEP_PLACED] = KL_SQL_placed_sweep,
                                     [KL_SWEEP_UNFINISHED] = KL_SQL_unfinished_sweep,
                                     [KL_SWEEP_REQUESTS] = KL_SQL_requests_sweep,
                                     [KL_SWEEP_BATCHES] = KL_SQL_batches_sweep,
                                     [KL_SWEEP_STRAYS] = KL_SQL_batch_items_sweep};
    const apr_time_t strayed = sweep->now - KL_STRAYED;
    const void *v[1 + KL_SWEPT] = {sweep->what == KL_SWEEP_PLACED   ? &sweep->now
                                   : sweep->what == KL_SWEEP_STRAYS ? &strayed
                                                                    : &sweep->before};
    int last = ids->nelts - 1;
    kl_kind_t rv = KL_OK;

    for (int i = 0; i < KL_SWEPT; i++) {
        v[1 + i] = APR_ARRAY_IDX(ids, i < last ? i : last, const char *);
    }
    if (sweep->what == KL_SWEEP_UNFINISHED) {
        rv = take(self, p, KL_SQL_refused_sweep, v, err);
    }
    if (sweep->what == KL_SWEEP_BATCHES) {
        rv = take(self, p, KL_SQL_batch_items_sweep, v, err);
    }
    return rv == KL_OK ? take(self, p, texts[sweep->what], v, err) : rv;
}
