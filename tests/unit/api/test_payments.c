/* SPDX-License-Identifier: Apache-2.0 */
/* Klarna Payments: required members, tokens as paths, answers that lack something. */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "api/payments.h"
#include "tests/unit/sample_order.h"

static const kl_addresses_t none;

#define ADDRESS "{\"given_name\":\"Ada\",\"country\":\"SE\"}"

static kl_klarna_response_t answer(const char *body)
{
    return (kl_klarna_response_t){.status = 200,
                                  .body = body,
                                  .body_len = strlen(body),
                                  .correlation_id = "",
                                  .capture_id = "",
                                  .refund_id = ""};
}

/* Required of session_create and create_order_request alike. */
static kl_json_t *check_body(apr_pool_t *p, const char *text)
{
    kl_json_t *body = object_of(p, text);

    assert_string_equal(kl_json_str(body, "purchase_country"), "SE");
    assert_string_equal(kl_json_str(body, "purchase_currency"), "SEK");
    assert_string_equal(kl_json_str(body, "locale"), "sv-SE");
    assert_int_equal(kl_json_int(body, "order_amount", -1), 10500);
    assert_int_equal(kl_json_int(body, "order_tax_amount", -1), 2100);
    assert_string_equal(kl_json_str(body, "merchant_reference1"), "shop-1001");
    check_lines(body, 10500);
    return body;
}

static void test_create_session(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_cart_t cart = {.told.billing_address = object_of(p, ADDRESS),
                      .told.customer = object_of(p, "{\"type\":\"person\"}")};
    kl_klarna_request_t req = kl_payments_create_session(p, order, NULL, "");
    kl_json_t *body;

    assert_string_equal(req.method, "POST");
    assert_string_equal(req.path, "/payments/v1/sessions");
    assert_string_equal(req.idempotency_key, "");
    assert_true(req.repeatable);
    body = check_body(p, req.body);
    assert_null(kl_json_get(body, "merchant_urls"));
    assert_null(kl_json_get(body, "billing_address"));

    order->confirmation_url = "https://shop.example/thanks?sid={session.id}";
    req = kl_payments_create_session(p, order, &cart, "");
    body = check_body(p, req.body);
    assert_string_equal(kl_json_str(kl_json_get(body, "merchant_urls"), "confirmation"),
                        order->confirmation_url);
    assert_string_equal(kl_json_str(kl_json_get(body, "billing_address"), "given_name"), "Ada");
    assert_string_equal(kl_json_str(kl_json_get(body, "customer"), "type"), "person");
    assert_null(kl_json_get(body, "shipping_address"));
}

static void test_update_session(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_klarna_request_t req = kl_payments_update_session(p, order, NULL, "");

    assert_string_equal(req.method, "POST");
    assert_string_equal(req.path, "/payments/v1/sessions/0b1d9815-165e-42e2");
    assert_true(req.repeatable);
    check_body(p, req.body);
    order->session_id = "a/../b";
    req = kl_payments_update_session(p, order, NULL, "");
    assert_string_equal(req.path, "/payments/v1/sessions/a%2F..%2Fb");
    order->session_id = "";
    assert_null(kl_payments_update_session(p, order, NULL, "").method);
    order->session_id = "..";
    assert_null(kl_payments_update_session(p, order, NULL, "").method);
}

static void test_place_order(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_addresses_t told = {.billing_address = object_of(p, ADDRESS)};
    kl_klarna_request_t req;
    kl_json_t *body;

    order->confirmation_url = "https://shop.example/thanks";
    req = kl_payments_place_order(p, order, "b4bd3423-24e3", &told);
    assert_string_equal(req.method, "POST");
    assert_string_equal(req.path, "/payments/v1/authorizations/b4bd3423-24e3/order");
    assert_string_equal(req.idempotency_key, "");
    assert_false(req.repeatable);
    body = check_body(p, req.body);
    assert_string_equal(kl_json_str(kl_json_get(body, "billing_address"), "country"), "SE");
    assert_null(kl_json_get(body, "shipping_address"));
    assert_string_equal(kl_json_str(kl_json_get(body, "merchant_urls"), "confirmation"),
                        order->confirmation_url);
}

/* What was authorized is what is placed: Klarna answers 409 to anything else. */
static void test_place_order_repeats_session(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);

    assert_string_equal(kl_payments_create_session(p, order, NULL, "").body,
                        kl_payments_place_order(p, order, "t", &none).body);
}

static void test_place_order_refuses_tokens(void **state)
{
    static const char *const bad[] = {"",      ".",   "..",        "a/b",      "a b",
                                      "a%2fb", "a?b", "a\r\nX: y", "\xc3\xa5", NULL};
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    char *longest = apr_pcalloc(p, 257);

    for (int i = 0; bad[i]; i++) {
        assert_null(kl_payments_place_order(p, order, bad[i], &none).method);
    }
    assert_null(kl_payments_place_order(p, order, NULL, &none).method);
    memset(longest, 'a', 256);
    assert_null(kl_payments_place_order(p, order, longest, &none).method);
    longest[255] = '\0';
    assert_non_null(kl_payments_place_order(p, order, longest, &none).method);
}

