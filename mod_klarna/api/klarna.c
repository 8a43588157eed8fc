/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See klarna.h. A request that changes something and has no key must never be marked
 * repeatable unless its builder said so: the engine would let libcurl send it twice. An id
 * from a header that could change a path counts as none.
 */
#include "api/klarna.h"

#include <apr_strings.h>
#include <string.h>
#include "api/url.h"
#include "core/limits.h"

#define USER_AGENT "mod_klarna/" KL_VERSION
#define MAX_KEY 255
#define MAX_PATH 2048

/* --- the request ---------------------------------------------------------------------- */

/* 1 when s has 1..max printable ASCII characters without blanks. */
static int is_word(const char *s, apr_size_t max)
{
    apr_size_t n = 0;

    for (; s && s[n]; n++) {
        if (n == max || s[n] <= ' ' || s[n] > '~') {
            return 0;
        }
    }
    return n > 0;
}

/* What is wrong with the request itself; static, or NULL. */
static const char *fault_of(const kl_klarna_request_t *req)
{
    if (!req->method) {
        return "no request was built";
    }
    if (!is_word(req->path, MAX_PATH) || req->path[0] != '/') {
        return "the path is invalid";
    }
    if (*req->idempotency_key && !is_word(req->idempotency_key, MAX_KEY)) {
        return "the idempotency key is invalid";
    }
    return NULL;
}

static apr_table_t *headers_of(apr_pool_t *p, const kl_klarna_request_t *req)
{
    apr_table_t *headers = apr_table_make(p, 4);

    apr_table_setn(headers, "Accept", "application/json");
    apr_table_setn(headers, "User-Agent", USER_AGENT);
    if (*req->body) {
        apr_table_setn(headers, "Content-Type", "application/json");
    }
    if (*req->idempotency_key) {
        apr_table_setn(headers, "Klarna-Idempotency-Key", req->idempotency_key);
    }
    return headers;
}

static kl_http_request_t translate(apr_pool_t *p, const kl_account_t *account,
                                   const kl_klarna_request_t *req, apr_time_t deadline)
{
    int is_read = strcmp(req->method, "GET") == 0;

    return (kl_http_request_t){.method = req->method,
                               .url = apr_pstrcat(p, account->base_url, req->path, NULL),
                               .headers = headers_of(p, req),
                               .body = req->body,
                               .username = account->username,
                               .password = account->password,
                               .repeatable = is_read || req->repeatable || *req->idempotency_key,
                               .max_body = KL_MAX_REPLY,
                               .deadline = deadline};
}

/* --- the answer ----------------------------------------------------------------------- */

static const char *header(const kl_http_response_t *answer, const char *name)
{
    const char *value = apr_table_get(answer->headers, name);

    return value ? value : "";
}

/* An id from its own header, else the segment behind `parent` at the end of Location. */
static const char *id_from(apr_pool_t *p, const kl_http_response_t *answer, const char *name,
                           const char *parent)
{
    const char *own = header(answer, name), *location = header(answer, "Location");
    char *path, *last;

    if (*own) {
        return kl_url_is_plain(own) ? own : "";
    }
    path = apr_pstrmemdup(p, location, strcspn(location, "?#"));
    last = strrchr(path, '/');
    if (!last || !kl_url_is_plain(last + 1)) {
        return "";
    }
    *last = '\0';
    path = strrchr(path, '/');
    return path && strcmp(path + 1, parent) == 0 ? last + 1 : "";
}

static int retry_after(const kl_http_response_t *answer, const kl_rate_t *rate)
{
    int seconds = answer->retry_after > 0 ? answer->retry_after : rate->reset;

    return seconds > KL_KEY_LIFETIME_S ? KL_KEY_LIFETIME_S : seconds;
}

static void read_answer(kl_klarna_response_t *resp, apr_pool_t *p, const kl_http_response_t *answer)
{
    const char *correlation_id = header(answer, "Klarna-Correlation-Id");

    resp->status = answer->status;
    resp->body = answer->body;
    resp->body_len = answer->body_len;
    resp->correlation_id = is_word(correlation_id, KL_MAX_STRING) ? correlation_id : "";
    resp->capture_id = id_from(p, answer, "Capture-Id", "captures");
    resp->refund_id = id_from(p, answer, "Refund-Id", "refunds");
    resp->rate = kl_rate_read(apr_table_get(answer->headers, "X-Ratelimit-Limit"),
                              apr_table_get(answer->headers, "X-Ratelimit-Remaining"),
                              apr_table_get(answer->headers, "X-Ratelimit-Reset"));
    resp->retry_after = retry_after(answer, &resp->rate);
}

kl_klarna_response_t kl_klarna_exchange(kl_http_t *http, apr_pool_t *p, const kl_account_t *account,
                                        const kl_klarna_request_t *req, apr_time_t deadline)
{
    kl_klarna_response_t resp = {.delivery = KL_NOT_SENT,
                                 .why = fault_of(req),
                                 .body = "",
                                 .correlation_id = "",
                                 .capture_id = "",
                                 .refund_id = ""};
    kl_http_request_t sent;
    kl_http_response_t answer;

    if (resp.why) {
        return resp;
    }
    sent = translate(p, account, req, deadline);
    answer = http->exchange(http, p, &sent);
    resp.delivery = answer.delivery;
    resp.why = answer.why;
    resp.took = answer.took;
    if (answer.delivery == KL_ANSWERED) {
        read_answer(&resp, p, &answer);
    }
    return resp;
}
