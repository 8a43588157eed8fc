/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See url.h. An id is opaque to us, so it is escaped and not judged, but for what could
 * change the path itself (dot segments) or the request (control characters).
 */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "api/url.h"
#include "core/limits.h"

static int is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
           || c == '.' || c == '_' || c == '~';
}

static int is_dots(const char *s)
{
    return strcmp(s, ".") == 0 || strcmp(s, "..") == 0;
}

int kl_url_is_plain(const char *s)
{
    apr_size_t n = 0;

    if (!s || !*s || is_dots(s)) {
        return 0;
    }
    for (; s[n]; n++) {
        if (n == KL_MAX_STRING || !is_unreserved((unsigned char)s[n])) {
            return 0;
        }
    }
    return 1;
}

const char *kl_url_segment(apr_pool_t *p, const char *s)
{
    static const char hex[] = "0123456789ABCDEF";
    apr_size_t len = s ? strlen(s) : 0;
    char *out, *at;

    if (len == 0 || len > KL_MAX_STRING || is_dots(s)) {
        return NULL;
    }
    out = at = apr_palloc(p, len * 3 + 1);
    for (const unsigned char *c = (const unsigned char *)s; *c; c++) {
        if (apr_iscntrl(*c)) {
            return NULL;
        }
        if (is_unreserved(*c)) {
            *at++ = (char)*c;
        }
        else {
            *at++ = '%';
            *at++ = hex[*c >> 4];
            *at++ = hex[*c & 15];
        }
    }
    *at = '\0';
    return out;
}

/* 1 when a segment of path is "." or "..", also when its dots are escaped. */
static int has_dots(const char *path)
{
    while (*path == '/') {
        const char *at = ++path;
        int dots = 0;

        while (*at == '.' || strncasecmp(at, "%2e", 3) == 0) {
            at += *at == '.' ? 1 : 3;
            dots++;
        }
        path = at + strcspn(at, "/?");
        if (at == path && (dots == 1 || dots == 2)) {
            return 1;
        }
    }
    return 0;
}

/* Printable ASCII, and nothing that some reader of addresses takes for something else. */
static int is_path(const char *s)
{
    apr_size_t n = 0;

    for (; s[n]; n++) {
        if (n == KL_MAX_MERCHANT_URL || s[n] <= ' ' || s[n] > '~' || strchr("\\#\"<>", s[n])) {
            return 0;
        }
    }
    return s[0] == '/' && s[1] != '/' && !has_dots(s);
}

const char *kl_url_given(apr_pool_t *p, const char *base, const char *url, const char *otherwise)
{
    apr_size_t len = strlen(base);

    return len > 0 && strncmp(url, base, len) == 0 && is_path(url + len) ? apr_pstrdup(p, url + len)
                                                                         : otherwise;
}

apr_size_t kl_url_origin(const char *url)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    return (apr_size_t)(host - url) + strcspn(host, "/?#");
}
