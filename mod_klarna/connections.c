/* SPDX-License-Identifier: Apache-2.0 */
/* See connections.h. */
#include <apr_dbd.h>

#include "connections.h"

#include <apr_atomic.h>
#include <apr_file_info.h>
#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>
#include "klarna_module.h"

#define NOT_SO_SOON apr_time_from_sec(10)
#define MAX_WHY 240 /* bytes of a driver's words */

/* What a connection remembers, in ap_dbd_t.prepared; no statement has these names. */
#define SETTINGS "klarna_settings" /* mod_dbd's, with which it was opened */
#define POOL "klarna_pool"         /* since it was opened again */
#define FILE_OF "klarna_file"      /* the file that it has open */

typedef struct connections_t {
    kl_connections_t base;
    server_rec *s;
    const kl_database_t *database;
    kl_trouble_t *trouble;
    volatile apr_uint32_t shut; /* 1: mod_dbd has failed, and is not asked */
    apr_thread_mutex_t *mutex;  /* held by who tries */
    apr_time_t tried;           /* when the last try began */
    apr_time_t not_before;      /* mod_dbd could not do it though the database answers */
    apr_thread_mutex_t *words;  /* guards why */
    char why[MAX_WHY];          /* the last try failed, "" = not known */
} connections_t;

typedef struct file_id_t {
    apr_ino_t inode;
    apr_dev_t device;
} file_id_t;

/* --- a connection, opened again ----------------------------------------------------------------
 */

/* Which file that is now; 0 when there is none. */
static int identify(const char *path, file_id_t *out, apr_pool_t *p)
{
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_IDENT, p) != APR_SUCCESS) {
        return 0;
    }
    *out = (file_id_t){info.inode, info.device};
    return 1;
}

/* What it has been opened with, and which file it has open. */
static void remember(ap_dbd_t *connection, dbd_cfg_t *cfg, apr_pool_t *p)
{
    file_id_t *file = apr_pcalloc(p, sizeof(*file));
    int is_file = strcmp(apr_dbd_name(connection->driver), "sqlite3") == 0;

    apr_hash_set(connection->prepared, SETTINGS, APR_HASH_KEY_STRING, cfg);
    if (is_file && identify(cfg->params, file, p)) {
        apr_hash_set(connection->prepared, FILE_OF, APR_HASH_KEY_STRING, file);
    }
}

static apr_status_t connected(apr_pool_t *p, dbd_cfg_t *cfg, ap_dbd_t *connection)
{
    remember(connection, cfg, p);
    return DECLINED;
}

void kl_connections_register(void)
{
    /* before mod_dbd's own, which ends the hooks when a statement gives a row, as some PRAGMAs do
     */
    APR_OPTIONAL_HOOK(dbd, post_connect, connected, NULL, NULL, APR_HOOK_FIRST);
}

/* As mod_dbd begins a connection: its SQL, as far as it gets, then what it prepares for others. */
static int begin(ap_dbd_t *fresh, dbd_cfg_t *cfg)
{
    apr_hash_index_t *hi;
    int rows = 0, rc = 0;

    for (int i = 0; rc == 0 && i < cfg->init_queries->nelts; i++) {
        rc = apr_dbd_query(fresh->driver, fresh->handle, &rows,
                           APR_ARRAY_IDX(cfg->init_queries, i, const char *));
    }
    for (hi = apr_hash_first(fresh->pool, cfg->queries); hi; hi = apr_hash_next(hi)) {
        const char *label = apr_hash_this_key(hi);
        apr_dbd_prepared_t *statement = NULL;

        if (apr_dbd_prepare(fresh->driver, fresh->pool, fresh->handle, apr_hash_this_val(hi), label,
                            &statement)
            != 0) {
            return 0;
        }
        apr_hash_set(fresh->prepared, label, APR_HASH_KEY_STRING, statement);
    }
    return 1;
}

/* The new one is whole before the old one is closed: that fails no worse than before. */
static int reopen(kl_connections_t *self, ap_dbd_t *connection)
{
    dbd_cfg_t *cfg = apr_hash_get(connection->prepared, SETTINGS, APR_HASH_KEY_STRING);
    apr_pool_t *old = apr_hash_get(connection->prepared, POOL, APR_HASH_KEY_STRING);
    ap_dbd_t fresh = {.driver = connection->driver};
    const char *why = NULL;

    (void)self;
    if (!cfg || apr_pool_create(&fresh.pool, connection->pool) != APR_SUCCESS) {
        return 0;
    }
    fresh.prepared = apr_hash_make(fresh.pool);
    if (apr_dbd_open_ex(fresh.driver, fresh.pool, cfg->params, &fresh.handle, &why)
        != APR_SUCCESS) {
        apr_pool_destroy(fresh.pool);
        return 0;
    }
    if (!begin(&fresh, cfg)) {
        apr_dbd_close(fresh.driver, fresh.handle);
        apr_pool_destroy(fresh.pool);
        return 0;
    }
    apr_dbd_close(connection->driver, connection->handle);
    connection->handle = fresh.handle;
    connection->prepared = fresh.prepared;
    remember(connection, cfg, fresh.pool);
    apr_hash_set(fresh.prepared, POOL, APR_HASH_KEY_STRING, fresh.pool);
    if (old) {
        apr_pool_destroy(old);
    }
    return 1;
}

