/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_figures.h. */
#include "store/dbd_figures.h"

#include "core/limits.h"
#include "store/dbd_rows.h"

/* --- hours -------------------------------------------------------------------------- */

static kl_kind_t hour_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_operation_hour_t *row = apr_array_push(out);
    const char *kind, *state;

    row->hour = kl_dbd_run_int64(db, 0) * APR_USEC_PER_SEC * 3600;
    kind = kl_dbd_run_text(db, p, 1);
    state = kl_dbd_run_text(db, p, 2);
    row->count = kl_dbd_run_int64(db, 3);
    row->called = kl_dbd_run_int64(db, 4);
    row->took_sum = kl_dbd_run_int64(db, 5);
    row->took_max = kl_dbd_run_int64(db, 6);
    row->slow = kl_dbd_run_int64(db, 7);
    if (db->failed) {
        return kl_dbd_run_end(db);
    }
    return kl_op_kind_parse(kind, &row->kind) && kl_op_state_parse(state, &row->state)
               ? KL_OK
               : kl_dbd_rows_unknown_word(db->err, "figure of", kind);
}

kl_kind_t kl_dbd_figures_operation_hours(kl_store_t *self, apr_pool_t *p,
                                         const kl_hours_query_t *query, apr_array_header_t **out,
                                         kl_error_t *err)
{
    int slow = KL_SLOW_MS;
    const void *v[] = {&slow, query->account, &query->from, &query->to};
    const kl_dbd_rows_query_t hours = {KL_SQL_operation_hours, v, "figure", hour_read};

    *out = apr_array_make(p, 64, sizeof(kl_operation_hour_t));
    return kl_dbd_rows_select(self, p, &hours, *out, err);
}

/* --- callbacks ---------------------------------------------------------------------- */

static kl_kind_t callback_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_callback_t *row = apr_array_push(out);

    row->kind = kl_dbd_run_text(db, p, 0);
    row->good_at = kl_dbd_run_int64(db, 1);
    row->good = kl_dbd_run_int64(db, 2);
    row->bad_at = kl_dbd_run_int64(db, 3);
    row->bad = kl_dbd_run_int64(db, 4);
    row->bad_why = kl_dbd_run_text(db, p, 5);
    return KL_OK; /* what could not be read shows at the end */
}

kl_kind_t kl_dbd_figures_callback_list(kl_store_t *self, apr_pool_t *p, const char *account,
                                       apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {account};
    const kl_dbd_rows_query_t list = {KL_SQL_callback_list, v, "entry", callback_read};
    kl_kind_t rv;

    *out = apr_array_make(p, 3, sizeof(kl_callback_t));
    rv = kl_dbd_rows_select(self, p, &list, *out, err);
    for (int i = 0; i < (*out)->nelts; i++) {
        APR_ARRAY_IDX(*out, i, kl_callback_t).account = account;
    }
    return rv;
}

static kl_kind_t first_callback(kl_store_t *self, apr_pool_t *p, const kl_callback_note_t *note,
                                kl_error_t *err)
{
    apr_int64_t bad = note->why[0] != '\0', good = !bad;
    apr_time_t good_at = good ? note->at : 0, bad_at = bad ? note->at : 0;
    const void *v[] = {note->account, note->kind, &good_at, &good, &bad_at, &bad, note->why};
    const kl_dbd_rows_query_t insert = {KL_SQL_callback_insert, v, "entry", NULL};

    return kl_dbd_rows_either_way(kl_dbd_rows_insert(self, p, &insert, err), err);
}

static kl_kind_t next_callback(kl_store_t *self, apr_pool_t *p, const kl_callback_t *last,
                               const kl_callback_note_t *note, kl_error_t *err)
{
    const void *good[] = {&note->at, note->account, note->kind, &last->good_at};
    const void *bad[] = {&note->at, note->why, note->account, note->kind, &last->bad_at};
    const kl_dbd_rows_query_t save =
        note->why[0] ? (kl_dbd_rows_query_t){KL_SQL_callback_bad, bad, "entry", NULL}
                     : (kl_dbd_rows_query_t){KL_SQL_callback_good, good, "entry", NULL};
    apr_time_t last_at = note->why[0] ? last->bad_at : last->good_at;

    if (note->at - last_at < apr_time_from_sec(KL_NOTE_PAUSE_S)) {
        return KL_OK;
    }
    return kl_dbd_rows_either_way(kl_dbd_rows_save(self, p, &save, err), err);
}

kl_kind_t kl_dbd_figures_callback_note(kl_store_t *self, apr_pool_t *p,
                                       const kl_callback_note_t *note, kl_error_t *err)
{
    const void *v[] = {note->account, note->kind};
    const kl_dbd_rows_query_t load = {KL_SQL_callback_load, v, "entry", callback_read};
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_callback_t));
    kl_kind_t rv = kl_dbd_rows_select(self, p, &load, found, err);

    if (rv != KL_OK) {
        return rv;
    }
    return found->nelts == 0
               ? first_callback(self, p, note, err)
               : next_callback(self, p, &APR_ARRAY_IDX(found, 0, kl_callback_t), note, err);
}
