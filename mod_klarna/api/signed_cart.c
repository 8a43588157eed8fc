/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a signed cart with libjwt. The token's own word on its algorithm is believed
 * only when it is HS256, so that neither "none" nor a weaker or confused algorithm opens
 * anything. No error says why a signature was not taken, and no secret leaves this file.
 */
#include <apr_strings.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "api/signed_cart.h"
#include "core/limits.h"

static apr_status_t release(void *jwt)
{
    jwt_free(jwt);
    return APR_SUCCESS;
}

/* The token, with its signature checked by key, or unchecked when key is NULL; else NULL. */
static jwt_t *decode(apr_pool_t *p, const char *token, const kl_cart_key_t *key)
{
    const unsigned char *secret = key ? (const unsigned char *)key->secret : NULL;
    jwt_t *jwt = NULL;

    if (jwt_decode(&jwt, token, secret, key ? (int)key->len : 0) != 0) {
        return NULL;
    }
    apr_pool_cleanup_register(p, jwt, release, apr_pool_cleanup_null);
    return jwt;
}

/* 1 when the header asks for exactly what we speak; RFC 7515 4.1.11: an extension marked
 * critical must be understood, and we understand none. */
static int asks_for_hs256(jwt_t *jwt)
{
    const char *alg = jwt_get_header(jwt, "alg");
    char *crit = jwt_get_headers_json(jwt, "crit");
    int plain = !crit && alg && strcmp(alg, "HS256") == 0;

    free(crit);
    return plain;
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

/* The token whose signature was made with one of our keys, or NULL. */
static jwt_t *verify(apr_pool_t *p, const char *token, const apr_array_header_t *keys)
{
    jwt_t *claimed = decode(p, token, NULL), *jwt;
    const kl_cart_key_t *key;

    if (!claimed || !asks_for_hs256(claimed)) {
        return NULL;
    }
    key = find_key(keys, jwt_get_header(claimed, "kid"));
    if (!key) {
        return NULL;
    }
    jwt = decode(p, token, key);
    return jwt && jwt_get_alg(jwt) == JWT_ALG_HS256 ? jwt : NULL;
}

/* The signature holds, so from here on it is the shop that is told what is wrong. */
static kl_json_t *claims_of(apr_pool_t *p, jwt_t *jwt, kl_error_t *err)
{
    char *text = jwt_get_grants_json(jwt, NULL);
    kl_json_t *claims = kl_json_parse(p, text ? text : "", text ? strlen(text) : 0, err);

    free(text);
    return claims;
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
    kl_error_next(err, "Let the shop sign the cart again.");
    return err->kind;
}

kl_kind_t kl_signed_cart_open(kl_json_t **cart, apr_pool_t *p, const char *token,
                              apr_size_t len, const apr_array_header_t *keys, apr_time_t now,
                              kl_error_t *err)
{
    kl_json_t *claims;
    jwt_t *jwt = NULL;
    kl_reader_t rd;

    *cart = NULL;
    if (len <= KL_MAX_BODY && !memchr(token, '\0', len)) {
        jwt = verify(p, apr_pstrmemdup(p, token, len), keys);
    }
    if (!jwt) {
        return kl_error_set(err, KL_DENIED, "cart_signature",
                            "The signed cart is not one of this shop's.");
    }
    claims = claims_of(p, jwt, err);
    if (!claims || check_expiry(claims, now, err) != KL_OK) {
        return err->kind;
    }
    rd = kl_reader(p, claims, "", err);
    *cart = (kl_json_t *)kl_read_object(&rd, "cart", KL_REQUIRED).obj;
    return err->kind;
}
