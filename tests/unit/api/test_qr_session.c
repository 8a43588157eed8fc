/* SPDX-License-Identifier: Apache-2.0 */
/* The QR session: requests as Klarna's examples have them, answers whole, cut and hostile. */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "api/qr_session.h"
#include "tests/unit/answers.h"
#include "tests/unit/sample_order.h"

#define BASE "https://api.klarna.com"

static const kl_department_t bikes = {.name = "bikes",
                                      .store_id = "Example Shop",
                                      .street = "drottninggatan",
                                      .postal_code = "23451",
                                      .city = "Stockholm",
                                      .country = "SE"};
static const kl_department_t nowhere =
    {.name = "clinic", .store_id = "", .street = "", .postal_code = "", .city = "", .country = ""};

static kl_order_t *an_order(apr_pool_t *p)
{
    kl_order_t *order = shipped_order(p);

    order->id = "0f8fad5b";
    order->callback_secret = "s3cret";
    order->instore = kl_instore_make(p);
    order->instore->way = KL_WAY_QR;
    order->instore->till = "Counter 1";
    return order;
}

/* --- requests ------------------------------------------------------------------------ */

static void test_create(void **state)
{
    apr_pool_t *p = *state;
    kl_qr_start_t start = {.department = &bikes,
                           .short_code = "",
                           .callback_base = "https://shop.example/callbacks"};
    kl_klarna_request_t req = kl_qr_session_create(p, an_order(p), &start);
    kl_json_t *body = object_of(p, req.body), *attachment = kl_json_get(body, "attachment");

    assert_string_equal(req.method, "POST");
    assert_string_equal(req.path, "/payments/v1/sessions");
    assert_string_equal(req.idempotency_key, "");
    assert_true(req.repeatable);
    assert_string_equal(kl_json_str(body, "acquiring_channel"), "in_store");
    check_lines(body, 10500);
    assert_string_equal(kl_json_str(attachment, "content_type"),
                        "application/vnd.klarna.internal.emd-v2+json");
    assert_string_equal(
        kl_json_str(attachment, "body"),
        "{\"in_store_payment\":[{\"store_info\":{"
        "\"merchant_store_id\":\"Example Shop\",\"store_terminal_id\":\"Counter 1\","
        "\"store_address\":{\"street_address\":\"drottninggatan\","
        "\"postal_code\":\"23451\",\"city\":\"Stockholm\",\"country\":\"SE\"}}}]}");
    assert_string_equal(kl_json_text(p, kl_json_get(body, "distribution")),
                        "{\"method\":\"one_qr\",\"callback_urls\":{\"status_update\":"
                        "\"https://shop.example/callbacks/status/0f8fad5b.s3cret\"}}");
    assert_null(strstr(req.body, "/authorization/"));
}

/* The terminal comes before the till; a department says who it is at least. */
static void test_create_with_little(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = an_order(p);
    kl_addresses_t told = {.billing_address = object_of(p, "{\"phone\":\"+46701234567\"}")};
    kl_qr_start_t start = {.department = &nowhere,
                           .told = &told,
                           .short_code = "",
                           .callback_base = ""};
    kl_json_t *body;

    order->instore->terminal = "T-7";
    body = object_of(p, kl_qr_session_create(p, order, &start).body);
    assert_string_equal(kl_json_str(kl_json_get(body, "attachment"), "body"),
                        "{\"in_store_payment\":[{\"store_info\":{\"merchant_store_id\":\"clinic\","
                        "\"store_terminal_id\":\"T-7\"}}]}");
    assert_string_equal(kl_json_text(p, kl_json_get(body, "distribution")),
                        "{\"method\":\"one_qr\"}");
    assert_string_equal(kl_json_str(kl_json_get(body, "billing_address"), "phone"), "+46701234567");
}

