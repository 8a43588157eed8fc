/* SPDX-License-Identifier: Apache-2.0 */
/* mod_dbd's settings for a server, which mod_dbd tells nobody: read where they stand. */
#ifndef KL_DATABASE_H
#define KL_DATABASE_H

#include <httpd.h>

typedef struct kl_database_t {
    const char *driver, *params; /* NULL: not set. params may hold a password: never log them */
    const char *init;            /* all of DBDInitSQL, "" = none */
    int min, keep, max;          /* connections */
} kl_database_t;

/** The settings that hold for a server: its own, or those of the main one. */
kl_database_t *kl_database_read(apr_pool_t *p, server_rec *main, server_rec *s);

/** 1 when it is a file of SQLite's, which params names. */
int kl_database_is_file(const kl_database_t *database);

/** 1 when two servers have the same. */
int kl_database_is_same(const kl_database_t *one, const kl_database_t *other);

#endif
