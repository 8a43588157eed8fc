/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Colours: how they are written, and that the contrast is WCAG's, with the greys on either side of
 * its bounds.
 */
#include "tests/unit/support.h"

#include "core/colour.h"

static void parsed(void **state)
{
    kl_colour_t colour = 7;

    assert_true(kl_colour_parse("#1a2B3c", &colour));
    assert_int_equal(colour, 0x1a2b3c);
    assert_string_equal(kl_colour_text(*state, colour), "#1a2b3c");
    assert_true(kl_colour_parse("0000ff", &colour));
    assert_int_equal(colour, 0xff);
    assert_string_equal(kl_colour_text(*state, colour), "#0000ff");
}

static void not_parsed(void **state)
{
    static const char *const wrong[] = {"",        "#",        "#fff",     "#12345",  "1234567",
                                        "##12345", "#12345 ",  "#12345g",  "-12345",  "0x1234",
                                        "red",     " #123456", "#123456#", "12 3456", "+12345"};
    kl_colour_t colour = 7;

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(kl_colour_parse(wrong[i], &colour));
    }
    assert_int_equal(colour, 7);
}

static void enough_contrast(void **state)
{
    static const kl_colour_t pairs[][2] = {{0x000000, 0xffffff}, {0x949494, 0xffffff},
                                           {0x000000, 0x5a5a5a}, {0x0000ff, 0xffffff},
                                           {0x17120f, 0xffa8cd}, {0x00009c, 0xffff00}};

    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(kl_colour_check(pairs[i][0], pairs[i][1], kl_error_make(*state)), KL_OK);
    }
}

static void little_contrast(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_colour_check(0x959595, 0xffffff, err), KL_INVALID);
    check_field(err, "qr_contrast", "dark");
    assert_string_equal(err->got, "#959595: 2.99:1 with #ffffff");
    assert_string_equal(err->expected, "a contrast of at least 3:1 between dark and light");

    err = kl_error_make(*state);
    kl_colour_check(0x000000, 0x595959, err);
    check_field(err, "qr_contrast", "dark");
    assert_string_equal(err->got, "#000000: 2.99:1 with #595959");
}

static void wrong_way_round(void **state)
{
    static const kl_colour_t pairs[][2] = {{0xffffff, 0x000000},
                                           {0x808080, 0x808080},
                                           {0xffff00, 0x0000ff}};

    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        kl_error_t *err = kl_error_make(*state);

        kl_colour_check(pairs[i][0], pairs[i][1], err);
        check_field(err, "qr_contrast", "dark");
        assert_string_equal(err->got, kl_colour_text(*state, pairs[i][0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(parsed),          WITH_POOL(not_parsed),      WITH_POOL(enough_contrast),
        WITH_POOL(little_contrast), WITH_POOL(wrong_way_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
