/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP engine against a scripted server in this process: what goes over the wire, which
 * failures are certainly "not sent" and which are "lost", and what is refused beforehand.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/http_curl.h"
#include "core/limits.h"
#include "tests/unit/loopback.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define OK_BODY "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
#define MAX_BODY 1048576
#define NO_BODY "HTTP/1.1 204 No Content\r\n\r\n"

/* --- libcurl's door, so that a test can make one option fail ------------------------- */

#define OPTION_VERIFYPEER 64 /* CURLOPT_SSL_VERIFYPEER, part of libcurl's ABI */
static int failing_option;

int curl_easy_setopt(void *handle, int option, ...)
{
    static int (*real)(void *, int, ...);
    va_list ap;
    void *value;

    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "curl_easy_setopt");
    }
    if (option == failing_option) {
        return 48; /* CURLE_UNKNOWN_OPTION */
    }
    va_start(ap, option);
    value = va_arg(ap, void *);
    va_end(ap);
    return real(handle, option, value);
}

/* --- one test's things --------------------------------------------------------------- */

typedef struct scene_t {
    apr_pool_t *p;
    kl_http_t *http;
    const char *base_url, *username, *password;
    kl_http_response_t resp;
    lb_server_t *server;
} scene_t;

static void build(scene_t *s, const char *ca_file, const char *proxy)
{
    kl_http_curl_config_t cfg = {.ca_file = ca_file,
                                 .proxy = proxy,
                                 .connect_timeout = apr_time_from_sec(60)};

    assert_int_equal(kl_http_curl_make(&s->http, s->p, &cfg, kl_error_make(s->p)), KL_OK);
}

static void begin(scene_t *s, lb_kind_t kind, const lb_step_t *steps, int count)
{
    memset(s, 0, sizeof(*s));
    assert_int_equal(apr_pool_create(&s->p, NULL), APR_SUCCESS);
    s->server = lb_start(kind, steps, count);
    s->base_url = lb_base(s->server);
    s->username = "K123_abc";
    s->password = "s3cret:word";
    build(s, kind == LB_TLS ? lb_ca_file(s->server) : NULL, "");
}

static void end(scene_t *s)
{
    failing_option = 0;
    apr_pool_destroy(s->p);
    lb_stop(s->server);
}

/* A request as the tests write it down. */
typedef struct ask_t {
    const char *method, *path, *body;
    const char *name, *value; /* of one header, or NULL */
    int repeatable;
} ask_t;

#define PATIENCE_MS 60000 /* for what is done at once unless the machine is busy */
#define SOON_MS 2000 /* for what never comes, after a request that must have gone out by then */

static kl_delivery_t send_within(scene_t *s, const ask_t *ask, int ms)
{
    apr_table_t *headers = ask->name ? apr_table_make(s->p, 1) : NULL;
    kl_http_request_t req = {.method = ask->method,
                             .url = apr_pstrcat(s->p, s->base_url, ask->path, NULL),
                             .headers = headers,
                             .body = ask->body,
                             .username = s->username,
                             .password = s->password,
                             .repeatable = ask->repeatable,
                             .max_body = MAX_BODY,
                             .deadline = apr_time_now() + apr_time_from_msec(ms)};

    if (headers) {
        apr_table_setn(headers, ask->name, ask->value);
    }
    s->resp = s->http->exchange(s->http, s->p, &req);
    assert_true((s->resp.delivery == KL_ANSWERED) == (s->resp.why == NULL));
    return s->resp.delivery;
}

static kl_delivery_t send_it(scene_t *s, const ask_t *ask)
{
    return send_within(s, ask, PATIENCE_MS);
}

static const ask_t get = {"GET", "/orders/1", "", NULL, NULL, 1};
static const ask_t capture = {"POST",  "/orders/1/captures", "{\"captured_amount\":1}",
                              "X-Key", "0f8fad5b-d9",        1};
static const ask_t once = {"POST", "/authorizations/t/order", "{}", NULL, NULL, 0};

/* --- what goes over the wire --------------------------------------------------------- */

