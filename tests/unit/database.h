/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real database for the store's tests. By default each test gets a new SQLite file made
 * with conf/schema/sqlite3.sql in a temporary directory. KL_TEST_DBD_DRIVER (sqlite3,
 * pgsql, mysql) and KL_TEST_DBD_PARAMS name another one: each test then DROPS and makes
 * mod_klarna's tables there, so it must be a scratch database. `srcdir` in the environment
 * is where conf/schema is found.
 */
#ifndef KL_TEST_DATABASE_H
#define KL_TEST_DATABASE_H

#include "support.h"

#include <apr_thread_mutex.h>

#include "store/statements.h"
#include "store/store_dbd.h"

#define MAX_IDLE 16

typedef struct database_t {
    apr_pool_t *p;
    const apr_dbd_driver_t *driver;
    const char *params;
    kl_dialect_t dialect;
    char directory[64];           /* of the SQLite file, "" when there is none */
    kl_connections_t connections; /* what the store under test uses */
    kl_store_t *store;
    kl_error_t *err;
    apr_thread_mutex_t *mutex; /* guards what follows */
    ap_dbd_t *idle[MAX_IDLE];
    int idle_count;
    int opened, closed; /* calls of open that gave something, calls of close */
    int refuse;         /* this many calls of open still give NULL */
    const char *logged; /* the last text that was logged, in p */
    const char *logged_label;
    int log_count;
} database_t;

int database_group_setup(void **state);
int database_group_teardown(void **state);
/* Setup and teardown: *state is a database_t with empty tables. */
int database_make(void **state);
int database_destroy(void **state);

#define WITH_DATABASE(f) cmocka_unit_test_setup_teardown(f, database_make, database_destroy)

/** A connection of its own, beside the store's; closed with p. NULL when it fails. */
ap_dbd_t *database_connect(database_t *db, apr_pool_t *p);
/** Runs SQL on a connection; returns the driver's code, 0 for success. */
int database_run(ap_dbd_t *conn, const char *sql);
/** The number in the first column of the first row; -1 when there is no row. */
apr_int64_t database_ask(ap_dbd_t *conn, const char *sql);
/** The same on a new connection. */
apr_int64_t database_number(database_t *db, const char *sql);
/** Kills the server's session of the store's one idle connection. */
void database_kill_session(database_t *db);
/** 1 behind a pooler: two connections are lent the same session. */
int database_is_pooled(database_t *db);
/** Drops mod_klarna's tables. */
void database_drop(ap_dbd_t *conn);
/** Destroys the store's idle connections, so that the next call opens new ones. */
void database_forget_idle(database_t *db);

/* Values whose members all differ, so that swapped columns show. */
kl_order_t *sample_order(apr_pool_t *p, const char *id);
/* One online that waits for its shopper: nothing moved, nobody works on it. */
kl_order_t *sample_payment(apr_pool_t *p, const char *id);
kl_operation_t *sample_operation(apr_pool_t *p, const char *id, const char *order_id);

#endif
