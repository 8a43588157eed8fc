/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store over apr_dbd. Connections come from a pair of functions: mod_dbd's
 * ap_dbd_open and ap_dbd_close in httpd, a single connection in tests; both hand out
 * mod_dbd's ap_dbd_t. Statements are prepared lazily per connection under our own labels
 * (statements.h) in ap_dbd_t.prepared, and prepared again once when they went stale (a
 * restarted server, a changed SQLite schema).
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
    void *impl;
};

/** A store over connections; both live in p. Safe for many threads. The schema version is
 *  checked at first use and remembered once it was right. */
kl_store_t *kl_store_dbd_make(apr_pool_t *p, kl_connections_t *connections);

#endif