static void test_sends_headers_and_body(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}};
    scene_t s;
    const char *sent;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(s.resp.status, 200);
    assert_string_equal(s.resp.body, "{}");
    assert_int_equal(s.resp.body_len, 2);
    assert_true(s.resp.took > 0 && s.resp.took < apr_time_from_msec(PATIENCE_MS));
    sent = lb_request(s.server, 0);
    assert_non_null(strstr(sent, "POST /orders/1/captures HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "\r\nAuthorization: Basic SzEyM19hYmM6czNjcmV0OndvcmQ=\r\n"));
    assert_non_null(strstr(sent, "\r\nX-Key: 0f8fad5b-d9\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Length: 21\r\n"));
    assert_null(strcasestr(sent, "\r\nContent-Type:")); /* nobody said one */
    assert_null(strcasestr(sent, "\r\nExpect:"));
    assert_null(strcasestr(sent, "\r\nAccept-Encoding:"));
    assert_non_null(strstr(sent, "\r\n\r\n{\"captured_amount\":1}"));
    end(&s);
}

/* Own headers take the place of libcurl's. */
static void test_sends_own_type_and_agent(void **state)
{
    lb_step_t steps[] = {{.answer = NO_BODY}, {.answer = NO_BODY}};
    ask_t typed = {"POST", "/a", "{}", "content-type", "application/json", 0};
    ask_t named = {"GET", "/a", "", "User-Agent", "shop/1.0", 1};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    send_it(&s, &typed);
    assert_non_null(strstr(lb_request(s.server, 0), "\r\ncontent-type: application/json\r\n"));
    assert_null(strstr(lb_request(s.server, 0), "x-www-form-urlencoded"));
    send_it(&s, &named);
    assert_non_null(strstr(lb_request(s.server, 1), "\r\nUser-Agent: shop/1.0\r\n"));
    end(&s);
}

static void test_sends_methods(void **state)
{
    lb_step_t steps[] = {{.answer = NO_BODY},
                         {.answer = OK_BODY},
                         {.answer = NO_BODY},
                         {.answer = NO_BODY}};
    ask_t cancel = {"POST", "/orders/1/cancel", "", NULL, NULL, 1};
    ask_t patch = {"PATCH", "/orders/1/authorization", "{\"a\":1}", NULL, NULL, 1};
    ask_t drop = {"DELETE", "/authorizations/t", "", NULL, NULL, 0};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &cancel), KL_ANSWERED);
    assert_int_equal(s.resp.status, 204);
    assert_string_equal(s.resp.body, "");
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_int_equal(send_it(&s, &patch), KL_ANSWERED);
    assert_int_equal(send_it(&s, &drop), KL_ANSWERED);
    assert_non_null(strstr(lb_request(s.server, 0), "\r\nContent-Length: 0\r\n"));
    assert_null(strcasestr(lb_request(s.server, 0), "\r\nContent-Type:"));
    assert_int_equal(strncmp(lb_request(s.server, 1), "GET /orders/1 ", 14), 0);
    assert_null(strstr(lb_request(s.server, 1), "Content-Length"));
    assert_int_equal(strncmp(lb_request(s.server, 2), "PATCH /orders/1/authorization ", 30), 0);
    assert_non_null(strstr(lb_request(s.server, 2), "\r\n\r\n{\"a\":1}"));
    assert_int_equal(strncmp(lb_request(s.server, 3), "DELETE /authorizations/t ", 25), 0);
    end(&s);
}

static void expect_header(const scene_t *s, const char *name, const char *value)
{
    const char *got = apr_table_get(s->resp.headers, name);

    if (!value) {
        assert_null(got);
        return;
    }
    assert_non_null(got);
    assert_string_equal(got, value);
}

