/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_batch.h. */
#include "store/dbd_batch.h"

#include "store/dbd_rows.h"

typedef struct batch_row_t {
    kl_batch_t batch;
} batch_row_t;

static kl_row_fn batch_read, item_read, due_read, count_read;

#define BATCHES(id, values) (&(kl_dbd_rows_query_t){id, values, "batch", batch_read})
#define ITEMS(id, values, read) (&(kl_dbd_rows_query_t){id, values, "batch item", read})

/* --- batches ------------------------------------------------------------------------------- */

static kl_kind_t batch_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    batch_row_t *row = apr_pcalloc(p, sizeof(*row));
    int n = 1;

    KL_READ(KL_BATCH_FIXED)
    APR_ARRAY_PUSH(out, kl_batch_t *) = &row->batch;
    return kl_dbd_run_end(db);
}

static kl_kind_t batch_insert(kl_store_t *self, apr_pool_t *p, const kl_batch_t *batch,
                              kl_error_t *err)
{
    const void *v[KL_BATCH_VALUES];
    batch_row_t made = {*batch}, *row = &made;
    int n = 0;

    KL_BIND(KL_BATCH_FIXED)
    return kl_dbd_rows_insert(self, p, BATCHES(KL_SQL_batch_insert, v), err);
}

static kl_kind_t load(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                      kl_batch_t **out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_batch_t *));
    kl_kind_t rv = kl_dbd_rows_load(self, p, query, found, err);

    *out = rv == KL_OK ? APR_ARRAY_IDX(found, 0, kl_batch_t *) : NULL;
    return rv;
}

static kl_kind_t batch_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_batch_t **out,
                            kl_error_t *err)
{
    const void *v[] = {id};

    return load(self, p, BATCHES(KL_SQL_batch_load, v), out, err);
}

static kl_kind_t batch_load_by_client_key(kl_store_t *self, apr_pool_t *p, const char *client_key,
                                          kl_batch_t **out, kl_error_t *err)
{
    const void *v[] = {client_key};

    return load(self, p, BATCHES(KL_SQL_batch_load_by_client_key, v), out, err);
}

static kl_kind_t batch_list(kl_store_t *self, apr_pool_t *p, const kl_page_of_t *page,
                            apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {page->of, &page->limit};

    *out = apr_array_make(p, page->limit, sizeof(kl_batch_t *));
    return kl_dbd_rows_select(self, p, BATCHES(KL_SQL_batch_list, v), *out, err);
}

/* --- items --------------------------------------------------------------------------------- */

static kl_batch_item_t *read_item(kl_dbd_t *db, apr_pool_t *p, int *next)
{
    kl_batch_item_t *row = apr_pcalloc(p, sizeof(*row));
    int n = 1;

    KL_READ(KL_BATCH_ITEM_FIXED)
    KL_READ(KL_BATCH_ITEM_SAVED)
    row->actor = "";
    *next = n;
    return row;
}

static kl_kind_t item_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    int n;

    APR_ARRAY_PUSH(out, kl_batch_item_t *) = read_item(db, p, &n);
    return kl_dbd_run_end(db);
}

static kl_kind_t due_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    int n;
    kl_batch_item_t *item = read_item(db, p, &n);

    item->actor = kl_dbd_run_text(db, p, n);
    APR_ARRAY_PUSH(out, kl_batch_item_t *) = item;
    return kl_dbd_run_end(db);
}

static kl_kind_t insert_rows(kl_store_t *self, apr_pool_t *p, const apr_array_header_t *items,
                             int first, kl_error_t *err)
{
    const void *v[KL_BATCH_ROWS * KL_BATCH_ITEM_VALUES];
    int n = 0, last = items->nelts - 1;

    for (int i = first; i < first + KL_BATCH_ROWS; i++) {
        const kl_batch_item_t *row = APR_ARRAY_IDX(items, i < last ? i : last, kl_batch_item_t *);

        KL_BIND(KL_BATCH_ITEM_FIXED)
        KL_BIND(KL_BATCH_ITEM_SAVED)
    }
    return kl_dbd_rows_either_way(kl_dbd_rows_insert(self, p,
                                                     ITEMS(KL_SQL_batch_items_insert, v, NULL),
                                                     err),
                                  err);
}

static kl_kind_t batch_items_insert(kl_store_t *self, apr_pool_t *p,
                                    const apr_array_header_t *items, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    for (int i = 0; rv == KL_OK && i < items->nelts; i += KL_BATCH_ROWS) {
        rv = insert_rows(self, p, items, i, err);
    }
    return rv;
}

static kl_kind_t batch_items(kl_store_t *self, apr_pool_t *p, const char *id,
                             apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {id};

    *out = apr_array_make(p, 64, sizeof(kl_batch_item_t *));
    return kl_dbd_rows_select(self, p, ITEMS(KL_SQL_batch_items, v, item_read), *out, err);
}

static kl_kind_t batch_items_due(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                                 apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {query->account, &query->now, &query->limit};

    *out = apr_array_make(p, query->limit, sizeof(kl_batch_item_t *));
    return kl_dbd_rows_select(self, p, ITEMS(KL_SQL_batch_items_due, v, due_read), *out, err);
}

static kl_kind_t batch_item_save(kl_store_t *self, apr_pool_t *p, const kl_batch_item_t *item,
                                 kl_error_t *err)
{
    const void *v[KL_BATCH_ITEM_SETS + 2];
    const kl_batch_item_t *row = item;
    int n = 0;

    KL_BIND(KL_BATCH_ITEM_SAVED)
    v[n++] = item->batch_id;
    v[n++] = item->order_id;
    return kl_dbd_rows_save(self, p, ITEMS(KL_SQL_batch_item_save, v, NULL), err);
}

/* --- how many ------------------------------------------------------------------------------ */

static kl_kind_t count_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    const char *state = kl_dbd_run_text(db, p, 0);
    kl_batch_counts_t one = {0};

    kl_batch_count(&one, state, (int)kl_dbd_run_int64(db, 1));
    APR_ARRAY_PUSH(out, kl_batch_counts_t) = one;
    return kl_dbd_run_end(db);
}

static kl_kind_t batch_counts(kl_store_t *self, apr_pool_t *p, const char *id,
                              kl_batch_counts_t *out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 5, sizeof(kl_batch_counts_t));
    const void *v[] = {id};
    kl_kind_t rv = kl_dbd_rows_select(self, p, ITEMS(KL_SQL_batch_counts, v, count_read), found,
                                      err);

    *out = (kl_batch_counts_t){0};
    for (int i = 0; i < found->nelts; i++) {
        out->confirmed += APR_ARRAY_IDX(found, i, kl_batch_counts_t).confirmed;
        out->refused += APR_ARRAY_IDX(found, i, kl_batch_counts_t).refused;
    }
    return rv;
}

void kl_dbd_batch_functions(kl_store_t *store)
{
    store->batch_insert = batch_insert;
    store->batch_load = batch_load;
    store->batch_load_by_client_key = batch_load_by_client_key;
    store->batch_list = batch_list;
    store->batch_counts = batch_counts;
    store->batch_items_insert = batch_items_insert;
    store->batch_items = batch_items;
    store->batch_items_due = batch_items_due;
    store->batch_item_save = batch_item_save;
}
