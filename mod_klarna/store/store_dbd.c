/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in rows: orders and operations to columns and back, over the statements of
 * statements.h. The column lists there drive binding and reading, so that a column is
 * named in one place. Nothing here keeps a connection or a value between two calls; the
 * only state is that the schema's version was once right.
 */
#include <apr_atomic.h>
#include <apr_strings.h>
#include <string.h>

#include "core/limits.h"
#include "store/dbd_run.h"
#include "store/order_query.h"

#define MAX_OPERATIONS (KL_MAX_PAGE * 5)  /* of one order, as store.h promises */

typedef struct impl_t {
    kl_connections_t *connections;
    volatile apr_uint32_t schema_seen;
} impl_t;

/* An order as its row holds it: words for enums, and no empty klarna_order_id, because that
 * column is unique per merchant: it holds the own id until Klarna gave one. open_until is
 * only for lists. */
typedef struct order_row_t {
    kl_order_t order;
    const char *state, *klarna_order_id, *ledger;
    apr_time_t open_until;
} order_row_t;

typedef struct operation_row_t {
    kl_operation_t op;
    const char *kind, *state;
} operation_row_t;

/* --- the schema's version ----------------------------------------------------------- */

static kl_kind_t schema_fault(kl_dbd_t *db, const char *what)
{
    kl_error_set(db->err, KL_UNAVAILABLE, "schema",
                 "%s Run conf/schema/%s.sql on the database that DBDParams names.", what,
                 kl_dialect_name(db->dialect));
    kl_error_next(db->err, "The tables are made once, by the administrator, before httpd"
                           " starts; the server's error log tells what the database said.");
    return KL_UNAVAILABLE;
}

static kl_kind_t wrong_version(kl_dbd_t *db, apr_int64_t found)
{
    kl_error_set(db->err, KL_UNAVAILABLE, "schema",
                 "The database holds version %" APR_INT64_T_FMT " of mod_klarna's tables, this"
                 " module needs version %d (conf/schema/%s.sql).", found, KL_SCHEMA_VERSION,
                 kl_dialect_name(db->dialect));
    kl_error_next(db->err, found < KL_SCHEMA_VERSION
                               ? "Bring the tables up to date as the release notes tell."
                               : "Install the mod_klarna that these tables were made for.");
    return KL_UNAVAILABLE;
}

/* Rows of klarna_schema, or -1 when they can not be read. */
static int select_schema(kl_dbd_t *db, apr_int64_t *version, int *strict)
{
    kl_error_t *err = db->err;
    int found = 0;
    kl_kind_t rv;

    db->err = kl_error_make(db->scratch); /* schema_fault says it better */
    rv = kl_dbd_select(db, KL_SQL_schema_version, NULL);
    while (rv == KL_OK && kl_dbd_next(db)) {
        *version = kl_dbd_int64(db, 0);
        *strict = kl_dbd_int(db, 1);
        found++;
    }
    rv = rv == KL_OK ? kl_dbd_end(db) : rv;
    db->err = err;
    return rv == KL_OK ? found : -1;
}

static kl_kind_t read_schema(kl_dbd_t *db)
{
    apr_int64_t version = 0;
    int strict = 0;
    int found = select_schema(db, &version, &strict);

    if (found < 0) {
        return schema_fault(db, "mod_klarna's tables can not be read: they are missing, or this"
                                " user may not read them, or the database is busy.");
    }
    if (found != 1) {
        return schema_fault(db, "mod_klarna's tables were only made in part.");
    }
    if (version != KL_SCHEMA_VERSION) {
        return wrong_version(db, version);
    }
    if (!strict) {
        kl_error_set(db->err, KL_UNAVAILABLE, "schema",
                     "The database would cut values that are too long: its sql_mode is not"
                     " strict (conf/schema/mysql.sql).");
        kl_error_next(db->err, "Set a strict sql_mode with DBDInitSQL, as that file shows.");
        return KL_UNAVAILABLE;
    }
    return KL_OK;
}