static void test_reads_headers(void **state)
{
    lb_step_t steps[] =
        {{.answer = "HTTP/1.1 201 Created\r\nCapture-Id: 4ba29b50\r\nLocation: /a?x=/y\r\n"
                    "capture-id: second\r\nContent-Length: 0\r\n\r\n"},
         {.answer = "HTTP/1.1 100 Continue\r\nCapture-Id: early\r\n\r\nHTTP/1.1 204 No\r\n\r\n"},
         {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
                    "Capture-Id: late\r\n\r\n"},
         {.answer = "HTTP/1.1 200 OK\r\nEmpty:\r\nX: \t a \tb \r\n\tc: d\r\n e\r\n"
                    "X:second\r\nContent-Length: 0\r\n\r\n"}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    expect_header(&s, "CAPTURE-ID", "4ba29b50");
    expect_header(&s, "Location", "/a?x=/y");
    send_it(&s, &capture);
    assert_int_equal(s.resp.status, 204);
    expect_header(&s, "Capture-Id", NULL);
    send_it(&s, &capture);
    assert_string_equal(s.resp.body, "{}");
    expect_header(&s, "Capture-Id", NULL);
    send_it(&s, &capture);
    expect_header(&s, "Empty", "");
    expect_header(&s, "X", "a \tb c: d e");
    end(&s);
}

static void test_reads_retry_after(void **state)
{
    lb_step_t steps[] =
        {{.answer = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"},
         {.answer = "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n"
                    "Content-Length: 0\r\n\r\n"},
         {.answer = "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 01 Jan 2010 00:00:00 GMT\r\n"
                    "Content-Length: 0\r\n\r\n"},
         {.answer = "HTTP/1.1 503 Busy\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n"},
         {.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    send_it(&s, &get);
    assert_int_equal(s.resp.retry_after, 7);
    send_it(&s, &get);
    assert_true(s.resp.retry_after > 86400);
    for (int i = 0; i < 3; i++) {
        send_it(&s, &get);
        assert_int_equal(s.resp.retry_after, 0);
    }
    end(&s);
}

static void test_reads_large_body(void **state)
{
    lb_step_t steps[] = {
        {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n", .filler = MAX_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_int_equal(s.resp.body_len, MAX_BODY);
    assert_int_equal(strlen(s.resp.body), MAX_BODY);
    end(&s);
}

/* --- connections --------------------------------------------------------------------- */

static void test_keeps_connection(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.answer = OK_BODY}, {.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(lb_requests(s.server), 3);
    assert_int_equal(lb_connections(s.server), 1);
    end(&s);
}

static void test_credentials_do_not_stick(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.answer = OK_BODY}, {.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    s.username = "other";
    s.password = "x";
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_non_null(strstr(lb_request(s.server, 1), "Basic b3RoZXI6eA==\r\n"));
    assert_null(strstr(lb_request(s.server, 1), "X-Key"));
    s.username = s.password = NULL;
    assert_int_equal(send_it(&s, &get), KL_ANSWERED);
    assert_null(strstr(lb_request(s.server, 2), "Authorization"));
    assert_int_equal(lb_connections(s.server), 1);
    end(&s);
}

/* libcurl's own repetition: the same bytes twice. */
static void test_dead_kept_connection_repeatable(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.close = 1}, {.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(lb_requests(s.server), 3);
    assert_string_equal(lb_request(s.server, 1), lb_request(s.server, 2));
    end(&s);
}

/* What must not be sent twice goes over a kept connection, too. */
static void test_once_on_a_kept_connection(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.answer = OK_BODY}, {.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_TLS, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(send_it(&s, &once), KL_ANSWERED);
    assert_int_equal(send_it(&s, &once), KL_ANSWERED);
    assert_int_equal(lb_connections(s.server), 1);
    end(&s);
}

/* Closed before the request: noticed, and another connection carries it. */
static void closed_while_idle(lb_kind_t kind)
{
    lb_step_t steps[] = {{.answer = OK_BODY, .close = 1}, {.answer = OK_BODY}};
    scene_t s;

    begin(&s, kind, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    lb_wait_closed(s.server, 1);
    assert_int_equal(send_it(&s, &once), KL_ANSWERED);
    assert_int_equal(lb_requests(s.server), 2);
    assert_int_equal(lb_connections(s.server), 2);
    end(&s);
}

static void test_once_after_the_server_closed(void **state)
{
    (void)state;
    closed_while_idle(LB_PLAIN);
    closed_while_idle(LB_TLS);
}

/* Closed after the request went out on a kept connection: sent once, and lost. */
static void closed_after_sending(lb_kind_t kind, const char *answer)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.answer = answer, .close = 1}, {.answer = OK_BODY}};
    scene_t s;

    begin(&s, kind, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(send_it(&s, &once), KL_LOST);
    assert_int_equal(lb_requests(s.server), 2);
    assert_non_null(strstr(lb_request(s.server, 1), "POST /authorizations/t/order "));
    /* The next one is not lost with it. */
    assert_int_equal(send_it(&s, &once), KL_ANSWERED);
    assert_int_equal(lb_requests(s.server), 3);
    end(&s);
}

static void test_once_is_never_sent_twice(void **state)
{
    static const char *const answers[] = {NULL, "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Le",
                                          "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
                                          "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"};

    (void)state;
    for (int i = 0; i < COUNT(answers); i++) {
        closed_after_sending(LB_PLAIN, answers[i]);
        closed_after_sending(LB_TLS, answers[i]);
    }
}

/* The first sending may have been executed, although the last try could not connect. */
static void test_dead_kept_connection_and_refused(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.deaf = 1, .close = 1}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(send_it(&s, &capture), KL_LOST);
    assert_int_equal(lb_requests(s.server), 2);
    end(&s);
}

static void *three_calls(void *v)
{
    scene_t *shared = v;
    scene_t own = *shared;
    intptr_t answered = 0;

    apr_pool_create(&own.p, NULL);
    for (int i = 0; i < 3; i++) {
        answered += send_it(&own, &capture) == KL_ANSWERED;
    }
    apr_pool_destroy(own.p);
    return (void *)answered;
}

static void test_many_threads(void **state)
{
    lb_step_t steps[12];
    pthread_t threads[4];
    scene_t s;

    (void)state;
    for (int i = 0; i < 12; i++) {
        steps[i] = (lb_step_t){.answer = OK_BODY};
    }
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, three_calls, &s), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *answered;

        pthread_join(threads[i], &answered);
        assert_int_equal((intptr_t)answered, 3);
    }
    assert_int_equal(lb_requests(s.server), 12);
    assert_true(lb_connections(s.server) <= 4);
    end(&s);
}

/* --- lost ---------------------------------------------------------------------------- */

static void expect_lost(const lb_step_t *step, const char *why)
{
    scene_t s;

    begin(&s, LB_PLAIN, step, 1);
    assert_int_equal(send_it(&s, &capture), KL_LOST);
    assert_int_equal(lb_requests(s.server), 1);
    assert_non_null(s.resp.why);
    if (why) {
        assert_string_equal(s.resp.why, why);
    }
    end(&s);
}

static void test_lost(void **state)
{
    char long_header[KL_MAX_REPLY_HEADER + 100];
    lb_step_t silent = {.close = 1};
    lb_step_t cut_off = {.answer = "HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"a\":",
                         .close = 1};
    lb_step_t cut_chunk =
        {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
         .close = 1};
    lb_step_t cut_head = {.answer = "HTTP/1.1 201 Crea", .close = 1};
    lb_step_t cut_headers = {.answer = "HTTP/1.1 201 Created\r\nCapture-Id: 0b1d", .close = 1};
    lb_step_t no_empty_line = {.answer = "HTTP/1.1 204 No Content\r\nServer: x\r\n", .close = 1};
    lb_step_t garbage = {.answer = "hello\r\n\r\n", .close = 1};
    lb_step_t large = {.answer = "HTTP/1.1 200 OK\r\n\r\n", .filler = MAX_BODY + 1, .close = 1};
    lb_step_t header = {.answer = long_header, .close = 1};

    (void)state;
    memset(long_header, 'h', sizeof(long_header) - 1);
    long_header[sizeof(long_header) - 1] = '\0';
    memcpy(long_header, "HTTP/1.1 200 OK\r\nX: ", 20);
    memcpy(long_header + sizeof(long_header) - 5, "\r\n\r\n", 4);
    expect_lost(&silent, NULL);
    expect_lost(&cut_off, NULL);
    expect_lost(&cut_chunk, NULL);
    expect_lost(&cut_head, NULL);
    expect_lost(&cut_headers, "the answer's headers broke off");
    expect_lost(&no_empty_line, "the answer's headers broke off");
    expect_lost(&garbage, NULL);
    expect_lost(&large, "the answer is too large");
    expect_lost(&header, "the answer's headers are too large");
}

static void test_timeout_is_lost(void **state)
{
    lb_step_t steps[] = {{.hold = 1}};
    apr_time_t began = apr_time_now();
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_within(&s, &capture, SOON_MS), KL_LOST);
    assert_true(apr_time_now() - began < apr_time_from_msec(PATIENCE_MS));
    assert_int_equal(lb_requests(s.server), 1);
    assert_null(strstr(s.resp.why, "s3cret"));
    end(&s);
}

/* A handle that failed is thrown away: the next call starts afresh. */
static void test_recovers(void **state)
{
    lb_step_t steps[] = {{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", .hold = 1},
                         {.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_within(&s, &capture, SOON_MS), KL_LOST);
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(lb_connections(s.server), 2);
    end(&s);
}

/* --- not sent ------------------------------------------------------------------------ */

static void test_connection_refused(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY, .deaf = 1, .close = 1}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    lb_wait_closed(s.server, 1); /* or it is sent on that connection, and lost */
    assert_int_equal(send_it(&s, &once), KL_NOT_SENT);
    assert_non_null(strstr(s.resp.why, "connect"));
    assert_int_equal(lb_requests(s.server), 1);
    end(&s);
}

static void test_deadline_passed(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_within(&s, &capture, 0), KL_NOT_SENT);
    assert_int_equal(send_within(&s, &capture, -60000), KL_NOT_SENT);
    assert_string_equal(s.resp.why, "the deadline has passed");
    assert_int_equal(lb_connections(s.server), 0);
    end(&s);
}

static void expect_refused(scene_t *s, const ask_t *ask, const char *why)
{
    assert_int_equal(send_it(s, ask), KL_NOT_SENT);
    assert_string_equal(s->resp.why, why);
    assert_int_equal(lb_connections(s->server), 0);
}

static void test_refuses_bad_requests(void **state)
{
    static const struct {
        const char *name, *value;
    } bad[] = {{"X-Key", "a\r\nX-Evil: 1"},
               {"X-Key", "a\n"},
               {"X-Key", "\x7f"},
               {"X-Key", "\xc3\xa4"},
               {"X-Key", ""},
               {"X-Evil: 1\r\nX", "a"},
               {"X Key", "a"},
               {"X-Key:", "a"},
               {"", "a"}};
    lb_step_t steps[] = {{.answer = OK_BODY}};
    ask_t brew = {"BREW", "/", "", NULL, NULL, 0};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    expect_refused(&s, &brew, "unknown method");
    for (int i = 0; i < COUNT(bad); i++) {
        ask_t ask = {"GET", "/", "", bad[i].name, bad[i].value, 1};

        expect_refused(&s, &ask, "a header is not usable");
    }
    s.username = "a:b";
    expect_refused(&s, &get, "a user name cannot hold a colon");
    end(&s);
}

static void test_refuses_plain_http_elsewhere(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    s.base_url = "http://192.0.2.1";
    expect_refused(&s, &get, "the address must be https (http only on loopback)");
    s.base_url = "http://127.0.0.1/a b";
    expect_refused(&s, &get, "the address must be https (http only on loopback)");
    s.base_url = "http://127.0.0.1/a\r\nX: y";
    expect_refused(&s, &get, "the address must be https (http only on loopback)");
    s.base_url = "ftp://127.0.0.1";
    expect_refused(&s, &get, "the address must be https (http only on loopback)");
    end(&s);
}

static void test_allows(void **state)
{
    static const char *const good[] = {"https://api.klarna.com",
                                       "HTTPS://api.klarna.com/x",
                                       "http://127.0.0.1:8080",
                                       "http://127.9.8.7/",
                                       "http://localhost:1/x",
                                       "http://[::1]:80",
                                       NULL};
    static const char *const bad[] = {"",
                                      "api.klarna.com",
                                      "http://api.klarna.com",
                                      "http://127.0.0.1.evil.example/",
                                      "http://localhost.evil.example",
                                      "http://127.0.0.1@evil.example/",
                                      "https://user:pw@api.klarna.com",
                                      "http://128.0.0.1",
                                      "http://[::2]",
                                      "http://0.0.0.0",
                                      "http://127.evil",
                                      "file:///etc/passwd",
                                      "ftp://127.0.0.1",
                                      "https://",
                                      "http://[::ffff:127.0.0.1]",
                                      "https://api.klarna.com/\r\nX: y",
                                      "javascript:alert(1)",
                                      NULL};

    (void)state;
    for (int i = 0; good[i]; i++) {
        if (!kl_http_curl_allows(good[i])) {
            fail_msg("refused %s", good[i]);
        }
    }
    for (int i = 0; bad[i]; i++) {
        if (kl_http_curl_allows(bad[i])) {
            fail_msg("allowed %s", bad[i]);
        }
    }
    assert_false(kl_http_curl_allows(NULL));
}

static void test_failed_option_sends_nothing(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_TLS, steps, COUNT(steps));
    failing_option = OPTION_VERIFYPEER;
    assert_int_equal(send_it(&s, &capture), KL_NOT_SENT);
    assert_string_equal(s.resp.why, "libcurl refuses CURLOPT_SSL_VERIFYPEER");
    assert_int_equal(lb_connections(s.server), 0);
    end(&s);
}

