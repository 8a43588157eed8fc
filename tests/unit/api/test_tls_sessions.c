/* SPDX-License-Identifier: Apache-2.0 */
/* One session for each origin, resumed by whoever connects next, in any thread; never by a
 * connection to somebody else, and never one that was forgotten. */
#include "tests/unit/support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/tls_sessions.h"
#include "tests/unit/loopback.h"

#define A "https://a.example/x"
#define B "https://b.example/x"
#define CLOSING "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
#define THREADS 4
#define EACH 5

static int connect_to(lb_server_t *server)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)lb_port(server))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

/* One connection for one request; 1 when it resumed a session. With TLS 1.3 a session comes after
 * the handshake, before the answer. */
static int call(kl_tls_sessions_t *sessions, lb_server_t *server, const char *url, int version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int fd = connect_to(server), resumed;
    SSL *ssl;
    char c;

    SSL_CTX_set_max_proto_version(ctx, version);
    kl_tls_sessions_use(sessions, ctx, url);
    ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    assert_int_equal(SSL_connect(ssl), 1);
    resumed = SSL_session_reused(ssl);
    SSL_write(ssl, "GET / HTTP/1.1\r\n\r\n", 18);
    while (SSL_read(ssl, &c, 1) > 0) {
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return resumed;
}

static void resumes(void *pool, int version)
{
    kl_tls_sessions_t *sessions = kl_tls_sessions_make(pool);
    lb_step_t once[6];
    lb_server_t *server;

    for (int i = 0; i < 6; i++) {
        once[i] = (lb_step_t){.answer = CLOSING, .close = 1};
    }
    server = lb_start(LB_TLS, once, 6);
    assert_false(call(sessions, server, A, version));
    assert_true(call(sessions, server, A "/y", version));
    assert_true(call(sessions, server, A, version));
    assert_false(call(sessions, server, B, version));
    kl_tls_sessions_forget(sessions, A);
    assert_false(call(sessions, server, A, version));
    assert_true(call(sessions, server, B, version));
    lb_stop(server);
}

static void a_session_is_resumed(void **state)
{
    resumes(*state, TLS1_3_VERSION);
    resumes(*state, TLS1_2_VERSION);
}

/* A server that lost its keys makes a full handshake of it. */
static void an_unknown_session_does_no_harm(void **state)
{
    kl_tls_sessions_t *sessions = kl_tls_sessions_make(*state);
    lb_step_t once = {.answer = CLOSING, .close = 1};

    for (int i = 0; i < 2; i++) {
        lb_server_t *server = lb_start(LB_TLS, &once, 1);

        assert_false(call(sessions, server, A, TLS1_3_VERSION));
        lb_stop(server);
    }
}

typedef struct crowd_t {
    kl_tls_sessions_t *sessions;
    lb_server_t *server;
} crowd_t;

static void *many_calls(void *v)
{
    crowd_t *crowd = v;
    intptr_t resumed = 0;

    for (int i = 0; i < EACH; i++) {
        resumed += call(crowd->sessions, crowd->server, A, TLS1_3_VERSION);
    }
    return (void *)resumed;
}

static void threads_share_it(void **state)
{
    lb_step_t many[THREADS * EACH + 1];
    crowd_t crowd = {.sessions = kl_tls_sessions_make(*state)};
    pthread_t threads[THREADS];

    for (int i = 0; i <= THREADS * EACH; i++) {
        many[i] = (lb_step_t){.answer = CLOSING, .close = 1};
    }
    crowd.server = lb_start(LB_TLS, many, THREADS * EACH + 1);
    assert_false(call(crowd.sessions, crowd.server, A, TLS1_3_VERSION));
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, many_calls, &crowd), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *resumed;

        pthread_join(threads[i], &resumed);
        assert_int_equal((intptr_t)resumed, EACH);
    }
    assert_int_equal(lb_resumed(crowd.server), THREADS * EACH);
    lb_stop(crowd.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(a_session_is_resumed),
                                       WITH_POOL(an_unknown_session_does_no_harm),
                                       WITH_POOL(threads_share_it)};

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
