/* SPDX-License-Identifier: Apache-2.0 */
/* The engine that keeps to Klarna's pace: it learns from answers and waits, for each account and
 * kind of call apart. */
#include "tests/unit/fake_process.h"

#include <apr_atomic.h>
#include <apr_tables.h>
#include <apr_thread_proc.h>
#include "service/paced.h"

#define HOST "https://klarna.example"
#define READ HOST "/ordermanagement/v1/orders/1"
#define SESSIONS HOST "/payments/v1/sessions"

typedef struct inner_t {
    kl_http_t http;
    const char *limit, *remaining;
    int status;
    apr_uint32_t calls;
} inner_t;

static kl_http_response_t exchange(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    inner_t *inner = self->impl;
    apr_table_t *headers = apr_table_make(p, 2);

    (void)req;
    apr_atomic_inc32(&inner->calls);
    if (inner->limit) {
        apr_table_setn(headers, "X-Ratelimit-Limit", inner->limit);
        apr_table_setn(headers, "X-Ratelimit-Remaining", inner->remaining);
    }
    return (
        kl_http_response_t){.delivery = KL_ANSWERED, .status = inner->status, .headers = headers};
}

static kl_paced_t *make(void **state, inner_t *inner)
{
    kl_paced_clock_t clock = {fake_clock_now, fake_clock_sleep};

    inner->http = (kl_http_t){exchange, inner};
    inner->status = 200;
    fake_clock_set(apr_time_from_sec(1000));
    return kl_paced_make(*state, &inner->http, &clock);
}

/* How it was delivered. */
static kl_delivery_t call(void **state, kl_paced_t *paced, kl_pace_who_t who, const char *method,
                          const char *url, const char *username)
{
    kl_http_t *http = kl_paced_http(paced, who);
    kl_http_request_t req = {.method = method,
                             .url = url,
                             .username = username,
                             .deadline = fake_clock_now() + apr_time_from_sec(5)};

    return http->exchange(http, *state, &req).delivery;
}

static void a_person_waits_when_the_limit_is_used_up(void **state)
{
    inner_t inner = {.limit = "3, 3;w=1", .remaining = "2"};
    kl_paced_t *paced = make(state, &inner);

    for (int i = 0; i < 3; i++) {
        assert_int_equal(call(state, paced, KL_PACE_PERSON, "GET", READ, "u"), KL_ANSWERED);
    }
    assert_int_equal(fake_clock_slept(), 0);
    assert_int_equal(call(state, paced, KL_PACE_PERSON, "GET", READ, "u"), KL_ANSWERED);
    assert_in_range(fake_clock_slept(), apr_time_from_sec(1), apr_time_from_msec(1060));
    assert_int_equal(inner.calls, 4);
}

/* Sessions are counted apart, and so are other merchants and other systems. */
static void each_account_has_its_own(void **state)
{
    inner_t inner = {.limit = "1, 1;w=1", .remaining = "0"};
    kl_paced_t *paced = make(state, &inner);

    call(state, paced, KL_PACE_PERSON, "GET", READ, "u");
    call(state, paced, KL_PACE_PERSON, "POST", SESSIONS, "u");
    call(state, paced, KL_PACE_PERSON, "GET", READ, "another");
    call(state, paced, KL_PACE_PERSON, "GET", "https://elsewhere.example/x", "u");
    assert_int_equal(fake_clock_slept(), 0);
    call(state, paced, KL_PACE_PERSON, "GET", SESSIONS, "u"); /* reading one is another call */
    assert_true(fake_clock_slept() > 0);
}

static void the_worker_is_told_to_wait(void **state)
{
    inner_t inner = {.limit = "50, 50;w=1", .remaining = "49"};
    kl_paced_t *paced = make(state, &inner);
    kl_account_t account = {.base_url = HOST, .username = "u"};

    assert_int_equal(kl_paced_wait(paced, &account), 0);
    inner.status = 429;
    call(state, paced, KL_PACE_WORKER, "GET", READ, "u");
    assert_int_equal(kl_paced_wait(paced, &account), apr_time_from_sec(1));
    account.username = "another";
    assert_int_equal(kl_paced_wait(paced, &account), 0);
}

/* Nothing went out: that is as good as a connection that could not be made. */
static void a_call_without_room_in_time_is_not_sent(void **state)
{
    inner_t inner = {.limit = "1, 1;w=60", .remaining = "0"};
    kl_paced_t *paced = make(state, &inner);

    call(state, paced, KL_PACE_PERSON, "GET", READ, "u");
    assert_int_equal(call(state, paced, KL_PACE_PERSON, "GET", READ, "u"), KL_NOT_SENT);
    assert_int_equal(inner.calls, 1);
}

