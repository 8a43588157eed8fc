/* SPDX-License-Identifier: Apache-2.0 */
/* Whether order and authorization are the same at Klarna and here. */
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

/* A VAT that others changed would be captured wrongly. */
static void a_tax_rate_is_told_too(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = record_of(*state, order);

    APR_ARRAY_IDX(seen.lines, 1, kl_line_t).tax_rate = 600;
    assert_string_equal(kl_agree_authorization(*state, order, &seen),
                        "the line mug has the tax rate 600, here 1200");
}

static void lines_that_cannot_be_read_do_not_agree(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = record_of(*state, order);

    seen.lines->nelts = 0;
    assert_string_equal(kl_agree_authorization(*state, order, &seen), "its lines cannot be read");
}

static void what_was_taken_off_is_no_more_authorized(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = record_of(*state, order);

    must_credit(order, *state,
                "{'lines':[{'reference':'mug','quantity':2},{'reference':'off','amount':0}]}");
    assert_non_null(strstr(kl_agree_authorization(*state, order, &seen), "order_amount"));
    seen.order_amount = order->order_amount;
    assert_non_null(strstr(kl_agree_authorization(*state, order, &seen), "not known here"));
    APR_ARRAY_IDX(seen.lines, 1, kl_line_t) = APR_ARRAY_IDX(seen.lines, 3, kl_line_t);
    seen.lines->nelts--;
    assert_null(kl_agree_authorization(*state, order, &seen));
    assert_int_equal(kl_agree_line(LINE(order, 1), NULL), 1);
    assert_int_equal(kl_agree_line(LINE(order, 0), NULL), 0);
}

static void amounts_are_compared_as_far_as_they_count(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_klarna_record_t seen = {.order_amount = 40900, .remaining_authorized_amount = 40900};

    assert_null(kl_agree_amounts(*state, order, &seen));
    seen.captured_amount = 1;
    assert_string_equal(kl_agree_amounts(*state, order, &seen), "captured_amount is 1, here 0");
    seen.captured_amount = 0;
    seen.refunded_amount = 2;
    assert_string_equal(kl_agree_amounts(*state, order, &seen), "refunded_amount is 2, here 0");
    seen.refunded_amount = 0;
    seen.remaining_authorized_amount = 42900;
    assert_non_null(strstr(kl_agree_amounts(*state, order, &seen), "42900, here 40900"));
    order->state = KL_ORDER_CLOSED; /* what remains of that one can no longer be captured */
    assert_null(kl_agree_amounts(*state, order, &seen));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(what_was_authorized_agrees),
        WITH_POOL(every_difference_is_told),
        WITH_POOL(a_tax_rate_is_told_too),
        WITH_POOL(lines_that_cannot_be_read_do_not_agree),
        WITH_POOL(what_was_taken_off_is_no_more_authorized),
        WITH_POOL(amounts_are_compared_as_far_as_they_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
