/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One database's trouble in httpd's log, per process: the same once, then once a minute with a
 * count, then that it works again. Whatever a sick database makes fail is part of it: statements,
 * requests, the worker's rounds. Nobody else's failures are counted here.
 */
#ifndef KL_TROUBLE_H
#define KL_TROUBLE_H

#include <httpd.h>

typedef struct kl_trouble_t kl_trouble_t;

/** None yet; lives in p, for all threads. */
kl_trouble_t *kl_trouble_make(apr_pool_t *p);

/** Something has failed. @param what by which one kind is known from another
 *  @return NULL when it is not to be said now, else what to add to the entry: "" or a count, in p
 */
const char *kl_trouble_happened(kl_trouble_t *trouble, apr_pool_t *p, const char *what);

/** Something was stored. */
void kl_trouble_over(kl_trouble_t *trouble, server_rec *s);

#endif
