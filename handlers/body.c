/* SPDX-License-Identifier: Apache-2.0 */
/* See body.h. */
#include "handlers/body.h"
#include "handlers/handlers.h"

#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <openssl/evp.h>
#include <string.h>

static kl_kind_t too_large(kl_request_t *req)
{
    return kl_error_field(req->err, "body_too_large", "body", "more bytes",
                          "at most " APR_STRINGIFY(KL_MAX_BODY) " bytes");
}

static kl_kind_t check_headers(kl_request_t *req)
{
    const char *type = apr_table_get(req->r->headers_in, "Content-Type");
    const char *length = apr_table_get(req->r->headers_in, "Content-Length");

    if (!type || strncasecmp(type, "application/json", 16) != 0
        || (type[16] && type[16] != ';' && type[16] != ' ')) {
        return kl_error_field(req->err, "media_type", "Content-Type",
                              type ? "some other type" : NULL, "application/json");
    }
    if (length && apr_atoi64(length) > KL_MAX_BODY) {
        return too_large(req);
    }
    return KL_OK;
}

static kl_kind_t unreadable(kl_request_t *req, apr_status_t rv)
{
    if (ap_map_http_request_error(rv, HTTP_BAD_REQUEST) == HTTP_REQUEST_ENTITY_TOO_LARGE) {
        return too_large(req);
    }
    return kl_error_set(req->err, KL_INVALID, "body", "The request body is incomplete.");
}

/* Reads to the end or to the first byte too many. */
static kl_kind_t read_all(kl_request_t *req, char *text, apr_size_t *len)
{
    request_rec *r = req->r;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_size_t got;
    apr_status_t rv;
    int end = 0;

    for (*len = 0; !end; apr_brigade_cleanup(bb)) {
        rv = ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES, APR_BLOCK_READ, 8192);
        if (rv != APR_SUCCESS) {
            return unreadable(req, rv);
        }
        end = !APR_BRIGADE_EMPTY(bb) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(bb));
        got = KL_MAX_BODY + 1 - *len;
        rv = apr_brigade_flatten(bb, text + *len, &got);
        if (rv != APR_SUCCESS) {
            return unreadable(req, rv);
        }
        *len += got;
        if (*len > KL_MAX_BODY) {
            return too_large(req);
        }
    }
    return KL_OK;
}

/* SHA-256 over the parts, each ended by a newline, as hex; NULL when it fails. */
static const char *digest(apr_pool_t *p, const char *const *parts, int n)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    char *hex;
    int i, ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);

    for (i = 0; ok && i < n; i++) {
        ok = EVP_DigestUpdate(ctx, parts[i], strlen(parts[i])) && EVP_DigestUpdate(ctx, "\n", 1);
    }
    ok = ok && EVP_DigestFinal_ex(ctx, sum, &size);
    EVP_MD_CTX_free(ctx);
    hex = ok ? apr_palloc(p, size * 2 + 1) : NULL;
    for (i = 0; i < (int)size; i++) {
        apr_snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    }
    return hex;
}

/* A key belongs to its account. Where a Location spans several, the order decides which, so that a
 * key means the same whatever else the Location spans, and however its accounts are named later. */
static kl_kind_t scope_store(kl_request_t *req, const char **name)
{
    kl_order_t *order = NULL;

    if (req->svc.accounts_n > 1 && req->segment[0]
        && kl_service_order(&req->svc, req->segment[0], &order, req->err) == KL_NOT_FOUND) {
        kl_error_clear(req->err); /* the route says it */
    }
    *name = order ? order->account : req->svc.account->name;
    return req->err->kind;
}

static kl_kind_t read_client(kl_request_t *req, int flags, const char *body)
{
    const char *key = apr_table_get(req->r->headers_in, "Idempotency-Key");
    const char *scope[3] = {"", req->r->user ? req->r->user : "", key};
    const char *what[3] = {req->r->method, req->r->uri, body};

    if (!key && (flags & KL_ROUTE_KEY)) {
        return kl_error_field(req->err, "idempotency_key_missing", "Idempotency-Key", NULL,
                              "a header with a unique value (a UUID) for each action; sending the "
                              "same value again repeats the same action safely");
    }
    if (!key) {
        return KL_OK;
    }
    if (!key[0] || strlen(key) > KL_MAX_CLIENT_KEY) {
        return kl_error_field(req->err, "idempotency_key_length", "Idempotency-Key",
                              key[0] ? "a longer value" : "an empty value",
                              "1 to " APR_STRINGIFY(KL_MAX_CLIENT_KEY) " characters");
    }
    if (scope_store(req, &scope[0]) != KL_OK) {
        return req->err->kind;
    }
    req->client.key = digest(req->r->pool, scope, 3);
    req->client.hash = digest(req->r->pool, what, 3);
    if (!req->client.key || !req->client.hash) {
        return kl_error_set(req->err, KL_INTERNAL, "digest", "SHA-256 could not be computed.");
    }
    return KL_OK;
}

/* The storefront's body as JSON.stringify makes it of a signed cart alone: text without an escape
 * is what it says, so it is taken as it stands. Jansson reads it character by character, which was
 * a fifth of a checkout's instructions. NULL: any other body, for Jansson to judge. */
static kl_json_t *signed_cart_alone(apr_pool_t *p, const char *text, apr_size_t len)
{
    static const char before[] = "{\"signed_cart\":\"", after[] = "\"}";
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    apr_size_t from = sizeof(before) - 1, n;
    kl_json_t *body;

    if (strncmp(text, before, from) != 0) {
        return NULL;
    }
    n = strspn(text + from, token);
    if (from + n + sizeof(after) - 1 != len || strcmp(text + from + n, after) != 0) {
        return NULL;
    }
    body = kl_json_object(p);
    kl_json_set_str(body, "signed_cart", apr_pstrmemdup(p, text + from, n));
    return body;
}

kl_kind_t kl_body_read(kl_request_t *req, int flags)
{
    char *text;
    apr_size_t len = 0;
    kl_kind_t rv = check_headers(req);

    if (rv != KL_OK) {
        return rv;
    }
    text = apr_palloc(req->r->pool, KL_MAX_BODY + 2);
    rv = read_all(req, text, &len);
    if (rv == KL_OK) {
        text[len] = '\0';
        req->body = signed_cart_alone(req->r->pool, text, len);
        if (!req->body) {
            req->body = kl_json_parse(req->r->pool, text, len, req->err);
        }
        rv = req->err->kind;
    }
    return rv == KL_OK ? read_client(req, flags, text) : rv;
}

/* The order's key is a part of it, so that nobody without it learns of a placement. */
kl_kind_t kl_body_placement_key(kl_request_t *req, const char *account, const char *order_id,
                                const char *order_key, const char *token)
{
    const char *parts[5] = {"place", account, order_id, order_key, token};

    req->client.key = digest(req->r->pool, parts, 5);
    req->client.hash = req->client.key;
    return req->client.key
               ? KL_OK
               : kl_error_set(req->err, KL_INTERNAL, "digest", "SHA-256 could not be computed.");
}