/* The customer has it on the phone as soon as it is sent: never twice by itself. */
static void test_create_with_a_short_code(void **state)
{
    static const char *const bad[] = {"1",    "123456789012345678901",
                                      "12a4", "12 4",
                                      "-123", "١٢٣",
                                      "12\n", NULL};
    apr_pool_t *p = *state;
    kl_qr_start_t start = {.department = &bikes, .short_code = "12", .callback_base = ""};
    kl_klarna_request_t req = kl_qr_session_create(p, an_order(p), &start);

    assert_false(req.repeatable);
    assert_string_equal(kl_json_str(kl_json_get(object_of(p, req.body), "distribution"),
                                    "short_code"),
                        "12");
    start.short_code = "12345678901234567890";
    assert_non_null(kl_qr_session_create(p, an_order(p), &start).method);
    for (int i = 0; bad[i]; i++) {
        start.short_code = bad[i];
        assert_null(kl_qr_session_create(p, an_order(p), &start).method);
    }
}

/* Klarna's members, as Klarna's page has them. */
static void check_example(apr_pool_t *p, const char *name, const char *short_code,
                          const kl_department_t *department)
{
    kl_order_t *order = an_order(p);
    const kl_json_t *example = object_of(p, klarnas_example(p, name)), *body, *shown;
    kl_qr_start_t start = {.department = department, .short_code = short_code};
    const kl_json_t *asked = kl_json_get(example, "distribution");
    const char *emd = kl_json_str(kl_json_get(example, "attachment"), "body");

    start.callback_base = "https://shop.example";
    shown = kl_json_get(kl_json_at(kl_json_get(object_of(p, emd), "in_store_payment"), 0),
                        "store_info");
    order->instore->till = kl_json_str(shown, "store_terminal_id");
    body = object_of(p, kl_qr_session_create(p, order, &start).body);
    assert_string_equal(kl_json_str(body, "acquiring_channel"),
                        kl_json_str(example, "acquiring_channel"));
    assert_string_equal(kl_json_str(kl_json_get(body, "attachment"), "content_type"),
                        kl_json_str(kl_json_get(example, "attachment"), "content_type"));
    emd = kl_json_str(kl_json_get(body, "attachment"), "body");
    assert_non_null(strstr(emd, kl_json_str(shown, "merchant_store_id")));
    assert_non_null(strstr(emd, kl_json_str(shown, "store_terminal_id")));
    assert_int_equal(kl_json_size(kl_json_get(body, "distribution")), kl_json_size(asked));
    assert_string_equal(kl_json_str(kl_json_get(body, "distribution"), "method"),
                        kl_json_str(asked, "method"));
    assert_non_null(kl_json_str(kl_json_get(asked, "callback_urls"), "status_update"));
    if (*short_code) {
        assert_string_equal(kl_json_str(asked, "short_code"), short_code);
    }
}

static void test_create_as_in_the_examples(void **state)
{
    static const kl_department_t number_4711 = {.name = "bikes",
                                                .store_id = "4711",
                                                .street = "",
                                                .postal_code = "",
                                                .city = "",
                                                .country = ""};

    check_example(*state, "turn2/instore-one-qr-session.request.json", "", &bikes);
    check_example(*state, "turn2/instore-one-qr-session-shortcode.request.json", "2005", &bikes);
    check_example(*state, "docs/instore-one-qr-session.RECONSTRUCTED.request.json", "",
                  &number_4711);
}

static void test_a_short_code_as_in_the_example(void **state)
{
    apr_pool_t *p = *state;
    const kl_json_t *asked = kl_json_get(
        object_of(p, klarnas_example(
                         p, "docs/instore-one-qr-session-shortcode.RECONSTRUCTED.fragment.json")),
        "distribution");
    kl_qr_start_t start = {.department = &bikes,
                           .short_code = kl_json_str(asked, "short_code"),
                           .callback_base = "https://shop.example"};
    const kl_json_t *sent =
        kl_json_get(object_of(p, kl_qr_session_create(p, an_order(p), &start).body),
                    "distribution");

    assert_string_equal(kl_json_str(sent, "short_code"), kl_json_str(asked, "short_code"));
    assert_string_equal(kl_json_str(sent, "method"), kl_json_str(asked, "method"));
    assert_int_equal(kl_json_size(sent), kl_json_size(asked));
    assert_int_equal(kl_json_size(kl_json_get(sent, "callback_urls")),
                     kl_json_size(kl_json_get(asked, "callback_urls")));
}

