/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed carts. Tokens are made here with a base64url of our own; that other programs' tokens
 * open is the integration tests' to show.
 */
#include "tests/unit/support.h"

#include <apr_base64.h>
#include <apr_strings.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "api/signed_cart.h"
#include "core/limits.h"

#define NOW_S 1790000000
#define SECRET_A "0123456789abcdef0123456789abcdef"
#define SECRET_B "fedcba9876543210fedcba9876543210fedcba98"

static const char *base64url(apr_pool_t *p, const void *bytes, int len)
{
    char *text = apr_palloc(p, apr_base64_encode_len(len));

    apr_base64_encode(text, bytes, len);
    for (char *c = text; *c; c++) {
        if (*c == '+' || *c == '/') {
            *c = *c == '+' ? '-' : '_';
        }
        else if (*c == '=') {
            *c = '\0';
            break;
        }
    }
    return text;
}

static const char *signing_input(apr_pool_t *p, const char *header, const char *claims)
{
    return apr_pstrcat(p, base64url(p, header, (int)strlen(header)), ".",
                       base64url(p, claims, (int)strlen(claims)), NULL);
}

static const char *sign(apr_pool_t *p, const EVP_MD *digest, const char *input, const char *secret)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len;

    HMAC(digest, secret, (int)strlen(secret), (const unsigned char *)input, strlen(input), mac,
         &len);
    return apr_pstrcat(p, input, ".", base64url(p, mac, (int)len), NULL);
}

static const char *token_of(apr_pool_t *p, const EVP_MD *digest, const char *header,
                            const char *claims, const char *secret)
{
    return sign(p, digest, signing_input(p, header, claims), secret);
}

#define HEADER_A "{\"alg\":\"HS256\",\"kid\":\"a\"}"

static const char *signed_by_a(apr_pool_t *p, const char *claims)
{
    return token_of(p, EVP_sha256(), HEADER_A, claims, SECRET_A);
}

static const char *claims_until(apr_pool_t *p, apr_int64_t exp)
{
    return apr_psprintf(p, "{\"cart\":{\"order_amount\":5},\"exp\":%" APR_INT64_T_FMT "}", exp);
}

static const char *good_claims(apr_pool_t *p)
{
    return claims_until(p, NOW_S + 600);
}

static apr_array_header_t *both_keys(apr_pool_t *p)
{
    apr_array_header_t *keys = apr_array_make(p, 2, sizeof(kl_cart_key_t));

    APR_ARRAY_PUSH(keys, kl_cart_key_t) = (kl_cart_key_t){"a", SECRET_A, strlen(SECRET_A)};
    APR_ARRAY_PUSH(keys, kl_cart_key_t) = (kl_cart_key_t){"b", SECRET_B, strlen(SECRET_B)};
    return keys;
}

static kl_error_t *open_len(apr_pool_t *p, const char *token, apr_size_t len, kl_json_t **cart)
{
    const kl_signed_cart_t came = {token, len, apr_time_from_sec(NOW_S)};
    kl_error_t *err = kl_error_make(p);
    kl_kind_t kind = kl_signed_cart_open(cart, p, &came, both_keys(p), err);

    assert_int_equal(kind, err->kind);
    assert_true((kind == KL_OK) == (*cart != NULL));
    return err;
}

static kl_error_t *open_token(apr_pool_t *p, const char *token, kl_json_t **cart)
{
    return open_len(p, token, strlen(token), cart);
}

static void check_opens(apr_pool_t *p, const char *token)
{
    kl_json_t *cart;
    kl_error_t *err = open_token(p, token, &cart);

    if (err->kind != KL_OK) {
        fail_msg("refused: %s", err->detail);
    }
    assert_int_equal(kl_json_int(cart, "order_amount", 0), 5);
}

static void check_refused(apr_pool_t *p, const char *token, const char *code)
{
    kl_json_t *cart;
    kl_error_t *err = open_token(p, token, &cart);

    check_error(err, KL_DENIED, code);
    assert_null(err->got);
    assert_null(strstr(err->detail, SECRET_A));
}

static void good_tokens_open(void **state)
{
    apr_pool_t *p = *state;

    check_opens(p, signed_by_a(p, good_claims(p)));
    check_opens(p, token_of(p, EVP_sha256(), "{\"kid\":\"b\",\"typ\":\"JWT\",\"alg\":\"HS256\"}",
                            good_claims(p), SECRET_B));
}

