/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of an order, stored without what is empty and shown with every member.
 */
#include "tests/unit/order_fixture.h"

#include "core/order_parts.h"

#define NOON apr_time_from_sec(1790000000)

static void klarnas_lines_have_no_ledger_members(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_json_t *line;

    fixture_at(order, "shirt")->image_url = "https://shop.test/shirt.png";
    line = kl_json_at(kl_order_parts_klarna_lines(*state, order->lines), 0);
    assert_string_equal(kl_json_text(*state, line),
                        "{\"type\":\"physical\",\"reference\":\"shirt\",\"name\":\"shirt\","
                        "\"quantity\":3,\"unit_price\":10000,\"tax_rate\":2500,"
                        "\"total_amount\":30000,\"total_discount_amount\":0,"
                        "\"total_tax_amount\":6000,"
                        "\"image_url\":\"https://shop.test/shirt.png\"}");
}

static void a_stored_line_is_short(void **state)
{
    kl_line_t *line = fixture_at(fixture_shop(*state), "shirt");
    kl_json_t *v;

    line->total_tax_amount = 0;
    line->captured_quantity = 1;
    v = kl_order_parts_line(*state, line, KL_STORED);
    kl_order_parts_moved(v, line, KL_STORED);
    assert_string_equal(kl_json_text(*state, v),
                        "{\"type\":\"physical\",\"reference\":\"shirt\",\"name\":\"shirt\","
                        "\"quantity\":3,\"unit_price\":10000,\"tax_rate\":2500,"
                        "\"total_amount\":30000,\"captured_quantity\":1}");
}

static void a_capture_has_one_form_for_each(void **state)
{
    const kl_capture_t capture = {.capture_id = "c-1",
                                  .klarna_reference = "",
                                  .operation_id = "",
                                  .reference = "",
                                  .description = "",
                                  .captured_at = NOON};

    assert_string_equal(kl_json_text(*state, kl_order_parts_capture(*state, &capture, KL_STORED)),
                        "{\"capture_id\":\"c-1\",\"captured_at\":1790000000000000}");
    assert_string_equal(kl_json_text(*state, kl_order_parts_capture(*state, &capture, KL_SHOWN)),
                        "{\"capture_id\":\"c-1\",\"operation_id\":null,"
                        "\"klarna_reference\":null,\"reference\":\"\",\"description\":\"\","
                        "\"captured_at\":\"2026-09-21T14:13:20Z\",\"due_date_days\":0}");
}

static void a_credit_invoice_has_its_steps(void **state)
{
    kl_credit_invoice_t ci = {.id = "ci-1",
                              .reference = "",
                              .comment = "",
                              .actor = "anna",
                              .state = "paid",
                              .amount = 500,
                              .created_at = NOON,
                              .steps = apr_array_make(*state, 1, sizeof(kl_credit_step_t))};

    APR_ARRAY_PUSH(ci.steps, kl_credit_step_t) = (kl_credit_step_t){"op-1", "refund", 500,
                                                                    "confirmed", ""};
    assert_string_equal(kl_json_text(*state, kl_order_parts_credit_invoice(*state, &ci, KL_STORED)),
                        "{\"id\":\"ci-1\",\"state\":\"paid\",\"actor\":\"anna\","
                        "\"amount\":500,\"created_at\":1790000000000000,\"steps\":["
                        "{\"verb\":\"refund\",\"amount\":500,\"state\":\"confirmed\","
                        "\"operation_id\":\"op-1\"}]}");
    assert_string_equal(kl_json_text(*state, kl_order_parts_credit_invoice(*state, &ci, KL_SHOWN)),
                        "{\"id\":\"ci-1\",\"state\":\"paid\",\"reference\":\"\","
                        "\"comment\":\"\",\"actor\":\"anna\",\"amount\":500,"
                        "\"paid_amount\":0,\"return_fee\":0,"
                        "\"created_at\":\"2026-09-21T14:13:20Z\",\"steps\":["
                        "{\"verb\":\"refund\",\"amount\":500,\"state\":\"confirmed\","
                        "\"operation_id\":\"op-1\",\"refund_id\":null}]}");
}

static void what_others_did_has_one_form_for_each(void **state)
{
    apr_array_header_t *list = apr_array_make(*state, 1, sizeof(kl_outside_t));

    APR_ARRAY_PUSH(list, kl_outside_t) = (kl_outside_t){"closed", 0, NOON, ""};
    assert_string_equal(kl_json_text(*state, kl_order_parts_outside(*state, list, KL_STORED)),
                        "[{\"kind\":\"closed\",\"amount\":0,\"at\":1790000000000000}]");
    assert_string_equal(kl_json_text(*state, kl_order_parts_outside(*state, list, KL_SHOWN)),
                        "[{\"kind\":\"closed\",\"amount\":0,\"at\":\"2026-09-21T14:13:20Z\","
                        "\"result_id\":null}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(klarnas_lines_have_no_ledger_members),  WITH_POOL(a_stored_line_is_short),
        WITH_POOL(a_capture_has_one_form_for_each),       WITH_POOL(a_credit_invoice_has_its_steps),
        WITH_POOL(what_others_did_has_one_form_for_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
