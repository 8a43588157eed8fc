/* SPDX-License-Identifier: Apache-2.0 */
/* What Klarna's answer to a session says about a country, and that one session is all that goes
 * out. */
#include "tests/unit/support.h"

#include "tests/unit/fake_process.h"
#include "service/markets.h"

#define SECRET "klarna_test_api_secret"
#define REFUSED \
    "{\"error_code\":\"NOT_ALLOWED\",\"error_messages\":[\"no\"],\"correlation_id\":\"c\"}"
#define SESSION(methods) \
    "{\"session_id\":\"0b1d9815-165e-42e2-8867-35bc03789e00\",\"client_token\":\"eyJ\"," \
    "\"payment_method_categories\":" methods "}"
#define TWO "[{\"identifier\":\"pay_later\"},{\"name\":\"?\"},{\"identifier\":\"pay_now\"}]"

typedef struct script_t {
    kl_http_t http;
    kl_delivery_t delivery;
    int status;
    const char *body;
    kl_http_request_t req;
    int calls;
} script_t;

static kl_http_response_t exchange(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    script_t *script = (script_t *)self;

    script->calls++;
    script->req = *req;
    return (kl_http_response_t){.delivery = script->delivery,
                                .why = "connection refused",
                                .status = script->status,
                                .headers = apr_table_make(p, 1),
                                .body = script->body,
                                .body_len = strlen(script->body)};
}

static const kl_account_t account = {"shop", "https://klarna.test", "PK1",
                                     SECRET, "playground",          KL_REGION_EU};

static kl_market_test_t test_it(apr_pool_t *p, script_t *script)
{
    kl_service_t svc = {.p = p,
                        .http = &script->http,
                        .timeout = apr_time_from_sec(1),
                        .now = fake_clock_now};
    kl_market_test_t market;

    fake_clock_set(apr_time_from_sec(1000));
    script->http.exchange = exchange;
    kl_markets_test(&svc, &account, kl_country_find("NO"), &market);
    assert_int_equal(script->calls, 1);
    assert_int_not_equal(strlen(market.detail), 0);
    assert_null(strstr(market.detail, SECRET));
    return market;
}

static void what_an_answer_says(void **state)
{
    static const struct {
        kl_delivery_t delivery;
        int status;
        const char *body, *result, *methods;
    } rows[] = {
        {KL_ANSWERED, 200, SESSION(TWO), "accepted", "[\"pay_later\",\"pay_now\"]"},
        {KL_ANSWERED, 200, SESSION("[]"), "refused", "[]"},
        {KL_ANSWERED, 200, SESSION("null"), "refused", "[]"},
        {KL_ANSWERED, 200, "{}", "no_answer", "[]"},
        {KL_ANSWERED, 200, "<html>", "no_answer", "[]"},
        {KL_ANSWERED, 403, REFUSED, "refused", "[]"},
        {KL_ANSWERED, 400, REFUSED, "refused", "[]"},
        {KL_ANSWERED, 401, "<html>", "refused", "[]"},
        {KL_ANSWERED, 404, "<html>", "no_answer", "[]"},
        {KL_ANSWERED, 429, REFUSED, "no_answer", "[]"},
        {KL_ANSWERED, 503, "", "no_answer", "[]"},
        {KL_NOT_SENT, 0, "", "no_answer", "[]"},
        {KL_LOST, 0, "", "no_answer", "[]"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script_t script = {.delivery = rows[i].delivery,
                           .status = rows[i].status,
                           .body = rows[i].body};
        kl_market_test_t market = test_it(*state, &script);

        print_message("%d %s\n", rows[i].status, rows[i].body);
        assert_string_equal(kl_credentials_result_name(market.result), rows[i].result);
        assert_string_equal(kl_json_text(*state, market.methods), rows[i].methods);
    }
}

static void one_session_goes_out(void **state)
{
    script_t script = {.delivery = KL_ANSWERED, .status = 200, .body = SESSION(TWO)};

    test_it(*state, &script);
    assert_string_equal(script.req.method, "POST");
    assert_string_equal(script.req.url, "https://klarna.test/payments/v1/sessions");
    assert_string_equal(
        script.req.body,
        "{\"purchase_country\":\"NO\",\"purchase_currency\":\"NOK\",\"locale\":\"nb-NO\","
        "\"order_amount\":10000,\"order_tax_amount\":0,\"order_lines\":[{\"type\":\"physical\","
        "\"reference\":\"test\",\"name\":\"Test of the account\",\"quantity\":1,"
        "\"unit_price\":10000,\"tax_rate\":0,\"total_amount\":10000,\"total_tax_amount\":0}]}");
    assert_string_equal(script.req.username, account.username);
    assert_string_equal(script.req.password, SECRET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_an_answer_says),
        WITH_POOL(one_session_goes_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
