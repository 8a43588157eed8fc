/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers and secrets from random bytes the caller's source gives. A source that
 * fails gives no identifier: a guessable one must never be made up.
 */
#include <apr_sha1.h>
#include <apr_strings.h>
#include <string.h>

#include "core/id.h"

#define RANDOM_BYTES 16

/* Writes len bytes as 2 * len lower-case hex digits; returns the place behind them. */
static char *put_hex(char *to, const unsigned char *bytes, apr_size_t len)
{
    static const char digit[] = "0123456789abcdef";

    for (apr_size_t i = 0; i < len; i++) {
        *to++ = digit[bytes[i] >> 4];
        *to++ = digit[bytes[i] & 0x0f];
    }
    return to;
}

/* RFC 9562: 16 bytes in groups, with the version and the RFC's variant put in. */
static const char *uuid(apr_pool_t *p, unsigned char *bytes, int version)
{
    static const int group[] = {4, 2, 2, 2, 6};
    const unsigned char *from = bytes;
    char *id, *to;

    bytes[6] = (bytes[6] & 0x0f) | (unsigned char)(version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    id = to = apr_palloc(p, 37);
    for (int i = 0; i < 5; i++) {
        if (i > 0) {
            *to++ = '-';
        }
        to = put_hex(to, from, group[i]);
        from += group[i];
    }
    *to = '\0';
    return id;
}

const char *kl_id_uuid(apr_pool_t *p, kl_random_fn random)
{
    unsigned char bytes[RANDOM_BYTES];

    return random(bytes, sizeof(bytes)) ? uuid(p, bytes, 4) : NULL;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *kl_id_from_digest(apr_pool_t *p, const char *hex)
{
    unsigned char bytes[RANDOM_BYTES];

    for (int i = 0; i < RANDOM_BYTES; i++) {
        int high = hex_value(hex[2 * i]), low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);

        if (low < 0) {
            return NULL;
        }
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return uuid(p, bytes, 8);
}

const char *kl_id_from_text(apr_pool_t *p, const char *text)
{
    unsigned char sum[APR_SHA1_DIGESTSIZE];
    apr_sha1_ctx_t ctx;

    apr_sha1_init(&ctx);
    apr_sha1_update(&ctx, text, (unsigned)strlen(text));
    apr_sha1_final(sum, &ctx);
    return uuid(p, sum, 8);
}

const char *kl_id_secret(apr_pool_t *p, kl_random_fn random)
{
    unsigned char bytes[RANDOM_BYTES];
    char *secret;

    if (!random(bytes, sizeof(bytes))) {
        return NULL;
    }
    secret = apr_palloc(p, 2 * sizeof(bytes) + 1);
    *put_hex(secret, bytes, sizeof(bytes)) = '\0';
    return secret;
}

int kl_id_is_uuid(const char *s)
{
    if (!s || strlen(s) != 36) {
        return 0;
    }
    for (int i = 0; i < 36; i++) {
        int hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (hyphen ? s[i] != '-' : !strchr("0123456789abcdef", s[i])) {
            return 0;
        }
    }
    return 1;
}

int kl_id_equal_secret(const char *a, const char *b)
{
    volatile unsigned char difference = 0;
    apr_size_t len;

    if (!a || !b) {
        return 0;
    }
    len = strlen(a);
    if (len != strlen(b)) {
        return 0;
    }
    for (apr_size_t i = 0; i < len; i++) {
        difference |= (unsigned char)(a[i] ^ b[i]);
    }
    return difference == 0;
}