static void forged_and_unknown_sound_alike(void **state)
{
    apr_pool_t *p = *state;
    kl_json_t *cart;
    kl_error_t *forged, *unknown;

    forged = open_token(p, token_of(p, EVP_sha256(), HEADER_A, good_claims(p), SECRET_B), &cart);
    unknown = open_token(p,
                         token_of(p, EVP_sha256(), "{\"alg\":\"HS256\",\"kid\":\"c\"}",
                                  good_claims(p), SECRET_A),
                         &cart);
    check_error(forged, KL_DENIED, "cart_signature");
    check_error(unknown, KL_DENIED, "cart_signature");
    assert_string_equal(forged->detail, unknown->detail);
    check_refused(p, token_of(p, EVP_sha256(), "{\"alg\":\"HS256\"}", good_claims(p), SECRET_A),
                  "cart_signature");
    check_refused(p,
                  token_of(p, EVP_sha256(), "{\"alg\":\"HS256\",\"kid\":7}", good_claims(p),
                           SECRET_A),
                  "cart_signature");
}

static void other_algorithms_are_refused(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"kid\":\"a\"}",
        "{\"alg\":\"None\",\"kid\":\"a\"}",
        "{\"alg\":\"hs256\",\"kid\":\"a\"}",
        "{\"alg\":\"RS256\",\"kid\":\"a\"}",
        "{\"alg\":\"ES256\",\"kid\":\"a\"}",
        "{\"kid\":\"a\"}",
        "{\"alg\":256,\"kid\":\"a\"}",
        "{\"alg\":\"HS256\",\"kid\":\"a\",\"crit\":[\"b64\"],\"b64\":false}",
    };
    apr_pool_t *p = *state;

    for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const char *input = signing_input(p, headers[i], good_claims(p));

        check_refused(p, token_of(p, EVP_sha256(), headers[i], good_claims(p), SECRET_A),
                      "cart_signature");
        check_refused(p, apr_pstrcat(p, input, ".", NULL), "cart_signature");
        check_refused(p, input, "cart_signature");
    }
    /* Rightly signed with the right key, but in a way we do not speak. */
    check_refused(p,
                  token_of(p, EVP_sha384(), "{\"alg\":\"HS384\",\"kid\":\"a\"}", good_claims(p),
                           SECRET_A),
                  "cart_signature");
    check_refused(p,
                  token_of(p, EVP_sha512(), "{\"alg\":\"HS512\",\"kid\":\"a\"}", good_claims(p),
                           SECRET_A),
                  "cart_signature");
}

static void any_changed_byte_is_refused(void **state)
{
    apr_pool_t *p = *state;
    const char *token = signed_by_a(p, good_claims(p));
    apr_size_t len = strlen(token);

    for (apr_size_t i = 0; i < len; i++) {
        char *copy = apr_pstrdup(p, token);

        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        check_refused(p, copy, "cart_signature");
    }
    for (apr_size_t n = 0; n < len; n++) {
        check_refused(p, apr_pstrmemdup(p, token, n), "cart_signature");
    }
    check_refused(p, apr_pstrcat(p, token, "A", NULL), "cart_signature");
    check_refused(p, apr_pstrcat(p, token, ".", NULL), "cart_signature");
    check_refused(p, apr_pstrcat(p, token, ".x", NULL), "cart_signature");
}

static void another_cart_needs_another_signature(void **state)
{
    apr_pool_t *p = *state;
    const char *token = signed_by_a(p, good_claims(p)), *mac = strrchr(token, '.');
    const char *cheaper = apr_psprintf(p, "{\"cart\":{\"order_amount\":1},\"exp\":%d}",
                                       NOW_S + 600);

    check_refused(p, apr_pstrcat(p, signing_input(p, HEADER_A, cheaper), mac, NULL),
                  "cart_signature");
}

