/* SPDX-License-Identifier: Apache-2.0 */
/* How far it has come, in the shapes of both ways, and what is none of them. */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "api/instore_status.h"
#include "core/iso_time.h"
#include "tests/unit/answers.h"
#include "tests/unit/sample_order.h"

#define NO_SESSION "{\"error_code\":\"NOT_FOUND\",\"error_messages\":[\"no\"]}"

static kl_instore_seen_t seen_in(apr_pool_t *p, int status, const char *body)
{
    kl_error_t *err = kl_error_make(p);
    kl_klarna_response_t resp = an_answer(status, body);
    kl_instore_seen_t seen = {.word = NULL};

    assert_int_equal(kl_instore_status_reply(&seen, p, &resp, err), KL_OK);
    assert_int_equal(err->kind, KL_OK);
    return seen;
}

/* Every member of Klarna's description of a hosted page. */
#define PAGE \
    "{\"session_id\":\"a15b228c\",\"status\":\"COMPLETED\"," \
    "\"updated_at\":\"2038-01-19T03:14:07.000Z\",\"expires_at\":\"2038-01-19T03:14:07.000Z\"," \
    "\"authorization_token\":\"70850a20\",\"order_id\":\"93d644a2-43f3\"," \
    "\"klarna_reference\":\"ffc25786\",\"customer\":{\"given_name\":\"Ada\"}," \
    "\"manual_identification\":{\"challenge\":\"A78\"}}"

static void test_of_a_page(void **state)
{
    kl_instore_seen_t seen = seen_in(*state, 200, PAGE);

    assert_string_equal(seen.word, "COMPLETED");
    assert_string_equal(seen.order_id, "93d644a2-43f3");
    assert_string_equal(seen.klarna_reference, "ffc25786");
    assert_int_equal(seen.link_until, kl_iso_time("2038-01-19T03:14:07Z"));
    assert_string_equal(seen.link, "");
    seen = seen_in(*state, 200, "{\"status\":\"WAITING\"}");
    assert_string_equal(seen.word, "WAITING");
    assert_string_equal(seen.order_id, "");
    assert_string_equal(seen.klarna_reference, "");
    assert_string_equal(seen.error_code, "");
    assert_int_equal(seen.link_until, 0);
}

static void test_of_a_qr_session(void **state)
{
    kl_instore_seen_t seen = seen_in(*state, 200,
                                     "{\"status\":\"DISTRIBUTED\",\"qr\":\"https://q.example/1\","
                                     "\"qr_code\":\"https://q.example/2\","
                                     "\"payment_link\":\"https://l.example\"}");

    assert_string_equal(seen.word, "DISTRIBUTED");
    assert_string_equal(seen.qr_url, "https://q.example/1");
    assert_string_equal(seen.link, "https://l.example");
    seen = seen_in(*state, 200,
                   "{\"status\":\"WAITING\",\"qr_code\":\"https://q.example/2\","
                   "\"payment_link\":\"javascript:alert(1)\"}");
    assert_string_equal(seen.qr_url, "https://q.example/2");
    assert_string_equal(seen.link, "");
    seen = seen_in(*state, 200, "{\"status\":\"FAILED\",\"error\":{\"code\":\"BAD_REQUEST\"}}");
    assert_string_equal(seen.error_code, "BAD_REQUEST");
    seen = seen_in(*state, 200, "{\"status\":\"FAILED\",\"error\":\"BAD_REQUEST\"}");
    assert_string_equal(seen.error_code, "");
}

