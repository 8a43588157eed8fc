/* SPDX-License-Identifier: Apache-2.0 */
/* What a till, a customer's screen and a receipt are shown. */
#include "tests/unit/support.h"

#include "core/instore_view.h"
#include "tests/unit/sample_order.h"

static const kl_department_t CLINIC = {.name = "clinic",
                                       .store = "default",
                                       .on = 1,
                                       .refunds = 1,
                                       .sends_sms = 1};

static kl_order_t *payment(apr_pool_t *p, kl_instore_state_t state)
{
    kl_order_t *order = shipped_order(p);

    order->channel = KL_CHANNEL_INSTORE;
    order->instore = kl_instore_make(p);
    order->instore->state = state;
    order->instore->start = KL_START_MADE;
    order->instore->link = "https://example.com/pay";
    order->instore->sent_to = "+46701740605";
    order->state = state == KL_INSTORE_COMPLETED ? KL_ORDER_AUTHORIZED
                                                 : kl_instore_order_state(state);
    return order;
}

static const char *said(apr_pool_t *p, const kl_order_t *order)
{
    return kl_json_str(kl_instore_view(p, order, &CLINIC), "sentence_code");
}

static kl_json_t *action(apr_pool_t *p, const kl_order_t *order, const char *name)
{
    return kl_json_get(kl_json_get(kl_instore_view(p, order, &CLINIC), "actions"), name);
}