/* A connection to a database that holds our tables. */
static kl_kind_t open_checked(kl_dbd_t *db, kl_store_t *self, apr_pool_t *p, kl_error_t *err)
{
    impl_t *impl = self->impl;
    kl_kind_t rv = kl_dbd_open(db, impl->connections, p, err);

    if (rv != KL_OK || apr_atomic_read32(&impl->schema_seen)) {
        return rv;
    }
    rv = read_schema(db);
    if (rv != KL_OK) {
        kl_dbd_close(db);
        return rv;
    }
    apr_atomic_set32(&impl->schema_seen, 1);
    return KL_OK;
}

static kl_kind_t check(kl_store_t *self, apr_pool_t *p, kl_error_t *err)
{
    impl_t *impl = self->impl;
    kl_dbd_t db;
    kl_kind_t rv = kl_dbd_open(&db, impl->connections, p, err);

    if (rv != KL_OK) {
        return rv;
    }
    rv = read_schema(&db);
    kl_dbd_close(&db);
    return rv;
}

kl_kind_t kl_store_dbd_driver(kl_store_t *self, apr_pool_t *p, const char **name, kl_error_t *err)
{
    kl_dbd_t db;
    kl_kind_t rv = open_checked(&db, self, p, err);

    if (rv == KL_OK) {
        *name = kl_dialect_name(db.dialect);
        kl_dbd_close(&db);
    }
    return rv;
}

/* --- what orders and operations share ----------------------------------------------- */

/* A column list as code: BIND puts a row's values into v, READ takes them out again. */
#define BIND_TEXT(column, member) v[n++] = row->member;
#define BIND_NUMBER(column, member) v[n++] = &row->member;
#define BIND(COLUMNS) COLUMNS(BIND_TEXT, BIND_NUMBER, BIND_NUMBER)
#define READ_TEXT(column, member) row->member = kl_dbd_text(db, p, n++);
#define READ_INT64(column, member) row->member = kl_dbd_int64(db, n++);
#define READ_INT(column, member) row->member = kl_dbd_int(db, n++);
#define READ(COLUMNS) COLUMNS(READ_TEXT, READ_INT64, READ_INT)

static kl_kind_t insert_row(kl_store_t *self, apr_pool_t *p, kl_sql_t id, const void **values,
                            const char *what, kl_error_t *err)
{
    int changed = 0;
    kl_dbd_t db;
    kl_kind_t rv = open_checked(&db, self, p, err);

    if (rv != KL_OK) {
        return rv;
    }
    rv = kl_dbd_insert(&db, id, values, &changed);
    kl_dbd_close(&db);
    if (rv == KL_OK && changed == 0) {
        return kl_error_set(err, KL_CONFLICT, "exists",
                            "There is already an %s with this id or key.", what);
    }
    return rv;
}

static kl_kind_t save_row(kl_store_t *self, apr_pool_t *p, kl_sql_t id, const void **values,
                          const char *what, kl_error_t *err)
{
    int changed = 0;
    kl_dbd_t db;
    kl_kind_t rv = open_checked(&db, self, p, err);

    if (rv != KL_OK) {
        return rv;
    }
    rv = kl_dbd_change(&db, id, values, &changed);
    kl_dbd_close(&db);
    if (rv == KL_OK && changed == 0) {
        return kl_error_set(err, KL_CONFLICT, "version",
                            "The %s was changed by somebody else in the meantime.", what);
    }
    return rv;
}

/* Makes one object of the present row and appends it to out. */
typedef kl_kind_t read_fn(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out);

static kl_kind_t select_rows(kl_store_t *self, apr_pool_t *p, kl_sql_t id, const void **values,
                             read_fn *read, apr_array_header_t *out, kl_error_t *err)
{
    kl_dbd_t db;
    kl_kind_t rv = open_checked(&db, self, p, err), end;

    if (rv != KL_OK) {
        return rv;
    }
    rv = kl_dbd_select(&db, id, values);
    if (rv == KL_OK) {
        while (rv == KL_OK && kl_dbd_next(&db)) {
            rv = read(&db, p, out);
        }
        end = kl_dbd_end(&db);
        rv = end != KL_OK ? end : rv;
    }
    kl_dbd_close(&db);
    return rv;
}

