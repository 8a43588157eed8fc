/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan came to is proved before a request is made of it: each of its promises broken once.
 */
#include "tests/unit/order_fixture.h"

#include "core/plan_selection.h"

static kl_movement_t moved(apr_pool_t *p, kl_movement_line_t part, apr_int64_t amount)
{
    kl_movement_t m = kl_plan_selection_none(p);

    APR_ARRAY_PUSH(m.lines, kl_movement_line_t) = part;
    m.amount = amount;
    return m;
}

static void must_break(const kl_order_t *order, const kl_movement_t *m, const char *condition)
{
    kl_error_t *err = kl_error_make(order->lines->pool);

    contract_may_break();
    assert_int_equal(kl_plan_selection_prove(order, m, kl_plan_selection_open, err), KL_INTERNAL);
    check_broken(err, condition);
}

/* Line 0 is three shirts of 100.00, line 3 a discount of 30.00. */
static void a_part_lies_within_its_line(void **state)
{
    const kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = moved(*state, (kl_movement_line_t){0, 3, 30000}, 30000);

    assert_int_equal(kl_plan_selection_prove(order, &m, kl_plan_selection_open,
                                             kl_error_make(*state)),
                     KL_OK);
    m = moved(*state, (kl_movement_line_t){0, 4, 30000}, 30000);
    must_break(order, &m, "part->quantity");
    m = moved(*state, (kl_movement_line_t){0, 3, 30001}, 30001);
    must_break(order, &m, "part->amount");
    m = moved(*state, (kl_movement_line_t){3, 1, 3000}, 3000);
    must_break(order, &m, "part->amount");
    m = moved(*state, (kl_movement_line_t){4, 1, 1}, 1);
    must_break(order, &m, "part->line <");
}

static void what_was_not_captured_is_not_given_back(void **state)
{
    const kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = moved(*state, (kl_movement_line_t){0, 1, 10000}, 10000);
    kl_error_t *err = kl_error_make(*state);

    contract_may_break();
    assert_int_equal(kl_plan_selection_prove(order, &m, kl_plan_selection_creditable, err),
                     KL_INTERNAL);
    check_broken(err, "part->quantity");
}

static void the_parts_are_the_amount(void **state)
{
    const kl_order_t *order = fixture_shop(*state);
    kl_movement_t m = moved(*state, (kl_movement_line_t){0, 1, 10000}, 9999);

    must_break(order, &m, "sum == m->amount");
    m.return_fee = 1; /* kept back by the shop */
    assert_int_equal(kl_plan_selection_prove(order, &m, kl_plan_selection_open,
                                             kl_error_make(*state)),
                     KL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_part_lies_within_its_line),
        WITH_POOL(what_was_not_captured_is_not_given_back),
        WITH_POOL(the_parts_are_the_amount),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
