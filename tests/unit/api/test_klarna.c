/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna's dialect through the real engine against a scripted server: what Klarna gets to
 * see, what is read out of its headers, and that only what may be repeated ever is.
 */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include <signal.h>
#include <strings.h>
#include "api/http_curl.h"
#include "api/klarna.h"
#include "core/limits.h"
#include "tests/unit/loopback.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define OK_BODY "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
#define EMPTY "Content-Length: 0\r\n\r\n"

typedef struct scene_t {
    apr_pool_t *p;
    kl_http_t *http;
    kl_account_t account;
    kl_klarna_response_t resp;
    lb_server_t *server;
} scene_t;

static void begin(scene_t *s, void **state, const lb_step_t *steps, int count)
{
    kl_http_curl_config_t cfg = {.proxy = "", .connect_timeout = apr_time_from_sec(60)};

    memset(s, 0, sizeof(*s));
    s->p = *state;
    s->server = lb_start(LB_PLAIN, steps, count);
    s->account = (kl_account_t){.name = "shop",
                                .base_url = lb_base(s->server),
                                .username = "K123_abc",
                                .password = "s3cret:word",
                                .environment = "playground"};
    assert_int_equal(kl_http_curl_make(&s->http, s->p, &cfg, kl_error_make(s->p)), KL_OK);
}

static kl_delivery_t send_it(scene_t *s, const kl_klarna_request_t *req)
{
    s->resp = kl_klarna_exchange(s->http, s->p, &s->account, req,
                                 apr_time_now() + apr_time_from_sec(60));
    return s->resp.delivery;
}

static const kl_klarna_request_t get = {"GET", "/orders/1", "", "", 0};
static const kl_klarna_request_t keyed = {"POST", "/orders/1/captures", "{\"captured_amount\":1}",
                                          "0f8fad5b-d9cb-469f-a165-70867728950e", 0};
static const kl_klarna_request_t placement = {"POST", "/authorizations/t/order", "{}", "", 0};
static const kl_klarna_request_t session = {"POST", "/sessions", "{}", "", 1};

/* --- what goes over the wire ---------------------------------------------------------- */

static void test_sends_a_change(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}};
    scene_t s;
    const char *sent;

    begin(&s, state, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &keyed), KL_ANSWERED);
    assert_int_equal(s.resp.status, 200);
    assert_string_equal(s.resp.body, "{}");
    assert_int_equal(s.resp.body_len, 2);
    assert_true(s.resp.took > 0);
    sent = lb_request(s.server, 0);
    assert_non_null(strstr(sent, "POST /orders/1/captures HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "\r\nAuthorization: Basic SzEyM19hYmM6czNjcmV0OndvcmQ=\r\n"));
    assert_non_null(strstr(sent, "\r\nKlarna-Idempotency-Key: 0f8fad5b-d9cb-469f-a165-"
                                 "70867728950e\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(sent, "\r\nAccept: application/json\r\n"));
    assert_non_null(strstr(sent, "\r\nUser-Agent: mod_klarna/" KL_VERSION "\r\n"));
    assert_non_null(strstr(sent, "\r\n\r\n{\"captured_amount\":1}"));
    lb_stop(s.server);
}

static void test_sends_no_more_than_there_is(void **state)
{
    lb_step_t steps[] = {{.answer = "HTTP/1.1 204 No Content\r\n\r\n"},
                         {.answer = OK_BODY},
                         {.answer = "HTTP/1.1 204 No Content\r\n\r\n"}};
    kl_klarna_request_t cancel = {"POST", "/orders/1/cancel", "", "key-1", 0};
    kl_klarna_request_t patch = {"PATCH", "/orders/1/authorization", "{\"a\":1}", "key-2", 0};
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &cancel), KL_ANSWERED);
    assert_int_equal(s.resp.status, 204);
    assert_string_equal(s.resp.body, "");
    assert_null(strcasestr(lb_request(s.server, 0), "\r\nContent-Type:"));
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_null(strstr(lb_request(s.server, 1), "Idempotency"));
    assert_int_equal(send_it(&s, &patch), KL_ANSWERED);
    assert_int_equal(strncmp(lb_request(s.server, 2), "PATCH /orders/1/authorization ", 30), 0);
    assert_non_null(strstr(lb_request(s.server, 2), "\r\nKlarna-Idempotency-Key: key-2\r\n"));
    lb_stop(s.server);
}

/* The account travels with the request. */
static void test_two_accounts(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.answer = OK_BODY}};
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &keyed), KL_ANSWERED);
    s.account.username = "other";
    s.account.password = "x";
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_non_null(strstr(lb_request(s.server, 1), "Basic b3RoZXI6eA==\r\n"));
    assert_null(strstr(lb_request(s.server, 1), "Idempotency"));
    assert_int_equal(lb_connections(s.server), 1);
    lb_stop(s.server);
}