static void test_as_in_the_examples(void **state)
{
    apr_pool_t *p = *state;
    kl_json_t *session;
    kl_instore_seen_t seen =
        seen_in(p, 200,
                klarnas_example(p, "docs/instore-one-qr-result-completed.RECONSTRUCTED.200.json"));

    assert_string_equal(seen.word, "COMPLETED");
    assert_string_equal(seen.order_id, "<order_id>");
    assert_string_equal(seen.klarna_reference, "<klarna_reference>");
    assert_int_equal(seen.link_until, kl_iso_time("2024-01-01T12:00:00Z"));
    seen = seen_in(p, 200,
                   klarnas_example(p, "docs/instore-one-qr-result-failed.RECONSTRUCTED.200.json"));
    assert_string_equal(seen.word, "FAILED");
    assert_string_equal(seen.error_code, "INTERNAL_ERROR");
    session = kl_json_get(
        object_of(p, klarnas_example(p, "docs/callback-hpp-status-update.RECONSTRUCTED.json")),
        "session");
    kl_json_set_str(session, "order_id", "o-1"); /* in place of a sentence */
    seen = seen_in(p, 200, kl_json_text(p, session));
    assert_string_equal(seen.word, "COMPLETED");
    assert_int_equal(seen.link_until, kl_iso_time("2019-05-31T07:22:05.563Z"));
}

/* Klarna's own 404 only: what stands between us may lose the way as well. */
static void test_gone(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_instore_seen_t seen = seen_in(p, 404, NO_SESSION);
    kl_klarna_response_t resp = an_answer(404, "");

    assert_string_equal(seen.word, KL_INSTORE_GONE);
    assert_string_equal(seen.link, "");
    assert_int_equal(kl_instore_status_reply(&seen, p, &resp, err), KL_UNKNOWN);
    kl_error_clear(err);
    resp.correlation_id = "c0ffee";
    assert_int_equal(kl_instore_status_reply(&seen, p, &resp, err), KL_OK);
    assert_string_equal(seen.word, KL_INSTORE_GONE);
    resp.delivery = KL_LOST;
    assert_int_equal(kl_instore_status_reply(&seen, p, &resp, err), KL_UNKNOWN);
}

static void test_not_read(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_instore_seen_t seen = {.word = "untouched"};
    kl_klarna_response_t resp = an_answer(401, "<html>");

    assert_int_equal(kl_instore_status_reply(&seen, p, &resp, err), KL_UNAVAILABLE);
    kl_error_clear(err);
    resp = an_answer(503, "");
    assert_int_equal(kl_instore_status_reply(&seen, p, &resp, err), KL_UNKNOWN);
    kl_error_clear(err);
    resp = an_answer(200, "{\"status\":\"WAITING\"}");
    resp.delivery = KL_NOT_SENT;
    assert_int_equal(kl_instore_status_reply(&seen, p, &resp, err), KL_UNAVAILABLE);
    assert_string_equal(seen.word, "untouched");
}

/* One of a client that places orders itself: completed, with a token in place of an order. */
static void test_an_old_example(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_response_t resp =
        an_answer(200, klarnas_example(p, "kco_rest_php/SessionsTest-testFetch.json"));
    kl_instore_seen_t seen;

    assert_int_equal(kl_instore_status_reply(&seen, p, &resp, err), KL_PROTOCOL);
    check_error(err, KL_PROTOCOL, "unreadable_answer");
}

static kl_kind_t read_reply(apr_pool_t *p, const kl_klarna_response_t *resp, kl_error_t *err)
{
    kl_instore_seen_t seen;

    return kl_instore_status_reply(&seen, p, resp, err);
}

/* Completed without an order is no end: it is read again. */
static void test_unreadable(void **state)
{
    static const char *const bad[] = {"",
                                      "<html>",
                                      "[]",
                                      "{}",
                                      "{\"status\":\"\"}",
                                      "{\"status\":7}",
                                      "{\"status\":null}",
                                      "{\"status\":\"404\"}",
                                      "{\"status\":\"WAIT ING\"}",
                                      "{\"status\":\"COMPLETED\"}",
                                      "{\"status\":\"COMPLETED\",\"order_id\":\"\"}",
                                      "{\"status\":\"COMPLETED\",\"order_id\":5}",
                                      "{\"status\":\"COMPLETED\",\"order_id\":\"..\"}",
                                      NULL};

    check_unreadable(*state, bad, read_reply);
    check_cut_short(*state, PAGE, read_reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_of_a_page),
                                       WITH_POOL(test_of_a_qr_session),
                                       WITH_POOL(test_as_in_the_examples),
                                       WITH_POOL(test_an_old_example),
                                       WITH_POOL(test_gone),
                                       WITH_POOL(test_not_read),
                                       WITH_POOL(test_unreadable)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
