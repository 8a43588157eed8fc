/* SPDX-License-Identifier: Apache-2.0 */
/* See notes.h. */
#include "service/notes.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* --- notes --------------------------------------------------------------------------------- */

kl_kind_t kl_notes_of(kl_service_t *svc, const char *order_id, apr_array_header_t **out,
                      kl_error_t *err)
{
    const kl_page_of_t page = {order_id, KL_MAX_NOTES};

    return svc->store->note_list(svc->store, svc->p, &page, out, err);
}

static kl_note_t *make(kl_service_t *svc, const kl_order_t *order, const char *text,
                       const kl_client_t *client)
{
    kl_note_t *note = apr_pcalloc(svc->p, sizeof(*note));

    *note = (kl_note_t){.id = client->key[0] ? kl_id_from_digest(svc->p, client->key)
                                             : kl_id_uuid(svc->p, svc->random),
                        .order_id = order->id,
                        .account = order->account,
                        .actor = svc->actor,
                        .text = text,
                        .created_at = svc->now()};
    return note;
}

kl_kind_t kl_notes_add(kl_service_t *svc, const char *order_id, const char *text,
                       const kl_client_t *client, kl_note_t **out, kl_error_t *err)
{
    apr_array_header_t *notes = NULL;
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_show(svc, order_id, &order, err);

    rv = rv == KL_OK ? kl_notes_of(svc, order_id, &notes, err) : rv;
    if (rv != KL_OK) {
        return rv;
    }
    *out = make(svc, order, text, client);
    if (!(*out)->id) {
        return kl_error_set(err, KL_INTERNAL, "no_randomness",
                            "The system provided no random bytes.");
    }
    if (notes->nelts >= KL_MAX_NOTES) {
        return kl_error_set(err, KL_CONFLICT, "too_many_notes", "This order has %d notes already.",
                            notes->nelts);
    }
    rv = svc->store->note_insert(svc->store, svc->p, *out, err);
    if (rv == KL_TAKEN) { /* the same key again */
        kl_error_clear(err);
        rv = KL_OK;
    }
    return rv;
}

/* --- tags ---------------------------------------------------------------------------------- */

static int has(const apr_array_header_t *values, const char *value)
{
    for (int i = 0; i < values->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(values, i, const char *), value) == 0) {
            return 1;
        }
    }
    return 0;
}

kl_kind_t kl_notes_tags_of(kl_service_t *svc, const apr_array_header_t *orders,
                           apr_array_header_t **out, kl_error_t *err)
{
    apr_array_header_t *ids = apr_array_make(svc->p, orders->nelts, sizeof(const char *));
    const kl_labels_t of = {.kind = KL_LABEL_TAG, .values = ids};

    for (int i = 0; i < orders->nelts; i++) {
        APR_ARRAY_PUSH(ids, const char *) = APR_ARRAY_IDX(orders, i, kl_order_t *)->id;
    }
    return svc->store->label_list(svc->store, svc->p, &of, out, err);
}

/* The new ones first: a death in between leaves one too many, never one too few. */
kl_kind_t kl_notes_set_tags(kl_service_t *svc, const char *order_id, const apr_array_header_t *tags,
                            kl_error_t *err)
{
    apr_array_header_t *orders = apr_array_make(svc->p, 1, sizeof(kl_order_t *));
    apr_array_header_t *gone = apr_array_make(svc->p, KL_MAX_TAGS, sizeof(const char *));
    apr_array_header_t *before = NULL;
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_show(svc, order_id, &order, err);
    kl_labels_t labels;

    if (rv != KL_OK) {
        return rv;
    }
    APR_ARRAY_PUSH(orders, kl_order_t *) = order;
    rv = kl_notes_tags_of(svc, orders, &before, err);
    for (int i = 0; rv == KL_OK && i < before->nelts; i++) {
        const char *value = APR_ARRAY_IDX(before, i, kl_label_t).value;

        if (!has(tags, value)) {
            APR_ARRAY_PUSH(gone, const char *) = value;
        }
    }
    labels = (kl_labels_t){KL_LABEL_TAG, order->account, order->id, order->created_at, tags};
    rv = rv == KL_OK ? svc->store->label_add(svc->store, svc->p, &labels, err) : rv;
    labels.values = gone;
    return rv == KL_OK ? svc->store->label_take(svc->store, svc->p, &labels, err) : rv;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const kl_label_count_t *)a)->value, ((const kl_label_count_t *)b)->value);
}

kl_kind_t kl_notes_all_tags(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(svc->p, 16, sizeof(kl_label_count_t));
    int n = svc->accounts_n ? svc->accounts_n : 1;

    for (int i = 0; err->kind == KL_OK && i < n; i++) {
        const kl_account_t *account = svc->accounts_n ? svc->accounts[i] : svc->account;
        const kl_labels_t of = {.kind = KL_LABEL_TAG, .account = account->name};

        (void)svc->store->label_counts(svc->store, svc->p, &of, found, err);
    }
    qsort(found->elts, found->nelts, sizeof(kl_label_count_t), by_name);
    *out = apr_array_make(svc->p, 16, sizeof(kl_label_count_t));
    for (int i = 0; i < found->nelts; i++) {
        kl_label_count_t *one = &APR_ARRAY_IDX(found, i, kl_label_count_t);
        kl_label_count_t *last = (*out)->nelts
                                     ? &APR_ARRAY_IDX(*out, (*out)->nelts - 1, kl_label_count_t)
                                     : NULL;

        if (last && strcmp(last->value, one->value) == 0) {
            last->count += one->count;
        }
        else {
            APR_ARRAY_PUSH(*out, kl_label_count_t) = *one;
        }
    }
    return err->kind;
}
