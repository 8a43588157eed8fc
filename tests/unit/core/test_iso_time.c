/* SPDX-License-Identifier: Apache-2.0 */
/* ISO 8601: read exactly or not at all. Expected values come from `date -u -d ... +%s`. */
#include "tests/unit/support.h"

#include "core/iso_time.h"

static void expect(const char *text, apr_time_t seconds, apr_time_t micros)
{
    apr_time_t got = kl_iso_time(text);

    if (got != seconds * 1000000 + micros) {
        fail_msg("%s gave %lld", text, (long long)got);
    }
}

static void test_reads(void **state)
{
    (void)state;
    expect("2026-11-22T10:00:00Z", 1795341600, 0);
    expect("2022-08-05T00:00:00.000Z", 1659657600, 0);
    expect("2022-07-08T09:48:16.680Z", 1657273696, 680000);
    expect("2022-07-08T09:48:16.123456789Z", 1657273696, 123456);
    expect("2022-07-08T09:48:16,5Z", 1657273696, 500000);
    expect("2026-11-22T10:00:00+01:00", 1795338000, 0);
    expect("2026-11-22T10:00:00+0130", 1795336200, 0);
    expect("2026-11-22T10:00:00-05", 1795359600, 0);
    expect("2024-02-29T23:59:59Z", 1709251199, 0);
    expect("2000-02-29T00:00:00Z", 951782400, 0);
    expect("2016-12-31T23:59:60Z", 1483228800, 0);
    expect("9999-12-31T23:59:59Z", 253402300799, 0);
}

static void test_refuses(void **state)
{
    static const char *const bad[] = {"",
                                      "2026-11-22",
                                      "2026-11-22T10:00:00",
                                      "2026-11-22 10:00:00Z",
                                      "2026-11-22T10:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "1900-01-01T00:00:00Z",
                                      "2100-02-29T00:00:00Z",
                                      "2026-04-31T00:00:00Z",
                                      "2026-11-00T00:00:00Z",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T10:60:00Z",
                                      "2026-11-22T10:00:61Z",
                                      "2026-11-22T10:00:00.Z",
                                      "2026-11-22T10:00:00Zx",
                                      "2026-11-22T10:00:00+",
                                      "2026-11-22T10:00:00+1",
                                      "2026-11-22T10:00:00+24:00",
                                      "2026-11-22T10:00:00+01:60",
                                      "2026-11-22T10:00:00+01:",
                                      "2026-11-22T10:00:00+01:0",
                                      "20261122T100000Z",
                                      "+2026-11-22T10:00:00Z",
                                      "1970-01-01T00:00:00+01:00",
                                      "never",
                                      NULL};

    (void)state;
    assert_int_equal(kl_iso_time(NULL), 0);
    for (int i = 0; bad[i]; i++) {
        expect(bad[i], 0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reads),
                                       cmocka_unit_test(test_refuses)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
