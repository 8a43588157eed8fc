/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mod_dbd's connections, for the store. mod_dbd never gives up a connection that was opened while
 * the database was not as it should be, and logs every failure: so a connection that keeps a fault
 * is opened again in its place; one whose file was replaced is, too; and while the database cannot
 * be reached mod_dbd is not asked: one thread tries, for itself, and those who came before it tried
 * learn what it found.
 */
#ifndef KL_CONNECTIONS_H
#define KL_CONNECTIONS_H

#include <httpd.h>
#include "database.h"
#include "store/store_dbd.h"
#include "trouble.h"

/** Hooks into mod_dbd, if there is one. */
void kl_connections_register(void);

/** A server's, for this process; in p, for all threads. */
kl_connections_t *kl_connections_make(apr_pool_t *p, server_rec *s, const kl_database_t *database,
                                      kl_trouble_t *trouble);

#endif
