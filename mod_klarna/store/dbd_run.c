/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One statement on one borrowed connection. It is prepared at its first use there and kept
 * (dbd_prepared.h). One that went stale is prepared afresh and run once more, because a
 * restarted server or a changed SQLite schema kills prepared statements for good. Running
 * twice never changes twice: every change is an insert of a key or a compare-and-set. It
 * must never hold more than the one connection, and never outlive the store's call.
 */
#include <apr_atomic.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "store/dbd_prepared.h"
#include "store/dbd_run.h"

#define SQLITE_SCHEMA 17
#define MYSQL_DUPLICATE_KEY 1062
#define MYSQL_LOCK_TIMEOUT 1205
#define MYSQL_DEADLOCK 1213 /* also a lost certification of Galera's */
#define MYSQL_UNKNOWN_STATEMENT 1243
#define MYSQL_NO_STATEMENT 2030
#define MAX_LOGGED 240 /* bytes of a driver's text */
#define SOON apr_time_from_sec(1)

/* One run: a select when changed is NULL. */
typedef struct run_t {
    const kl_statement_t *text;
    const void **values;
    int *changed;
    int taken;                   /* the driver's code for a taken key; 0: none */
    kl_dbd_prepared_t *prepared; /* at the last try; NULL: that failed */
    int missing;                 /* the last try failed because the session has no such name */
} run_t;

/* The first line of a driver's text, on a line of the log. Quoted parts of it may be data. */
static const char *sanitised(apr_pool_t *p, const char *text, int has_data)
{
    char *out = apr_palloc(p, MAX_LOGGED + 1);
    char quote = 0;
    apr_size_t n = 0;

    for (; *text && *text != '\n' && n < MAX_LOGGED; text++) {
        if (quote) {
            if (*text != quote) {
                continue;
            }
            quote = 0;
        }
        else if (has_data && (*text == '\'' || *text == '"')) {
            quote = *text;
        }
        out[n++] = apr_iscntrl(*text) ? ' ' : *text;
    }
    out[n] = '\0';
    return out;
}

static kl_kind_t unreachable(kl_connections_t *connections, apr_pool_t *p, kl_error_t *err)
{
    const char *why = connections->why ? connections->why(connections, p) : NULL;

    kl_error_set(err, KL_UNAVAILABLE, "store", "The database cannot be reached%s%s.",
                 why ? ": " : "", why ? sanitised(p, why, 0) : "");
    kl_error_next(err, "Start the database, or correct DBDParams; the server's error log has the "
                       "cause. httpd needs no restart.");
    err->reason = "database_unreachable";
    return err->kind;
}

kl_kind_t kl_dbd_run_open(kl_dbd_t *db, kl_connections_t *connections, apr_pool_t *p,
                          kl_error_t *err)
{
    const char *driver;

    *db = (kl_dbd_t){.connections = connections, .err = err};
    apr_pool_create(&db->scratch, p);
    db->conn = connections->open(connections, p);
    if (!db->conn) {
        db->conn = connections->open(connections, p);
    }
    if (!db->conn) {
        apr_pool_destroy(db->scratch);
        return unreachable(connections, p, err);
    }
    driver = apr_dbd_name(db->conn->driver);
    if (!kl_statements_dialect_parse(driver, &db->dialect)) {
        kl_dbd_run_close(db);
        return kl_error_set(err, KL_UNAVAILABLE, "store",
                            "DBDriver %s is not supported: use sqlite3, pgsql or mysql.", driver);
    }
    return KL_OK;
}

void kl_dbd_run_close(kl_dbd_t *db)
{
    apr_pool_clear(db->scratch); /* results refer to the connection */
    db->connections->close(db->connections, db->conn);
    apr_pool_destroy(db->scratch);
}

static void log_error(kl_dbd_t *db, int rc)
{
    const char *text = apr_dbd_error(db->conn->driver, db->conn->handle, rc);

    db->fault = kl_dbd_fault_of(db->dialect, rc, text);
    if (db->connections->log) {
        db->connections->log(db->connections, db->label,
                             apr_psprintf(db->scratch, "%s (%d)",
                                          sanitised(db->scratch, text ? text : "", 1), rc));
    }
}