static void test_session_reply(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_response_t resp = answer(
        "{\"session_id\":\"s-1\",\"client_token\":\"eyJ.x_y\","
        "\"payment_method_categories\":[{\"identifier\":\"klarna\"}]}");
    kl_session_t out;

    assert_int_equal(kl_payments_session_reply(&out, p, &resp, err), KL_OK);
    assert_string_equal(out.session_id, "s-1");
    assert_string_equal(out.client_token, "eyJ.x_y");
    assert_int_equal(kl_json_size(out.payment_method_categories), 1);
    resp = answer("{\"session_id\":\"s-1\",\"client_token\":\"t\",\"new_member\":1,"
                  "\"payment_method_categories\":\"odd\"}");
    assert_int_equal(kl_payments_session_reply(&out, p, &resp, err), KL_OK);
    assert_null(out.payment_method_categories);
}

static void test_session_reply_unusable(void **state)
{
    static const char *const bad[] = {"",
                                      "<html>",
                                      "{}",
                                      "{\"session_id\":\"s\"}",
                                      "{\"client_token\":\"t\"}",
                                      "{\"session_id\":\"\",\"client_token\":\"t\"}",
                                      "{\"session_id\":7,\"client_token\":\"t\"}",
                                      "{\"session_id\":\"..\",\"client_token\":\"t\"}",
                                      "{\"session_id\":\"s\",\"client_token\":\"t\\r\\n\"}",
                                      NULL};
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_session_t out = {.session_id = "untouched"};

    for (int i = 0; bad[i]; i++) {
        kl_klarna_response_t resp = answer(bad[i]);

        kl_error_clear(err);
        assert_int_equal(kl_payments_session_reply(&out, p, &resp, err), KL_PROTOCOL);
        check_error(err, KL_PROTOCOL, "unreadable_answer");
        assert_string_equal(out.session_id, "untouched");
    }
}

/* As they are, to be sent back; what is no address, or too much of one, is none. */
static void test_session_addresses(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    char *much = apr_pcalloc(p, 10001);
    kl_klarna_response_t resp = answer(
        "{\"billing_address\":{\"given_name\":\"Ada\",\"care_of\":\"Bo\"},"
        "\"shipping_address\":{},\"customer\":{\"type\":\"person\"}}");
    kl_addresses_t out;

    assert_int_equal(kl_payments_session_addresses(&out, p, &resp, err), KL_OK);
    assert_string_equal(kl_addresses_text(p, &out),
                        "{\"billing_address\":{\"given_name\":\"Ada\",\"care_of\":\"Bo\"}}");
    memset(much, 'x', 10000);
    resp = answer(apr_psprintf(p,
                               "{\"billing_address\":{\"city\":\"%s\"},"
                               "\"shipping_address\":\"Lund\"}",
                               much));
    assert_int_equal(kl_payments_session_addresses(&out, p, &resp, err), KL_OK);
    assert_false(kl_addresses_are_told(&out));
    resp = answer("{\"billing_address\":");
    kl_payments_session_addresses(&out, p, &resp, err);
    check_error(err, KL_PROTOCOL, "unreadable_answer");
}

static void test_placed_reply(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_response_t resp = answer("{\"order_id\":\"o-1\",\"fraud_status\":\"PENDING\","
                                       "\"redirect_url\":\"https://credit.klarna.com/x\"}");
    kl_placed_t out;

    assert_int_equal(kl_payments_placed_reply(&out, p, &resp, err), KL_OK);
    assert_string_equal(out.order_id, "o-1");
    assert_string_equal(out.fraud_status, "PENDING");
    assert_string_equal(out.redirect_url, "https://credit.klarna.com/x");
    resp = answer("{\"order_id\":\"o-1\",\"redirect_url\":\"javascript:alert(1)\"}");
    assert_int_equal(kl_payments_placed_reply(&out, p, &resp, err), KL_OK);
    assert_string_equal(out.fraud_status, "");
    assert_string_equal(out.redirect_url, "");
    resp = answer("{\"fraud_status\":\"ACCEPTED\"}");
    assert_int_equal(kl_payments_placed_reply(&out, p, &resp, err), KL_PROTOCOL);
    kl_error_clear(err);
    resp = answer("{\"order_id\":\"o-1");
    assert_int_equal(kl_payments_placed_reply(&out, p, &resp, err), KL_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_create_session),
                                       WITH_POOL(test_update_session),
                                       WITH_POOL(test_place_order),
                                       WITH_POOL(test_place_order_repeats_session),
                                       WITH_POOL(test_place_order_refuses_tokens),
                                       WITH_POOL(test_session_reply),
                                       WITH_POOL(test_session_reply_unusable),
                                       WITH_POOL(test_session_addresses),
                                       WITH_POOL(test_placed_reply)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
