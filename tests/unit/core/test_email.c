/* SPDX-License-Identifier: Apache-2.0 */
/* E-mail addresses: what people have is taken, what a typing error makes of it is not. */
#include "tests/unit/support.h"

#include "core/email.h"

#define LOCAL_64 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"

static void taken(void **state)
{
    static const char *const right[] = {"anna@example.com",
                                        "a@b.se",
                                        "Anna.Svensson+shop@mail.example.co.uk",
                                        "o'brien_1-2@example.museum",
                                        "\xc3\xa5sa@\xc3\xb6.example",
                                        LOCAL_64 "@"
                                                 "example.of.a.long.domain.example.co"};

    for (unsigned i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_int_equal(kl_email_check(right[i], "customer.email", kl_error_make(*state)), KL_OK);
    }
}

static void refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "@",
                                        "anna",
                                        "anna@",
                                        "@example.com",
                                        "anna@example",
                                        "anna@@example.com",
                                        "anna@example.com@example.com",
                                        "anna@.example.com",
                                        "anna@example.com.",
                                        "anna@example..com",
                                        ".anna@example.com",
                                        "anna.@example.com",
                                        "an..na@example.com",
                                        "anna svensson@example.com",
                                        " anna@example.com",
                                        "anna@example.com ",
                                        "anna@exam\xc2\xa0ple.com",
                                        "anna@example.com\r\nBcc: all@example.com",
                                        "anna\x7f@example.com",
                                        "anna@example.com,eva@example.com",
                                        "Anna <anna@example.com>",
                                        LOCAL_64 "g@example.com",
                                        LOCAL_64 "@"
                                                 "example.of.a.long.domain.example.com"};

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        kl_error_t *err = kl_error_make(*state);

        assert_int_equal(kl_email_check(wrong[i], "customer.email", err), KL_INVALID);
        check_field(err, "email", "customer.email");
        assert_null(err->got);
        assert_null(strstr(err->detail, "anna"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(taken), WITH_POOL(refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
