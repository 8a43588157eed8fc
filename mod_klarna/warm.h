/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shopper who has shown a cart pays within minutes, more slowly than Klarna keeps an idle
 * connection. For so long each child keeps one open, so that the placement waits for no
 * handshake: whenever it was idle for a while, a thread asks Klarna's host for "/", as nobody
 * and on no account's limit. Which answer comes does not matter, and a failure is not told:
 * the placement would open its own connection. It must never touch a payment.
 */
#ifndef KL_WARM_H
#define KL_WARM_H

#include <httpd.h>
#include "api/account.h"
#include "api/http.h"

/** post_config: memory that all children share, for the shopper may come back to another one. */
void kl_warm_prepare(apr_pool_t *pconf);

/** child_init: starts the thread, which ends with pchild. Not where a process serves one request
 *  at a time (mpm_prefork): too many processes would each keep a connection that is never used. */
void kl_warm_start(apr_pool_t *pchild, server_rec *s, kl_http_t *http);

/** A shopper is about to pay with this account. Cheap, and safe in any thread. */
void kl_warm_expect(const kl_account_t *account);

#endif