/* Rightly signed, but not a header that we speak, or not base64. */
static void headers_that_open_nothing(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"alg\":\"HS256\",\"kid\":\"a\"}",
        "{\"alg\":\"HS256\",\"kid\":\"b\",\"kid\":\"a\"}",
        "[{\"alg\":\"HS256\",\"kid\":\"a\"}]",
        "\"HS256\"",
        "{}",
        "",
        "{\"alg\":\"HS256\",\"kid\":\"a\"}}",
        "{\"alg\":\"HS256\",\"kid\":\"a\",\"crit\":null}",
        "{\"alg\":\"HS256\",\"kid\":\"a\",\"typ\":\"other\"}",
        "{\"alg\":\"HS256\",\"kid\":\"a\",\"typ\":\"\"}",
        "{\"alg\":\"HS256 \",\"kid\":\"a\"}",
        "{\"alg\":[\"HS256\"],\"kid\":\"a\"}",
        "{\"alg\":null,\"kid\":\"a\"}",
        "{\"ALG\":\"HS256\",\"kid\":\"a\"}",
        "{\"alg\":\"HS256\",\"kid\":\"A\"}",
        "{\"alg\":\"HS256\",\"kid\":\"a\\u0000\"}",
        "{\"alg\":\"HS256\",\"kid\":\"\"}",
    };
    apr_pool_t *p = *state;
    const char *header = base64url(p, HEADER_A, (int)strlen(HEADER_A)), *good = good_claims(p);
    const char *payload = base64url(p, good, (int)strlen(good));

    for (unsigned i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        check_refused(p, token_of(p, EVP_sha256(), headers[i], good, SECRET_A), "cart_signature");
    }
    check_opens(p, token_of(p, EVP_sha256(), "{\"alg\":\"HS256\",\"kid\":\"a\",\"typ\":\"jwt\"}",
                            good, SECRET_A));
    check_opens(p, sign(p, EVP_sha256(), apr_pstrcat(p, header, ".", payload, NULL), SECRET_A));
    for (const char *c = "!\n =\x80"; *c; c++) {
        const char *junk = apr_pstrmemdup(p, c, 1);

        check_refused(p,
                      sign(p, EVP_sha256(), apr_pstrcat(p, junk, header, ".", payload, NULL),
                           SECRET_A),
                      "cart_signature");
        check_refused(p,
                      sign(p, EVP_sha256(), apr_pstrcat(p, header, ".", junk, payload, NULL),
                           SECRET_A),
                      "cart_signature");
    }
}

/* The signature is compared as text: no other spelling of the same bytes opens. */
static void one_spelling_of_a_signature(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    apr_pool_t *p = *state;
    const char *token = signed_by_a(p, good_claims(p));
    apr_size_t last = strlen(token) - 1;
    int opened = 0;

    for (const char *c = digits; *c; c++) {
        char *copy = apr_pstrdup(p, token);
        kl_json_t *cart;

        copy[last] = *c;
        opened += open_token(p, copy, &cart)->kind == KL_OK;
    }
    assert_int_equal(opened, 1);
    check_refused(p, apr_pstrcat(p, token, "=", NULL), "cart_signature");
}

/* A NUL anywhere, also where the parts are cut. */
static void nul_opens_nothing(void **state)
{
    apr_pool_t *p = *state;
    const char *token = signed_by_a(p, good_claims(p));
    apr_size_t len = strlen(token);

    for (apr_size_t i = 0; i < len; i++) {
        char *copy = apr_pstrmemdup(p, token, len);
        kl_json_t *cart;

        copy[i] = '\0';
        check_error(open_len(p, copy, len, &cart), KL_DENIED, "cart_signature");
    }
}

static void length_counts(void **state)
{
    apr_pool_t *p = *state;
    const char *token = signed_by_a(p, good_claims(p));
    apr_size_t len = strlen(token);
    char *longer = apr_pcalloc(p, KL_MAX_BODY + 2);
    kl_json_t *cart;

    assert_int_equal(open_len(p, apr_pstrcat(p, token, "rest", NULL), len, &cart)->kind, KL_OK);
    memcpy(longer, token, len);
    check_error(open_len(p, longer, len + 1, &cart), KL_DENIED, "cart_signature");
    /* Rightly signed, but too much. */
    memset(longer, ' ', KL_MAX_BODY);
    check_refused(p, signed_by_a(p, apr_pstrcat(p, longer, good_claims(p), NULL)),
                  "cart_signature");
    longer[KL_MAX_BODY / 2] = '\0';
    check_opens(p, signed_by_a(p, apr_pstrcat(p, longer, good_claims(p), NULL)));
}

