/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request to a URL of this server, made in the middle of another one: whatever httpd serves there
 * (a program behind a proxy, a CGI script) is asked with a body of ours, and its answer comes back
 * here, not to the client. Authentication is asked for as if the client had come there itself.
 */
#ifndef KL_SUBREQUEST_H
#define KL_SUBREQUEST_H

#include <httpd.h>

typedef struct kl_subrequest_t {
    int status;        /* 404 when there is nothing, 401 when the client may not */
    const char *body;  /* in r->pool, ends with a zero byte */
    apr_size_t length; /* at most KL_MAX_BODY */
    int too_long;      /* 1: there was more of it */
} kl_subrequest_t;

/** The module's filters, once. */
void kl_subrequest_register(void);

/** Sends text, JSON, to a local URL by POST, and waits for the answer as long as whoever serves it
 *  does. The client's own headers go with it, but for those about its body. */
kl_subrequest_t kl_subrequest_post(request_rec *r, const char *url, const char *text);

#endif
