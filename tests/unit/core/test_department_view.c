/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a till is told of a department: each reason why it cannot take a payment, and the document.
 */
#include "tests/unit/support.h"

#include "core/department_view.h"

/* Takes SE/SEK and FI/EUR, on the hosted page. */
static kl_department_t a_department(apr_pool_t *p)
{
    kl_department_t department = {.name = "desk",
                                  .store = "clinic",
                                  .account = "clinic",
                                  .on = 1,
                                  .way = KL_WAY_HOSTED_PAGE,
                                  .sends_sms = 1,
                                  .sends_email = 1,
                                  .time_out = apr_time_from_sec(1800),
                                  .country = ""};

    department.markets = apr_array_make(p, 2, sizeof(kl_market_t));
    APR_ARRAY_PUSH(department.markets, kl_market_t) = (kl_market_t){"SE", "SEK"};
    APR_ARRAY_PUSH(department.markets, kl_market_t) = (kl_market_t){"FI", "EUR"};
    return department;
}

static const char *why_not(const kl_department_t *department, const char *country,
                           const char *currency, apr_int64_t amount)
{
    const kl_department_ask_t ask = {country, currency, amount};
    const kl_json_t *v = kl_department_view_json(department->markets->pool, department, &ask);
    const char *code = kl_json_str(kl_json_get(v, "why_not"), "code");

    assert_int_equal(kl_json_bool(v, "can", -1), code == NULL);
    return code ? code : "";
}

static void what_it_takes(void **state)
{
    kl_department_t department = a_department(*state);

    assert_string_equal(why_not(&department, "", "", -1), "");
    assert_string_equal(why_not(&department, "SE", "SEK", 1), "");
    assert_string_equal(why_not(&department, "", "EUR", 200000000), "");
    assert_string_equal(why_not(&department, "FI", "", -1), "");
}

static void what_it_does_not_take(void **state)
{
    kl_department_t department = a_department(*state);

    assert_string_equal(why_not(&department, "NO", "NOK", 100), "country");
    assert_string_equal(why_not(&department, "SE", "EUR", 100), "currency");
    assert_string_equal(why_not(&department, "", "NOK", 100), "currency");
    assert_string_equal(why_not(&department, "SE", "SEK", 0), "amount_too_low");
    assert_string_equal(why_not(&department, "SE", "SEK", 200000001), "amount_too_high");
    department.on = 0;
    assert_string_equal(why_not(&department, "SE", "SEK", 100), "off");
}

static void shows(apr_pool_t *p, const kl_department_t *department, apr_int64_t amount,
                  const char *expected)
{
    const kl_department_ask_t ask = {"", "", amount};

    assert_string_equal(kl_json_text(p, kl_department_view_json(p, department, &ask)), expected);
}

static void the_document(void **state)
{
    kl_department_t department = a_department(*state);

    shows(*state, &department, -1,
          "{\"name\":\"desk\",\"store\":\"clinic\",\"way\":\"hosted_page\",\"can\":true,"
          "\"why_not\":null,\"markets\":[{\"country\":\"SE\",\"currency\":\"SEK\",\"locales\":"
          "[\"sv-SE\",\"en-SE\"]},{\"country\":\"FI\",\"currency\":\"EUR\",\"locales\":"
          "[\"fi-FI\",\"sv-FI\",\"en-FI\"]}],\"send\":[\"sms\",\"email\",\"qr\"],"
          "\"refunds\":false,\"place\":\"CAPTURE_ORDER\",\"timeout_s\":1800,\"finalize\":false}");
}

static void the_other_document(void **state)
{
    kl_department_t department = a_department(*state);

    department.way = KL_WAY_QR;
    department.markets->nelts = 1;
    department.refunds = department.places_only = 1;
    department.time_out = 0;
    department.finalize = "/host/finalize";
    shows(*state, &department, 0,
          "{\"name\":\"desk\",\"store\":\"clinic\",\"way\":\"qr\",\"can\":false,"
          "\"why_not\":{\"code\":\"amount_too_low\",\"text\":\"There is nothing to pay.\"},"
          "\"markets\":[{\"country\":\"SE\",\"currency\":\"SEK\",\"locales\":[\"sv-SE\",\"en-SE\"]}"
          "],\"send\":[\"qr\"],\"refunds\":true,\"place\":\"PLACE_ORDER\",\"timeout_s\":0,"
          "\"finalize\":true}");
}

static void what_is_not_sent(void **state)
{
    kl_department_t department = a_department(*state);
    const kl_department_ask_t ask = {"", "", -1};
    const kl_json_t *v;

    department.sends_sms = 0;
    v = kl_json_get(kl_department_view_json(*state, &department, &ask), "send");
    assert_int_equal(kl_json_size(v), 2);
    assert_string_equal(kl_json_str_at(v, 0), "email");
    department.on = 0;
    assert_string_equal(kl_json_str(kl_department_view_json(*state, &department, &ask), "way"),
                        "off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_it_takes),      WITH_POOL(what_it_does_not_take), WITH_POOL(the_document),
        WITH_POOL(the_other_document), WITH_POOL(what_is_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
