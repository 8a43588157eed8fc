/* SPDX-License-Identifier: Apache-2.0 */
/* See caller.h. */
#include "handlers/caller.h"
#include "handlers/handlers.h"

#include <string.h>

static kl_kind_t not_authenticated(kl_error_t *err)
{
    kl_error_set(err, KL_DENIED, "not_authenticated",
                 "Only users authenticated by the web server may use this route.");
    kl_error_next(err, "Put AuthType, AuthName and Require into this Location.");
    return err->kind;
}

static kl_kind_t cross_site(kl_error_t *err)
{
    return kl_error_set(err, KL_DENIED, "cross_site",
                        "This route does not serve pages of other sites.");
}

/* Length of a host:port without the port that the scheme implies. */
static apr_size_t host_length(const char *host, const char *implied)
{
    apr_size_t len = strlen(host), cut = strlen(implied);

    return len > cut && strcmp(host + len - cut, implied) == 0 ? len - cut : len;
}

/* 1 when origin ("https://shop.example:8443") names the host the request was sent to. Others,
 * and the "null" of a sandboxed page, do not. */
static int is_own_origin(const char *origin, const char *host)
{
    int https = strncmp(origin, "https://", 8) == 0;
    const char *implied = https ? ":443" : ":80";
    apr_size_t len;

    if (!host || (!https && strncmp(origin, "http://", 7) != 0)) {
        return 0;
    }
    origin += https ? 8 : 7;
    len = host_length(origin, implied);
    return len == host_length(host, implied) && strncasecmp(origin, host, len) == 0;
}

static int changes_something(const request_rec *r)
{
    return r->method_number != M_GET; /* HEAD has its number */
}

kl_kind_t kl_caller_check(kl_request_t *req)
{
    request_rec *r = req->r;
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r->headers_in, "Origin");

    if (!r->user || !r->user[0]) {
        return not_authenticated(req->err);
    }
    if (site && strcmp(site, "cross-site") == 0) {
        return cross_site(req->err);
    }
    if (!changes_something(r)) {
        return KL_OK;
    }
    if ((site && strcmp(site, "same-site") == 0)
        || (origin && !is_own_origin(origin, apr_table_get(r->headers_in, "Host")))) {
        return cross_site(req->err);
    }
    return KL_OK;
}
