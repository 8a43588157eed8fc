/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_prepared.h. */
#include <apr_strings.h>
#include <string.h>

#include "store/dbd_prepared.h"

/* A name that failed this much in a row is given up. A pooler's sessions learn a name one by one,
 * at each miss another; a lost session weighs more, because a pooler that breaks the connection
 * at a name it does not know does so every time. */
#define MOST 8
#define LOST 4

/* 1 when the driver's last error quotes the name. The words around it are in the server's language,
 * but only the server says it, and of a statement that it did not execute. */
static int is_about(const kl_dbd_t *db, const char *name, int rc)
{
    const char *text = apr_dbd_error(db->conn->driver, db->conn->handle, rc);

    return text && strstr(text, name);
}

/* When the session has the name already, the driver's statement is whole all the same. */
static int prepare(kl_dbd_t *db, const kl_statement_t *text, kl_dbd_prepared_t *prepared)
{
    int rc = apr_dbd_prepare(db->conn->driver, prepared->pool, db->conn->handle,
                             text->text[db->dialect], prepared->name, &prepared->statement);

    return rc != 0 && prepared->name && is_about(db, prepared->name, rc) ? 0 : rc;
}

static void forget(kl_dbd_t *db, kl_dbd_prepared_t *prepared)
{
    apr_hash_set(db->conn->prepared, db->label, APR_HASH_KEY_STRING, NULL);
    apr_pool_destroy(prepared->pool);
}

static int make(kl_dbd_t *db, const kl_statement_t *text, int unnamed, kl_dbd_prepared_t **out)
{
    kl_dbd_prepared_t *prepared;
    const char *name = NULL;
    apr_pool_t *pool;
    int rc;

    apr_pool_create(&pool, db->conn->pool);
    prepared = apr_pcalloc(pool, sizeof(*prepared));
    prepared->pool = pool;
    if (db->dialect == KL_DIALECT_PGSQL) {
        name = kl_statements_session_name(text, pool);
    }
    prepared->name = unnamed ? NULL : name;
    prepared->settled = prepared->name == name;
    rc = prepare(db, text, prepared);
    if (rc != 0) {
        apr_pool_destroy(pool);
        return rc;
    }
    apr_hash_set(db->conn->prepared, apr_pstrdup(pool, text->label), APR_HASH_KEY_STRING, prepared);
    *out = prepared;
    return 0;
}

int kl_dbd_prepared_get(kl_dbd_t *db, const kl_statement_t *text, int again,
                        kl_dbd_prepared_t **out)
{
    kl_dbd_prepared_t *old = apr_hash_get(db->conn->prepared, db->label, APR_HASH_KEY_STRING);
    int faults = 0, rc;

    *out = old;
    if (old && !again && old->settled) {
        return 0;
    }
    *out = NULL;
    if (old) {
        faults = old->faults;
        forget(db, old);
    }
    rc = make(db, text, again, out);
    if (rc == 0) {
        (*out)->faults = faults;
    }
    return rc;
}

void kl_dbd_prepared_forget(kl_dbd_t *db)
{
    for (int id = 0; id < KL_SQL_COUNT; id++) {
        const char *label = kl_statements_get((kl_sql_t)id)->label;
        kl_dbd_prepared_t *prepared = apr_hash_get(db->conn->prepared, label, APR_HASH_KEY_STRING);

        if (prepared) {
            apr_hash_set(db->conn->prepared, label, APR_HASH_KEY_STRING, NULL);
            apr_pool_destroy(prepared->pool);
        }
    }
}

int kl_dbd_prepared_is_missing(const kl_dbd_t *db, const kl_dbd_prepared_t *prepared, int rc)
{
    return prepared->name && is_about(db, prepared->name, rc);
}

void kl_dbd_prepared_held(kl_dbd_prepared_t *prepared)
{
    if (prepared->name) {
        prepared->faults = 0;
    }
}

void kl_dbd_prepared_failed(kl_dbd_prepared_t *prepared, int missing)
{
    prepared->faults += missing ? 1 : LOST;
    if (prepared->faults >= MOST) {
        prepared->settled = 1;
    }
}
