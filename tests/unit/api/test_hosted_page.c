/* SPDX-License-Identifier: Apache-2.0 */
/* The hosted page: requests as Klarna's examples have them, answers whole, old, cut and hostile. */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "api/hosted_page.h"
#include "api/payments.h"
#include "core/iso_time.h"
#include "tests/unit/answers.h"
#include "tests/unit/sample_order.h"

#define BASE "https://api.klarna.com"
#define CALLBACKS "https://shop.example/callbacks"
#define PAGE "9cbc9884-1fdb-45a8"

static kl_order_t *an_order(apr_pool_t *p)
{
    kl_order_t *order = shipped_order(p);

    order->id = "0f8fad5b";
    order->callback_secret = "s3cret";
    order->instore = kl_instore_make(p);
    order->instore->page_id = PAGE;
    return order;
}

/* --- requests ------------------------------------------------------------------------ */

static void test_session(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = an_order(p);
    kl_addresses_t told = {.billing_address = object_of(p, "{\"given_name\":\"Ada\"}"),
                           .customer = object_of(p, "{\"type\":\"person\"}")};
    kl_klarna_request_t req = kl_hosted_page_session(p, order, &told, CALLBACKS);
    kl_json_t *body = object_of(p, req.body), *urls = kl_json_get(body, "merchant_urls");

    assert_string_equal(req.method, "POST");
    assert_string_equal(req.path, "/payments/v1/sessions");
    assert_string_equal(req.idempotency_key, "");
    assert_true(req.repeatable);
    assert_string_equal(kl_json_str(body, "acquiring_channel"), "IN_STORE");
    assert_int_equal(kl_json_int(body, "order_amount", -1), 10500);
    assert_string_equal(kl_json_str(body, "merchant_reference1"), "shop-1001");
    check_lines(body, 10500);
    assert_string_equal(kl_json_str(kl_json_get(body, "billing_address"), "given_name"), "Ada");
    assert_string_equal(kl_json_str(kl_json_get(body, "customer"), "type"), "person");
    assert_string_equal(kl_json_str(urls, "notification"), CALLBACKS "/fraud/0f8fad5b.s3cret");
}

/* Klarna places the order: whoever placed it with a token as well would place it twice. */
static void test_session_has_no_authorization_callback(void **state)
{
    apr_pool_t *p = *state;
    kl_klarna_request_t req = kl_hosted_page_session(p, an_order(p), NULL, CALLBACKS);

    assert_null(strstr(req.body, "/authorization/"));
    assert_null(strstr(kl_hosted_page_session(p, an_order(p), NULL, "").body, "merchant_urls"));
}

static void test_create(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = an_order(p);
    kl_klarna_request_t req = kl_hosted_page_create(p, order, BASE, "", CALLBACKS);

    assert_string_equal(req.method, "POST");
    assert_string_equal(req.path, "/hpp/v1/sessions");
    assert_string_equal(req.idempotency_key, "");
    assert_true(req.repeatable);
    assert_string_equal(req.body, "{\"payment_session_url\":\"" BASE
                                  "/payments/v1/sessions/0b1d9815-165e-42e2\","
                                  "\"merchant_urls\":{\"status_update\":\"" CALLBACKS
                                  "/status/0f8fad5b.s3cret\"},"
                                  "\"options\":{\"place_order_mode\":\"CAPTURE_ORDER\"}}");
    order->instore->places_only = 1;
    req = kl_hosted_page_create(p, order, "https://api-na.klarna.com", "87ab3565", "");
    assert_string_equal(req.body,
                        "{\"payment_session_url\":\"https://api-na.klarna.com/payments/v1/sessions/"
                        "0b1d9815-165e-42e2\","
                        "\"options\":{\"place_order_mode\":\"PLACE_ORDER\"},"
                        "\"profile_id\":\"87ab3565\"}");
    order->session_id = "";
    assert_null(kl_hosted_page_create(p, order, BASE, "", CALLBACKS).method);
    order->session_id = "..";
    assert_null(kl_hosted_page_create(p, order, BASE, "", CALLBACKS).method);
}

/* As Klarna's examples have it, but for the pages that a browser goes back to. */
static void test_create_as_in_the_examples(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = an_order(p);
    const kl_json_t *plain = object_of(p, klarnas_example(p, "docs/hpp-create-kp.request.json"));
    const kl_json_t *places =
        object_of(p, klarnas_example(p, "docs/hpp-create-kp-place-order.request.json"));
    kl_json_t *body;

    order->session_id = "ID";
    order->instore->places_only = 1;
    body = object_of(p, kl_hosted_page_create(p, order, "https://HOST", "", CALLBACKS).body);
    assert_string_equal(kl_json_str(body, "payment_session_url"),
                        "https://HOST/payments/v1/sessions/ID");
    assert_string_equal(kl_json_str(plain, "payment_session_url"),
                        "https://<environment-domain>/payments/v1/sessions/<kp_session_id>");
    assert_string_equal(kl_json_text(p, kl_json_get(body, "options")),
                        kl_json_text(p, kl_json_get(places, "options")));
    assert_true(kl_json_is_object(kl_json_get(places, "merchant_urls")));
    assert_true(kl_json_is_object(kl_json_get(body, "merchant_urls")));
}