/* The row whose unique column holds `value`, into found[0]. */
static kl_kind_t load_row(kl_store_t *self, apr_pool_t *p, kl_sql_t id, const char *value,
                          read_fn *read, apr_array_header_t *found, const char *what,
                          kl_error_t *err)
{
    const void *values[] = {value};
    kl_kind_t rv = select_rows(self, p, id, values, read, found, err);

    if (rv == KL_OK && found->nelts == 0) {
        return kl_error_set(err, KL_NOT_FOUND, "not_found", "There is no such %s.", what);
    }
    return rv;
}

static kl_kind_t unknown_word(kl_error_t *err, const char *what, const char *id)
{
    return kl_error_set(err, KL_INTERNAL, "store",
                        "The %s %s is stored with a word this version does not know.", what, id);
}

/* --- orders ------------------------------------------------------------------------- */

static kl_kind_t order_to_row(order_row_t *row, apr_pool_t *p, const kl_order_t *order,
                              kl_error_t *err)
{
    row->order = *order;
    row->state = kl_order_state_name(order->state);
    row->klarna_order_id = order->klarna_order_id[0] ? order->klarna_order_id : order->id;
    row->ledger = kl_order_ledger_text(p, order);
    row->open_until = kl_order_open_until(order);
    if (strlen(row->ledger) > KL_MAX_LEDGER) {
        return kl_error_set(err, KL_INTERNAL, "ledger",
                            "The order's lines, captures and credit invoices exceed %d bytes.",
                            KL_MAX_LEDGER);
    }
    return KL_OK;
}

static kl_kind_t order_insert(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    const void *v[KL_ORDER_VALUES];
    order_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv = order_to_row(row, p, order, err);

    if (rv != KL_OK) {
        return rv;
    }
    BIND(KL_ORDER_FIXED)
    BIND(KL_ORDER_SAVED)
    rv = insert_row(self, p, KL_SQL_order_insert, v, "order", err);
    if (rv == KL_OK) {
        order->version = 1;
    }
    return rv;
}

static kl_kind_t order_save(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    const void *v[KL_ORDER_SETS + 2];
    order_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv = order_to_row(row, p, order, err);

    if (rv != KL_OK) {
        return rv;
    }
    BIND(KL_ORDER_SAVED)
    v[n++] = order->id;
    v[n++] = &order->version;
    rv = save_row(self, p, KL_SQL_order_save, v, "order", err);
    if (rv == KL_OK) {
        order->version++;
    }
    return rv;
}

static kl_kind_t order_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    order_row_t made, *row = &made;
    kl_order_t *order = kl_order_make(p);
    int n = 0;
    kl_kind_t rv;

    row->order = *order;
    row->order.version = kl_dbd_int64(db, n++);
    READ(KL_ORDER_FIXED)
    READ(KL_ORDER_SAVED)
    if (db->failed) {
        return kl_dbd_end(db);
    }
    *order = row->order;
    order->klarna_order_id = strcmp(row->klarna_order_id, order->id) == 0
                                 ? "" : row->klarna_order_id;
    if (!kl_order_state_parse(row->state, &order->state)) {
        return unknown_word(db->err, "order", order->id);
    }
    rv = kl_order_ledger_parse(order, p, row->ledger, db->err);
    APR_ARRAY_PUSH(out, kl_order_t *) = order;
    return rv;
}

static kl_kind_t order_load_where(kl_store_t *self, apr_pool_t *p, kl_sql_t id,
                                  const char *value, kl_order_t **out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_order_t *));
    kl_kind_t rv = load_row(self, p, id, value, order_read, found, "order", err);

    if (rv == KL_OK) {
        *out = APR_ARRAY_IDX(found, 0, kl_order_t *);
    }
    return rv;
}

static kl_kind_t order_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                            kl_error_t *err)
{
    return order_load_where(self, p, KL_SQL_order_load, id, out, err);
}

static kl_kind_t order_load_by_client_key(kl_store_t *self, apr_pool_t *p, const char *client_key,
                                          kl_order_t **out, kl_error_t *err)
{
    return order_load_where(self, p, KL_SQL_order_load_by_client_key, client_key, out, err);
}

static int between(int n, int least, int most)
{
    return n < least ? least : n > most ? most : n;
}

