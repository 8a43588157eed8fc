/* SPDX-License-Identifier: Apache-2.0 */
/* When a payment is one, and when it can be placed. */
#include "tests/unit/support.h"

#include "core/payment.h"

static void a_payment_until_klarna_or_a_person_needs_an_order(void **state)
{
    kl_order_t *order = kl_order_make(*state);

    order->stored = KL_STORED_PAYMENT;
    for (int i = KL_ORDER_CREATED; i <= KL_ORDER_ABANDONED; i++) {
        order->state = (kl_order_state_t)i;
        assert_int_equal(kl_payment_is_only(order), kl_payment_is_state(order->state));
    }
    order->state = KL_ORDER_CREATED;
    order->attention = KL_ATTENTION_ORPHAN;
    assert_false(kl_payment_is_only(order));
    order->attention = KL_ATTENTION_NONE;
    order->klarna_order_id = "k";
    assert_false(kl_payment_is_only(order));
    order->klarna_order_id = "";
    assert_true(kl_payment_is_only(order));
    order->stored = KL_STORED_LEAVING;
    assert_false(kl_payment_is_only(order));
}

static void a_declined_one_can_be_placed_with_another_token(void **state)
{
    kl_order_t *order = kl_order_make(*state);

    order->state = KL_ORDER_CREATED;
    assert_false(kl_payment_is_open(order)); /* no session */
    order->session_id = "s";
    assert_true(kl_payment_is_open(order));
    kl_payment_decline(order, "NOT_APPROVED", "No.");
    assert_int_equal(order->state, KL_ORDER_DECLINED);
    assert_string_equal(order->reason, "No.");
    assert_true(kl_payment_is_open(order));
    order->state = KL_ORDER_ABANDONED;
    assert_false(kl_payment_is_open(order));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(a_payment_until_klarna_or_a_person_needs_an_order),
        WITH_POOL(a_declined_one_can_be_placed_with_another_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