static void test_send(void **state)
{
    apr_pool_t *p = *state;
    kl_instore_t *instore = an_order(p)->instore;
    kl_klarna_request_t req = kl_hosted_page_send_sms(p, instore, "0701234567", "SE");

    assert_string_equal(req.method, "POST");
    assert_string_equal(req.path, "/hpp/v1/sessions/" PAGE "/distribution");
    assert_string_equal(req.idempotency_key, "");
    assert_false(req.repeatable);
    instore->send_path = "/hpp/v2/pages/7/send";
    req = kl_hosted_page_send_email(p, instore, "ada@example.com");
    assert_string_equal(req.path, "/hpp/v2/pages/7/send");
    assert_false(req.repeatable);
    instore->send_path = instore->page_id = "";
    assert_null(kl_hosted_page_send_email(p, instore, "ada@example.com").method);
}

static void test_send_as_in_the_examples(void **state)
{
    apr_pool_t *p = *state;
    kl_instore_t *instore = an_order(p)->instore;
    const char *sms = klarnas_example(p, "docs/hpp-distribute-sms.request.json");
    const char *email = klarnas_example(p, "docs/hpp-distribute-email.request.json");

    assert_string_equal(kl_hosted_page_send_sms(p, instore, "07000212345", "SE").body,
                        kl_json_text(p, object_of(p, sms)));
    assert_string_equal(kl_hosted_page_send_email(p, instore, "test@example.com").body,
                        kl_json_text(p, object_of(p, email)));
}

static void test_read_and_disable(void **state)
{
    apr_pool_t *p = *state;
    kl_instore_t *instore = an_order(p)->instore;
    kl_klarna_request_t req = kl_hosted_page_read(p, instore);

    assert_string_equal(req.method, "GET");
    assert_string_equal(req.path, "/hpp/v1/sessions/" PAGE);
    req = kl_hosted_page_disable(p, instore);
    assert_string_equal(req.method, "DELETE");
    assert_string_equal(req.path, "/hpp/v1/sessions/" PAGE);
    assert_string_equal(req.body, "");
    assert_true(req.repeatable);
    instore->result_path = "/hpp/v2/pages/7";
    assert_string_equal(kl_hosted_page_read(p, instore).path, "/hpp/v2/pages/7");
    assert_string_equal(kl_hosted_page_disable(p, instore).path, "/hpp/v2/pages/7");
    instore->result_path = instore->page_id = "";
    assert_null(kl_hosted_page_read(p, instore).method);
    instore->page_id = "..";
    assert_null(kl_hosted_page_disable(p, instore).method);
}

/* --- the answer ---------------------------------------------------------------------- */

/* As Klarna's description has it. */
#define WHOLE \
    "{\"session_id\":\"" PAGE "\",\"session_url\":\"" BASE "/hpp/v1/sessions/" PAGE "\"," \
    "\"redirect_url\":\"https://pay.klarna.com/eu/hpp/payments/2OCkffK\"," \
    "\"qr_code_url\":\"https://pay.klarna.com/eu/hpp/payments/2OCkffK/qr\"," \
    "\"distribution_url\":\"" BASE "/hpp/v1/sessions/" PAGE "/distribution\"," \
    "\"manual_identification_check_url\":\"" BASE "/hpp/v1/sessions/" PAGE "/manual-id-check\"," \
    "\"expires_at\":\"2038-01-19T03:14:07.000Z\",\"distribution_module\":{\"token\":\"t\"}}"

static kl_hosted_page_t page_of(apr_pool_t *p, const char *body)
{
    kl_error_t *err = kl_error_make(p);
    kl_klarna_response_t resp = an_answer(201, body);
    kl_hosted_page_t page = {.id = NULL};

    assert_int_equal(kl_hosted_page_reply(&page, p, BASE, &resp, err), KL_OK);
    return page;
}

static void test_reply(void **state)
{
    kl_hosted_page_t page = page_of(*state, WHOLE);

    assert_string_equal(page.id, PAGE);
    assert_string_equal(page.link, "https://pay.klarna.com/eu/hpp/payments/2OCkffK");
    assert_string_equal(page.qr_url, "https://pay.klarna.com/eu/hpp/payments/2OCkffK/qr");
    assert_string_equal(page.result_path, "/hpp/v1/sessions/" PAGE);
    assert_string_equal(page.send_path, "/hpp/v1/sessions/" PAGE "/distribution");
    assert_string_equal(page.id_check_url, BASE "/hpp/v1/sessions/" PAGE "/manual-id-check");
    assert_int_equal(page.link_until, kl_iso_time("2038-01-19T03:14:07Z"));
}

