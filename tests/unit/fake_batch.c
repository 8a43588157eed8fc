/* SPDX-License-Identifier: Apache-2.0 */
/* See fake_batch.h. */
#include "fake_batch.h"

#include <apr_strings.h>

static const char *kept(const fake_store_t *fake, const char *text)
{
    assert_non_null(text); /* a defect of the service */
    return apr_pstrdup(fake->p, text);
}

static kl_batch_t *batch_at(const fake_store_t *fake, int i)
{
    return APR_ARRAY_IDX(fake->batches, i, kl_batch_t *);
}

static kl_batch_item_t *item_at(const fake_store_t *fake, int i)
{
    return APR_ARRAY_IDX(fake->items, i, kl_batch_item_t *);
}

static kl_batch_t *find_batch(const fake_store_t *fake, const char *id, const char *key)
{
    for (int i = 0; i < fake->batches->nelts; i++) {
        kl_batch_t *row = batch_at(fake, i);

        if ((id && strcmp(row->id, id) == 0) || (key && strcmp(row->client_key, key) == 0)) {
            return row;
        }
    }
    return NULL;
}

kl_batch_item_t *fake_batch_item(const fake_store_t *fake, const char *batch_id,
                                 const char *order_id)
{
    for (int i = 0; i < fake->items->nelts; i++) {
        kl_batch_item_t *row = item_at(fake, i);

        if (strcmp(row->batch_id, batch_id) == 0 && strcmp(row->order_id, order_id) == 0) {
            return row;
        }
    }
    return NULL;
}

/* --- batches ------------------------------------------------------------------------------- */

static kl_kind_t insert_batch(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_batch_t *batch = what;
    kl_batch_t *row = apr_pmemdup(fake->p, batch, sizeof(*batch));

    (void)p;
    if (find_batch(fake, batch->id, batch->client_key)) {
        return kl_error_set(err, KL_TAKEN, "exists", "There is one.");
    }
    row->id = kept(fake, row->id);
    row->account = kept(fake, row->account);
    row->action = kept(fake, row->action);
    row->actor = kept(fake, row->actor);
    row->client_key = kept(fake, row->client_key);
    row->client_hash = kept(fake, row->client_hash);
    APR_ARRAY_PUSH(fake->batches, kl_batch_t *) = row;
    return KL_OK;
}

static kl_kind_t batch_insert(kl_store_t *self, apr_pool_t *p, const kl_batch_t *batch,
                              kl_error_t *err)
{
    return fake_store_call(self, p, insert_batch, (void *)batch, err);
}

typedef struct wanted_batch_t {
    const char *id, *key;
    kl_batch_t **out;
} wanted_batch_t;

static kl_kind_t load_batch(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_batch_t *wanted = what;
    kl_batch_t *row = find_batch(fake, wanted->id, wanted->key);

    *wanted->out = row ? apr_pmemdup(p, row, sizeof(*row)) : NULL;
    return row ? KL_OK : kl_error_set(err, KL_NOT_FOUND, "not_found", "There is no such row.");
}

static kl_kind_t batch_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_batch_t **out,
                            kl_error_t *err)
{
    return fake_store_call(self, p, load_batch, &(wanted_batch_t){id, NULL, out}, err);
}

static kl_kind_t batch_load_by_client_key(kl_store_t *self, apr_pool_t *p, const char *key,
                                          kl_batch_t **out, kl_error_t *err)
{
    return fake_store_call(self, p, load_batch, &(wanted_batch_t){NULL, key, out}, err);
}

/* --- items --------------------------------------------------------------------------------- */

static kl_batch_item_t *copy(apr_pool_t *p, const kl_batch_item_t *item)
{
    kl_batch_item_t *row = apr_pmemdup(p, item, sizeof(*item));

    row->batch_id = apr_pstrdup(p, row->batch_id);
    row->order_id = apr_pstrdup(p, row->order_id);
    row->account = apr_pstrdup(p, row->account);
    row->reference = apr_pstrdup(p, row->reference);
    row->state = apr_pstrdup(p, row->state);
    row->reason = apr_pstrdup(p, row->reason);
    row->sentence = apr_pstrdup(p, row->sentence);
    row->next_step = apr_pstrdup(p, row->next_step);
    return row;
}

