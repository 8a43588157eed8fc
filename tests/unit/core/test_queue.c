/* SPDX-License-Identifier: Apache-2.0 */
/* What waits, counted: how much, how much of it is failing, and since when. */
#include "tests/unit/support.h"

#include "core/limits.h"
#include "core/queue.h"

#define NOON apr_time_from_sec(1790000000)

static kl_operation_t *add(apr_array_header_t *list, kl_op_state_t state, apr_time_t made)
{
    kl_operation_t *op = kl_operation_make(list->pool);

    op->state = state;
    op->created_at = made;
    APR_ARRAY_PUSH(list, kl_operation_t *) = op;
    return op;
}

static void what_has_an_error_or_was_tried_often_fails(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    op->attempts = 2;
    assert_false(kl_queue_is_failing(op));
    op->attempts = 3;
    assert_true(kl_queue_is_failing(op));
    op->attempts = 0;
    op->error_code = "no_transport";
    assert_true(kl_queue_is_failing(op));
}

static void nothing_waits(void **state)
{
    kl_queue_t queue = kl_queue_count(apr_array_make(*state, 1, sizeof(kl_operation_t *)));
    const kl_json_t *v = kl_queue_view(*state, &queue);

    assert_int_equal(kl_json_int(v, "open", -1), 0);
    assert_int_equal(kl_json_int(v, "unknown", -1), 0);
    assert_int_equal(kl_json_int(v, "failing", -1), 0);
    assert_non_null(kl_json_get(v, "oldest_unknown"));
    assert_null(kl_json_str(v, "oldest_unknown"));
}

static void the_oldest_unknown_one_tells_since_when(void **state)
{
    apr_array_header_t *list = apr_array_make(*state, 5, sizeof(kl_operation_t *));
    kl_queue_t queue;

    add(list, KL_OP_QUEUED, NOON - apr_time_from_sec(600));
    add(list, KL_OP_UNKNOWN, NOON);
    add(list, KL_OP_UNKNOWN, NOON - apr_time_from_sec(60))->attempts = 5;
    add(list, KL_OP_UNKNOWN, NOON + apr_time_from_sec(60));
    add(list, KL_OP_SENT, NOON - apr_time_from_sec(600))->error_code = "x";
    queue = kl_queue_count(list);
    assert_int_equal(queue.open, 5);
    assert_int_equal(queue.unknown, 3);
    assert_int_equal(queue.failing, 2);
    assert_int_equal(queue.oldest_unknown, NOON - apr_time_from_sec(60));
    assert_string_equal(kl_json_str(kl_queue_view(*state, &queue), "oldest_unknown"),
                        "2026-09-21T14:12:20Z");
}

static void nobody_counts_further_than_a_page(void **state)
{
    kl_queue_t queue = {KL_MAX_PAGE + 1, KL_MAX_PAGE, KL_MAX_PAGE + 7, 0};
    const kl_json_t *v = kl_queue_view(*state, &queue);

    assert_int_equal(kl_json_int(v, "open", -1), KL_MAX_PAGE);
    assert_int_equal(kl_json_int(v, "unknown", -1), KL_MAX_PAGE);
    assert_int_equal(kl_json_int(v, "failing", -1), KL_MAX_PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_has_an_error_or_was_tried_often_fails),
        WITH_POOL(nothing_waits),
        WITH_POOL(the_oldest_unknown_one_tells_since_when),
        WITH_POOL(nobody_counts_further_than_a_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