static int execute(kl_dbd_t *db, const run_t *run)
{
    apr_dbd_prepared_t *statement = run->prepared->statement;
    int rows = 0, rc;

    if (!run->changed) {
        db->results = NULL;
        return apr_dbd_pbselect(db->conn->driver, db->scratch, db->conn->handle, &db->results,
                                statement, 1, run->values);
    }
    rc = apr_dbd_pbquery(db->conn->driver, db->scratch, db->conn->handle, &rows, statement,
                         run->values);
    *run->changed = rc == 0 ? rows : 0;
    return rc;
}

/* A missing name is everyday business behind a pooler: the log is not told. */
static int run_once(kl_dbd_t *db, run_t *run, int again)
{
    int rc = kl_dbd_prepared_get(db, run->text, again, &run->prepared);

    run->missing = 0;
    if (rc == 0) {
        rc = execute(db, run);
        run->missing = rc != 0 && kl_dbd_prepared_is_missing(db, run->prepared, rc);
    }
    if (rc != 0 && rc != run->taken && !run->missing) {
        log_error(db, rc);
    }
    return rc;
}

/* 1 when a failure leaves no doubt that nothing was executed. Any other failure of a change
 * may have come after it was stored, with the answer lost. */
static int surely_not_executed(kl_dialect_t dialect, const run_t *run, int rc)
{
    if (!run->prepared || run->missing) {
        return 1;
    }
    switch (dialect) {
    case KL_DIALECT_SQLITE3:
        return 1;
    case KL_DIALECT_MYSQL:
        return rc == MYSQL_NO_STATEMENT || rc == MYSQL_UNKNOWN_STATEMENT || rc == MYSQL_DEADLOCK;
    default:
        return 0;
    }
}

/* 1 when a fresh statement may help. SQLite reports a dead one; the servers' codes do not cover
 * every way in which a session or its statements are lost, so there only errors that certainly
 * persist, or that have waited already, are excluded. PostgreSQL's driver has one code for all:
 * what waited for a lock or ran into a timeout shows by its time. */
static int worth_again(kl_dbd_t *db, int rc, apr_time_t began)
{
    const char *text;

    switch (db->dialect) {
    case KL_DIALECT_SQLITE3:
        text = apr_dbd_error(db->conn->driver, db->conn->handle, rc);
        return rc == SQLITE_SCHEMA || (text && strstr(text, "schema has changed"));
    case KL_DIALECT_MYSQL:
        return rc != MYSQL_DUPLICATE_KEY && rc != MYSQL_LOCK_TIMEOUT;
    default:
        return apr_time_now() - began < SOON;
    }
}

/* A connection that keeps a fault is opened again, and everything on it prepared afresh. */
static int reopened(kl_dbd_t *db)
{
    if (!kl_dbd_fault_sticks(db->fault, db->dialect) || !db->connections->reopen) {
        return 0;
    }
    kl_dbd_prepared_forget(db);
    return db->connections->reopen(db->connections, db->conn);
}

/* Runs, and once more on a checked connection with a fresh statement. *lost_sight is set
 * when the first run may have changed the row: no changed row in the second then proves
 * nothing. */
static int run_healing(kl_dbd_t *db, run_t *run, int *lost_sight)
{
    apr_time_t began = apr_time_now();
    int first = run_once(db, run, 0), missing = run->missing, doubt, rc;

    *lost_sight = 0;
    if (first == 0) {
        kl_dbd_prepared_held(run->prepared);
        return 0;
    }
    doubt = run->changed && !surely_not_executed(db->dialect, run, first);
    if (reopened(db)) {
        return run_once(db, run, 0);
    }
    if (!worth_again(db, first, began)
        || apr_dbd_check_conn(db->conn->driver, db->scratch, db->conn->handle) != APR_SUCCESS) {
        return first;
    }
    rc = run_once(db, run, 1);
    if (rc == 0) {
        kl_dbd_prepared_failed(run->prepared, missing);
        *lost_sight = doubt && *run->changed == 0;
    }
    return rc;
}