static kl_kind_t order_list(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                            apr_array_header_t **out, kl_error_t *err)
{
    kl_order_page_t page;
    int limit = between(query->limit, 1, KL_MAX_PAGE);

    *out = apr_array_make(p, limit, sizeof(kl_order_t *));
    return kl_order_page(&page, query, limit)
               ? select_rows(self, p, page.list, page.values, order_read, *out, err) : KL_OK;
}

static kl_kind_t int64_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    (void)p;
    APR_ARRAY_PUSH(out, apr_int64_t) = kl_dbd_int64(db, 0);
    return KL_OK;
}

static kl_kind_t order_count(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                             int most, int *count, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(apr_int64_t));
    kl_order_page_t page;
    kl_kind_t rv = KL_OK;

    *count = 0;
    if (kl_order_page(&page, query, most)) {
        rv = select_rows(self, p, page.count, page.values, int64_read, found, err);
    }
    if (rv == KL_OK && found->nelts) {
        *count = (int)APR_ARRAY_IDX(found, 0, apr_int64_t);
    }
    return rv;
}

static int is_reference(const char *value)
{
    apr_size_t len = strlen(value);

    return len > 0 && len <= KL_MAX_STRING;
}

/* The last repeats itself where there are fewer. */
static kl_kind_t insert_references(kl_store_t *self, apr_pool_t *p, const char *merchant,
                                   const char *order_id, const char *const *values, int n,
                                   kl_error_t *err)
{
    const void *v[3 * KL_REFERENCES];
    int i, changed = 0;
    kl_dbd_t db;
    kl_kind_t rv = open_checked(&db, self, p, err);

    if (rv != KL_OK) {
        return rv;
    }
    for (i = 0; i < KL_REFERENCES; i++) {
        v[3 * i] = merchant;
        v[3 * i + 1] = values[i < n ? i : n - 1];
        v[3 * i + 2] = order_id;
    }
    rv = kl_dbd_insert(&db, KL_SQL_reference_insert, v, &changed);
    kl_dbd_close(&db);
    return rv;
}

static kl_kind_t reference_add(kl_store_t *self, apr_pool_t *p, const char *merchant,
                               const char *order_id, const char *const *values, int n,
                               kl_error_t *err)
{
    const char *batch[KL_REFERENCES];
    int i, size = 0;
    kl_kind_t rv = KL_OK;

    for (i = 0; i < n && rv == KL_OK; i++) {
        if (is_reference(values[i])) {
            batch[size++] = values[i];
        }
        if (size == KL_REFERENCES || (size > 0 && i == n - 1)) {
            rv = insert_references(self, p, merchant, order_id, batch, size, err);
            size = 0;
        }
    }
    return rv;
}

static kl_kind_t orders_due(kl_store_t *self, apr_pool_t *p, const char *merchant, apr_time_t now,
                            int limit, apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {merchant, &now, &limit};

    *out = apr_array_make(p, limit, sizeof(kl_order_t *));
    return select_rows(self, p, KL_SQL_orders_due, v, order_read, *out, err);
}

/* --- operations --------------------------------------------------------------------- */

static void operation_to_row(operation_row_t *row, const kl_operation_t *op)
{
    row->op = *op;
    row->kind = kl_op_kind_name(op->kind);
    row->state = kl_op_state_name(op->state);
}

static kl_kind_t operation_insert(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                  kl_error_t *err)
{
    const void *v[KL_OPERATION_VALUES];
    operation_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv;

    operation_to_row(row, op);
    BIND(KL_OPERATION_FIXED)
    BIND(KL_OPERATION_SAVED)
    rv = insert_row(self, p, KL_SQL_operation_insert, v, "operation", err);
    if (rv == KL_OK) {
        op->version = 1;
    }
    return rv;
}

static kl_kind_t operation_save(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                kl_error_t *err)
{
    const void *v[KL_OPERATION_SETS + 2];
    operation_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv;

    operation_to_row(row, op);
    BIND(KL_OPERATION_SAVED)
    v[n++] = op->id;
    v[n++] = &op->version;
    rv = save_row(self, p, KL_SQL_operation_save, v, "operation", err);
    if (rv == KL_OK) {
        op->version++;
    }
    return rv;
}