/* What is not told is documented; the id is the end of its address in older answers. */
static void test_reply_of_little(void **state)
{
    kl_hosted_page_t page = page_of(*state, "{\"session_url\":\"" BASE "/hpp/v1/sessions/abc-1\"}");

    assert_string_equal(page.id, "abc-1");
    assert_string_equal(page.link, "");
    assert_string_equal(page.qr_url, "");
    assert_string_equal(page.result_path, "/hpp/v1/sessions/abc-1");
    assert_string_equal(page.send_path, "/hpp/v1/sessions/abc-1/distribution");
    assert_string_equal(page.id_check_url, "");
    assert_int_equal(page.link_until, 0);
    page = page_of(*state, "{\"distribution_url\":\"" BASE "/hpp/v1/sessions/7/distribution\"}");
    assert_string_equal(page.id, "7");
    assert_string_equal(page.result_path, "/hpp/v1/sessions/7");
    assert_string_equal(page.send_path, "/hpp/v1/sessions/7/distribution");
    page = page_of(*state, "{\"session_id\":\"a b\",\"session_url\":\"" BASE "/pages/x\"}");
    assert_string_equal(page.id, "x");
    assert_string_equal(page.result_path, "/pages/x");
}

/* Credentials go to the account's own host alone. */
static void test_reply_of_another_host(void **state)
{
    kl_hosted_page_t page =
        page_of(*state,
                "{\"session_id\":\"abc-1\",\"session_url\":\"https://evil.example/hpp/v1/x\","
                "\"distribution_url\":\"https://api.klarna.com.evil.example/d\","
                "\"redirect_url\":\"javascript:alert(1)\"}");

    assert_string_equal(page.result_path, "/hpp/v1/sessions/abc-1");
    assert_string_equal(page.send_path, "/hpp/v1/sessions/abc-1/distribution");
    assert_string_equal(page.link, "");
}

static void test_reply_as_in_the_examples(void **state)
{
    kl_hosted_page_t page = page_of(*state, klarnas_example(*state, "docs/hpp-create.201.json"));

    assert_string_equal(page.id, "<hpp_session_id>");
    assert_string_equal(page.link, "https://pay.klarna.com/eu/hpp/payments/2OCkffK");
    assert_string_equal(page.qr_url, "https://pay.klarna.com/eu/hpp/payments/<hpp_session_id>/qr");
    /* A placeholder in angle brackets is no path, so it is the documented one. */
    assert_string_equal(page.result_path, "/hpp/v1/sessions/%3Chpp_session_id%3E");
    assert_int_equal(page.link_until, kl_iso_time("2019-05-29T08:22:05.563Z"));
    page = page_of(*state, klarnas_example(*state, "kco_rest_php/SessionsTest-testCreate.json"));
    assert_string_equal(page.id, "9cbc9884-1fdb-45a8-9694-9340340d0436");
    assert_string_equal(page.send_path, "/hpp/v1/sessions/9cbc9884-1fdb-45a8-9694-9340340d0436"
                                        "/distribution");
    assert_string_equal(page.link,
                        "https://buy.klarna.com/hpp/9cbc9884-1fdb-45a8-9694-9340340d0436");
}

static kl_kind_t read_reply(apr_pool_t *p, const kl_klarna_response_t *resp, kl_error_t *err)
{
    kl_hosted_page_t page;

    return kl_hosted_page_reply(&page, p, BASE, resp, err);
}

static void test_reply_unusable(void **state)
{
    static const char *const bad[] = {"",
                                      "<html>",
                                      "[]",
                                      "{}",
                                      "{\"session_id\":\"\"}",
                                      "{\"session_id\":7}",
                                      "{\"session_id\":\"..\"}",
                                      "{\"session_id\":\"a\\r\\nb\"}",
                                      "{\"session_url\":\"https://api.klarna.com/..\"}",
                                      "{\"session_url\":\"https://api.klarna.com/a/\"}",
                                      "{\"distribution_url\":\"https://api.klarna.com/hpp/7\"}",
                                      "{\"distribution_url\":\"/distribution\"}",
                                      "{\"distribution_url\":\"https://k/../distribution\"}",
                                      "{\"redirect_url\":\"https://pay.klarna.com/x\"}",
                                      NULL};

    check_unreadable(*state, bad, read_reply);
    check_cut_short(*state, WHOLE, read_reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_session),
                                       WITH_POOL(test_session_has_no_authorization_callback),
                                       WITH_POOL(test_create),
                                       WITH_POOL(test_create_as_in_the_examples),
                                       WITH_POOL(test_send),
                                       WITH_POOL(test_send_as_in_the_examples),
                                       WITH_POOL(test_read_and_disable),
                                       WITH_POOL(test_reply),
                                       WITH_POOL(test_reply_of_little),
                                       WITH_POOL(test_reply_of_another_host),
                                       WITH_POOL(test_reply_as_in_the_examples),
                                       WITH_POOL(test_reply_unusable)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
