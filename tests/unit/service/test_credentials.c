/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each answer of one of Klarna's systems says about the credentials, and that nothing
 * but a read goes out.
 */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "tests/unit/fake_process.h"
#include "service/credentials.h"

#define SECRET "klarna_live_api_secret"
#define ERROR_404 \
    "{\"error_code\":\"NO_SUCH_ORDER\",\"error_messages\":[\"none\"],\"correlation_id\":\"c\"}"
#define ERROR_400 \
    "{\"error_code\":\"INVALID_ORDER_ID\",\"error_messages\":[\"bad\"],\"correlation_id\":\"c\"}"
#define ERROR_403 \
    "{\"error_code\":\"NOT_ALLOWED\",\"error_messages\":[\"no\"],\"correlation_id\":\"c\"}"

/* What the next call gets, and what it was. */
typedef struct script_t {
    kl_http_t http;
    kl_delivery_t delivery;
    int status;
    const char *body;
    kl_http_request_t req;
    apr_interval_time_t time_left;
    int calls;
} script_t;

static kl_http_response_t exchange(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    script_t *script = (script_t *)self;

    script->calls++;
    script->req = *req;
    script->time_left = req->deadline - fake_clock_now();
    return (kl_http_response_t){.delivery = script->delivery,
                                .why = "connection refused",
                                .status = script->status,
                                .headers = apr_table_make(p, 1),
                                .body = script->body,
                                .body_len = strlen(script->body)};
}

static const kl_account_t account = {"shop", "https://klarna.test", "PK1", SECRET,
                                     "live", KL_REGION_NA};

static const char *test_it(apr_pool_t *p, script_t *script, apr_interval_time_t timeout)
{
    kl_service_t svc = {.p = p, .http = &script->http, .timeout = timeout, .now = fake_clock_now};
    const char *detail = NULL, *result;

    fake_clock_set(apr_time_from_sec(1000));
    script->http.exchange = exchange;
    result = kl_credentials_result_name(kl_credentials_test(&svc, &account, &detail));
    assert_non_null(detail);
    assert_int_not_equal(strlen(detail), 0);
    assert_null(strstr(detail, SECRET));
    assert_null(strstr(detail, account.username));
    return result;
}

static void what_an_answer_says(void **state)
{
    static const struct {
        int status;
        const char *body, *result;
    } rows[] = {
        {404, ERROR_404, "accepted"},
        {400, ERROR_400, "accepted"},
        {404, "", "no_answer"}, /* any web server says that */
        {404, "<html>Not Found</html>", "no_answer"},
        {404, "{\"detail\":\"x\"}", "no_answer"},
        {401, "<html>401</html>", "refused"},
        {401, "", "refused"},
        {401, ERROR_403, "refused"},
        {403, ERROR_403, "refused"},
        {403, "", "refused"},
        {200, "{}", "no_answer"},
        {302, "", "no_answer"},
        {429, ERROR_403, "no_answer"},
        {500, ERROR_404, "no_answer"},
        {503, "", "no_answer"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script_t script = {.delivery = KL_ANSWERED, .status = rows[i].status, .body = rows[i].body};

        print_message("%d %s\n", rows[i].status, rows[i].body);
        assert_string_equal(test_it(*state, &script, apr_time_from_sec(1)), rows[i].result);
    }
}

static void without_an_answer(void **state)
{
    script_t not_sent = {.delivery = KL_NOT_SENT, .status = 404, .body = ERROR_404};
    script_t lost = {.delivery = KL_LOST, .status = 404, .body = ERROR_404};

    assert_string_equal(test_it(*state, &not_sent, apr_time_from_sec(1)), "no_answer");
    assert_string_equal(test_it(*state, &lost, apr_time_from_sec(1)), "no_answer");
}

static void one_read_goes_out(void **state)
{
    script_t script = {.delivery = KL_ANSWERED, .status = 404, .body = ERROR_404};

    test_it(*state, &script, apr_time_from_sec(1));
    assert_int_equal(script.calls, 1);
    assert_string_equal(script.req.method, "GET");
    assert_string_equal(script.req.url, "https://klarna.test/ordermanagement/v1/orders/"
                                        "00000000-0000-4000-8000-000000000000");
    assert_string_equal(script.req.body, "");
    assert_string_equal(script.req.username, account.username);
    assert_string_equal(script.req.password, SECRET);
}

/* Six systems one after the other must not hold a thread for six whole time-outs. */
static void it_does_not_wait_long(void **state)
{
    script_t script = {.delivery = KL_NOT_SENT, .status = 0, .body = ""};

    test_it(*state, &script, apr_time_from_sec(45));
    assert_int_equal(script.time_left, apr_time_from_sec(5));
    test_it(*state, &script, apr_time_from_sec(2));
    assert_int_equal(script.time_left, apr_time_from_sec(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_an_answer_says),
        WITH_POOL(without_an_answer),
        WITH_POOL(one_read_goes_out),
        WITH_POOL(it_does_not_wait_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