/* --- what comes back ------------------------------------------------------------------ */

static void expect_ids(scene_t *s, const char *capture_id, const char *refund_id)
{
    assert_int_equal(send_it(s, &keyed), KL_ANSWERED);
    assert_string_equal(s->resp.capture_id, capture_id);
    assert_string_equal(s->resp.refund_id, refund_id);
}

static void test_reads_ids(void **state)
{
    lb_step_t steps[] =
        {{.answer = "HTTP/1.1 201 Created\r\nCapture-Id: 4ba29b50\r\nKlarna-Correlation-Id: c-1\r\n"
                    "Location: https://api.example/orders/1/captures/other\r\n" EMPTY},
         {.answer = "HTTP/1.1 201 Created\r\nLocation: /v1/orders/1/refunds/r-77?x=/y\r\n"
                    "Klarna-Correlation-Id: two words\r\n" EMPTY},
         {.answer = "HTTP/1.1 201 Created\r\nLocation: /v1/orders/1/captures/a%2fb\r\n"
                    "Refund-Id: ../x\r\n" EMPTY},
         {.answer = "HTTP/1.1 201 Created\r\nLocation: /v1/orders/1/captures/\r\n" EMPTY},
         {.answer = "HTTP/1.1 201 Created\r\nLocation: captures\r\n" EMPTY},
         {.answer = "HTTP/1.1 100 Continue\r\nCapture-Id: early\r\n\r\nHTTP/1.1 204 No\r\n\r\n"}};
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    expect_ids(&s, "4ba29b50", "");
    assert_string_equal(s.resp.correlation_id, "c-1");
    assert_int_equal(s.resp.retry_after, 0);
    assert_int_equal(s.resp.rate.limit, 0);
    expect_ids(&s, "", "r-77");
    assert_string_equal(s.resp.correlation_id, "");
    expect_ids(&s, "", "");
    expect_ids(&s, "", "");
    expect_ids(&s, "", "");
    expect_ids(&s, "", "");
    assert_int_equal(s.resp.status, 204);
    lb_stop(s.server);
}

static void expect_wait(scene_t *s, int seconds)
{
    assert_int_equal(send_it(s, &keyed), KL_ANSWERED);
    assert_int_equal(s->resp.retry_after, seconds);
}

static void test_reads_waits_and_rates(void **state)
{
    lb_step_t steps[] =
        {{.answer = "HTTP/1.1 429 Too Many\r\nX-Ratelimit-Reset: 3\r\n" EMPTY},
         {.answer = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nX-Ratelimit-Reset: 3\r\n" EMPTY},
         {.answer = "HTTP/1.1 503 Busy\r\nRetry-After: 999999\r\n" EMPTY},
         {.answer = "HTTP/1.1 200 OK\r\nX-Ratelimit-Reset: 99999999999999999999\r\n" EMPTY},
         {.answer = "HTTP/1.1 200 OK\r\nX-Ratelimit-Limit: 5, 5;w=1\r\nX-Ratelimit-Remaining: 4\r\n"
                    "X-Ratelimit-Reset: 1\r\n" EMPTY}};
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    expect_wait(&s, 3);
    expect_wait(&s, 7);
    expect_wait(&s, KL_KEY_LIFETIME_S);
    expect_wait(&s, KL_KEY_LIFETIME_S);
    expect_wait(&s, 1);
    assert_int_equal(s.resp.rate.limit, 5);
    assert_int_equal(s.resp.rate.window, 1);
    assert_int_equal(s.resp.rate.remaining, 4);
    assert_int_equal(s.resp.rate.reset, 1);
    lb_stop(s.server);
}

static void test_answer_is_bounded(void **state)
{
    lb_step_t steps[] =
        {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n", .filler = KL_MAX_REPLY},
         {.answer = "HTTP/1.1 200 OK\r\n\r\n", .filler = KL_MAX_REPLY + 1, .close = 1}};
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_int_equal(s.resp.body_len, KL_MAX_REPLY);
    assert_int_equal(send_it(&s, &get), KL_LOST);
    assert_string_equal(s.resp.why, "the answer is too large");
    assert_string_equal(s.resp.body, "");
    lb_stop(s.server);
}

/* --- what may be sent twice ----------------------------------------------------------- */

static void test_keeps_connection(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.answer = OK_BODY}, {.answer = OK_BODY}};
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &keyed), KL_ANSWERED);
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_int_equal(send_it(&s, &session), KL_ANSWERED);
    assert_int_equal(lb_requests(s.server), 3);
    assert_int_equal(lb_connections(s.server), 1);
    lb_stop(s.server);
}

