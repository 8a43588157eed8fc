/* SPDX-License-Identifier: Apache-2.0 */
/* An order of ours made from Klarna's record alone. */
#include "tests/unit/support.h"

#include "core/order_check.h"
#include "core/record_order.h"

static kl_klarna_record_t record(apr_pool_t *p)
{
    kl_klarna_record_t seen = {
        .order_id = "klarna-1",
        .country = "SE",
        .currency = "SEK",
        .locale = "sv-SE",
        .reference1 = "old-1",
        .reference2 = NULL,
        .order_amount = 15000,
        .created_at = apr_time_from_sec(1790000000),
        .lines = apr_array_make(p, 2, sizeof(kl_line_t)),
    };

    APR_ARRAY_PUSH(seen.lines, kl_line_t) = (kl_line_t){.reference = "A",
                                                        .quantity = 2,
                                                        .unit_price = 5000,
                                                        .tax_rate = 2500,
                                                        .total_amount = 10000,
                                                        .total_tax_amount = 2000};
    APR_ARRAY_PUSH(seen.lines, kl_line_t) = (kl_line_t){.reference = "B",
                                                        .name = "Bowl",
                                                        .quantity = 1,
                                                        .unit_price = 5000,
                                                        .total_amount = 5000};
    return seen;
}

static const kl_line_t *line_at(const kl_order_t *order, int i)
{
    return &APR_ARRAY_IDX(order->lines, i, kl_line_t);
}

static void it_is_as_klarnas_authorization_is(void **state)
{
    kl_klarna_record_t seen = record(*state);
    kl_order_t *order = kl_record_order_make(*state, &seen);

    assert_int_equal(kl_order_check(order, kl_error_make(*state)), KL_OK);
    assert_int_equal(order->state, KL_ORDER_CREATED);
    assert_string_equal(order->country, "SE");
    assert_string_equal(order->reference1, "old-1");
    assert_string_equal(order->reference2, "");
    assert_int_equal(order->order_amount, 15000);
    assert_int_equal(order->remaining_amount, 15000);
    assert_int_equal(order->order_tax_amount, 2000);
    assert_true(order->created_at == seen.created_at);
    assert_int_equal(order->lines->nelts, 2);
    assert_string_equal(line_at(order, 0)->name, "A"); /* Klarna left its name out */
    assert_string_equal(line_at(order, 0)->image_url, "");
    assert_string_equal(line_at(order, 1)->name, "Bowl");
}

static void lines_that_do_not_come_to_its_amount_are_one(void **state)
{
    kl_klarna_record_t seen = record(*state);
    kl_order_t *order;

    seen.order_amount = 14000;
    for (int i = 0; i < 2; i++) {
        order = kl_record_order_make(*state, &seen);
        assert_int_equal(order->lines->nelts, 1);
        assert_int_equal(line_at(order, 0)->total_amount, 14000);
        assert_int_equal(line_at(order, 0)->unit_price, 14000);
        assert_int_equal(kl_order_check(order, kl_error_make(*state)), KL_OK);
        seen.lines = NULL; /* it lists none */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(it_is_as_klarnas_authorization_is),
        WITH_POOL(lines_that_do_not_come_to_its_amount_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
