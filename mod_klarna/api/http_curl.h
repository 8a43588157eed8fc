/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP engine over libcurl: connections are kept for whoever calls next (kept.h), the trust
 * store is parsed once per process. HTTPS only (plain http to a loopback
 * address is allowed for the sandbox), TLS 1.2 at least, no redirects, no proxy but the
 * configured one, bounded answers. An option that cannot be set ends the exchange.
 */
#ifndef KL_HTTP_CURL_H
#define KL_HTTP_CURL_H

#include "api/http.h"
#include "core/error.h"

typedef struct kl_http_curl_config_t {
    const char *ca_file; /* trust store, NULL = the system's */
    const char *proxy;   /* "" = none */
    apr_interval_time_t connect_timeout;
    int max_idle; /* kept connections to one host, 0 = 16 */
} kl_http_curl_config_t;

/**
 * Makes the engine; call in a child process, before its threads start. Calls
 * curl_global_init. Cleaned up with p: every handle is closed. The process must ignore
 * SIGPIPE, as httpd's children do.
 * @return KL_OK, or KL_UNAVAILABLE when the trust store cannot be read or libcurl lacks
 *         what we need.
 */
kl_kind_t kl_http_curl_make(kl_http_t **out, apr_pool_t *p, const kl_http_curl_config_t *cfg,
                            kl_error_t *err);

/** When the kept connection to url's host that was used last was used; 0 when none is kept. */
apr_time_t kl_http_curl_last_used(kl_http_t *http, const char *url);

/** libcurl's version and its TLS library's: "7.88.1 (OpenSSL/3.0.15)". */
const char *kl_http_curl_version(apr_pool_t *p);

/** 1 when url is https, or http to 127.0.0.0/8, [::1] or localhost. */
int kl_http_curl_allows(const char *url);

#endif
