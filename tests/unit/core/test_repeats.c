/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said once, then once a minute with a count, until it is over; that what comes and goes, a
 * clock that is set back and any number of different troubles make no more of it.
 */
#include "tests/unit/support.h"

#include <apr_strings.h>

#include "core/repeats.h"

#define NOW apr_time_from_sec(1000000)
#define SECOND apr_time_from_sec(1)

static void once_then_once_a_minute(void **state)
{
    kl_repeats_t repeats = {0};
    apr_uint32_t unsaid = 9;

    (void)state;
    assert_true(kl_repeats_happened(&repeats, "locked", NOW, &unsaid));
    assert_int_equal(unsaid, 0);
    for (int i = 1; i < 60; i++) {
        assert_false(kl_repeats_happened(&repeats, "locked", NOW + i * SECOND, &unsaid));
    }
    assert_true(kl_repeats_happened(&repeats, "locked", NOW + 60 * SECOND, &unsaid));
    assert_int_equal(unsaid, 59);
    assert_false(kl_repeats_happened(&repeats, "locked", NOW + 61 * SECOND, &unsaid));
}

static void one_does_not_hide_another(void **state)
{
    kl_repeats_t repeats = {0};
    apr_uint32_t unsaid = 0;

    (void)state;
    assert_true(kl_repeats_happened(&repeats, "locked", NOW, &unsaid));
    assert_true(kl_repeats_happened(&repeats, "full", NOW, &unsaid));
    assert_false(kl_repeats_happened(&repeats, "full", NOW, &unsaid));
}

static void the_end_is_said_once_with_a_count(void **state)
{
    kl_repeats_t repeats = {0};
    apr_uint32_t unsaid = 0;
    apr_time_t since = 0;

    (void)state;
    assert_false(kl_repeats_over(&repeats, &since, &unsaid));
    kl_repeats_happened(&repeats, "locked", NOW, &unsaid);
    kl_repeats_happened(&repeats, "full", NOW + SECOND, &unsaid);
    kl_repeats_happened(&repeats, "full", NOW + SECOND, &unsaid);
    kl_repeats_happened(&repeats, "locked", NOW + SECOND, &unsaid);
    assert_true(kl_repeats_over(&repeats, &since, &unsaid));
    assert_int_equal(since, NOW);
    assert_int_equal(unsaid, 2);
    assert_false(kl_repeats_over(&repeats, &since, &unsaid));
}

static void what_comes_and_goes_fills_no_log(void **state)
{
    kl_repeats_t repeats = {0};
    apr_uint32_t unsaid = 0;
    apr_time_t since = 0;
    int said = 0;

    (void)state;
    for (int i = 0; i < 6000; i++) { /* ten minutes, ten times a second */
        apr_time_t now = NOW + i * SECOND / 10;

        said += kl_repeats_happened(&repeats, "locked", now, &unsaid);
        said += kl_repeats_over(&repeats, &since, &unsaid);
    }
    assert_int_equal(said, 20);
}

static void a_clock_that_is_set_back(void **state)
{
    kl_repeats_t repeats = {0};
    apr_uint32_t unsaid = 0;

    (void)state;
    kl_repeats_happened(&repeats, "locked", NOW, &unsaid);
    assert_true(kl_repeats_happened(&repeats, "locked", NOW - 3600 * SECOND, &unsaid));
    assert_false(kl_repeats_happened(&repeats, "locked", NOW - 3599 * SECOND, &unsaid));
}

static void any_number_of_troubles_has_so_many_places(void **state)
{
    kl_repeats_t repeats = {0};
    apr_uint32_t unsaid = 0;

    for (int i = 0; i < 3 * KL_REPEATS_MOST; i++) {
        assert_true(kl_repeats_happened(&repeats, apr_itoa(*state, i), NOW + i, &unsaid));
    }
    /* The last ones are remembered, the first have made way. */
    assert_false(
        kl_repeats_happened(&repeats, apr_itoa(*state, 3 * KL_REPEATS_MOST - 1), NOW, &unsaid)
        && unsaid);
    assert_true(kl_repeats_happened(&repeats, "0", NOW + 100, &unsaid));
}

static void a_long_text_is_known_by_its_beginning(void **state)
{
    kl_repeats_t repeats = {0};
    char text[2 * KL_REPEATS_WHAT];
    apr_uint32_t unsaid = 0;

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_true(kl_repeats_happened(&repeats, text, NOW, &unsaid));
    text[sizeof(text) - 2] = 'y';
    assert_false(kl_repeats_happened(&repeats, text, NOW, &unsaid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(once_then_once_a_minute),
        WITH_POOL(one_does_not_hide_another),
        WITH_POOL(the_end_is_said_once_with_a_count),
        WITH_POOL(what_comes_and_goes_fills_no_log),
        WITH_POOL(a_clock_that_is_set_back),
        WITH_POOL(any_number_of_troubles_has_so_many_places),
        WITH_POOL(a_long_text_is_known_by_its_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
