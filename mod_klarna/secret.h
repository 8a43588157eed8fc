/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading secrets at configuration time, as root, from where only root can read them. The
 * secret itself never appears in an error, and a program's command line does not either.
 */
#ifndef KL_SECRET_H
#define KL_SECRET_H

#include "settings.h"

/**
 * Reads a secret. source is "file:/path", "exec:/program arguments" or "env:NAME"; the first
 * line counts. NULL with *error set (no secret in it) when it cannot be read or is empty, or
 * when a file is readable by others.
 */
const char *kl_secret_read(apr_pool_t *p, apr_pool_t *ptemp, const char *source,
                           const char **error);

#endif
