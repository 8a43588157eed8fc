/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna's dialect over an HTTP engine: whose credentials, the idempotency key, the
 * correlation id, the ids that come in headers, and how many requests it still takes.
 */
#ifndef KL_KLARNA_H
#define KL_KLARNA_H

#include "api/account.h"
#include "api/http.h"
#include "api/rate.h"

typedef struct kl_klarna_request_t {
    const char *method;          /* NULL: no request could be built */
    const char *path;            /* below base_url, starts with '/' */
    const char *body;            /* JSON text or "" for none */
    const char *idempotency_key; /* "" for none */
    int repeatable;              /* 1: a second execution does no harm although there is no key
                                    (a session) */
} kl_klarna_request_t;

typedef struct kl_klarna_response_t {
    kl_delivery_t delivery;
    const char *why; /* unless answered: a short reason for the log, without secrets */
    apr_interval_time_t took;
    /* When answered; else 0 and "": */
    int status;
    const char *body; /* NUL terminated */
    apr_size_t body_len;
    const char *correlation_id; /* Klarna-Correlation-Id or "" */
    const char *capture_id;     /* Capture-Id, else the last segment of Location; or "" */
    const char *refund_id;      /* Refund-Id, likewise */
    int retry_after;            /* seconds from Retry-After or X-Ratelimit-Reset, 0 = none */
    kl_rate_t rate;
} kl_klarna_response_t;

/** Sends req once, as account, and reads the answer before the deadline. Strings are in p. */
kl_klarna_response_t kl_klarna_exchange(kl_http_t *http, apr_pool_t *p, const kl_account_t *account,
                                        const kl_klarna_request_t *req, apr_time_t deadline);

#endif
