/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS sessions, one for each origin ("https://host:port"), for all threads: a new connection
 * resumes the last one instead of a full handshake. Between connections a session is bytes:
 * OpenSSL writes to a session that is in use, so that one object must not serve two threads
 * (libcurl 7.88's own sharing of sessions does that). A session never serves another origin than
 * the one that gave it.
 */
#ifndef KL_TLS_SESSIONS_H
#define KL_TLS_SESSIONS_H

#include <apr_pools.h>
#include <openssl/ssl.h>

typedef struct kl_tls_sessions_t kl_tls_sessions_t;

/** NULL when no mutex could be made. Must outlive every connection it was used for. */
kl_tls_sessions_t *kl_tls_sessions_make(apr_pool_t *p);

/** Has the connections of ctx, which all lead to the origin of url, resume its session, and keeps
 *  what the origin gives them. */
void kl_tls_sessions_use(kl_tls_sessions_t *sessions, SSL_CTX *ctx, const char *url);

/** A connection could not be made: the next one does not try this session again. */
void kl_tls_sessions_forget(kl_tls_sessions_t *sessions, const char *url);

#endif
