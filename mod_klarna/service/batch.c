/* SPDX-License-Identifier: Apache-2.0 */
/* See batch.h. */
#include "service/batch.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* --- create -------------------------------------------------------------------------------- */

static kl_kind_t no_such_order(kl_error_t *err, int place)
{
    kl_error_clear(err);
    kl_error_field(err, "no_such_order", apr_psprintf(err->pool, "orders[%d]", place),
                   "the id of no order", "the id of an order of this store");
    err->kind = KL_NOT_FOUND;
    return err->kind;
}

/* From its order, of which nothing else is kept: a thousand ledgers are much. */
static kl_kind_t make_item(kl_service_t *svc, kl_batch_item_t *item, kl_error_t *err)
{
    kl_service_t reader = *svc;
    kl_order_t *order = NULL;
    kl_kind_t rv;

    apr_pool_create(&reader.p, svc->p);
    rv = kl_service_show(&reader, item->order_id, &order, err);
    if (rv == KL_OK) {
        item->account = apr_pstrdup(svc->p, order->account);
        item->reference = apr_pstrdup(svc->p, order->reference1[0] ? order->reference1
                                                                   : order->klarna_reference);
    }
    apr_pool_destroy(reader.p);
    return rv == KL_NOT_FOUND ? no_such_order(err, item->place) : rv;
}

static kl_kind_t make_items(kl_service_t *svc, const kl_batch_request_t *want, const char *id,
                            apr_array_header_t **out, kl_error_t *err)
{
    apr_time_t now = svc->now();

    *out = apr_array_make(svc->p, want->orders->nelts, sizeof(kl_batch_item_t *));
    for (int i = 0; err->kind == KL_OK && i < want->orders->nelts; i++) {
        kl_batch_item_t *item = apr_pcalloc(svc->p, sizeof(*item));

        *item = (kl_batch_item_t){.batch_id = id,
                                  .order_id = APR_ARRAY_IDX(want->orders, i, const char *),
                                  .place = i,
                                  .state = KL_ITEM_WAITING,
                                  .reason = "",
                                  .sentence = "",
                                  .next_step = "",
                                  .due_at = now,
                                  .updated_at = now,
                                  .actor = ""};
        APR_ARRAY_PUSH(*out, kl_batch_item_t *) = item;
        (void)make_item(svc, item, err);
    }
    return err->kind;
}

/* The batch that the key has begun, if it has; *out stays NULL if not. */
static kl_kind_t find(kl_service_t *svc, const kl_client_t *client, kl_batch_t **out,
                      kl_error_t *err)
{
    kl_kind_t rv = svc->store->batch_load_by_client_key(svc->store, svc->p, client->key, out, err);

    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        *out = NULL;
        return KL_OK;
    }
    if (rv == KL_OK && strcmp((*out)->client_hash, client->hash) != 0) {
        return kl_error_field(err, "idempotency_key_reused", "Idempotency-Key",
                              "a key that was used for another request",
                              "a new key for each request");
    }
    return rv;
}

/* Its row comes last: it binds, and without it the items are nobody's. */
static kl_kind_t store(kl_service_t *svc, const kl_batch_t *batch, const apr_array_header_t *items,
                       kl_error_t *err)
{
    kl_kind_t rv = svc->store->batch_items_insert(svc->store, svc->p, items, err);

    return rv == KL_OK ? svc->store->batch_insert(svc->store, svc->p, batch, err) : rv;
}

