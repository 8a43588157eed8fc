/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP exchange, as a table of functions so that tests can fail the n-th one. http_curl.c is
 * its one implementation. It knows no dialect: whom to call, as whom, and what an answer means is
 * up to its caller (klarna.c). An engine sends what it is given, once; repeating is up to the
 * caller.
 *
 * libcurl itself may send a request again on a fresh connection when a kept one dies before the
 * first byte of the answer. That is harmless only for a request marked repeatable; any other is
 * lost then.
 */
#ifndef KL_HTTP_H
#define KL_HTTP_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

typedef struct kl_http_request_t {
    const char *method;              /* "GET", "POST", "PATCH", "DELETE" */
    const char *url;                 /* https, or http to a loopback address */
    const apr_table_t *headers;      /* printable ASCII; NULL for none */
    const char *body;                /* "" for none */
    const char *username, *password; /* basic authentication; both NULL for none */
    int repeatable;                  /* 1: a second execution does no harm */
    apr_size_t max_body;             /* bytes that an answer's body may have */
    apr_time_t deadline;             /* for connecting, sending and reading together */
} kl_http_request_t;

typedef enum {
    KL_ANSWERED, /* a complete answer was read */
    KL_NOT_SENT, /* no byte of the request can have been executed (resolve, connect, TLS) */
    KL_LOST      /* it may have been executed: time-out, reset, cut-off or oversized answer */
} kl_delivery_t;

typedef struct kl_http_response_t {
    kl_delivery_t delivery;
    const char *why; /* unless answered: a short reason for the log, without secrets */
    apr_interval_time_t took;
    /* When answered, else 0 and NULL: */
    int status;
    const apr_table_t *headers; /* of the final answer, not of a 1xx, a proxy or a trailer */
    const char *body;           /* NUL terminated */
    apr_size_t body_len;
    int retry_after; /* seconds, from either form of Retry-After; 0 = none */
} kl_http_response_t;

typedef struct kl_http_t kl_http_t;
struct kl_http_t {
    /** Sends one request and reads its answer before the deadline; what it gives is in p. */
    kl_http_response_t (*exchange)(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req);
    void *impl;
};

#endif
