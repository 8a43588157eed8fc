/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Countries: the table is consistent, and each kind of mismatch is told by its own code.
 */
#include "tests/unit/support.h"

#include <stdio.h>

#include "core/country.h"

static const char all[] = "AT BE CH CZ DE DK ES FI FR GB GR HU IE IT NL NO PL PT RO SE SK "
                          "CA MX US AU NZ";

static void table_is_complete(void **state)
{
    int n = 0;

    for (const char *c = all; c < all + sizeof(all); c += 3) {
        char code[3] = {c[0], c[1], '\0'}, locale[6];
        const kl_country_t *country = kl_country_find(code);
        kl_error_t *err = kl_error_make(*state);

        assert_non_null(country);
        assert_int_equal(strlen(country->currency), 3);
        for (const char *l = country->languages;; l += 3) {
            snprintf(locale, sizeof(locale), "%.2s-%s", l, code);
            assert_int_equal(kl_country_check(code, country->currency, locale, country->region,
                                              err),
                             KL_OK);
            if (!l[2]) {
                break;
            }
        }
        n++;
    }
    assert_int_equal(n, 26);
}

static void not_a_market(void **state)
{
    (void)state;
    assert_null(kl_country_find("XX"));
    assert_null(kl_country_find("se"));
    assert_null(kl_country_find(""));
    assert_null(kl_country_find("SEE"));
}

static const kl_error_t *check(apr_pool_t *p, const char *country, const char *currency,
                               const char *locale, kl_region_t region)
{
    kl_error_t *err = kl_error_make(p);
    kl_kind_t kind = kl_country_check(country, currency, locale, region, err);

    assert_int_equal(kind, err->kind);
    return err;
}

static void unknown_country(void **state)
{
    const kl_error_t *err = check(*state, "JP", "JPY", NULL, KL_REGION_OC);

    check_field(err, "unknown_country", "purchase_country");
    assert_string_equal(err->got, "JP");
    assert_string_equal(err->expected, "a country of region oc: AU, NZ");
}

static void region_mismatch(void **state)
{
    const kl_error_t *err = check(*state, "SE", "SEK", NULL, KL_REGION_NA);

    check_field(err, "region_mismatch", "purchase_country");
    assert_string_equal(err->expected, "a country of region na: CA, MX, US");
}

static void currency_mismatch(void **state)
{
    const kl_error_t *err = check(*state, "SE", "EUR", NULL, KL_REGION_EU);

    check_field(err, "currency_mismatch", "purchase_currency");
    assert_string_equal(err->got, "EUR");
    assert_string_equal(err->expected, "SEK");
}

static void locale_mismatch(void **state)
{
    static const char *const wrong[] = {"de-FI", "fi-SE",   "fi",    "",
                                        "fi_FI", "fi-FI-x", "FI-FI", "i,-FI"};

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const kl_error_t *err = check(*state, "FI", "EUR", wrong[i], KL_REGION_EU);

        check_field(err, "locale_mismatch", "locale");
        assert_string_equal(err->expected, "fi-FI, sv-FI or en-FI");
    }
    assert_string_equal(check(*state, "GB", "GBP", "sv-GB", KL_REGION_EU)->expected, "en-GB");
    assert_int_equal(check(*state, "FI", "EUR", NULL, KL_REGION_EU)->kind, KL_OK);
}

static void regions(void **state)
{
    kl_region_t region = KL_REGION_EU;

    (void)state;
    for (int r = KL_REGION_EU; r <= KL_REGION_OC; r++) {
        assert_true(kl_country_region_parse(kl_country_region_name((kl_region_t)r), &region));
        assert_int_equal(region, r);
    }
    assert_false(kl_country_region_parse("us", &region));
    assert_int_equal(region, KL_REGION_OC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(table_is_complete), WITH_POOL(not_a_market),      WITH_POOL(unknown_country),
        WITH_POOL(region_mismatch),   WITH_POOL(currency_mismatch), WITH_POOL(locale_mismatch),
        WITH_POOL(regions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