/* --- the file ----------------------------------------------------------------------------------
 */

/* SQLite goes on writing a file that was moved or deleted: nobody would ever see what is stored
 * there. 0 when the connection's is gone and cannot be opened anew. */
static int has_its_file(connections_t *self, ap_dbd_t *connection, apr_pool_t *p)
{
    const file_id_t *had = apr_hash_get(connection->prepared, FILE_OF, APR_HASH_KEY_STRING);
    file_id_t has = {0};

    if (!had
        || (identify(self->database->params, &has, p) && had->inode == has.inode
            && had->device == has.device)) {
        return 1;
    }
    return reopen(&self->base, connection);
}

/* --- a database that cannot be reached ---------------------------------------------------------
 */

static void keep_why(connections_t *self, const char *why)
{
    apr_thread_mutex_lock(self->words);
    apr_cpystrn(self->why, why ? why : "", MAX_WHY);
    apr_thread_mutex_unlock(self->words);
}

static const char *why_not(kl_connections_t *base, apr_pool_t *p)
{
    connections_t *self = (connections_t *)base;
    const char *why;

    apr_thread_mutex_lock(self->words);
    why = self->why[0] ? apr_pstrdup(p, self->why) : NULL;
    apr_thread_mutex_unlock(self->words);
    return why;
}

/* A connection for nothing but to see whether there can be one: mod_dbd would log each failure. */
static int answers(connections_t *self)
{
    const apr_dbd_driver_t *driver = NULL;
    apr_dbd_t *handle = NULL;
    const char *why = NULL;
    apr_pool_t *p = NULL;
    int good;

    apr_pool_create(&p, NULL);
    good = apr_dbd_get_driver(p, self->database->driver, &driver) == APR_SUCCESS
           && apr_dbd_open_ex(driver, p, self->database->params, &handle, &why) == APR_SUCCESS;
    keep_why(self, good ? "" : why);
    if (good) {
        apr_dbd_close(driver, handle);
    }
    apr_pool_destroy(p);
    return good;
}

static ap_dbd_t *take(connections_t *self, apr_pool_t *p)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) *open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    ap_dbd_t *connection = open ? open(p, self->s) : NULL;

    apr_atomic_set32(&self->shut, !connection);
    return connection;
}

/* Each connection that died with the server costs mod_dbd one failure. */
static ap_dbd_t *take_again(connections_t *self, apr_pool_t *p)
{
    ap_dbd_t *connection = NULL;

    self->tried = apr_time_now();
    if (!answers(self)) {
        return NULL;
    }
    for (int i = 0; !connection && i <= self->database->max; i++) {
        connection = take(self, p);
    }
    if (!connection) {
        self->not_before = apr_time_now() + NOT_SO_SOON;
    }
    return connection;
}

/* One tries, the others wait for what it finds: nobody is refused for a try that began before he
 * came, when the database may have been away still. */
static ap_dbd_t *try_again(connections_t *self, apr_pool_t *p)
{
    apr_time_t came = apr_time_now();
    ap_dbd_t *connection = NULL;

    apr_thread_mutex_lock(self->mutex);
    if (!apr_atomic_read32(&self->shut) || (self->tried < came && self->not_before <= came)) {
        connection = take_again(self, p);
    }
    apr_thread_mutex_unlock(self->mutex);
    return connection;
}

static ap_dbd_t *open_connection(kl_connections_t *base, apr_pool_t *p)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) *close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    connections_t *self = (connections_t *)base;
    ap_dbd_t *connection = apr_atomic_read32(&self->shut) ? try_again(self, p) : take(self, p);

    if (connection && !has_its_file(self, connection, p)) {
        close(self->s, connection);
        return NULL;
    }
    return connection;
}

static void close_connection(kl_connections_t *base, ap_dbd_t *connection)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) *close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);

    close(((connections_t *)base)->s, connection);
}

/* --- what is told ------------------------------------------------------------------------------
 */

static void log_driver(kl_connections_t *base, const char *label, const char *text)
{
    connections_t *self = (connections_t *)base;
    apr_pool_t *p = NULL;
    const char *more;

    apr_pool_create(&p, NULL);
    more = kl_trouble_happened(self->trouble, p, text);
    if (more) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, self->s, "KLA0011: statement %s: %s%s", label,
                     text, more);
    }
    apr_pool_destroy(p);
}

static void works(kl_connections_t *base, int stored)
{
    connections_t *self = (connections_t *)base;

    if (stored) {
        kl_trouble_over(self->trouble, self->s);
    }
}

kl_connections_t *kl_connections_make(apr_pool_t *p, server_rec *s, const kl_database_t *database,
                                      kl_trouble_t *trouble)
{
    connections_t *self = apr_pcalloc(p, sizeof(*self));

    self->base = (kl_connections_t){.open = open_connection,
                                    .close = close_connection,
                                    .log = log_driver,
                                    .reopen = reopen,
                                    .why = why_not,
                                    .works = works};
    self->s = s;
    self->database = database;
    self->trouble = trouble;
    apr_thread_mutex_create(&self->mutex, APR_THREAD_MUTEX_DEFAULT, p);
    apr_thread_mutex_create(&self->words, APR_THREAD_MUTEX_DEFAULT, p);
    return &self->base;
}
