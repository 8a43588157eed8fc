/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers of others as parts of a path: what Klarna or a browser gave us must never
 * reach another resource than the one it names. And where an address' path begins.
 */
#ifndef KL_URL_H
#define KL_URL_H

#include <apr_pools.h>

/** 1 when s has 1..255 characters of [A-Za-z0-9._~-] and is neither "." nor "..": such a
 *  string stands for itself in a path (RFC 3986, 2.3 and 5.2.4). */
int kl_url_is_plain(const char *s);

/**
 * s as one segment of a path, percent-encoded.
 * @return NULL when s is NULL, empty, longer than 255 bytes, "." or "..", or holds a control
 *         character: such an id cannot be Klarna's
 */
const char *kl_url_segment(apr_pool_t *p, const char *s);

/**
 * The path of an address that Klarna gave, when it is below base ("https://host", an account's) and
 * could be no other resource by way of dots; else otherwise. So credentials never go to another
 * host.
 */
const char *kl_url_given(apr_pool_t *p, const char *base, const char *url, const char *otherwise);

/** Length of "https://host:port" at the beginning of url. */
apr_size_t kl_url_origin(const char *url);

#endif