/* --- redirects, proxies, TLS --------------------------------------------------------- */

static void test_redirect_is_not_followed(void **state)
{
    lb_step_t steps[] =
        {{.answer = "HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"},
         {.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(s.resp.status, 307);
    assert_int_equal(lb_requests(s.server), 1);
    end(&s);
}

static void test_proxy_of_the_environment_is_ignored(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.answer = OK_BODY}};
    scene_t s;

    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    begin(&s, LB_TLS, steps, 1);
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    end(&s);
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    /* Nor is the configured one used for plain http: the password would pass it readable. */
    build(&s, NULL, "http://127.0.0.1:1");
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    end(&s);
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
}

/* https through a proxy is a tunnel: what the proxy sees holds no secret. */
static void test_configured_proxy_is_a_tunnel(void **state)
{
    lb_step_t steps[] = {{.answer = "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", .close = 1}};
    scene_t s;

    (void)state;
    begin(&s, LB_PLAIN, steps, COUNT(steps));
    build(&s, NULL, lb_base(s.server));
    s.base_url = "https://api.example";
    assert_int_equal(send_it(&s, &capture), KL_NOT_SENT);
    assert_int_equal(strncmp(lb_request(s.server, 0), "CONNECT api.example:443 ", 24), 0);
    assert_null(strstr(lb_request(s.server, 0), "Authorization"));
    assert_null(strstr(lb_request(s.server, 0), "X-Key"));
    end(&s);
}

