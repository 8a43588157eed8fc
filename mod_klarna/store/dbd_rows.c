/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_rows.h. */
#include "store/dbd_rows.h"

#include <apr_atomic.h>

#include "core/ledger.h"
#include "core/order_check.h"

/* --- the schema's version ----------------------------------------------------------- */

static kl_kind_t schema_fault(kl_dbd_t *db, const char *what)
{
    kl_error_set(db->err, KL_UNAVAILABLE, "schema",
                 "%s Run klarna-schema %s on the database that DBDParams names.", what,
                 kl_statements_dialect_name(db->dialect));
    kl_error_next(db->err, "The administrator creates the tables once, before httpd starts; the "
                           "server's error log has the database's own message.");
    return KL_UNAVAILABLE;
}

static kl_kind_t wrong_version(kl_dbd_t *db, apr_int64_t found)
{
    kl_error_set(db->err, KL_UNAVAILABLE, "schema",
                 "The database holds version %" APR_INT64_T_FMT " of mod_klarna's tables, this"
                 " module needs version %d.",
                 found, KL_SCHEMA_VERSION);
    kl_error_next(db->err, found < KL_SCHEMA_VERSION
                               ? "Stop httpd and run klarna-schema on that database: it upgrades"
                                 " the tables and keeps what is in them."
                               : "Install the mod_klarna that these tables were made for.");
    return KL_UNAVAILABLE;
}

/* Rows of klarna_schema, or -1 if they cannot be read. */
static int select_schema(kl_dbd_t *db, apr_int64_t *version, int *strict)
{
    kl_error_t *err = db->err;
    int found = 0;
    kl_kind_t rv;

    db->err = kl_error_make(db->scratch); /* schema_fault says it better */
    rv = kl_dbd_run_select(db, KL_SQL_schema_version, NULL);
    while (rv == KL_OK && kl_dbd_run_next(db)) {
        *version = kl_dbd_run_int64(db, 0);
        *strict = kl_dbd_run_int(db, 1);
        found++;
    }
    rv = rv == KL_OK ? kl_dbd_run_end(db) : rv;
    db->err = err;
    return rv == KL_OK ? found : -1;
}

/* Only missing tables are made by klarna-schema. */
static kl_kind_t unreadable(kl_dbd_t *db)
{
    if (db->fault == KL_FAULT_NO_TABLE) {
        schema_fault(db, "Some or all of mod_klarna's tables are missing.");
    }
    else {
        kl_error_set(db->err, KL_UNAVAILABLE, "schema", "%s: mod_klarna's tables cannot be read.",
                     kl_dbd_fault_sentence(db->fault));
        kl_error_next(db->err, kl_dbd_fault_cure(db->fault, db->dialect));
    }
    db->err->reason = kl_dbd_fault_name(db->fault);
    return KL_UNAVAILABLE;
}

/* Each table is there and may be read: no row of it is. */
static kl_kind_t read_tables(kl_dbd_t *db)
{
    kl_error_t *err = db->err;
    kl_kind_t rv;

    db->err = kl_error_make(db->scratch); /* unreadable says it better */
    rv = kl_dbd_run_select(db, KL_SQL_probe_read, NULL);
    while (rv == KL_OK && kl_dbd_run_next(db)) {
    }
    rv = rv == KL_OK ? kl_dbd_run_end(db) : rv;
    db->err = err;
    return rv == KL_OK ? KL_OK : unreadable(db);
}

static kl_kind_t read_schema(kl_dbd_t *db)
{
    apr_int64_t version = 0;
    int strict = 0;
    int found = select_schema(db, &version, &strict);

    if (found < 0) {
        return unreadable(db);
    }
    if (found != 1) {
        return schema_fault(db, "mod_klarna's tables are incomplete.");
    }
    if (version != KL_SCHEMA_VERSION) {
        return wrong_version(db, version);
    }
    if (!strict) {
        kl_error_set(db->err, KL_UNAVAILABLE, "schema",
                     "The database would truncate long values: its sql_mode is not strict "
                     "(conf/schema/mysql.sql).");
        kl_error_next(db->err, "Set a strict sql_mode with DBDInitSQL, as that file shows.");
        return KL_UNAVAILABLE;
    }
    return KL_OK;
}

kl_kind_t kl_dbd_rows_open(kl_dbd_t *db, kl_store_t *self, apr_pool_t *p, kl_error_t *err)
{
    kl_dbd_rows_t *rows = self->impl;
    kl_kind_t rv = kl_dbd_run_open(db, rows->connections, p, err);

    if (rv != KL_OK || apr_atomic_read32(&rows->schema_seen)) {
        return rv;
    }
    rv = read_schema(db);
    if (rv != KL_OK) {
        kl_dbd_run_close(db);
        return rv;
    }
    apr_atomic_set32(&rows->schema_seen, 1);
    return KL_OK;
}

