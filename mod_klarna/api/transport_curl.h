/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transport over libcurl: idle handles with their kept connections in one list per
 * process under a mutex, the trust store parsed once per process. HTTPS only (plain http
 * to a loopback address is allowed for the sandbox), TLS 1.2 at least, no redirects, no
 * proxy but the configured one, bounded answers. A set option that fails aborts the call.
 */
#ifndef KL_TRANSPORT_CURL_H
#define KL_TRANSPORT_CURL_H

#include "api/transport.h"

typedef struct kl_curl_config_t {
    const char *ca_file; /* trust store, NULL = the system's */
    const char *proxy;   /* "" = none */
    const char *user_agent;
    apr_interval_time_t connect_timeout;
    int max_idle; /* kept handles, 0 = 16 */
} kl_curl_config_t;

/**
 * Makes the transport; call in a child process, before its threads start. Calls
 * curl_global_init. Cleaned up with p: every handle is closed. The process must ignore
 * SIGPIPE, as httpd's children do.
 * @return KL_OK, or KL_UNAVAILABLE when the trust store can not be read or libcurl lacks
 *         what we need.
 */
kl_kind_t kl_transport_curl_make(kl_transport_t **out, apr_pool_t *p, const kl_curl_config_t *cfg,
                                 kl_error_t *err);

/** libcurl's version and its TLS library's: "7.88.1 (OpenSSL/3.0.15)". */
const char *kl_transport_curl_version(apr_pool_t *p);

/** 1 when url is https, or http to 127.0.0.0/8, [::1] or localhost. */
int kl_url_is_allowed(const char *url);

#endif