static kl_kind_t fault(kl_dbd_t *db, const char *what)
{
    kl_error_set(db->err, KL_UNAVAILABLE, "store", "%s (statement %s).", what, db->label);
    kl_error_next(db->err, kl_dbd_fault_cure(db->fault, db->dialect));
    db->err->reason = kl_dbd_fault_name(db->fault);
    return KL_UNAVAILABLE;
}

apr_uint32_t kl_dbd_run_stored_at(const kl_dbd_t *db)
{
    return apr_atomic_read32(&db->connections->stored_at);
}

static void note_change(kl_dbd_t *db, const run_t *run, int rc)
{
    if (run->changed && (rc != 0 || *run->changed > 0)) {
        apr_atomic_set32(&db->connections->stored_at,
                         rc == 0 ? (apr_uint32_t)apr_time_sec(apr_time_now()) : 0);
    }
    if (rc == 0 && db->connections->works) {
        db->connections->works(db->connections, run->changed && *run->changed > 0);
    }
}

static kl_kind_t run_statement(kl_dbd_t *db, run_t *run)
{
    int lost_sight, rc;

    db->label = run->text->label;
    rc = run_healing(db, run, &lost_sight);
    if (rc != 0 && rc == run->taken) {
        return KL_OK;
    }
    note_change(db, run, rc);
    if (rc != 0) {
        return fault(db, kl_dbd_fault_sentence(db->fault));
    }
    if (lost_sight) {
        return fault(
            db,
            "The connection to the database broke; it is not known whether the change was stored");
    }
    return KL_OK;
}

kl_kind_t kl_dbd_run_change(kl_dbd_t *db, kl_sql_t id, const void **values, int *changed)
{
    run_t run = {.text = kl_statements_get(id), .values = values, .changed = changed};

    return run_statement(db, &run);
}

kl_kind_t kl_dbd_run_insert(kl_dbd_t *db, kl_sql_t id, const void **values, int *changed)
{
    run_t run = {.text = kl_statements_get(id),
                 .values = values,
                 .changed = changed,
                 .taken = db->dialect == KL_DIALECT_MYSQL ? MYSQL_DUPLICATE_KEY : 0};

    return run_statement(db, &run);
}

kl_kind_t kl_dbd_run_select_made(kl_dbd_t *db, const kl_statement_t *text, const void **values)
{
    run_t run = {.text = text, .values = values};

    db->row = NULL;
    db->rownum = 0;
    db->failed = 0;
    return run_statement(db, &run);
}

kl_kind_t kl_dbd_run_select(kl_dbd_t *db, kl_sql_t id, const void **values)
{
    return kl_dbd_run_select_made(db, kl_statements_get(id), values);
}

int kl_dbd_run_next(kl_dbd_t *db)
{
    int rc;

    if (db->failed) {
        return 0;
    }
    rc = apr_dbd_get_row(db->conn->driver, db->scratch, db->results, &db->row, ++db->rownum);
    if (rc > 0) {
        log_error(db, rc);
        db->failed = 1;
    }
    return rc == 0;
}

kl_kind_t kl_dbd_run_end(kl_dbd_t *db)
{
    return db->failed ? fault(db, "The database's answer could not be read") : KL_OK;
}

const char *kl_dbd_run_text(kl_dbd_t *db, apr_pool_t *p, int column)
{
    const char *text = NULL;

    if (apr_dbd_datum_get(db->conn->driver, db->row, column, APR_DBD_TYPE_STRING, &text)
            != APR_SUCCESS
        || !text) {
        db->failed = 1;
        return "";
    }
    return apr_pstrdup(p, text);
}

apr_int64_t kl_dbd_run_int64(kl_dbd_t *db, int column)
{
    apr_int64_t n = 0;

    if (apr_dbd_datum_get(db->conn->driver, db->row, column, APR_DBD_TYPE_LONGLONG, &n)
        != APR_SUCCESS) {
        db->failed = 1;
    }
    return n;
}

int kl_dbd_run_int(kl_dbd_t *db, int column)
{
    int n = 0;

    if (apr_dbd_datum_get(db->conn->driver, db->row, column, APR_DBD_TYPE_INT, &n) != APR_SUCCESS) {
        db->failed = 1;
    }
    return n;
}
