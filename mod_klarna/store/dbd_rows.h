/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a database that is known to hold our tables: one statement on one connection that is
 * borrowed for it, with an insert's, a save's and a load's outcomes in the kinds of store.h.
 * The schema's version is checked once; nothing else is kept between two calls.
 */
#ifndef KL_DBD_ROWS_H
#define KL_DBD_ROWS_H

#include "core/instore.h"
#include "store/dbd_probe.h"
#include "store/dbd_run.h"

/* What kl_store_t.impl of the store over apr_dbd points to. */
typedef struct kl_dbd_rows_t {
    kl_connections_t *connections;
    kl_dbd_probe_t *probe;
    volatile apr_uint32_t schema_seen;
} kl_dbd_rows_t;

/* An order as its row holds it: words for enums, and no empty klarna_order_id, because that
 * column is unique per merchant: it holds the own id until Klarna gave one. open_until is
 * only for lists. */
typedef struct kl_order_row_t {
    kl_order_t order;
    kl_instore_t shop; /* what has columns, for lists: the ledger holds it too */
    const char *state, *attention, *klarna_order_id, *ledger;
    apr_time_t open_until;
} kl_order_row_t;

typedef struct kl_operation_row_t {
    kl_operation_t op;
    const char *kind, *state, *mark;
} kl_operation_row_t;

/* A column list of statements.h as code, where row, v, n, db and p are at hand: KL_BIND puts a
 * row's values into v, KL_READ takes them out again. */
#define KL_BIND_TEXT(column, member) v[n++] = row->member;
#define KL_BIND_NUMBER(column, member) v[n++] = &row->member;
#define KL_BIND(COLUMNS) COLUMNS(KL_BIND_TEXT, KL_BIND_NUMBER, KL_BIND_NUMBER)
#define KL_READ_TEXT(column, member) row->member = kl_dbd_run_text(db, p, n++);
#define KL_READ_INT64(column, member) row->member = kl_dbd_run_int64(db, n++);
#define KL_READ_INT(column, member) row->member = kl_dbd_run_int(db, n++);
#define KL_READ(COLUMNS) COLUMNS(KL_READ_TEXT, KL_READ_INT64, KL_READ_INT)

/* Makes one object of the present row and appends it to out. */
typedef kl_kind_t kl_row_fn(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out);

/* A statement with its values, about one kind of row. */
typedef struct kl_dbd_rows_query_t {
    kl_sql_t id;
    const void **values; /* as kl_dbd_run_change takes them */
    const char *what;    /* a row of these, for people: "order" */
    kl_row_fn *read;     /* for selects */
} kl_dbd_rows_query_t;

/* The same with a select that was put together (text_builder.h). */
typedef struct kl_dbd_made_query_t {
    const kl_statement_t *statement;
    const void **values;
    kl_row_fn *read;
} kl_dbd_made_query_t;

/** What has columns of a payment in a store; empty texts for one that is not. */
kl_instore_t kl_dbd_rows_shop(apr_pool_t *p, const kl_order_t *order);

/** KL_OK when it holds our tables and takes what is written, or KL_UNAVAILABLE: "schema" that names
 *  the schema file, "store" what is the matter; each with the cure. */
kl_kind_t kl_dbd_rows_check(kl_store_t *self, apr_pool_t *p, kl_error_t *err);

/** KL_OK when the tables were found good before, else as kl_dbd_rows_check. */
kl_kind_t kl_dbd_rows_ready(kl_store_t *self, apr_pool_t *p, kl_error_t *err);

/** Borrows a connection to a database that holds our tables; on KL_OK it is given back with
 *  kl_dbd_run_close. */
kl_kind_t kl_dbd_rows_open(kl_dbd_t *db, kl_store_t *self, apr_pool_t *p, kl_error_t *err);

/** KL_OK, KL_UNAVAILABLE, or KL_TAKEN "exists" when a key is taken. */
kl_kind_t kl_dbd_rows_insert(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                             kl_error_t *err);

/** As kl_dbd_rows_insert for an update that names what it replaces: KL_STALE "version" when that
 *  is not there any more. */
kl_kind_t kl_dbd_rows_save(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                           kl_error_t *err);

/** For writes that anyone may make: if someone else was quicker (KL_CONFLICT), that is just as
 * good. */
kl_kind_t kl_dbd_rows_either_way(kl_kind_t rv, kl_error_t *err);

/** Reads every row into out. */
kl_kind_t kl_dbd_rows_select(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                             apr_array_header_t *out, kl_error_t *err);
kl_kind_t kl_dbd_rows_select_made(kl_store_t *self, apr_pool_t *p, const kl_dbd_made_query_t *query,
                                  apr_array_header_t *out, kl_error_t *err);

/** Reads the one row that is asked for into found[0]; KL_NOT_FOUND when there is none. */
kl_kind_t kl_dbd_rows_load(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                           apr_array_header_t *found, kl_error_t *err);

/** The ledger document into order, or order->broken: what other hands have left in the row is shown
 *  as it is, and a ledger that cannot be read as an empty one. */
void kl_dbd_rows_ledger(kl_order_t *order, apr_pool_t *p, const char *text);

/** KL_INTERNAL: a later version of the module has written here. */
kl_kind_t kl_dbd_rows_unknown_word(kl_error_t *err, const char *what, const char *id);

#endif
