/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of the last hours: each in its hour, an empty hour for each that had none. */
#include "tests/unit/support.h"

#include "core/hours.h"

#define HOUR apr_time_from_sec(3600)
#define NOW apr_time_from_sec(1790000000) /* 2026-09-21T14:13:20Z */
#define THIS_HOUR (NOW - apr_time_from_sec(13 * 60 + 20))

static void the_hour_that_runs_now_is_the_last(void **state)
{
    kl_hours_t *hours = kl_hours_make(*state, NOW, 3);
    const kl_json_t *v = kl_hours_view(*state, hours), *list = kl_json_get(v, "hours");

    assert_int_equal(hours->to, THIS_HOUR + HOUR);
    assert_string_equal(kl_json_str(v, "from"), "2026-09-21T12:00:00Z");
    assert_int_equal(kl_json_size(list), 3);
    assert_string_equal(kl_json_str(kl_json_at(list, 0), "at"), "2026-09-21T12:00:00Z");
    assert_string_equal(kl_json_str(kl_json_at(list, 2), "at"), "2026-09-21T14:00:00Z");
    assert_int_equal(kl_json_int(kl_json_at(list, 1), "payments", -1), 0);
}

static void an_hour_begins_on_the_hour(void **state)
{
    assert_int_equal(kl_hours_make(*state, THIS_HOUR, 1)->from, THIS_HOUR);
    assert_int_equal(kl_hours_make(*state, THIS_HOUR - 1, 1)->from, THIS_HOUR - HOUR);
}

static void each_kind_and_state_counts_where_it_belongs(void **state)
{
    kl_hours_t *hours = kl_hours_make(*state, NOW, 2);
    const kl_operation_hour_t rows[] = {
        {THIS_HOUR, KL_OP_PLACE_ORDER, KL_OP_CONFIRMED, 5, 5, 1000, 400, 0},
        {THIS_HOUR, KL_OP_CAPTURE, KL_OP_CONFIRMED, 3, 2, 500, 450, 1},
        {THIS_HOUR, KL_OP_REFUND, KL_OP_CONFIRMED, 2, 0, 0, 0, 0},
        {THIS_HOUR, KL_OP_EXTEND, KL_OP_CONFIRMED, 9, 1, 100, 100, 0},
        {THIS_HOUR, KL_OP_CAPTURE, KL_OP_REFUSED, 4, 4, 400, 200, 2},
        {THIS_HOUR, KL_OP_CAPTURE, KL_OP_UNKNOWN, 6, 0, 0, 0, 0},
        {THIS_HOUR, KL_OP_CAPTURE, KL_OP_QUEUED, 7, 0, 0, 0, 0},
    };
    const kl_json_t *list, *v;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        kl_hours_add(hours, &rows[i]);
    }
    list = kl_json_get(kl_hours_view(*state, hours), "hours");
    v = kl_json_at(list, 1);
    assert_int_equal(kl_json_int(v, "payments", -1), 5);
    assert_int_equal(kl_json_int(v, "captures", -1), 3);
    assert_int_equal(kl_json_int(v, "refunds", -1), 2);
    assert_int_equal(kl_json_int(v, "refused", -1), 4);
    assert_int_equal(kl_json_int(v, "unknown", -1), 6);
    assert_int_equal(kl_json_int(v, "calls", -1), 12);
    assert_int_equal(kl_json_int(v, "took_avg_ms", -1), 2000 / 12);
    assert_int_equal(kl_json_int(v, "took_max_ms", -1), 450);
    assert_int_equal(kl_json_int(v, "slow", -1), 3);
    assert_int_equal(kl_json_int(kl_json_at(list, 0), "calls", -1), 0);
}

/* A time of 0 would be drawn as the fastest of all. */
static void without_a_call_there_is_no_time(void **state)
{
    const kl_json_t *v =
        kl_json_at(kl_json_get(kl_hours_view(*state, kl_hours_make(*state, NOW, 1)), "hours"), 0);

    assert_non_null(kl_json_get(v, "took_avg_ms"));
    assert_int_equal(kl_json_int(v, "took_avg_ms", -1), -1);
    assert_int_equal(kl_json_int(v, "took_max_ms", -1), -1);
}

static void what_belongs_to_another_time_is_left_out(void **state)
{
    kl_hours_t *hours = kl_hours_make(*state, NOW, 1);
    kl_operation_hour_t row = {THIS_HOUR - HOUR, KL_OP_CAPTURE, KL_OP_REFUSED, 1, 1, 1, 1, 0};

    kl_hours_add(hours, &row);
    row.hour = THIS_HOUR + HOUR;
    kl_hours_add(hours, &row);
    assert_int_equal(hours->hour[0].refused, 0);
    row.hour = THIS_HOUR;
    kl_hours_add(hours, &row);
    assert_int_equal(hours->hour[0].refused, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(the_hour_that_runs_now_is_the_last),
        WITH_POOL(an_hour_begins_on_the_hour),
        WITH_POOL(each_kind_and_state_counts_where_it_belongs),
        WITH_POOL(without_a_call_there_is_no_time),
        WITH_POOL(what_belongs_to_another_time_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
