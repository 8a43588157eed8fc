/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intents: what is written is read, and so is what version 1 of the schema holds.
 */
#include "tests/unit/support.h"

#include "core/intent.h"

static kl_operation_t *operation(apr_pool_t *p, kl_op_kind_t kind, const char *text)
{
    kl_operation_t *op = kl_operation_make(p);

    op->id = "op";
    op->kind = kind;
    op->intent = text;
    return op;
}

static kl_intent_t must_read(apr_pool_t *p, kl_op_kind_t kind, const char *text)
{
    kl_intent_t intent;
    kl_error_t *err = kl_error_make(p);

    if (kl_intent_parse(&intent, p, operation(p, kind, text), err) != KL_OK) {
        fail_msg("%s: %s", err->code, err->detail);
    }
    return intent;
}

static void what_is_written_is_read(void **state)
{
    kl_intent_t intent = kl_intent_make(*state), read;

    intent.moved.amount = 1200;
    intent.moved.return_fee = 100;
    APR_ARRAY_PUSH(intent.moved.lines, kl_movement_line_t) = (kl_movement_line_t){2, 1, -300};
    intent.reference = "R";
    intent.shipping_info = "[{\"tracking_number\":\"1\"}]";
    read = must_read(*state, KL_OP_CAPTURE, kl_intent_text(*state, KL_OP_CAPTURE, &intent));
    assert_int_equal(read.moved.amount, 1200);
    assert_int_equal(read.moved.return_fee, 100);
    assert_int_equal(APR_ARRAY_IDX(read.moved.lines, 0, kl_movement_line_t).amount, -300);
    assert_string_equal(read.reference, "R");
    assert_string_equal(read.description, "");
    assert_string_equal(read.shipping_info, "[{\"tracking_number\":\"1\"}]");
}

static void each_kind_keeps_what_is_booked_of_it(void **state)
{
    kl_intent_t intent = kl_intent_make(*state);

    intent.moved.amount = 5;
    assert_string_equal(kl_intent_text(*state, KL_OP_EXTEND, &intent), "");
    assert_string_equal(kl_intent_text(*state, KL_OP_PLACE_ORDER, &intent), "");
    assert_string_equal(kl_intent_text(*state, KL_OP_CANCEL, &intent), "");
    assert_string_equal(kl_intent_text(*state, KL_OP_REFUND, &intent),
                        "{\"movement\":{\"amount\":5,\"lines\":[]}}");
    intent.capture_id = "c";
    intent.due = (kl_due_option_t){14, 3900};
    intent.currency = "SEK";
    assert_string_equal(kl_intent_text(*state, KL_OP_DUE_DATE, &intent),
                        "{\"capture_id\":\"c\",\"number_of_days\":14,\"price\":3900,"
                        "\"currency\":\"SEK\"}");
    intent = must_read(*state, KL_OP_DUE_DATE,
                       "{\"capture_id\":\"c\",\"number_of_days\":14,\"price\":3900,"
                       "\"currency\":\"SEK\"}");
    assert_string_equal(intent.capture_id, "c");
    assert_string_equal(intent.currency, "SEK");
    assert_int_equal(intent.due.days, 14);
    assert_int_equal(intent.due.price, 3900);
    intent = kl_intent_make(*state);
    intent.expires_at = 7;
    assert_string_equal(kl_intent_text(*state, KL_OP_EXTEND, &intent), "{\"expires_at\":7}");
    intent = must_read(*state, KL_OP_EXTEND, "{\"expires_at\":7}");
    assert_int_equal(intent.expires_at, 7);
    intent = kl_intent_make(*state);
    intent.capture_id = "c";
    assert_string_equal(kl_intent_text(*state, KL_OP_SHIPPING_INFO, &intent),
                        "{\"capture_id\":\"c\",\"shipping_info\":[]}");
    intent = kl_intent_make(*state);
    intent.merchant_reference2 = "";
    assert_string_equal(kl_intent_text(*state, KL_OP_REFERENCES, &intent),
                        "{\"merchant_reference2\":\"\"}");
    intent = must_read(*state, KL_OP_REFERENCES, "{\"merchant_reference2\":\"\"}");
    assert_null(intent.merchant_reference1);
    assert_string_equal(intent.merchant_reference2, "");
}

static void version_1_is_read(void **state)
{
    kl_intent_t intent = must_read(*state, KL_OP_CAPTURE,
                                   "{\"movement\":{\"amount\":7,\"lines\":[]},\"reference\":\"R\","
                                   "\"description\":\"D\",\"shipping_info\":[]}");

    assert_string_equal(intent.description, "D");
    assert_string_equal(intent.shipping_info, "[]");
    intent = must_read(*state, KL_OP_CANCEL, "{\"movement\":{\"amount\":7,\"lines\":[]}}");
    assert_string_equal(intent.reference, "");
    must_read(*state, KL_OP_EXTEND, "");
    must_read(*state, KL_OP_PLACE_ORDER, "");
}

static void what_can_not_be_read_is_told(void **state)
{
    static const struct {
        kl_op_kind_t kind;
        const char *text, *code;
    } bad[] = {
        {KL_OP_REFUND, "", "invariant"},        {KL_OP_REFUND, "no JSON", "invariant"},
        {KL_OP_SHIPPING_INFO, "", "invariant"}, {KL_OP_EXTEND, "{", "invariant"},
        {KL_OP_REDUCE, "{}", "movement"},       {KL_OP_RELEASE, "{\"movement\":{}}", "movement"},
    };
    kl_error_t *err = kl_error_make(*state);
    kl_intent_t intent;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kl_error_clear(err);
        kl_intent_parse(&intent, *state, operation(*state, bad[i].kind, bad[i].text), err);
        check_error(err, KL_INTERNAL, bad[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_is_written_is_read),
        WITH_POOL(each_kind_keeps_what_is_booked_of_it),
        WITH_POOL(version_1_is_read),
        WITH_POOL(what_can_not_be_read_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
