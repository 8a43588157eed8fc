/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The background worker on mod_watchdog: every child of every host has one, and any of them
 * may take any unit; leases in the database decide, not mod_watchdog's singleton, which
 * does not hold across generations and hosts. A unit in flight ends before its child does.
 */
#ifndef KL_WORKER_H
#define KL_WORKER_H

#include <httpd.h>

/** 1 when some server has an account and its worker on. */
int kl_worker_is_wanted(server_rec *s);

/** post_config: registers the callback when the worker is wanted; OK, or an error status with a
 *  log line. */
int kl_worker_register(apr_pool_t *pconf, server_rec *s);

/** child_init hook after kl_child_init, before threads: makes what the worker needs when it is
 *  wanted, and lets this child's end wait for the units in flight. */
void kl_worker_child_init(apr_pool_t *pchild, server_rec *s);

#endif
