/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_notes.h. */
#include "store/dbd_notes.h"

#include "store/dbd_rows.h"

#define MOST_LABELS 500 /* of an account, in the list of all */

/* --- notes --------------------------------------------------------------------------------- */

static kl_kind_t note_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_note_t *row = apr_pcalloc(p, sizeof(*row));
    int n = 1;

    KL_READ(KL_NOTE_FIXED)
    APR_ARRAY_PUSH(out, kl_note_t *) = row;
    return kl_dbd_run_end(db);
}

static kl_kind_t note_insert(kl_store_t *self, apr_pool_t *p, const kl_note_t *note,
                             kl_error_t *err)
{
    const void *v[KL_NOTE_VALUES];
    const kl_note_t *row = note;
    const kl_dbd_rows_query_t insert = {KL_SQL_note_insert, v, "note", NULL};
    int n = 0;

    KL_BIND(KL_NOTE_FIXED)
    return kl_dbd_rows_insert(self, p, &insert, err);
}

static kl_kind_t note_list(kl_store_t *self, apr_pool_t *p, const kl_page_of_t *page,
                           apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {page->of, &page->limit};
    const kl_dbd_rows_query_t select = {KL_SQL_note_list, v, "note", note_read};

    *out = apr_array_make(p, 4, sizeof(kl_note_t *));
    return kl_dbd_rows_select(self, p, &select, *out, err);
}

/* --- labels -------------------------------------------------------------------------------- */

static kl_kind_t label_add(kl_store_t *self, apr_pool_t *p, const kl_labels_t *labels,
                           kl_error_t *err)
{
    const void *v[5 * KL_LABELS];
    const kl_dbd_rows_query_t insert = {KL_SQL_label_insert, v, "label", NULL};
    int last = labels->values->nelts - 1;
    kl_kind_t rv = KL_OK;

    for (int first = 0; rv == KL_OK && first <= last; first += KL_LABELS) {
        for (int i = 0; i < KL_LABELS; i++) {
            int at = first + i < last ? first + i : last;

            v[5 * i] = labels->account;
            v[5 * i + 1] = labels->kind;
            v[5 * i + 2] = APR_ARRAY_IDX(labels->values, at, const char *);
            v[5 * i + 3] = &labels->created_at;
            v[5 * i + 4] = labels->order_id;
        }
        rv = kl_dbd_rows_either_way(kl_dbd_rows_insert(self, p, &insert, err), err);
    }
    return rv;
}

static kl_kind_t label_take(kl_store_t *self, apr_pool_t *p, const kl_labels_t *labels,
                            kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    for (int i = 0; rv == KL_OK && i < labels->values->nelts; i++) {
        const void *v[] = {labels->order_id, labels->kind,
                           APR_ARRAY_IDX(labels->values, i, const char *)};
        const kl_dbd_rows_query_t take = {KL_SQL_label_delete, v, "label", NULL};

        rv = kl_dbd_rows_either_way(kl_dbd_rows_save(self, p, &take, err), err);
    }
    return rv;
}

static kl_kind_t label_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_label_t *label = apr_array_push(out);

    label->order_id = kl_dbd_run_text(db, p, 0);
    label->value = kl_dbd_run_text(db, p, 1);
    return kl_dbd_run_end(db);
}

static kl_kind_t label_list(kl_store_t *self, apr_pool_t *p, const kl_labels_t *of,
                            apr_array_header_t **out, kl_error_t *err)
{
    const void *v[1 + KL_SWEPT] = {of->kind};
    const kl_dbd_rows_query_t select = {KL_SQL_label_list, v, "label", label_read};
    int last = of->values->nelts - 1;
    kl_kind_t rv = KL_OK;

    *out = apr_array_make(p, 16, sizeof(kl_label_t));
    for (int first = 0; rv == KL_OK && first <= last; first += KL_SWEPT) {
        for (int i = 0; i < KL_SWEPT; i++) {
            v[1 + i] = APR_ARRAY_IDX(of->values, first + i < last ? first + i : last, const char *);
        }
        rv = kl_dbd_rows_select(self, p, &select, *out, err);
    }
    return rv;
}

static kl_kind_t count_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_label_count_t *count = apr_array_push(out);

    count->value = kl_dbd_run_text(db, p, 0);
    count->count = (int)kl_dbd_run_int64(db, 1);
    return kl_dbd_run_end(db);
}

static kl_kind_t label_counts(kl_store_t *self, apr_pool_t *p, const kl_labels_t *of,
                              apr_array_header_t *out, kl_error_t *err)
{
    const int limit = MOST_LABELS;
    const void *v[] = {of->account, of->kind, &limit};
    const kl_dbd_rows_query_t select = {KL_SQL_label_counts, v, "label", count_read};

    return kl_dbd_rows_select(self, p, &select, out, err);
}

void kl_dbd_notes_functions(kl_store_t *store)
{
    store->note_insert = note_insert;
    store->note_list = note_list;
    store->label_add = label_add;
    store->label_take = label_take;
    store->label_list = label_list;
    store->label_counts = label_counts;
}