static kl_kind_t operation_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    operation_row_t made, *row = &made;
    kl_operation_t *op = kl_operation_make(p);
    int n = 0;

    row->op = *op;
    row->op.version = kl_dbd_int64(db, n++);
    READ(KL_OPERATION_FIXED)
    READ(KL_OPERATION_SAVED)
    if (db->failed) {
        return kl_dbd_end(db);
    }
    *op = row->op;
    if (!kl_op_kind_parse(row->kind, &op->kind) || !kl_op_state_parse(row->state, &op->state)) {
        return unknown_word(db->err, "operation", op->id);
    }
    APR_ARRAY_PUSH(out, kl_operation_t *) = op;
    return KL_OK;
}

static kl_kind_t operation_load_where(kl_store_t *self, apr_pool_t *p, kl_sql_t id,
                                      const char *value, kl_operation_t **out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_operation_t *));
    kl_kind_t rv = load_row(self, p, id, value, operation_read, found, "operation", err);

    if (rv == KL_OK) {
        *out = APR_ARRAY_IDX(found, 0, kl_operation_t *);
    }
    return rv;
}

static kl_kind_t operation_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_operation_t **out,
                                kl_error_t *err)
{
    return operation_load_where(self, p, KL_SQL_operation_load, id, out, err);
}

static kl_kind_t operation_load_by_client_key(kl_store_t *self, apr_pool_t *p,
                                              const char *client_key, kl_operation_t **out,
                                              kl_error_t *err)
{
    return operation_load_where(self, p, KL_SQL_operation_load_by_client_key, client_key, out,
                                err);
}

static kl_kind_t operation_list(kl_store_t *self, apr_pool_t *p, const char *order_id,
                                apr_array_header_t **out, kl_error_t *err)
{
    int limit = MAX_OPERATIONS;
    const void *v[] = {order_id, &limit};

    *out = apr_array_make(p, 8, sizeof(kl_operation_t *));
    return select_rows(self, p, KL_SQL_operation_list, v, operation_read, *out, err);
}

static kl_kind_t operations_due(kl_store_t *self, apr_pool_t *p, const char *merchant,
                                apr_time_t now, int limit, apr_array_header_t **out,
                                kl_error_t *err)
{
    const void *v[] = {merchant, &now, &now, &limit};

    *out = apr_array_make(p, limit, sizeof(kl_operation_t *));
    return select_rows(self, p, KL_SQL_operations_due, v, operation_read, *out, err);
}

static kl_kind_t operations_by_state(kl_store_t *self, apr_pool_t *p, const char *merchant,
                                     kl_op_state_t state, int limit, apr_array_header_t **out,
                                     kl_error_t *err)
{
    const void *v[] = {merchant, kl_op_state_name(state), &limit};

    *out = apr_array_make(p, limit, sizeof(kl_operation_t *));
    return select_rows(self, p, KL_SQL_operations_by_state, v, operation_read, *out, err);
}

static kl_kind_t hour_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_operation_hour_t *row = apr_array_push(out);
    const char *kind, *state;

    row->hour = kl_dbd_int64(db, 0) * APR_USEC_PER_SEC * 3600;
    kind = kl_dbd_text(db, p, 1);
    state = kl_dbd_text(db, p, 2);
    row->count = kl_dbd_int64(db, 3);
    row->called = kl_dbd_int64(db, 4);
    row->took_sum = kl_dbd_int64(db, 5);
    row->took_max = kl_dbd_int64(db, 6);
    row->slow = kl_dbd_int64(db, 7);
    if (db->failed) {
        return kl_dbd_end(db);
    }
    return kl_op_kind_parse(kind, &row->kind) && kl_op_state_parse(state, &row->state)
               ? KL_OK : unknown_word(db->err, "figure of", kind);
}

static kl_kind_t operation_hours(kl_store_t *self, apr_pool_t *p, const char *merchant,
                                 apr_time_t from, apr_time_t to, apr_array_header_t **out,
                                 kl_error_t *err)
{
    int slow = KL_SLOW_MS;
    const void *v[] = {&slow, merchant, &from, &to};

    *out = apr_array_make(p, 64, sizeof(kl_operation_hour_t));
    return select_rows(self, p, KL_SQL_operation_hours, v, hour_read, *out, err);
}

