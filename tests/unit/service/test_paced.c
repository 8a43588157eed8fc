/* SPDX-License-Identifier: Apache-2.0 */
/* The engine that keeps to Klarna's pace: it learns from answers and waits, for each account and
 * kind of call apart. */
#include "tests/unit/fake_process.h"

#include <apr_tables.h>
#include "service/paced.h"

#define HOST "https://klarna.example"
#define READ HOST "/ordermanagement/v1/orders/1"
#define SESSIONS HOST "/payments/v1/sessions"

typedef struct inner_t {
    kl_http_t http;
    const char *limit, *remaining;
    int status, calls;
} inner_t;

static kl_http_response_t exchange(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    inner_t *inner = self->impl;
    apr_table_t *headers = apr_table_make(p, 2);

    (void)req;
    inner->calls++;
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(a_person_waits_when_the_limit_is_used_up),
        WITH_POOL(each_account_has_its_own),
        WITH_POOL(the_worker_is_told_to_wait),
        WITH_POOL(a_call_without_room_in_time_is_not_sent),
        WITH_POOL(an_answer_without_a_limit_limits_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