static void test_read_and_cancel(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = an_order(p);
    kl_klarna_request_t req = kl_qr_session_read(p, order);

    assert_string_equal(req.method, "GET");
    assert_string_equal(req.path, "/iss/v1/distributions/0b1d9815-165e-42e2");
    req = kl_qr_session_cancel(p, order);
    assert_string_equal(req.method, "DELETE");
    assert_string_equal(req.path, "/payments/v1/sessions/0b1d9815-165e-42e2");
    assert_string_equal(req.body, "");
    assert_true(req.repeatable);
    order->instore->result_path = "/iss/v2/results/7";
    assert_string_equal(kl_qr_session_read(p, order).path, "/iss/v2/results/7");
    order->session_id = order->instore->result_path = "";
    assert_null(kl_qr_session_read(p, order).method);
    assert_null(kl_qr_session_cancel(p, order).method);
}

/* --- the answer ---------------------------------------------------------------------- */

static kl_qr_session_t session_of(apr_pool_t *p, const char *body)
{
    kl_error_t *err = kl_error_make(p);
    kl_klarna_response_t resp = an_answer(200, body);
    kl_qr_session_t session = {.id = NULL};

    assert_int_equal(kl_qr_session_reply(&session, p, BASE, &resp, err), KL_OK);
    return session;
}

#define WHOLE \
    "{\"session_id\":\"s-1\",\"payment_method_categories\":[]," \
    "\"distribution\":{\"result_url\":\"" BASE "/iss/v1/distributions/r-1\"}}"

static void test_reply(void **state)
{
    kl_qr_session_t session = session_of(*state, WHOLE);

    assert_string_equal(session.id, "s-1");
    assert_string_equal(session.result_path, "/iss/v1/distributions/r-1");
    session = session_of(*state, "{\"session_id\":\"s:1\"}");
    assert_string_equal(session.result_path, "/iss/v1/distributions/s%3A1");
    session = session_of(*state, "{\"session_id\":\"s-1\",\"distribution\":{\"result_url\":"
                                 "\"https://evil.example/iss/v1/distributions/s-1\"}}");
    assert_string_equal(session.result_path, "/iss/v1/distributions/s-1");
    session = session_of(*state, "{\"session_id\":\"s-1\",\"distribution\":\"odd\"}");
    assert_string_equal(session.result_path, "/iss/v1/distributions/s-1");
}

/* Placeholders in brackets are no path: the documented one is taken, with the id escaped. */
static void test_reply_as_in_the_examples(void **state)
{
    kl_qr_session_t session =
        session_of(*state, klarnas_example(*state, "turn2/instore-one-qr-session.200.json"));

    assert_string_equal(session.id, "{session_id}");
    assert_string_equal(session.result_path, "/iss/v1/distributions/{session_id}");
    session = session_of(*state,
                         klarnas_example(*state,
                                         "docs/instore-one-qr-session.RECONSTRUCTED.200.json"));
    assert_string_equal(session.id, "<kp_session_id>");
    assert_string_equal(session.result_path, "/iss/v1/distributions/%3Ckp_session_id%3E");
}

static kl_kind_t read_reply(apr_pool_t *p, const kl_klarna_response_t *resp, kl_error_t *err)
{
    kl_qr_session_t session;

    return kl_qr_session_reply(&session, p, BASE, resp, err);
}

static void test_reply_unusable(void **state)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"session_id\":\"\"}",
                                      "{\"session_id\":[]}",
                                      "{\"session_id\":\"..\"}",
                                      "{\"distribution\":{\"result_url\":\"" BASE "/iss/1\"}}",
                                      NULL};

    check_unreadable(*state, bad, read_reply);
    check_cut_short(*state, WHOLE, read_reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_create),
                                       WITH_POOL(test_create_with_little),
                                       WITH_POOL(test_create_with_a_short_code),
                                       WITH_POOL(test_create_as_in_the_examples),
                                       WITH_POOL(test_a_short_code_as_in_the_example),
                                       WITH_POOL(test_read_and_cancel),
                                       WITH_POOL(test_reply),
                                       WITH_POOL(test_reply_as_in_the_examples),
                                       WITH_POOL(test_reply_unusable)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