static void each_end_has_its_sentence(void **state)
{
    static const struct {
        kl_instore_state_t state;
        const char *by, *code;
    } rows[] = {
        {KL_INSTORE_CANCELLED, "customer", "cancelled_by_customer"},
        {KL_INSTORE_CANCELLED, "cashier", "cancelled_by_cashier"},
        {KL_INSTORE_CANCELLED, "timeout", "cancelled_by_timeout"},
        {KL_INSTORE_EXPIRED, "klarna", "expired"},
        {KL_INSTORE_DECLINED, "klarna", "declined"},
        {KL_INSTORE_FAILED, "klarna", "failed"},
        {KL_INSTORE_COMPLETED, "", "paid"},
        {KL_INSTORE_WAITING, "", "waiting"},
        {KL_INSTORE_IN_PROGRESS, "", "in_progress"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        kl_order_t *order = payment(*state, rows[i].state);

        order->instore->ended_by = rows[i].by;
        assert_string_equal(said(*state, order), rows[i].code);
    }
}

static void what_is_under_way_has_its_sentence(void **state)
{
    kl_order_t *order = payment(*state, KL_INSTORE_WAITING);

    order->instore->start = KL_START_CALLING;
    assert_string_equal(said(*state, order), "calling");
    order->instore->start = KL_START_UNKNOWN;
    assert_string_equal(said(*state, order), "start_unknown");
    order->instore->abort_by = "cashier";
    assert_string_equal(said(*state, order), "ending");
    order = payment(*state, KL_INSTORE_IN_PROGRESS);
    order->instore->reason_code = KL_INSTORE_ID_CHECK;
    assert_string_equal(said(*state, order), "manual_id_check");
    order->instore->reason_code = "went_back";
    assert_string_equal(said(*state, order), "went_back");
    order->instore->reason_code = "refused_may_retry";
    assert_string_equal(said(*state, order), "may_try_again");
    order = payment(*state, KL_INSTORE_COMPLETED);
    order->instore->verified_at = 1;
    assert_string_equal(said(*state, order), "verified");
    order = payment(*state, KL_INSTORE_COMPLETED);
    order->instore->abort_by = "cashier";
    assert_string_equal(said(*state, order), "giving_back");
}

static void it_is_verified_or_given_back_never_both(void **state)
{
    kl_order_t *order = payment(*state, KL_INSTORE_COMPLETED);

    assert_true(kl_json_bool(action(*state, order, "verify"), "allowed", 0));
    assert_true(kl_json_bool(action(*state, order, "abort"), "refunds", 0));
    order->instore->verified_by = "clerk"; /* it is being verified */
    assert_false(kl_json_bool(action(*state, order, "abort"), "allowed", 1));
    order->instore->verified_by = "";
    order->instore->abort_by = "cashier";
    assert_false(kl_json_bool(action(*state, order, "verify"), "allowed", 1));
}

static void refunds_need_an_agreement(void **state)
{
    kl_order_t *order = payment(*state, KL_INSTORE_COMPLETED);
    kl_department_t strict = CLINIC;

    assert_string_equal(kl_instore_view_why_not_refund(order, &CLINIC)->code, "not_verified");
    order->instore->verified_at = 1;
    order->state = KL_ORDER_CAPTURED;
    order->captured_amount = order->order_amount;
    order->remaining_amount = 0;
    assert_null(kl_instore_view_why_not_refund(order, &CLINIC));
    strict.refunds = 0;
    assert_string_equal(kl_instore_view_why_not_refund(order, &strict)->code, "refunds_not_agreed");
    assert_string_equal(kl_instore_view_why_not_refund(order, NULL)->code, "refunds_not_agreed");
}

static void what_can_be_sent_is_what_the_department_sends(void **state)
{
    kl_order_t *order = payment(*state, KL_INSTORE_WAITING);
    kl_json_t *methods = kl_json_get(action(*state, order, "send"), "methods");

    assert_string_equal(kl_json_text(*state, methods), "[\"qr\",\"sms\"]");
    order->instore->way = KL_WAY_QR;
    methods = kl_json_get(action(*state, order, "send"), "methods");
    assert_string_equal(kl_json_text(*state, methods), "[\"qr\"]");
    order->instore->abort_by = "cashier";
    assert_false(kl_json_bool(action(*state, order, "send"), "allowed", 1));
}

static void the_screen_tells_nothing_of_the_customer(void **state)
{
    kl_order_t *order = payment(*state, KL_INSTORE_WAITING);
    const char *text = kl_json_text(*state, kl_instore_view_display(*state, order));

    assert_null(strstr(text, "+46"));
    assert_null(strstr(text, "https"));
    assert_string_equal(kl_json_str(kl_instore_view_display(*state, NULL), "state"), "NONE");
}

static void the_screen_counts_down_to_what_comes_first(void **state)
{
    kl_order_t *order = payment(*state, KL_INSTORE_WAITING);
    kl_instore_t *shop = order->instore;
    kl_json_t *v;

    shop->link_until = apr_time_from_sec(172800);
    shop->time_out_at = apr_time_from_sec(1800);
    v = kl_instore_view_display(*state, order);
    assert_string_equal(kl_json_str(v, "expires_at"), "1970-01-01T00:30:00Z");
    assert_string_equal(kl_json_str(v, "expires_at"),
                        kl_json_str(kl_instore_view(*state, order, NULL), "expires_at"));
    shop->time_out_at = 0;
    v = kl_instore_view_display(*state, order);
    assert_string_equal(kl_json_str(v, "expires_at"), "1970-01-03T00:00:00Z");
}

static void the_screen_thanks_for_nothing_that_goes_back(void **state)
{
    kl_order_t *order = payment(*state, KL_INSTORE_COMPLETED);

    assert_string_equal(kl_json_str(kl_instore_view_display(*state, order), "state"), "COMPLETED");
    order->instore->abort_by = "cashier";
    assert_string_equal(kl_json_str(kl_instore_view_display(*state, order), "state"), "GIVEN_BACK");
}

static void a_receipt_has_both_references(void **state)
{
    kl_order_t *order = payment(*state, KL_INSTORE_COMPLETED);
    kl_json_t *v = kl_instore_view_receipt(*state, order, NULL);

    assert_string_equal(kl_json_str(v, "klarna_order_id"), order->klarna_order_id);
    assert_string_equal(kl_json_str(v, "klarna_reference"), order->klarna_reference);
    assert_string_equal(kl_json_str(v, "store"), order->account);
    assert_int_equal(kl_json_size(kl_json_get(v, "lines")), order->lines->nelts);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(each_end_has_its_sentence),
        WITH_POOL(what_is_under_way_has_its_sentence),
        WITH_POOL(it_is_verified_or_given_back_never_both),
        WITH_POOL(refunds_need_an_agreement),
        WITH_POOL(what_can_be_sent_is_what_the_department_sends),
        WITH_POOL(the_screen_tells_nothing_of_the_customer),
        WITH_POOL(the_screen_counts_down_to_what_comes_first),
        WITH_POOL(the_screen_thanks_for_nothing_that_goes_back),
        WITH_POOL(a_receipt_has_both_references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
