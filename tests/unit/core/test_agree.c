/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the authorization is the same at Klarna and here, and what others took off it. */
#include "tests/unit/order_fixture.h"

#include "core/agree.h"

#define LINE(order, i) (&APR_ARRAY_IDX((order)->lines, i, kl_line_t))

/* Klarna's record of what order was authorized for. */
static kl_klarna_record_t record_of(apr_pool_t *p, const kl_order_t *order)
{
    kl_klarna_record_t seen = {.order_amount = order->order_amount};

    seen.lines = apr_array_make(p, order->lines->nelts, sizeof(kl_line_t));
    for (int i = 0; i < order->lines->nelts; i++) {
        APR_ARRAY_PUSH(seen.lines, kl_line_t) = *LINE(order, i);
    }
    return seen;
}

static void what_was_authorized_agrees(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = record_of(*state, order);

    assert_null(kl_agree_authorization(*state, order, &seen));
    seen.lines = NULL; /* the record does not tell */
    assert_null(kl_agree_authorization(*state, order, &seen));
    seen.order_amount++;
    assert_non_null(kl_agree_authorization(*state, order, &seen));
}

static void every_difference_is_told(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = record_of(*state, order);
    kl_line_t *line = &APR_ARRAY_IDX(seen.lines, 0, kl_line_t), kept = *line;

    line->total_amount++;
    assert_non_null(strstr(kl_agree_authorization(*state, order, &seen), kept.reference));
    *line = kept;
    line->quantity++;
    assert_non_null(strstr(kl_agree_authorization(*state, order, &seen), kept.reference));
    *line = kept;
    line->reference = "swapped";
    assert_non_null(strstr(kl_agree_authorization(*state, order, &seen), kept.reference));
    *line = kept;
    APR_ARRAY_PUSH(seen.lines, kl_line_t) = (kl_line_t){.reference = "more"};
    assert_non_null(strstr(kl_agree_authorization(*state, order, &seen), "not known here"));
    APR_ARRAY_IDX(seen.lines, seen.lines->nelts - 1, kl_line_t).reference = kept.reference;
    assert_non_null(kl_agree_authorization(*state, order, &seen)); /* twice */
}

static void what_others_took_off_is_known_by_line(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = record_of(*state, order);
    const kl_line_t *last = LINE(order, order->lines->nelts - 1);
    kl_movement_line_t *off;
    apr_array_header_t *lines;

    seen.lines->nelts--;
    lines = kl_agree_taken_off(*state, order, &seen, last->total_amount);
    assert_int_equal(lines->nelts, 1);
    off = &APR_ARRAY_IDX(lines, 0, kl_movement_line_t);
    assert_int_equal(off->line, order->lines->nelts - 1);
    assert_int_equal(off->quantity, last->quantity);
    assert_int_equal(off->amount, last->total_amount);
    assert_int_equal(kl_agree_taken_off(*state, order, &seen, last->total_amount + 1)->nelts, 0);
    APR_ARRAY_IDX(seen.lines, 0, kl_line_t).quantity++; /* one grew: no plain reduction */
    APR_ARRAY_IDX(seen.lines, 0, kl_line_t).total_amount += 100;
    assert_int_equal(kl_agree_taken_off(*state, order, &seen, last->total_amount - 100)->nelts, 0);
    seen.lines = NULL;
    assert_int_equal(kl_agree_taken_off(*state, order, &seen, last->total_amount)->nelts, 0);
}

/* What is captured cannot come off the authorization. */
static void what_was_captured_was_not_taken_off(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = record_of(*state, order);
    kl_line_t *last = LINE(order, order->lines->nelts - 1);

    last->captured_quantity = last->quantity;
    last->captured_amount = last->total_amount;
    seen.lines->nelts--;
    assert_int_equal(kl_agree_taken_off(*state, order, &seen, last->total_amount)->nelts, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(what_was_authorized_agrees),
        WITH_POOL(every_difference_is_told),
        WITH_POOL(what_others_took_off_is_known_by_line),
        WITH_POOL(what_was_captured_was_not_taken_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