static void an_answer_without_a_limit_limits_nothing(void **state)
{
    inner_t inner = {.limit = NULL};
    kl_paced_t *paced = make(state, &inner);

    for (int i = 0; i < 500; i++) {
        call(state, paced, KL_PACE_WORKER, "GET", READ, "u");
    }
    inner.limit = inner.remaining = "100000"; /* a limit that nobody reaches */
    for (int i = 0; i < 500; i++) {
        call(state, paced, KL_PACE_WORKER, "GET", READ, "u");
    }
    assert_int_equal(fake_clock_slept(), 0);
}

#define IN_LINE 20

static apr_uint32_t looks_at_the_clock;

static void counted_sleep(apr_interval_time_t time)
{
    apr_atomic_inc32(&looks_at_the_clock);
    apr_sleep(time);
}

static void *APR_THREAD_FUNC wait_in_line(apr_thread_t *thread, void *paced)
{
    kl_http_t *http = kl_paced_http(paced, KL_PACE_PERSON);
    kl_http_request_t req = {.method = "GET",
                             .url = READ,
                             .username = "u",
                             .deadline = apr_time_now() + apr_time_from_sec(60)};
    kl_http_response_t answer = http->exchange(http, apr_thread_pool_get(thread), &req);

    apr_thread_exit(thread, answer.delivery == KL_ANSWERED ? APR_SUCCESS : APR_EGENERAL);
    return NULL;
}

/* A second's wait is 50 looks at the clock for each who looks; when each of many looks, the shop's
 * machine does nothing else. All get their turn. */
static void a_long_line_costs_what_one_costs(void **state)
{
    inner_t inner = {.limit = "20, 20;w=1", .remaining = "19", .status = 200};
    kl_paced_clock_t clock = {apr_time_now, counted_sleep};
    kl_paced_t *paced;
    apr_thread_t *threads[2 * IN_LINE];

    inner.http = (kl_http_t){exchange, &inner};
    paced = kl_paced_make(*state, &inner.http, &clock);
    for (int i = 0; i < 2 * IN_LINE; i++) {
        assert_int_equal(apr_thread_create(&threads[i], NULL, wait_in_line, paced, *state), 0);
    }
    for (int i = 0; i < 2 * IN_LINE; i++) {
        apr_status_t rv = APR_EGENERAL, joined = apr_thread_join(&rv, threads[i]);

        assert_int_equal(joined, APR_SUCCESS);
        assert_int_equal(rv, APR_SUCCESS);
    }
    assert_in_range(apr_atomic_read32(&looks_at_the_clock), 1, 150);
}

/* Whoever cannot wait any longer leaves the line, and it goes on. */
static void a_line_goes_on_when_somebody_leaves_it(void **state)
{
    inner_t inner = {.limit = "1, 1;w=1", .remaining = "0", .status = 200};
    kl_paced_clock_t clock = {apr_time_now, counted_sleep};
    kl_paced_t *paced;
    apr_thread_t *first = NULL;
    apr_status_t rv = APR_EGENERAL, joined;
    kl_http_t *http;
    kl_http_request_t req = {.method = "GET", .url = READ, .username = "u"};

    inner.http = (kl_http_t){exchange, &inner};
    paced = kl_paced_make(*state, &inner.http, &clock);
    http = kl_paced_http(paced, KL_PACE_PERSON);
    req.deadline = apr_time_now() + apr_time_from_sec(60);
    assert_int_equal(http->exchange(http, *state, &req).delivery, KL_ANSWERED);
    looks_at_the_clock = 0;
    assert_int_equal(apr_thread_create(&first, NULL, wait_in_line, paced, *state), APR_SUCCESS);
    while (apr_atomic_read32(&looks_at_the_clock) == 0) {
        apr_sleep(apr_time_from_msec(1));
    }
    req.deadline = apr_time_now() + apr_time_from_msec(1);
    assert_int_equal(http->exchange(http, *state, &req).delivery, KL_NOT_SENT);
    req.deadline = apr_time_now() + apr_time_from_sec(60);
    assert_int_equal(http->exchange(http, *state, &req).delivery, KL_ANSWERED);
    joined = apr_thread_join(&rv, first);
    assert_int_equal(joined, APR_SUCCESS);
    assert_int_equal(rv, APR_SUCCESS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(a_person_waits_when_the_limit_is_used_up),
        WITH_POOL(each_account_has_its_own),
        WITH_POOL(the_worker_is_told_to_wait),
        WITH_POOL(a_call_without_room_in_time_is_not_sent),
        WITH_POOL(an_answer_without_a_limit_limits_nothing),
        WITH_POOL(a_long_line_costs_what_one_costs),
        WITH_POOL(a_line_goes_on_when_somebody_leaves_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