kl_kind_t kl_batch_create(kl_service_t *svc, const kl_batch_request_t *want,
                          const kl_client_t *client, kl_batch_t **out, kl_error_t *err)
{
    apr_array_header_t *items = NULL;
    kl_batch_t *batch = apr_pcalloc(svc->p, sizeof(*batch));
    kl_kind_t rv = find(svc, client, out, err);

    if (rv != KL_OK || *out) {
        return rv;
    }
    *batch = (kl_batch_t){.id = kl_id_uuid(svc->p, svc->random),
                          .action = want->action,
                          .actor = svc->actor,
                          .client_key = client->key,
                          .client_hash = client->hash,
                          .total = want->orders->nelts,
                          .created_at = svc->now()};
    if (!batch->id) {
        return kl_error_set(err, KL_INTERNAL, "no_randomness",
                            "The system provided no random bytes.");
    }
    rv = make_items(svc, want, batch->id, &items, err);
    if (rv == KL_OK) {
        batch->account = APR_ARRAY_IDX(items, 0, kl_batch_item_t *)->account;
        rv = store(svc, batch, items, err);
    }
    if (rv == KL_TAKEN) { /* the same key at the same moment */
        kl_error_clear(err);
        return find(svc, client, out, err);
    }
    *out = batch;
    return rv;
}

/* --- show ---------------------------------------------------------------------------------- */

kl_kind_t kl_batch_show(kl_service_t *svc, const char *id, kl_batch_t **out,
                        apr_array_header_t **items, kl_error_t *err)
{
    apr_array_header_t *all = NULL;
    kl_kind_t rv = svc->store->batch_load(svc->store, svc->p, id, out, err);

    if (rv == KL_NOT_FOUND || (rv == KL_OK && !kl_service_account(svc, (*out)->account))) {
        kl_error_clear(err);
        return kl_error_set(err, KL_NOT_FOUND, "no_such_batch", "There is no such batch.");
    }
    rv = rv == KL_OK ? svc->store->batch_items(svc->store, svc->p, id, &all, err) : rv;
    *items = apr_array_make(svc->p, 64, sizeof(kl_batch_item_t *));
    for (int i = 0; rv == KL_OK && i < all->nelts; i++) {
        kl_batch_item_t *item = APR_ARRAY_IDX(all, i, kl_batch_item_t *);

        if (kl_service_account(svc, item->account)) {
            APR_ARRAY_PUSH(*items, kl_batch_item_t *) = item;
        }
        else {
            (*out)->total--;
        }
    }
    return rv;
}

static int by_newest(const void *a, const void *b)
{
    const kl_batch_t *one = *(kl_batch_t *const *)a, *other = *(kl_batch_t *const *)b;

    return one->created_at == other->created_at  ? strcmp(other->id, one->id)
           : one->created_at < other->created_at ? 1
                                                 : -1;
}

kl_kind_t kl_batch_newest(kl_service_t *svc, apr_array_header_t **out, apr_array_header_t **counts,
                          kl_error_t *err)
{
    apr_array_header_t *found = NULL;
    int n = svc->accounts_n ? svc->accounts_n : 1;

    *out = apr_array_make(svc->p, KL_BATCHES_SHOWN, sizeof(kl_batch_t *));
    *counts = apr_array_make(svc->p, KL_BATCHES_SHOWN, sizeof(kl_batch_counts_t));
    for (int i = 0; err->kind == KL_OK && i < n; i++) {
        const kl_account_t *account = svc->accounts_n ? svc->accounts[i] : svc->account;
        const kl_page_of_t page = {account->name, KL_BATCHES_SHOWN};

        if (svc->store->batch_list(svc->store, svc->p, &page, &found, err) == KL_OK) {
            apr_array_cat(*out, found);
        }
    }
    qsort((*out)->elts, (*out)->nelts, sizeof(kl_batch_t *), by_newest);
    (*out)->nelts = (*out)->nelts < KL_BATCHES_SHOWN ? (*out)->nelts : KL_BATCHES_SHOWN;
    for (int i = 0; err->kind == KL_OK && i < (*out)->nelts; i++) {
        (void)svc->store->batch_counts(svc->store, svc->p, APR_ARRAY_IDX(*out, i, kl_batch_t *)->id,
                                       apr_array_push(*counts), err);
    }
    return err->kind;
}
