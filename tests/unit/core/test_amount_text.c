/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts as people type them. */
#include "tests/unit/support.h"

#include "core/amount_text.h"
#include "core/limits.h"

static void check(const char *text, apr_int64_t first, apr_int64_t second)
{
    apr_int64_t out[2] = {0, 0};
    int n = kl_amount_text_read(text, out);

    if (n != (first > 0) + (second > 0) || (n > 0 && out[0] != first)
        || (n > 1 && out[1] != second)) {
        fail_msg("%s: %d amounts, %" APR_INT64_T_FMT " and %" APR_INT64_T_FMT, text, n, out[0],
                 out[1]);
    }
}

static void cents_leave_no_doubt(void **state)
{
    (void)state;
    check("129.00", 12900, 0);
    check("129,00", 12900, 0);
    check("129.5", 12950, 0);
    check("0.01", 1, 0);
    check("1 290,00", 129000, 0);
    check("1\xC2\xA0"
          "290,00",
          129000, 0);
    check("1\xE2\x80\xAF"
          "290,00",
          129000, 0);
    check("1'290.00", 129000, 0);
    check("1\xE2\x80\x99"
          "290.00",
          129000, 0);
    check("1.290,00", 129000, 0);
    check("1,290.00", 129000, 0);
    check("1.290", 129000, 0); /* thousands */
    check("1,000,000.00", 100000000, 0);
}

static void a_whole_number_may_be_either(void **state)
{
    (void)state;
    check("12900", 12900, 1290000);
    check("1", 1, 100);
    check("1 290", 1290, 129000);
    check("200000000", KL_MAX_AMOUNT, 0); /* as whole units too much */
}

static void anything_else_is_none(void **state)
{
    static const char *const texts[] =
        {"",        "0",           "0.00", "129.", ".50",     "1.2.3", "12.9000",
         "1.29.00", "-5.00",       "5 kr", "12a",  "1,29,00", "A1",    "999999999999999999999999",
         "1..00",   "200000000.01"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check(texts[i], 0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cents_leave_no_doubt),
        cmocka_unit_test(a_whole_number_may_be_either),
        cmocka_unit_test(anything_else_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