static void test_tls(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}, {.answer = OK_BODY}, {.close = 1}};
    scene_t s;

    (void)state;
    begin(&s, LB_TLS, steps, COUNT(steps));
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(send_it(&s, &capture), KL_ANSWERED);
    assert_int_equal(lb_connections(s.server), 1);
    assert_int_equal(send_it(&s, &once), KL_LOST);
    assert_int_equal(lb_requests(s.server), 3);
    end(&s);
}

/* A connection that takes the place of one the server closed resumes its session. */
static void test_tls_resumes(void **state)
{
    static const lb_step_t closing = {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                                "Content-Length: 0\r\n\r\n",
                                      .close = 1};
    lb_step_t steps[] = {closing, closing, closing};
    scene_t s;

    (void)state;
    begin(&s, LB_TLS, steps, COUNT(steps));
    for (int i = 0; i < COUNT(steps); i++) {
        assert_int_equal(send_it(&s, &once), KL_ANSWERED);
    }
    assert_int_equal(lb_connections(s.server), 3);
    assert_int_equal(lb_resumed(s.server), 2);
    end(&s);
}

static void test_tls_unknown_issuer(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}};
    lb_server_t *other = lb_start(LB_TLS, NULL, 0);
    scene_t s;

    (void)state;
    begin(&s, LB_TLS, steps, COUNT(steps));
    build(&s, lb_ca_file(other), "");
    assert_int_equal(send_it(&s, &capture), KL_NOT_SENT);
    assert_int_equal(lb_requests(s.server), 0);
    lb_stop(other);
    end(&s);
}

