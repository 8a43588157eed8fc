/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread accepts, one thread serves each connection; a mutex guards the script. It must
 * never outlive lb_stop: every socket is shut down and every thread joined there.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"

#define MAX_CONNECTIONS 64
#define MAX_REQUESTS 64
#define MAX_REQUEST 65536

typedef struct peer_t {
    lb_server_t *server;
    pthread_t thread;
    int fd;
    SSL *ssl;
} peer_t;

struct lb_server_t {
    lb_kind_t kind;
    const lb_step_t *steps;
    int count, next;
    int listener, port, stopping;
    char base[64], ca_file[64];
    SSL_CTX *ctx;
    pthread_t acceptor;
    pthread_mutex_t mutex;
    pthread_cond_t stop, closing;
    peer_t peers[MAX_CONNECTIONS];
    int connections, resumed, closed, requests;
    char *request[MAX_REQUESTS];
};

static void must(int truth, const char *what)
{
    if (!truth) {
        fprintf(stderr, "loopback server: %s\n", what);
        abort();
    }
}

/* --- TLS ---------------------------------------------------------------------------- */

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"loopback", -1, -1,
                               0);
    X509_set_issuer_name(cert, name);
    must(san && X509_add_ext(cert, san, -1) == 1, "subjectAltName");
    X509_EXTENSION_free(san);
    must(X509_sign(cert, key, EVP_sha256()) > 0, "signature");
    return cert;
}

static void make_tls(lb_server_t *s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = self_signed(key);
    FILE *f;
    int fd;

    strcpy(s->ca_file, "/tmp/loopback-ca-XXXXXX");
    fd = mkstemp(s->ca_file);
    must(fd >= 0, "temporary file");
    f = fdopen(fd, "w");
    must(f && PEM_write_X509(f, cert) == 1, "certificate file");
    fclose(f);
    s->ctx = SSL_CTX_new(TLS_server_method());
    must(SSL_CTX_use_certificate(s->ctx, cert) == 1 && SSL_CTX_use_PrivateKey(s->ctx, key) == 1,
         "certificate");
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* --- a connection -------------------------------------------------------------------- */

static int receive(peer_t *peer, char *to, size_t n)
{
    return peer->ssl ? SSL_read(peer->ssl, to, (int)n) : (int)recv(peer->fd, to, n, 0);
}

static void transmit(peer_t *peer, const char *from, size_t n)
{
    if (peer->ssl) {
        (void)!SSL_write(peer->ssl, from, (int)n);
    }
    else {
        (void)!send(peer->fd, from, n, MSG_NOSIGNAL);
    }
}

/* Length of the whole request once its head is complete, else 0. */
static size_t whole_length(const char *head)
{
    const char *end = strstr(head, "\r\n\r\n");
    const char *length = strcasestr(head, "\r\nContent-Length:");

    if (!end) {
        return 0;
    }
    return (size_t)(end - head) + 4 + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
}

/* Reads one request; NULL when the connection ended. */
static char *read_request(peer_t *peer)
{
    char *text = calloc(1, MAX_REQUEST);
    size_t have = 0, whole;
    int n;

    must(text != NULL, "memory");
    do {
        n = receive(peer, text + have, MAX_REQUEST - 1 - have);
        have += n > 0 ? (size_t)n : 0;
        whole = whole_length(text);
    } while (n > 0 && have < MAX_REQUEST - 1 && (whole == 0 || have < whole));
    if (n > 0) {
        return text;
    }
    free(text);
    return NULL;
}

static void wait_for_stop(lb_server_t *s)
{
    pthread_mutex_lock(&s->mutex);
    while (!s->stopping) {
        pthread_cond_wait(&s->stop, &s->mutex);
    }
    pthread_mutex_unlock(&s->mutex);
}

/* Notes the request and takes the next step; without one the connection is closed. */
static lb_step_t take_step(lb_server_t *s, char *text)
{
    lb_step_t step = {.close = 1};

    pthread_mutex_lock(&s->mutex);
    must(s->requests < MAX_REQUESTS, "too many requests");
    s->request[s->requests++] = text;
    if (s->next < s->count) {
        step = s->steps[s->next++];
    }
    pthread_mutex_unlock(&s->mutex);
    return step;
}

static void play(peer_t *peer, const lb_step_t *step)
{
    char block[1024];

    if (step->deaf) {
        shutdown(peer->server->listener, SHUT_RDWR);
    }
    if (step->answer) {
        transmit(peer, step->answer, strlen(step->answer));
    }
    memset(block, 'x', sizeof(block));
    for (size_t left = step->filler; left > 0;) {
        size_t n = left < sizeof(block) ? left : sizeof(block);

        transmit(peer, block, n);
        left -= n;
    }
    if (step->hold) {
        wait_for_stop(peer->server);
    }
}

static void *serve(void *v)
{
    peer_t *peer = v;
    int now = 1;
    lb_server_t *s = peer->server;
    lb_step_t step = {.close = 0};
    char *text;

    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof(now));
    if (s->kind == LB_MUTE) {
        wait_for_stop(s);
        return NULL;
    }
    if (s->kind == LB_TLS) {
        peer->ssl = SSL_new(s->ctx);
        SSL_set_fd(peer->ssl, peer->fd);
        step.close = SSL_accept(peer->ssl) != 1;
        pthread_mutex_lock(&s->mutex);
        s->resumed += SSL_session_reused(peer->ssl);
        pthread_mutex_unlock(&s->mutex);
    }
    while (!step.close && (text = read_request(peer)) != NULL) {
        step = take_step(s, text);
        play(peer, &step);
    }
    if (peer->ssl && SSL_is_init_finished(peer->ssl)) {
        SSL_shutdown(peer->ssl); /* says that it closes, as servers do */
    }
    shutdown(peer->fd, SHUT_RDWR);
    pthread_mutex_lock(&s->mutex);
    s->closed++;
    pthread_cond_broadcast(&s->closing);
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static void *accept_all(void *v)
{
    lb_server_t *s = v;
    int fd;

    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        pthread_mutex_lock(&s->mutex);
        must(s->connections < MAX_CONNECTIONS, "too many connections");
        peer_t *peer = &s->peers[s->connections++];
        peer->server = s;
        peer->fd = fd;
        must(pthread_create(&peer->thread, NULL, serve, peer) == 0, "thread");
        pthread_mutex_unlock(&s->mutex);
    }
    return NULL;
}