static void expiry(void **state)
{
    static const char *const bad[] = {
        "{\"cart\":{}}",
        "{\"cart\":{},\"exp\":\"1790000600\"}",
        "{\"cart\":{},\"exp\":1790000600.5}",
        "{\"cart\":{},\"exp\":null}",
        "{\"cart\":{},\"exp\":true}",
        "{\"cart\":{},\"exp\":0}",
        "{\"cart\":{},\"exp\":-1}",
        "{\"cart\":{},\"exp\":-9223372036854775808}",
        "{\"cart\":{},\"exp\":9223372036854775807}",
    };
    apr_pool_t *p = *state;
    kl_json_t *cart;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_refused(p, signed_by_a(p, bad[i]), "cart_expired");
    }
    check_refused(p, signed_by_a(p, claims_until(p, NOW_S - 1)), "cart_expired");
    check_refused(p, signed_by_a(p, claims_until(p, NOW_S)), "cart_expired");
    check_opens(p, signed_by_a(p, claims_until(p, NOW_S + 1)));
    check_opens(p, signed_by_a(p, claims_until(p, NOW_S + KL_CART_MAX_AGE_S)));
    check_refused(p, signed_by_a(p, claims_until(p, NOW_S + KL_CART_MAX_AGE_S + 1)),
                  "cart_expired");
    assert_non_null(strstr(open_token(p, signed_by_a(p, bad[1]), &cart)->detail, "whole seconds"));
    assert_non_null(open_token(p, signed_by_a(p, claims_until(p, NOW_S)), &cart)->next);
    assert_null(open_token(p, signed_by_a(p, good_claims(p)), &cart)->next);
}

/* A key id is known, but an expired cart is only called expired when its signature holds. */
static void signature_before_expiry(void **state)
{
    apr_pool_t *p = *state;

    check_refused(p, token_of(p, EVP_sha256(), HEADER_A, claims_until(p, NOW_S - 1), SECRET_B),
                  "cart_signature");
}

static void no_cart_inside(void **state)
{
    apr_pool_t *p = *state;
    kl_json_t *cart;

    check_field(open_token(p, signed_by_a(p, apr_psprintf(p, "{\"exp\":%d}", NOW_S + 5)), &cart),
                "missing", "cart");
    check_field(open_token(p,
                           signed_by_a(p, apr_psprintf(p, "{\"exp\":%d,\"cart\":[]}", NOW_S + 5)),
                           &cart),
                "wrong_type", "cart");
}

/* Where the signature holds, the shop is told what it signed. */
static void unreadable_claims(void **state)
{
    static const char *const claims[] = {
        "{\"cart\":{},\"exp\":1790000600",
        "{\"cart\":{},\"exp\":1790000600}}",
        "",
        "7",
        "[{\"cart\":{},\"exp\":1790000600}",
        "{\"cart\":{},\"cart\":{},\"exp\":1790000600}",
        "{\"cart\":{},\"exp\":1,\"exp\":1790000600}",
        "{\"cart\":{\"order_amount\":5,\"order_amount\":1},\"exp\":1790000600}",
    };
    apr_pool_t *p = *state;
    kl_json_t *cart;

    for (unsigned i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        check_error(open_token(p, signed_by_a(p, claims[i]), &cart), KL_INVALID, "not_json");
    }
    check_refused(p, signed_by_a(p, "[]"), "cart_expired");
}

static void no_keys_open_nothing(void **state)
{
    apr_pool_t *p = *state;
    const char *token = signed_by_a(p, good_claims(p));
    const kl_signed_cart_t came = {token, strlen(token), apr_time_from_sec(NOW_S)};
    kl_error_t *err = kl_error_make(p);
    kl_json_t *cart;

    kl_signed_cart_open(&cart, p, &came, apr_array_make(p, 1, sizeof(kl_cart_key_t)), err);
    check_error(err, KL_DENIED, "cart_signature");
    assert_null(cart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(good_tokens_open),
        WITH_POOL(forged_and_unknown_sound_alike),
        WITH_POOL(other_algorithms_are_refused),
        WITH_POOL(any_changed_byte_is_refused),
        WITH_POOL(another_cart_needs_another_signature),
        WITH_POOL(headers_that_open_nothing),
        WITH_POOL(one_spelling_of_a_signature),
        WITH_POOL(nul_opens_nothing),
        WITH_POOL(length_counts),
        WITH_POOL(expiry),
        WITH_POOL(signature_before_expiry),
        WITH_POOL(no_cart_inside),
        WITH_POOL(unreadable_claims),
        WITH_POOL(no_keys_open_nothing),
    };

    kl_json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