static void test_tls_other_name(void **state)
{
    lb_step_t steps[] = {{.answer = OK_BODY}};
    scene_t s;

    (void)state;
    begin(&s, LB_TLS, steps, COUNT(steps));
    s.base_url = apr_psprintf(s.p, "https://localhost:%d", lb_port(s.server));
    assert_int_equal(send_it(&s, &capture), KL_NOT_SENT);
    assert_int_equal(lb_requests(s.server), 0);
    end(&s);
}

static void test_tls_handshake_that_hangs(void **state)
{
    scene_t s;

    (void)state;
    begin(&s, LB_MUTE, NULL, 0);
    assert_int_equal(send_within(&s, &capture, 300), KL_NOT_SENT);
    end(&s);
}

/* --- making -------------------------------------------------------------------------- */

static void test_make_fails_with_a_name(void **state)
{
    kl_http_curl_config_t cfg = {.ca_file = "/nonexistent/ca.pem", .proxy = ""};
    kl_http_t *http = NULL;
    apr_pool_t *p;
    kl_error_t *err;

    (void)state;
    apr_pool_create(&p, NULL);
    err = kl_error_make(p);
    assert_int_equal(kl_http_curl_make(&http, p, &cfg, err), KL_UNAVAILABLE);
    assert_string_equal(err->code, "trust_store");
    assert_non_null(strstr(err->detail, "/nonexistent/ca.pem"));
    assert_null(http);
    apr_pool_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sends_headers_and_body),
                                       cmocka_unit_test(test_sends_methods),
                                       cmocka_unit_test(test_sends_own_type_and_agent),
                                       cmocka_unit_test(test_reads_headers),
                                       cmocka_unit_test(test_reads_retry_after),
                                       cmocka_unit_test(test_reads_large_body),
                                       cmocka_unit_test(test_keeps_connection),
                                       cmocka_unit_test(test_credentials_do_not_stick),
                                       cmocka_unit_test(test_dead_kept_connection_repeatable),
                                       cmocka_unit_test(test_once_on_a_kept_connection),
                                       cmocka_unit_test(test_once_after_the_server_closed),
                                       cmocka_unit_test(test_once_is_never_sent_twice),
                                       cmocka_unit_test(test_dead_kept_connection_and_refused),
                                       cmocka_unit_test(test_many_threads),
                                       cmocka_unit_test(test_lost),
                                       cmocka_unit_test(test_timeout_is_lost),
                                       cmocka_unit_test(test_recovers),
                                       cmocka_unit_test(test_connection_refused),
                                       cmocka_unit_test(test_deadline_passed),
                                       cmocka_unit_test(test_refuses_bad_requests),
                                       cmocka_unit_test(test_refuses_plain_http_elsewhere),
                                       cmocka_unit_test(test_allows),
                                       cmocka_unit_test(test_failed_option_sends_nothing),
                                       cmocka_unit_test(test_redirect_is_not_followed),
                                       cmocka_unit_test(test_proxy_of_the_environment_is_ignored),
                                       cmocka_unit_test(test_configured_proxy_is_a_tunnel),
                                       cmocka_unit_test(test_tls),
                                       cmocka_unit_test(test_tls_resumes),
                                       cmocka_unit_test(test_tls_unknown_issuer),
                                       cmocka_unit_test(test_tls_other_name),
                                       cmocka_unit_test(test_tls_handshake_that_hangs),
                                       cmocka_unit_test(test_make_fails_with_a_name)};
    int failed;

    signal(SIGPIPE, SIG_IGN); /* as httpd's children do */
    apr_initialize();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