/* libcurl's own repetition, which the key makes harmless: the same bytes twice. */
static void test_with_key_is_repeated(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.close = 1}, {.answer = OK_BODY}};
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &keyed), KL_ANSWERED);
    assert_int_equal(send_it(&s, &keyed), KL_ANSWERED);
    assert_int_equal(lb_requests(s.server), 3);
    assert_string_equal(lb_request(s.server, 1), lb_request(s.server, 2));
    lb_stop(s.server);
}

/* A placement has no key: when a kept connection breaks under it, it is not sent again. */
static void test_without_key_is_sent_once(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY},
                         {.answer = OK_BODY},
                         {.close = 1},
                         {.answer = OK_BODY}};
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &keyed), KL_ANSWERED);
    assert_int_equal(send_it(&s, &placement), KL_ANSWERED);
    assert_int_equal(lb_connections(s.server), 1);
    assert_int_equal(send_it(&s, &placement), KL_LOST);
    assert_int_equal(lb_requests(s.server), 3);
    lb_stop(s.server);
}

/* --- what is refused ------------------------------------------------------------------ */

static void expect_refused(scene_t *s, kl_klarna_request_t req, const char *why)
{
    assert_int_equal(send_it(s, &req), KL_NOT_SENT);
    assert_string_equal(s->resp.why, why);
    assert_string_equal(s->resp.body, "");
    assert_string_equal(s->resp.correlation_id, "");
    assert_int_equal(lb_connections(s->server), 0);
}

static void test_refuses_bad_requests(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}};
    char *key;
    scene_t s;

    begin(&s, state, steps, COUNT(steps));
    key = apr_pcalloc(s.p, 257);
    memset(key, 'k', 256);
    expect_refused(&s, (kl_klarna_request_t){.path = NULL, .body = ""}, "no request was built");
    expect_refused(&s, (kl_klarna_request_t){"BREW", "/", "", "", 0}, "unknown method");
    expect_refused(&s, (kl_klarna_request_t){"GET", "", "", "", 0}, "the path is invalid");
    expect_refused(&s, (kl_klarna_request_t){"GET", "@evil.example/", "", "", 0},
                   "the path is invalid");
    expect_refused(&s, (kl_klarna_request_t){"GET", "/a b", "", "", 0}, "the path is invalid");
    expect_refused(&s, (kl_klarna_request_t){"GET", "/a\r\nX: y", "", "", 0},
                   "the path is invalid");
    expect_refused(&s, (kl_klarna_request_t){"POST", "/", "{}", "key\r\nX-Evil: 1", 0},
                   "the idempotency key is invalid");
    expect_refused(&s, (kl_klarna_request_t){"POST", "/", "{}", "key\n", 0},
                   "the idempotency key is invalid");
    expect_refused(&s, (kl_klarna_request_t){"POST", "/", "{}", key, 0},
                   "the idempotency key is invalid");
    s.account.username = "a:b";
    expect_refused(&s, get, "a user name cannot hold a colon");
    s.account.username = "a";
    s.account.base_url = "http://192.0.2.1";
    expect_refused(&s, get, "the address must be https (http only on loopback)");
    lb_stop(s.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(test_sends_a_change),
        WITH_POOL(test_sends_no_more_than_there_is),
        WITH_POOL(test_two_accounts),
        WITH_POOL(test_reads_ids),
        WITH_POOL(test_reads_waits_and_rates),
        WITH_POOL(test_answer_is_bounded),
        WITH_POOL(test_keeps_connection),
        WITH_POOL(test_with_key_is_repeated),
        WITH_POOL(test_without_key_is_sent_once),
        WITH_POOL(test_refuses_bad_requests),
    };

    signal(SIGPIPE, SIG_IGN); /* as httpd's children do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
