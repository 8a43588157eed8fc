/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phone numbers: how cashiers write them, whose they are, and what is said of one that cannot be.
 * That the table is right for every country is for tests/judges to say.
 */
#include "tests/unit/support.h"

#include "core/country.h"
#include "core/phone.h"

static const kl_error_t *parse(apr_pool_t *p, const char *typed, const char *country,
                               kl_phone_t *out)
{
    kl_error_t *err = kl_error_make(p);
    kl_kind_t kind = kl_phone_parse(out, typed, country, "customer.phone", err);

    assert_int_equal(kind, err->kind);
    return err;
}

static void check(apr_pool_t *p, const char *typed, const char *country, const char *e164,
                  const char *national)
{
    kl_phone_t phone;
    const kl_error_t *err = parse(p, typed, country, &phone);

    if (err->kind != KL_OK) {
        print_error("%s: %s\n", typed, err->detail);
    }
    assert_int_equal(err->kind, KL_OK);
    assert_string_equal(phone.e164, e164);
    assert_string_equal(phone.national, national);
}

static void every_spelling(void **state)
{
    static const char *const swedish[] = {"0701740615",
                                          "070-174 06 15",
                                          "070 174 06 15",
                                          "070.174.06.15",
                                          "070/1740615",
                                          "701740615",
                                          "+46701740615",
                                          "+46 70-174 06 15",
                                          "0046701740615",
                                          "00 46 70 174 06 15",
                                          "+46 (0)70 174 06 15",
                                          "+460701740615",
                                          "(+46) 70 174 06 15",
                                          " 070 174 06 15 ",
                                          "(070) 174 06 15",
                                          "070\xc2\xa0"
                                          "174\xc2\xa0"
                                          "06 15"};

    for (unsigned i = 0; i < sizeof(swedish) / sizeof(swedish[0]); i++) {
        check(*state, swedish[i], "SE", "+46701740615", "0701740615");
    }
}

static void each_plan(void **state)
{
    check(*state, "41 23 45 67", "NO", "+4741234567", "41234567");
    check(*state, "041 2345678", "FI", "+358412345678", "0412345678");
    check(*state, "06 20 123 4567", "HU", "+36201234567", "06201234567");
    check(*state, "312 345 6789", "IT", "+393123456789", "3123456789");
    check(*state, "(201) 555-0123", "US", "+12015550123", "2015550123");
    check(*state, "1-506-234-5678", "CA", "+15062345678", "5062345678");
    check(*state, "+52 1 222 123 4567", "MX", "+522221234567", "2221234567");
}

static void of_another_country(void **state)
{
    kl_phone_t phone;

    check(*state, "+47 412 34 567", "SE", "+4741234567", "41234567");
    parse(*state, "+47 412 34 567", "SE", &phone);
    assert_string_equal(phone.country, "NO");
    parse(*state, "0046 70 174 06 15", "FI", &phone);
    assert_string_equal(phone.country, "SE");
    parse(*state, "+1 506 234 5678", "CA", &phone);
    assert_string_equal(phone.country, "CA");
    parse(*state, "+1 201 555 0123", "US", &phone);
    assert_string_equal(phone.country, "US");
    parse(*state, "+1 201 555 0123", "MX", &phone);
    assert_string_equal(phone.country, "US");
}

/* What is stored is read again. */
static void read_again(void **state)
{
    static const char *const countries[] = {"SE", "HU", "IT", "AT"};

    for (unsigned i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
        check(*state, "+36201234567", countries[i], "+36201234567", "06201234567");
    }
}

static void wrong_country(void **state)
{
    static const char *const wrong[] = {"+7 912 345 67 89", "0081 90 1234 5678", "+", "00", "+0",
                                        "+999 12345678"};
    kl_phone_t phone;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const kl_error_t *err = parse(*state, wrong[i], "SE", &phone);

        check_field(err, "phone_country", "customer.phone");
        assert_null(err->got);
    }
    check_field(parse(*state, "0701740615", "JP", &phone), "unknown_country", "country");
}

/* Klarna's hosted page refuses a number whose country is not in its region. */
static void other_region(void **state)
{
    kl_phone_t phone;
    const kl_error_t *err = parse(*state, "+61 412 345 678", "NZ", &phone);

    assert_int_equal(err->kind, KL_OK);
    err = parse(*state, "+61 412 345 678", "SE", &phone);
    check_field(err, "phone_country", "customer.phone");
    assert_string_equal(err->got, "AU");
    err = parse(*state, "+46701740615", "NZ", &phone);
    check_field(err, "phone_country", "customer.phone");
    assert_string_equal(err->expected, "a calling code of a country where Klarna sells, in this "
                                       "account's region: +61, +64");
}

static void wrong_length(void **state)
{
    static const char *const wrong[] = {"070174061",        "07017406155", "+46701740", "",
                                        "+4670174061555",   "46701740615", "00",        "0",
                                        "0000000000000000", "112"};
    kl_phone_t phone;
    const kl_error_t *err;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        err = parse(*state, wrong[i], "SE", &phone);
        assert_int_equal(err->kind, KL_INVALID);
    }
    /* No number begins with what is dialled before it. */
    check_field(parse(*state, "1 155 025 0123", "US", &phone), "phone_length", "customer.phone");
    check_field(parse(*state, "+46 00 174 06 15", "SE", &phone), "phone_length", "customer.phone");
    err = parse(*state, "070-174 06 1", "SE", &phone);
    check_field(err, "phone_length", "customer.phone");
    assert_string_equal(err->got, "8 digits");
    assert_string_equal(err->expected, "a mobile number of SE: +46 and 9 digits, or within the "
                                       "country with the leading 0");
    err = parse(*state, "123", "FI", &phone);
    assert_string_equal(err->expected,
                        "a mobile number of FI: +358 and 6, 7, 8, 9 or 10 digits, or "
                        "within the country with the leading 0");
    err = parse(*state, "123", "NO", &phone);
    assert_string_equal(err->expected, "a mobile number of NO: +47 and 8 digits");
}

static void other_characters(void **state)
{
    static const char *const wrong[] =
        {"070 174 06 15x",      "anna",
         "070+1740615",         "++46701740615",
         "+46+701740615",       "070 174 06 15\n",
         "070\t1740615",        "\xd9\xa0\xd9\xa7\xd9\xa0",
         "070 174 06 15 ext 2", "0 7 0 1 7 4 0 6 1 5                      "};
    kl_phone_t phone;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const kl_error_t *err = parse(*state, wrong[i], "SE", &phone);

        check_field(err, "phone_character", "customer.phone");
        assert_null(err->got);
    }
}

/* Klarna takes 26 countries; each has a row here. */
static void every_country_of_klarna(void **state)
{
    char code[3] = "AA";
    int n = 0;

    for (code[0] = 'A'; code[0] <= 'Z'; code[0]++) {
        for (code[1] = 'A'; code[1] <= 'Z'; code[1]++) {
            kl_phone_t phone;

            if (kl_country_find(code)) {
                check_field(parse(*state, "1", code, &phone), "phone_length", "customer.phone");
                n++;
            }
        }
    }
    assert_int_equal(n, 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(every_spelling), WITH_POOL(each_plan),        WITH_POOL(of_another_country),
        WITH_POOL(read_again),     WITH_POOL(wrong_country),    WITH_POOL(other_region),
        WITH_POOL(wrong_length),   WITH_POOL(other_characters), WITH_POOL(every_country_of_klarna),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