static kl_kind_t insert_items(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const apr_array_header_t *items = what;

    (void)p, (void)err;
    for (int i = 0; i < items->nelts; i++) {
        const kl_batch_item_t *item = APR_ARRAY_IDX(items, i, kl_batch_item_t *);

        if (!fake_batch_item(fake, item->batch_id, item->order_id)) {
            APR_ARRAY_PUSH(fake->items, kl_batch_item_t *) = copy(fake->p, item);
        }
    }
    return KL_OK;
}

static kl_kind_t batch_items_insert(kl_store_t *self, apr_pool_t *p,
                                    const apr_array_header_t *items, kl_error_t *err)
{
    return fake_store_call(self, p, insert_items, (void *)items, err);
}

typedef struct wanted_items_t {
    const char *id;              /* of one batch, or */
    const kl_due_query_t *query; /* what is due */
    apr_array_header_t *out;
} wanted_items_t;

static kl_kind_t select_items(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_items_t *wanted = what;
    const kl_due_query_t *query = wanted->query;

    (void)err;
    for (int i = 0; i < fake->items->nelts; i++) {
        kl_batch_item_t *row = item_at(fake, i), *found;
        kl_batch_t *batch = find_batch(fake, row->batch_id, NULL);

        if (wanted->id ? strcmp(row->batch_id, wanted->id) != 0
                       : !batch || row->due_at == 0 || row->due_at > query->now
                             || strcmp(row->account, query->account) != 0
                             || wanted->out->nelts == query->limit) {
            continue;
        }
        found = copy(p, row);
        found->actor = query ? batch->actor : "";
        APR_ARRAY_PUSH(wanted->out, kl_batch_item_t *) = found;
    }
    return KL_OK;
}

static kl_kind_t batch_items(kl_store_t *self, apr_pool_t *p, const char *id,
                             apr_array_header_t **out, kl_error_t *err)
{
    *out = apr_array_make(p, 8, sizeof(kl_batch_item_t *));
    return fake_store_call(self, p, select_items, &(wanted_items_t){id, NULL, *out}, err);
}

static kl_kind_t batch_items_due(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                                 apr_array_header_t **out, kl_error_t *err)
{
    *out = apr_array_make(p, 8, sizeof(kl_batch_item_t *));
    return fake_store_call(self, p, select_items, &(wanted_items_t){NULL, query, *out}, err);
}

static kl_kind_t save_item(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_batch_item_t *item = what;
    kl_batch_item_t *row = fake_batch_item(fake, item->batch_id, item->order_id);

    (void)p;
    if (!row || row->due_at == 0) {
        return kl_error_set(err, KL_STALE, "version", "It has ended.");
    }
    row->state = kept(fake, item->state);
    row->reason = kept(fake, item->reason);
    row->sentence = kept(fake, item->sentence);
    row->next_step = kept(fake, item->next_step);
    row->due_at = item->due_at;
    row->updated_at = item->updated_at;
    return KL_OK;
}

static kl_kind_t batch_item_save(kl_store_t *self, apr_pool_t *p, const kl_batch_item_t *item,
                                 kl_error_t *err)
{
    return fake_store_call(self, p, save_item, (void *)item, err);
}

void fake_batch_functions(kl_store_t *store)
{
    store->batch_insert = batch_insert;
    store->batch_load = batch_load;
    store->batch_load_by_client_key = batch_load_by_client_key;
    store->batch_items_insert = batch_items_insert;
    store->batch_items = batch_items;
    store->batch_items_due = batch_items_due;
    store->batch_item_save = batch_item_save;
}