/* --- the server ---------------------------------------------------------------------- */

static int bound(struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    socklen_t len = sizeof(*at);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    must(bind(fd, (struct sockaddr *)at, len) == 0, "bind");
    getsockname(fd, (struct sockaddr *)at, &len);
    return fd;
}

/* A port that the system chose would be somebody else's as soon as a deaf server stops to listen;
 * one that is asked for by its number stays. */
static int bound_to_own_port(struct sockaddr_in *at)
{
    int chosen = bound(at), fd = bound(at);

    close(chosen);
    return fd;
}

lb_server_t *lb_start(lb_kind_t kind, const lb_step_t *steps, int count)
{
    lb_server_t *s = calloc(1, sizeof(*s));
    struct sockaddr_in at = {.sin_family = AF_INET};

    must(s != NULL, "memory");
    s->kind = kind;
    s->steps = steps;
    s->count = count;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = bound_to_own_port(&at);
    must(listen(s->listener, 16) == 0, "listen");
    s->port = ntohs(at.sin_port);
    snprintf(s->base, sizeof(s->base), "http%s://127.0.0.1:%d", kind == LB_PLAIN ? "" : "s",
             s->port);
    if (kind == LB_TLS) {
        make_tls(s);
    }
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->stop, NULL);
    pthread_cond_init(&s->closing, NULL);
    must(pthread_create(&s->acceptor, NULL, accept_all, s) == 0, "thread");
    return s;
}

int lb_port(const lb_server_t *s)
{
    return s->port;
}

const char *lb_base(const lb_server_t *s)
{
    return s->base;
}

const char *lb_ca_file(const lb_server_t *s)
{
    return s->ca_file;
}

static int locked(lb_server_t *s, const int *n)
{
    int value;

    pthread_mutex_lock(&s->mutex);
    value = *n;
    pthread_mutex_unlock(&s->mutex);
    return value;
}

int lb_connections(lb_server_t *s)
{
    return locked(s, &s->connections);
}

int lb_resumed(lb_server_t *s)
{
    return locked(s, &s->resumed);
}

void lb_wait_closed(lb_server_t *s, int n)
{
    pthread_mutex_lock(&s->mutex);
    while (s->closed < n) {
        pthread_cond_wait(&s->closing, &s->mutex);
    }
    pthread_mutex_unlock(&s->mutex);
}

int lb_requests(lb_server_t *s)
{
    return locked(s, &s->requests);
}

const char *lb_request(lb_server_t *s, int i)
{
    return i < lb_requests(s) ? s->request[i] : "";
}

void lb_stop(lb_server_t *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->acceptor, NULL);
    close(s->listener);
    pthread_mutex_lock(&s->mutex);
    s->stopping = 1;
    pthread_cond_broadcast(&s->stop);
    pthread_mutex_unlock(&s->mutex);
    for (int i = 0; i < s->connections; i++) {
        shutdown(s->peers[i].fd, SHUT_RDWR);
        pthread_join(s->peers[i].thread, NULL);
        SSL_free(s->peers[i].ssl);
        close(s->peers[i].fd);
    }
    for (int i = 0; i < s->requests; i++) {
        free(s->request[i]);
    }
    if (*s->ca_file) {
        unlink(s->ca_file);
    }
    SSL_CTX_free(s->ctx);
    pthread_mutex_destroy(&s->mutex);
    pthread_cond_destroy(&s->stop);
    pthread_cond_destroy(&s->closing);
    free(s);
}