kl_kind_t kl_dbd_rows_ready(kl_store_t *self, apr_pool_t *p, kl_error_t *err)
{
    kl_dbd_t db;
    kl_kind_t rv;

    if (apr_atomic_read32(&((kl_dbd_rows_t *)self->impl)->schema_seen)) {
        return KL_OK;
    }
    rv = kl_dbd_rows_open(&db, self, p, err);
    if (rv == KL_OK) {
        kl_dbd_run_close(&db);
    }
    return rv;
}

kl_kind_t kl_dbd_rows_check(kl_store_t *self, apr_pool_t *p, kl_error_t *err)
{
    kl_dbd_rows_t *rows = self->impl;
    kl_dbd_t db;
    kl_kind_t rv = kl_dbd_run_open(&db, rows->connections, p, err);

    if (rv != KL_OK) {
        return rv;
    }
    rv = read_schema(&db);
    rv = rv == KL_OK ? read_tables(&db) : rv;
    rv = rv == KL_OK ? kl_dbd_probe_write(rows->probe, &db) : rv;
    kl_dbd_run_close(&db);
    return rv;
}

/* --- rows --------------------------------------------------------------------------- */

typedef kl_kind_t change_fn(kl_dbd_t *db, kl_sql_t id, const void **values, int *changed);

/* KL_NOT_FOUND, which the caller puts into words, when no row was changed. */
static kl_kind_t change_row(kl_store_t *self, apr_pool_t *p, change_fn *change,
                            const kl_dbd_rows_query_t *query, kl_error_t *err)
{
    kl_dbd_t db;
    int changed = 0;
    kl_kind_t rv = kl_dbd_rows_open(&db, self, p, err);

    if (rv != KL_OK) {
        return rv;
    }
    rv = change(&db, query->id, query->values, &changed);
    kl_dbd_run_close(&db);
    return rv == KL_OK && changed == 0 ? KL_NOT_FOUND : rv;
}

kl_kind_t kl_dbd_rows_insert(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                             kl_error_t *err)
{
    kl_kind_t rv = change_row(self, p, kl_dbd_run_insert, query, err);

    return rv == KL_NOT_FOUND
               ? kl_error_set(err, KL_TAKEN, "exists",
                              "There is already an %s with this id or key.", query->what)
               : rv;
}

kl_kind_t kl_dbd_rows_save(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                           kl_error_t *err)
{
    kl_kind_t rv = change_row(self, p, kl_dbd_run_change, query, err);

    return rv == KL_NOT_FOUND
               ? kl_error_set(err, KL_STALE, "version",
                              "The %s was changed by someone else in the meantime.", query->what)
               : rv;
}

kl_kind_t kl_dbd_rows_either_way(kl_kind_t rv, kl_error_t *err)
{
    if (rv == KL_TAKEN || rv == KL_STALE) {
        kl_error_clear(err);
        return KL_OK;
    }
    return rv;
}

kl_kind_t kl_dbd_rows_select_made(kl_store_t *self, apr_pool_t *p, const kl_dbd_made_query_t *query,
                                  apr_array_header_t *out, kl_error_t *err)
{
    kl_dbd_t db;
    kl_kind_t rv = kl_dbd_rows_open(&db, self, p, err), end;

    if (rv != KL_OK) {
        return rv;
    }
    rv = kl_dbd_run_select_made(&db, query->statement, query->values);
    if (rv == KL_OK) {
        while (rv == KL_OK && kl_dbd_run_next(&db)) {
            rv = query->read(&db, p, out);
        }
        end = kl_dbd_run_end(&db);
        rv = end != KL_OK ? end : rv;
    }
    kl_dbd_run_close(&db);
    return rv;
}

kl_kind_t kl_dbd_rows_select(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                             apr_array_header_t *out, kl_error_t *err)
{
    const kl_dbd_made_query_t made = {kl_statements_get(query->id), query->values, query->read};

    return kl_dbd_rows_select_made(self, p, &made, out, err);
}

kl_kind_t kl_dbd_rows_load(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                           apr_array_header_t *found, kl_error_t *err)
{
    kl_kind_t rv = kl_dbd_rows_select(self, p, query, found, err);

    if (rv == KL_OK && found->nelts == 0) {
        return kl_error_set(err, KL_NOT_FOUND, "not_found", "There is no such %s.", query->what);
    }
    return rv;
}

kl_kind_t kl_dbd_rows_unknown_word(kl_error_t *err, const char *what, const char *id)
{
    return kl_error_set(err, KL_INTERNAL, "store",
                        "The %s %s is stored with a word this version does not know.", what, id);
}

kl_instore_t kl_dbd_rows_shop(apr_pool_t *p, const kl_order_t *order)
{
    return order->instore ? *order->instore : *kl_instore_make(p);
}

void kl_dbd_rows_ledger(kl_order_t *order, apr_pool_t *p, const char *text)
{
    kl_error_t *why = kl_error_make(p);
    kl_kind_t rv = kl_ledger_parse(order, p, text, why);

    order->broken = rv == KL_OK ? kl_order_check_fault(order) : why->detail;
    if (order->broken) {
        kl_attention_raise(order, KL_ATTENTION_DIFFERS);
    }
}
