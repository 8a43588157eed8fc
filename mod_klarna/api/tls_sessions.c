/* SPDX-License-Identifier: Apache-2.0 */
/* See tls_sessions.h. */
#include "api/tls_sessions.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>

#include "api/url.h"

#define MAX_SESSION 16384 /* bytes; a ticket and a certificate are 2,000 or so */

/* Of one origin. */
typedef struct ticket_t {
    kl_tls_sessions_t *of;
    int length; /* 0: none */
    unsigned char bytes[MAX_SESSION];
} ticket_t;

struct kl_tls_sessions_t {
    apr_thread_mutex_t *mutex; /* guards what the tickets hold, too */
    apr_pool_t *p;             /* used under the lock only */
    apr_hash_t *tickets;       /* origin -> ticket_t * */
};

static ticket_t *ticket_of(kl_tls_sessions_t *sessions, const char *url)
{
    apr_ssize_t length = (apr_ssize_t)kl_url_origin(url);
    ticket_t *ticket;

    apr_thread_mutex_lock(sessions->mutex);
    ticket = apr_hash_get(sessions->tickets, url, length);
    if (!ticket) {
        ticket = apr_pcalloc(sessions->p, sizeof(*ticket));
        ticket->of = sessions;
        apr_hash_set(sessions->tickets, apr_pstrmemdup(sessions->p, url, (apr_size_t)length),
                     length, ticket);
    }
    apr_thread_mutex_unlock(sessions->mutex);
    return ticket;
}

static void store(ticket_t *ticket, const unsigned char *bytes, int length)
{
    apr_thread_mutex_lock(ticket->of->mutex);
    memcpy(ticket->bytes, bytes, (size_t)length);
    ticket->length = length;
    apr_thread_mutex_unlock(ticket->of->mutex);
}

/* The server gave a session. 0: OpenSSL's reference stays its own. */
static int keep(SSL *ssl, SSL_SESSION *session)
{
    ticket_t *ticket = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    unsigned char bytes[MAX_SESSION], *at = bytes;
    int length = i2d_SSL_SESSION(session, NULL);

    if (length > 0 && length <= MAX_SESSION) {
        i2d_SSL_SESSION(session, &at);
        store(ticket, bytes, length);
    }
    return 0;
}

/* An object of the connection's own. */
static SSL_SESSION *copy_of(ticket_t *ticket)
{
    unsigned char bytes[MAX_SESSION];
    const unsigned char *at = bytes;
    int length;

    apr_thread_mutex_lock(ticket->of->mutex);
    length = ticket->length;
    memcpy(bytes, ticket->bytes, (size_t)length);
    apr_thread_mutex_unlock(ticket->of->mutex);
    return length > 0 ? d2i_SSL_SESSION(NULL, &at, length) : NULL;
}

/* libcurl hands out the context, not the connection; the beginning of its handshake is where it is
 * first seen, and early enough for a session. */
static void resume(const SSL *ssl, int where, int unused)
{
    SSL_SESSION *session;

    (void)unused;
    if (!(where & SSL_CB_HANDSHAKE_START)) {
        return;
    }
    session = copy_of(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    if (session) {
        SSL_set_session((SSL *)ssl, session);
        SSL_SESSION_free(session);
    }
}

void kl_tls_sessions_use(kl_tls_sessions_t *sessions, SSL_CTX *ctx, const char *url)
{
    SSL_CTX_set_app_data(ctx, ticket_of(sessions, url));
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep);
    SSL_CTX_set_info_callback(ctx, resume);
}

void kl_tls_sessions_forget(kl_tls_sessions_t *sessions, const char *url)
{
    store(ticket_of(sessions, url), (const unsigned char *)"", 0);
}

static apr_status_t unmake(void *v)
{
    kl_tls_sessions_t *sessions = v;

    apr_pool_destroy(sessions->p);
    return APR_SUCCESS;
}

kl_tls_sessions_t *kl_tls_sessions_make(apr_pool_t *p)
{
    kl_tls_sessions_t *sessions = apr_pcalloc(p, sizeof(*sessions));

    /* Memory of its own: p is not for several threads. */
    if (apr_thread_mutex_create(&sessions->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS
        || apr_pool_create(&sessions->p, NULL) != APR_SUCCESS) {
        return NULL;
    }
    sessions->tickets = apr_hash_make(sessions->p);
    apr_pool_cleanup_register(p, sessions, unmake, apr_pool_cleanup_null);
    return sessions;
}
