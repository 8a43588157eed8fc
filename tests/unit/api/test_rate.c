/* SPDX-License-Identifier: Apache-2.0 */
/* What the rate-limit headers say, in every form Klarna shows and in forms that say nothing. */
#include "tests/unit/support.h"

#include "api/rate.h"

static void test_limits(void **state)
{
    static const struct {
        const char *header;
        int limit, window;
    } rows[] = {
        {"5, 5;w=1", 5, 1},
        {"40;w=1;name=\"capture\"", 40, 1},
        {"200", 200, 1},
        {" 200 ;w=10", 200, 10},
        {"10, 10;w=1, 1000;w=60", 10, 1},
        {"1000, 10;w=1, 1000;w=60", 1000, 60},
        {"40;w=2;name=\"a\", 100;w=3", 40, 2},
        {"40;name=\"a,9;w=7\\\",8\", 40;w=5", 40, 5},
        {"40;burst=1;w=4", 40, 4},
        {"40;w=0", 40, 1},
        {"40;w=x", 40, 1},
        {"40;w=", 40, 1},
        {"40, 50;w=9", 40, 1},
        {"99999999999999999999;w=99999999999999999999", KL_RATE_MAX, KL_RATE_MAX},
        {"", 0, 1},
        {"0;w=5", 0, 1},
        {"-5", 0, 1},
        {"5.5", 0, 1},
        {"many;w=5", 0, 1},
        {",,;;", 0, 1},
        {"\"5;w=2", 0, 1},
        {NULL, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        kl_rate_t rate = kl_rate_read(rows[i].header, NULL, NULL);

        print_message("%s\n", rows[i].header ? rows[i].header : "none");
        assert_int_equal(rate.limit, rows[i].limit);
        assert_int_equal(rate.window, rows[i].window);
    }
}

static void test_what_is_left(void **state)
{
    static const struct {
        const char *header;
        int remaining, reset;
    } rows[] = {{NULL, -1, 0}, {"0", 0, 0},   {"4", 4, 4},
                {"4 ", 4, 4},  {"-1", -1, 0}, {"99999999999", KL_RATE_MAX, KL_RATE_MAX},
                {"4s", -1, 0}, {"", -1, 0},   {"0x10", -1, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        kl_rate_t rate = kl_rate_read(NULL, rows[i].header, rows[i].header);

        print_message("%s\n", rows[i].header ? rows[i].header : "none");
        assert_int_equal(rate.remaining, rows[i].remaining);
        assert_int_equal(rate.reset, rows[i].reset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