/* --- callbacks ---------------------------------------------------------------------- */

static kl_kind_t callback_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_callback_t *row = apr_array_push(out);

    row->kind = kl_dbd_text(db, p, 0);
    row->good_at = kl_dbd_int64(db, 1);
    row->good = kl_dbd_int64(db, 2);
    row->bad_at = kl_dbd_int64(db, 3);
    row->bad = kl_dbd_int64(db, 4);
    row->bad_why = kl_dbd_text(db, p, 5);
    return KL_OK; /* what could not be read shows at the end */
}

static kl_kind_t callback_list(kl_store_t *self, apr_pool_t *p, const char *merchant,
                               apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {merchant};

    *out = apr_array_make(p, 3, sizeof(kl_callback_t));
    return select_rows(self, p, KL_SQL_callback_list, v, callback_read, *out, err);
}

static kl_kind_t first_callback(kl_store_t *self, apr_pool_t *p, const char *merchant,
                                const char *kind, const char *why, apr_time_t now,
                                kl_error_t *err)
{
    apr_int64_t bad = why[0] != '\0', good = !bad;
    apr_time_t good_at = good ? now : 0, bad_at = bad ? now : 0;
    const void *v[] = {merchant, kind, &good_at, &good, &bad_at, &bad, why};
    kl_kind_t rv = insert_row(self, p, KL_SQL_callback_insert, v, "entry", err);

    if (rv == KL_CONFLICT) {
        kl_error_clear(err); /* somebody else noted one this moment */
        rv = KL_OK;
    }
    return rv;
}

static kl_kind_t next_callback(kl_store_t *self, apr_pool_t *p, const char *merchant,
                               const kl_callback_t *last, const char *why, apr_time_t now,
                               kl_error_t *err)
{
    const void *good[] = {&now, merchant, last->kind, &last->good_at};
    const void *bad[] = {&now, why, merchant, last->kind, &last->bad_at};
    apr_time_t last_at = why[0] ? last->bad_at : last->good_at;
    kl_kind_t rv;

    if (now - last_at < apr_time_from_sec(KL_NOTE_PAUSE_S)) {
        return KL_OK;
    }
    rv = save_row(self, p, why[0] ? KL_SQL_callback_bad : KL_SQL_callback_good,
                  why[0] ? bad : good, "entry", err);
    if (rv == KL_CONFLICT) {
        kl_error_clear(err);
        rv = KL_OK;
    }
    return rv;
}

static kl_kind_t callback_note(kl_store_t *self, apr_pool_t *p, const char *merchant,
                               const char *kind, const char *why, apr_time_t now,
                               kl_error_t *err)
{
    const void *v[] = {merchant, kind};
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_callback_t));
    kl_kind_t rv = select_rows(self, p, KL_SQL_callback_load, v, callback_read, found, err);

    if (rv != KL_OK) {
        return rv;
    }
    return found->nelts == 0
               ? first_callback(self, p, merchant, kind, why, now, err)
               : next_callback(self, p, merchant, &APR_ARRAY_IDX(found, 0, kl_callback_t), why,
                               now, err);
}

kl_store_t *kl_store_dbd_make(apr_pool_t *p, kl_connections_t *connections)
{
    kl_store_t *store = apr_palloc(p, sizeof(*store));
    impl_t *impl = apr_pcalloc(p, sizeof(*impl));

    impl->connections = connections;
    *store = (kl_store_t){
        .check = check,
        .order_insert = order_insert,
        .order_load = order_load,
        .order_load_by_client_key = order_load_by_client_key,
        .order_save = order_save,
        .order_list = order_list,
        .order_count = order_count,
        .reference_add = reference_add,
        .operation_insert = operation_insert,
        .operation_load = operation_load,
        .operation_load_by_client_key = operation_load_by_client_key,
        .operation_save = operation_save,
        .operation_list = operation_list,
        .orders_due = orders_due,
        .operations_due = operations_due,
        .operations_by_state = operations_by_state,
        .operation_hours = operation_hours,
        .callback_note = callback_note,
        .callback_list = callback_list,
        .impl = impl,
    };
    return store;
}
