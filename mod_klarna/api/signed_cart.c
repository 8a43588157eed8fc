/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a signed cart with libjwt. We read the header ourselves: it names the key, and a
 * token is given to libjwt only when it asks for HS256, so that neither "none" nor a weaker
 * or confused algorithm opens anything. We read the payload only after libjwt found that the
 * signature holds. No error says why a signature was not taken, and no secret leaves this
 * file.
 */
#include <apr_encode.h>
#include <apr_strings.h>
#include <jwt.h>
#include <string.h>

#include "api/signed_cart.h"
#include "core/limits.h"
#include "core/reader.h"

/* A part of a token: JSON text in base64url. */
typedef struct part_t {
    const char *text;
    apr_size_t len;
} part_t;

/* Takes the part before the next dot off *rest. NULL text when there is no dot, or when it
 * is not base64 to its last character: then libjwt might read something else there. */
static part_t next_part(apr_pool_t *p, const char **rest)
{
    const char *dot = strchr(*rest, '.');
    part_t part = {0};

    if (dot) {
        part.text = (const char *)apr_pdecode_base64_binary(p, *rest, dot - *rest, APR_ENCODE_NONE,
                                                            &part.len);
        *rest = dot + 1;
    }
    return part;
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
    const char *alg = kl_json_str(v, "alg");

    if (!alg || strcmp(alg, "HS256") != 0 || kl_json_get(v, "crit")) {
        return NULL;
    }
    return find_key(keys, kl_json_str(v, "kid"));
}

static int is_signed_with(const char *token, const kl_cart_key_t *key)
{
    jwt_t *jwt = NULL;
    int holds = jwt_decode(&jwt, token, (const unsigned char *)key->secret, (int)key->len) == 0
                && jwt_get_alg(jwt) == JWT_ALG_HS256;

    jwt_free(jwt);
    return holds;
}

/* The token's payload when its signature was made with one of our keys; else NULL text. */
static part_t verify(apr_pool_t *p, const char *token, const apr_array_header_t *keys)
{
    const char *rest = token;
    part_t header = next_part(p, &rest);
    const kl_cart_key_t *key = header.text ? key_of(p, header, keys) : NULL;

    return key && is_signed_with(token, key) ? next_part(p, &rest) : (part_t){0};
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
    part_t payload = {0};
    kl_json_t *claims;
    kl_reader_t rd;

    *cart = NULL;
    if (came->len <= KL_MAX_BODY && !memchr(came->token, '\0', came->len)) {
        payload = verify(p, apr_pstrmemdup(p, came->token, came->len), keys);
    }
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
