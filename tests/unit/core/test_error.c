/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: the first one wins, texts are copied, fields are named.
 */
#include "tests/unit/support.h"

static void empty_at_first(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(err->kind, KL_OK);
    assert_null(err->code);
    assert_ptr_equal(err->pool, *state);
}

static void first_wins(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_error_set(err, KL_CONFLICT, "version", "Order %s, version %d.", "a", 7),
                     KL_CONFLICT);
    assert_string_equal(err->detail, "Order a, version 7.");
    assert_int_equal(kl_error_set(err, KL_INTERNAL, "other", "Later."), KL_CONFLICT);
    assert_int_equal(kl_error_field(err, "missing", "name", NULL, "a string"), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "version");
    assert_string_equal(err->detail, "Order a, version 7.");
    assert_null(err->field);
}

static void field_named(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    char field[] = "order_lines[2].total_amount", got[] = "100", expected[] = "99";

    assert_int_equal(kl_error_field(err, "line_total", field, got, expected), KL_INVALID);
    field[0] = got[0] = expected[0] = 'X'; /* the error has its own copies */
    check_field(err, "line_total", "order_lines[2].total_amount");
    assert_string_equal(err->got, "100");
    assert_string_equal(err->expected, "99");
    assert_string_equal(err->detail, "order_lines[2].total_amount: got 100, expected 99.");
}

static void got_left_out(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    kl_error_field(err, "missing", "name", NULL, "a string");
    assert_null(err->got);
    assert_string_equal(err->detail, "name: expected a string.");
}

static void because_of_a_sentence(void **state)
{
    static const kl_words_t why = {"too_late", "It is too late."}, other = {"gone", "Gone."};
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_error_because(err, KL_CONFLICT, "not_possible", &why), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "not_possible");
    assert_string_equal(err->reason, "too_late");
    assert_string_equal(err->detail, "It is too late.");
    assert_int_equal(kl_error_because(err, KL_INVALID, "another", &other), KL_CONFLICT);
    assert_string_equal(err->reason, "too_late");
    kl_error_clear(err);
    assert_null(err->reason);
}

static void next_once(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    kl_error_next(err, "Ask again.");
    kl_error_next(err, "Do nothing.");
    assert_string_equal(err->next, "Ask again.");
}

static void cleared(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    kl_error_field(err, "missing", "name", "x", "a string");
    kl_error_next(err, "Ask again.");
    err->retry_after = 3;
    kl_error_clear(err);
    assert_int_equal(err->kind, KL_OK);
    assert_null(err->field);
    assert_null(err->next);
    assert_int_equal(err->retry_after, 0);
    kl_error_set(err, KL_UNKNOWN, "lost", "Lost.");
    check_error(err, KL_UNKNOWN, "lost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(empty_at_first),
        WITH_POOL(first_wins),
        WITH_POOL(field_named),
        WITH_POOL(got_left_out),
        WITH_POOL(because_of_a_sentence),
        WITH_POOL(next_once),
        WITH_POOL(cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
