/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP exchange with Klarna, as a table of functions so that tests can fail the n-th
 * call. transport_curl.c is its one implementation. A transport sends what it is given,
 * once; repeating is the service's business (with the same idempotency key).
 *
 * libcurl itself may send a POST again on a fresh connection when a reused one dies before
 * the first byte of the answer: that is why every request that changes something carries
 * an idempotency key stored beforehand, and why one without a key never uses a kept
 * connection unless it is marked repeatable.
 */
#ifndef KL_TRANSPORT_H
#define KL_TRANSPORT_H

#include <apr_pools.h>
#include <apr_time.h>
#include "core/error.h"
#include "core/country.h"

/* A merchant account at Klarna: where to call and as whom. Lives as long as the
 * configuration. */
typedef struct kl_account_t {
    const char *name;                /* of the store container */
    const char *base_url;            /* "https://api.klarna.com", no trailing slash */
    const char *username, *password; /* secret: never logged, never in an error */
    const char *environment;         /* "playground" or "live" */
    kl_region_t region;
} kl_account_t;

typedef struct kl_klarna_request_t {
    const char *method;          /* "GET", "POST", "PATCH", "DELETE" */
    const char *path;            /* below base_url, starts with '/' */
    const char *body;            /* JSON text or "" for none */
    const char *idempotency_key; /* "" for none */
    int repeatable;              /* 1: a second execution does no harm although there is no key
                                    (a session). Else a request that changes something and has
                                    no key goes out on a connection of its own, where libcurl
                                    never repeats by itself */
} kl_klarna_request_t;

typedef struct kl_klarna_response_t {
    int status;       /* HTTP status */
    const char *body; /* never NULL, NUL terminated */
    apr_size_t body_len;
    int is_json;                /* by Content-Type */
    const char *correlation_id; /* Klarna-Correlation-Id or "" */
    const char *capture_id;     /* Capture-Id, else the last segment of Location; or "" */
    const char *refund_id;      /* Refund-Id, likewise */
    const char *location;       /* or "" */
    int retry_after;            /* seconds from Retry-After or X-Ratelimit-Reset, 0 = none */
    apr_interval_time_t took;
} kl_klarna_response_t;

typedef enum {
    KL_ANSWERED, /* a complete answer was read */
    KL_NOT_SENT, /* no byte of the request can have been executed (resolve, connect, TLS) */
    KL_LOST      /* it may have been executed: time-out, reset, cut-off or oversized answer */
} kl_delivery_t;

typedef struct kl_transport_t kl_transport_t;
struct kl_transport_t {
    /**
     * Sends one request and reads its answer before deadline.
     * @param resp filled on KL_ANSWERED, strings in p
     * @param why on the other two a short reason for the log (no secrets), in p or static
     */
    kl_delivery_t (*perform)(kl_transport_t *self, apr_pool_t *p, const kl_account_t *account,
                             const kl_klarna_request_t *req, apr_time_t deadline,
                             kl_klarna_response_t *resp, const char **why);
    void *impl;
};

#endif
