/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a signed cart. The signature is computed over the very bytes that came, and nothing of
 * the payload is read before it holds. The header names the key and must ask for exactly what we
 * speak, so that neither "none" nor a weaker or confused algorithm opens anything. No error says
 * why a signature was not taken, and no secret leaves this file.
 */
#include <apr_encode.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

#include "api/signed_cart.h"
#include "core/limits.h"
#include "core/reader.h"

#define MAC_SIZE 32 /* bytes of HMAC-SHA-256 */

/* Some bytes of a token. */
typedef struct part_t {
    const char *text;
    apr_size_t len;
} part_t;

/* A token in its parts, each base64url; the signature is over `before`, as it came. */
typedef struct token_t {
    part_t header, payload, before, signature;
} token_t;

/* 0 unless there are two dots. What follows the second is the signature, whatever it is. */
static int split(token_t *token, const char *text, apr_size_t len)
{
    const char *end = text + len, *first = memchr(text, '.', len);
    const char *second = first ? memchr(first + 1, '.', (apr_size_t)(end - first - 1)) : NULL;

    if (!second) {
        return 0;
    }
    token->header = (part_t){text, (apr_size_t)(first - text)};
    token->payload = (part_t){first + 1, (apr_size_t)(second - first - 1)};
    token->before = (part_t){text, (apr_size_t)(second - text)};
    token->signature = (part_t){second + 1, (apr_size_t)(end - second - 1)};
    return 1;
}

/* What a part encodes; NULL text when it is not base64 to its last character. */
static part_t decoded(apr_pool_t *p, part_t part)
{
    unsigned char *bytes = apr_palloc(p, part.len + 1); /* fewer than it has characters */
    part_t out = {0};

    if (apr_decode_base64_binary(bytes, part.text, (apr_ssize_t)part.len, APR_ENCODE_NONE, &out.len)
        == APR_SUCCESS) {
        out.text = (const char *)bytes;
    }
    return out;
}

static const kl_cart_key_t *find_key(const apr_array_header_t *keys, const char *kid)
{
    for (int i = 0; kid && i < keys->nelts; i++) {
        const kl_cart_key_t *key = &APR_ARRAY_IDX(keys, i, kl_cart_key_t);

        if (strcmp(key->kid, kid) == 0) {
            return key;
        }
    }
    return NULL;
}

/* The key a header names, or NULL unless it asks for exactly what we speak; RFC 7515 4.1.11:
 * an extension marked critical must be understood, and we understand none. */
static const kl_cart_key_t *key_of(apr_pool_t *p, part_t header, const apr_array_header_t *keys)
{
    const kl_json_t *v = kl_json_parse(p, header.text, header.len, kl_error_make(p));
    const char *alg = kl_json_str(v, "alg"), *typ = kl_json_str(v, "typ");

    if (!alg || strcmp(alg, "HS256") != 0 || (typ && strcasecmp(typ, "JWT") != 0)
        || kl_json_get(v, "crit")) {
        return NULL;
    }
    return find_key(keys, kl_json_str(v, "kid"));
}

/* The texts are compared, not what they encode: two texts of one signature do not both open. */
static int is_signed_with(const token_t *token, const kl_cart_key_t *key)
{
    unsigned char mac[MAC_SIZE];
    char text[2 * MAC_SIZE];
    apr_size_t len = 0;

    if (!HMAC(EVP_sha256(), key->secret, (int)key->len, (const unsigned char *)token->before.text,
              token->before.len, mac, NULL)
        || apr_encode_base64_binary(text, mac, MAC_SIZE, APR_ENCODE_BASE64URL, &len)
               != APR_SUCCESS) {
        return 0;
    }
    return token->signature.len == len && CRYPTO_memcmp(token->signature.text, text, len) == 0;
}

/* The token's payload when its signature was made with one of our keys; else NULL text. */
static part_t verify(apr_pool_t *p, const kl_signed_cart_t *came, const apr_array_header_t *keys)
{
    const kl_cart_key_t *key;
    part_t header;
    token_t token;

    if (came->len > KL_MAX_BODY || !split(&token, came->token, came->len)) {
        return (part_t){0};
    }
    header = decoded(p, token.header);
    key = header.text ? key_of(p, header, keys) : NULL;
    return key && is_signed_with(&token, key) ? decoded(p, token.payload) : (part_t){0};
}

static kl_kind_t check_expiry(const kl_json_t *claims, apr_time_t now, kl_error_t *err)
{
    apr_int64_t now_s = apr_time_sec(now), exp = kl_json_int(claims, "exp", 0);

    if (exp > now_s && exp <= now_s + KL_CART_MAX_AGE_S) {
        return KL_OK;
    }
    if (exp == 0) {
        kl_error_set(err, KL_DENIED, "cart_expired",
                     "The signed cart has no expiry: exp in whole seconds is missing.");
    }
    else if (exp <= now_s) {
        kl_error_set(err, KL_DENIED, "cart_expired", "The signed cart has expired.");
    }
    else {
        kl_error_set(err, KL_DENIED, "cart_expired",
                     "The signed cart's exp is more than %d seconds away.", KL_CART_MAX_AGE_S);
    }
    kl_error_next(err, "Have the shop sign the cart again.");
    return err->kind;
}

kl_kind_t kl_signed_cart_open(kl_json_t **cart, apr_pool_t *p, const kl_signed_cart_t *came,
                              const apr_array_header_t *keys, kl_error_t *err)
{
    part_t payload = verify(p, came, keys);
    kl_json_t *claims;
    kl_reader_t rd;

    *cart = NULL;
    if (!payload.text) {
        return kl_error_set(err, KL_DENIED, "cart_signature",
                            "The cart's signature is not this shop's.");
    }
    /* The signature is valid, so from here on errors are told to the shop. */
    claims = kl_json_parse(p, payload.text, payload.len, err);
    if (!claims || check_expiry(claims, came->at, err) != KL_OK) {
        return err->kind;
    }
    rd = kl_reader(p, claims, "", err);
    *cart = (kl_json_t *)kl_reader_object(&rd, "cart", KL_REQUIRED).obj;
    return err->kind;
}
