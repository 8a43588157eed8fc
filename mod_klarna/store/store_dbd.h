/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store over apr_dbd. Connections come from a pair of functions: mod_dbd's
 * ap_dbd_open and ap_dbd_close in httpd, a single connection in tests; both hand out
 * mod_dbd's ap_dbd_t. Statements are prepared lazily per connection (dbd_prepared.h), and
 * prepared again once when they went stale (a restarted server, a changed SQLite schema).
 */
#ifndef KL_STORE_DBD_H
#define KL_STORE_DBD_H

#include <apr_dbd.h>
#include <mod_dbd.h>
#include "store/store.h"

typedef struct kl_connections_t kl_connections_t;
struct kl_connections_t {
    /** A usable connection or NULL; tried a second time by the store. */
    ap_dbd_t *(*open)(kl_connections_t *self, apr_pool_t *p);
    void (*close)(kl_connections_t *self, ap_dbd_t *connection);
    /** A database error for the server's log: the statement's label and one line of the
     *  driver's words with quoted values blanked. May be NULL. Called by any thread. */
    void (*log)(kl_connections_t *self, const char *label, const char *text);
    /** Opens a borrowed connection again, in its place, with nothing prepared; 1 when it did. May
     * be NULL. */
    int (*reopen)(kl_connections_t *self, ap_dbd_t *connection);
    /** Why open gave nothing, in the driver's words, or NULL; in p. May be NULL. */
    const char *(*why)(kl_connections_t *self, apr_pool_t *p);
    /** A statement was carried out; stored: it changed something. May be NULL. */
    void (*works)(kl_connections_t *self, int stored);
    volatile apr_uint32_t stored_at; /* seconds: something was stored; 0: that has failed since */
    void *impl;
};

/**
 * A store over connections; both live in p. Safe for many threads. The schema version is
 * checked at first use and remembered once it was right; until then every function returns
 * KL_UNAVAILABLE "schema", which names the schema file and the cure.
 *
 * Database faults are KL_UNAVAILABLE "store". After one, a change may have been stored when
 * the connection to a database server broke while it was on its way. DBDPrepareSQL labels
 * that begin with klarna_ belong to the module.
 */
kl_store_t *kl_store_dbd_make(apr_pool_t *p, kl_connections_t *connections);

#endif
