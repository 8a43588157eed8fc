/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Departments: which markets they take, and how a payment that names little of its market gets one.
 */
#include "tests/unit/support.h"

#include "core/department.h"

static void add(kl_department_t *department, const char *country, const char *currency)
{
    APR_ARRAY_PUSH(department->markets, kl_market_t) = (kl_market_t){country, currency};
}

/* Takes SE/SEK, FI/EUR and DE/EUR. */
static kl_department_t three_markets(apr_pool_t *p)
{
    kl_department_t department = {.name = "desk", .country = ""};

    department.markets = apr_array_make(p, 3, sizeof(kl_market_t));
    add(&department, "SE", "SEK");
    add(&department, "FI", "EUR");
    add(&department, "DE", "EUR");
    return department;
}

static void sells(void **state)
{
    kl_department_t department = three_markets(*state);

    assert_true(kl_department_sells(&department, "FI", "EUR"));
    assert_true(kl_department_sells(&department, "FI", ""));
    assert_true(kl_department_sells(&department, "", "SEK"));
    assert_true(kl_department_sells(&department, "", ""));
    assert_false(kl_department_sells(&department, "SE", "EUR"));
    assert_false(kl_department_sells(&department, "NO", ""));
    assert_false(kl_department_sells(&department, "", "NOK"));
}

static void takes(const kl_department_t *department, const char *country, const char *currency,
                  const char *expected)
{
    const kl_market_t *market = NULL;
    kl_error_t *err = kl_error_make(department->markets->pool);

    assert_int_equal(kl_department_market(department, country, currency, &market, err), KL_OK);
    assert_string_equal(market->country, expected);
}

static void refuses(const kl_department_t *department, const char *country, const char *currency,
                    const char *code, const char *field)
{
    const kl_market_t *market = NULL;
    kl_error_t *err = kl_error_make(department->markets->pool);

    assert_int_equal(kl_department_market(department, country, currency, &market, err), KL_INVALID);
    check_field(err, code, field);
    assert_string_equal(err->expected, "SE/SEK, FI/EUR or DE/EUR");
}

static void one_market_fits(void **state)
{
    kl_department_t department = three_markets(*state);

    takes(&department, "SE", "SEK", "SE");
    takes(&department, "DE", "", "DE");
    takes(&department, "", "SEK", "SE");
    takes(&department, "FI", "EUR", "FI");
}

static void no_market_fits(void **state)
{
    kl_department_t department = three_markets(*state);

    refuses(&department, "NO", "NOK", "unknown_country", "country");
    refuses(&department, "NO", "", "unknown_country", "country");
    refuses(&department, "SE", "EUR", "currency_mismatch", "currency");
    refuses(&department, "", "NOK", "currency_mismatch", "currency");
}

/* Guessing a country would be guessing whose money it is. */
static void several_markets_fit(void **state)
{
    kl_department_t department = three_markets(*state);

    refuses(&department, "", "", "missing", "country");
    refuses(&department, "", "EUR", "missing", "country");
    department.country = "FI";
    takes(&department, "", "", "FI");
    takes(&department, "", "EUR", "FI");
    takes(&department, "", "SEK", "SE");
    department.country = "DE";
    takes(&department, "", "EUR", "DE");
    department.country = "NO";
    refuses(&department, "", "EUR", "missing", "country");
}

static void the_only_market_needs_no_name(void **state)
{
    kl_department_t department = three_markets(*state);

    department.markets->nelts = 1;
    takes(&department, "", "", "SE");
}

static void a_region_has_its_markets(void **state)
{
    kl_department_t department = {.country = ""};

    department.markets = kl_department_markets_of(*state, KL_REGION_OC);
    assert_string_equal(kl_department_markets_text(*state, department.markets), "AU/AUD or NZ/NZD");
    assert_int_equal(kl_department_markets_of(*state, KL_REGION_NA)->nelts, 3);
    department.markets = kl_department_markets_of(*state, KL_REGION_EU);
    assert_int_equal(department.markets->nelts, 21);
    assert_true(kl_department_sells(&department, "SE", "SEK"));
    assert_true(kl_department_sells(&department, "NO", "NOK"));
    assert_true(kl_department_sells(&department, "FI", "EUR"));
    assert_false(kl_department_sells(&department, "US", "USD"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(sells),
        WITH_POOL(one_market_fits),
        WITH_POOL(no_market_fits),
        WITH_POOL(several_markets_fit),
        WITH_POOL(the_only_market_needs_no_name),
        WITH_POOL(a_region_has_its_markets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
