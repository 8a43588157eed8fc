/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an order waits for: until it is confirmed to its last step, until a cancellation, until
 * everything was captured, until a person saw it. A refusal ends nothing.
 */
#include "tests/unit/support.h"

#include "core/waiting.h"

static kl_operation_t operation(kl_op_kind_t kind, const char *credit_invoice_id,
                                const char *next_op)
{
    return (kl_operation_t){.kind = kind,
                            .state = KL_OP_CONFIRMED,
                            .next_op = next_op,
                            .credit_invoice_id = credit_invoice_id};
}

static void asked(kl_order_t *order, kl_op_kind_t kind, const char *credit_invoice_id)
{
    kl_operation_t op = operation(kind, credit_invoice_id, "");

    op.state = KL_OP_QUEUED;
    kl_waiting_asked(order, &op);
}

static void confirmed(kl_order_t *order, kl_op_kind_t kind, const char *credit_invoice_id,
                      const char *next_op)
{
    kl_operation_t op = operation(kind, credit_invoice_id, next_op);

    kl_waiting_answered(order, &op);
}

static void refused(kl_order_t *order, kl_op_kind_t kind, const char *credit_invoice_id)
{
    kl_operation_t op = operation(kind, credit_invoice_id, "");

    op.state = KL_OP_REFUSED;
    kl_waiting_answered(order, &op);
}

static void check(const kl_order_t *order, const char *waiting, const char *too)
{
    assert_string_equal(order->waiting, waiting);
    assert_string_equal(order->waiting_too, too);
}

static kl_order_t *new_order(void **state)
{
    kl_order_t *order = kl_order_make(*state);

    order->state = KL_ORDER_PART_CAPTURED;
    order->order_amount = 100;
    order->captured_amount = 40;
    order->remaining_amount = 60;
    return order;
}

static void a_capture_and_a_refund_are_waited_for(void **state)
{
    kl_order_t *order = new_order(state);

    asked(order, KL_OP_CAPTURE, "");
    check(order, "capture", "");
    confirmed(order, KL_OP_CAPTURE, "", "");
    check(order, "", "");
    asked(order, KL_OP_REFUND, "ci");
    check(order, "refund", "");
    confirmed(order, KL_OP_REFUND, "ci", "");
    check(order, "", "");
}

/* A reduction that a clerk asked for as a credit invoice is somebody's money too. */
static void every_step_of_a_credit_invoice_counts(void **state)
{
    static const kl_op_kind_t kinds[] = {KL_OP_REDUCE, KL_OP_RELEASE, KL_OP_CANCEL};
    kl_order_t *order = new_order(state);

    for (int i = 0; i < 3; i++) {
        asked(order, kinds[i], "ci");
        check(order, "refund", "");
        confirmed(order, kinds[i], "ci", "");
        check(order, "", "");
    }
    asked(order, KL_OP_RELEASE, "ci");
    confirmed(order, KL_OP_RELEASE, "ci", "the refund that follows");
    check(order, "refund", "");
    confirmed(order, KL_OP_REFUND, "ci", "");
    check(order, "", "");
}

static void what_moves_no_money_is_not_waited_for(void **state)
{
    static const kl_op_kind_t kinds[] = {KL_OP_PLACE_ORDER, KL_OP_EXTEND, KL_OP_RELEASE,
                                         KL_OP_SHIPPING_INFO};
    kl_order_t *order = new_order(state);

    for (int i = 0; i < 4; i++) {
        asked(order, kinds[i], "");
        check(order, "", "");
    }
    order->waiting = "capture";
    order->waiting_too = "refund";
    for (int i = 0; i < 4; i++) {
        confirmed(order, kinds[i], "", "");
        check(order, "capture", "refund");
    }
}

static void a_refusal_stays(void **state)
{
    kl_order_t *order = new_order(state);

    asked(order, KL_OP_CAPTURE, "");
    refused(order, KL_OP_CAPTURE, "");
    check(order, "capture", "");
    asked(order, KL_OP_CAPTURE, ""); /* once more */
    check(order, "capture", "");
    confirmed(order, KL_OP_CAPTURE, "", "");
    check(order, "", "");
    refused(order, KL_OP_CANCEL, "ci");
    check(order, "", "");
}

/* A refund in between does not bury that a capture was refused, nor the other way round. */
static void the_older_comes_back(void **state)
{
    kl_order_t *order = new_order(state);

    asked(order, KL_OP_CAPTURE, "");
    refused(order, KL_OP_CAPTURE, "");
    asked(order, KL_OP_REFUND, "ci");
    check(order, "refund", "capture");
    confirmed(order, KL_OP_REFUND, "ci", "");
    check(order, "capture", "");

    asked(order, KL_OP_REFUND, "ci");
    refused(order, KL_OP_REFUND, "ci");
    asked(order, KL_OP_CAPTURE, "");
    check(order, "capture", "refund");
    refused(order, KL_OP_CAPTURE, "");
    asked(order, KL_OP_REFUND, "ci");
    check(order, "refund", "capture");
    confirmed(order, KL_OP_CAPTURE, "", ""); /* of the one beneath */
    check(order, "refund", "");
}

static void a_cancelled_order_waits_for_nothing(void **state)
{
    kl_order_t *order = new_order(state);

    asked(order, KL_OP_CAPTURE, "");
    refused(order, KL_OP_CAPTURE, "");
    asked(order, KL_OP_CANCEL, "ci");
    confirmed(order, KL_OP_CANCEL, "ci", "");
    check(order, "", "");
}

static void all_captured_settles_a_capture(void **state)
{
    kl_order_t *order = new_order(state);

    order->waiting = "capture";
    order->waiting_too = "refund";
    kl_waiting_settled(order);
    check(order, "capture", "refund");
    order->state = KL_ORDER_CAPTURED; /* the rest was released: those goods were not paid */
    order->remaining_amount = 0;
    kl_waiting_settled(order);
    check(order, "capture", "refund");
    order->captured_amount = 100;
    kl_waiting_settled(order);
    check(order, "refund", "");
    kl_waiting_settled(order);
    check(order, "refund", "");
    order->waiting_too = "capture";
    confirmed(order, KL_OP_SHIPPING_INFO, "", "");
    check(order, "refund", "");
}

static void a_person_ends_all_waiting(void **state)
{
    kl_order_t *order = new_order(state);

    order->waiting = "capture";
    order->waiting_too = "refund";
    kl_waiting_seen(order);
    check(order, "", "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(a_capture_and_a_refund_are_waited_for),
        WITH_POOL(every_step_of_a_credit_invoice_counts),
        WITH_POOL(what_moves_no_money_is_not_waited_for),
        WITH_POOL(a_refusal_stays),
        WITH_POOL(the_older_comes_back),
        WITH_POOL(a_cancelled_order_waits_for_nothing),
        WITH_POOL(all_captured_settles_a_capture),
        WITH_POOL(a_person_ends_all_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
