/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exchange meant. The rows that matter most are those that must not be a refusal:
 * a refusal is final, and a shop that believes one may move the money a second time.
 */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "api/reply.h"

static kl_klarna_response_t answer(int status, const char *body)
{
    return (kl_klarna_response_t){.status = status,
                                  .body = body,
                                  .body_len = strlen(body),
                                  .correlation_id = "head-1",
                                  .capture_id = "",
                                  .refund_id = ""};
}

static kl_meaning_t meaning(kl_error_t *err, int status, const char *body)
{
    kl_klarna_response_t resp = answer(status, body);

    kl_error_clear(err);
    return kl_reply_meaning(&resp, err);
}

#define NO(code) "{\"error_code\":\"" code "\",\"error_messages\":[\"m\"]}"

static void test_by_status(void **state)
{
    static const struct {
        int status;
        const char *body;
        kl_meaning_t means;
        kl_kind_t kind;
        const char *code;
    } rows[] = {{200, "{}", KL_MEANS_DONE, KL_OK, NULL},
                {201, "", KL_MEANS_DONE, KL_OK, NULL},
                {204, "", KL_MEANS_DONE, KL_OK, NULL},
                {202, "junk", KL_MEANS_DONE, KL_OK, NULL},
                {400, NO("BAD_VALUE"), KL_MEANS_REFUSED, KL_REFUSED, "refused"},
                {403, NO("CAPTURE_NOT_ALLOWED"), KL_MEANS_REFUSED, KL_REFUSED, "refused"},
                {404, NO("NO_SUCH_ORDER"), KL_MEANS_REFUSED, KL_REFUSED, "refused"},
                {409, NO("BAD_VALUE"), KL_MEANS_REFUSED, KL_REFUSED, "refused"},
                {422, NO("INVALID_ADDRESS"), KL_MEANS_REFUSED, KL_REFUSED, "refused"},
                {403, "{\"error_message\":\"no\"}", KL_MEANS_REFUSED, KL_REFUSED, "refused"},
                {401, "<html>", KL_MEANS_NOT_DONE, KL_UNAVAILABLE, "credentials_refused"},
                {401, NO("UNAUTHORIZED"), KL_MEANS_NOT_DONE, KL_UNAVAILABLE, "credentials_refused"},
                {403, "", KL_MEANS_NOT_DONE, KL_UNAVAILABLE, "blocked_at_edge"},
                {403, "<html>Forbidden</html>", KL_MEANS_NOT_DONE, KL_UNAVAILABLE,
                 "blocked_at_edge"},
                {403, "{\"message\":\"Forbidden\"}", KL_MEANS_NOT_DONE, KL_UNAVAILABLE,
                 "blocked_at_edge"},
                {429, "", KL_MEANS_NOT_DONE, KL_RATE_LIMITED, "rate_limited"},
                {429, NO("TOO_MANY_REQUESTS"), KL_MEANS_NOT_DONE, KL_RATE_LIMITED, "rate_limited"},
                {500, NO("INTERNAL_SERVER_ERROR"), KL_MEANS_UNKNOWN, KL_UNKNOWN, "klarna_failed"},
                {503, "", KL_MEANS_UNKNOWN, KL_UNKNOWN, "klarna_failed"},
                {404, "<html>", KL_MEANS_UNKNOWN, KL_UNKNOWN, "unreadable"},
                {400, "[]", KL_MEANS_UNKNOWN, KL_UNKNOWN, "unreadable"},
                {400, "{\"error_code\":\"BAD", KL_MEANS_UNKNOWN, KL_UNKNOWN, "unreadable"},
                {408, NO("TIMEOUT"), KL_MEANS_UNKNOWN, KL_UNKNOWN, "klarna_failed"},
                {302, "", KL_MEANS_UNKNOWN, KL_UNKNOWN, "redirected"},
                {307, NO("BAD_VALUE"), KL_MEANS_UNKNOWN, KL_UNKNOWN, "redirected"},
                {199, "", KL_MEANS_UNKNOWN, KL_UNKNOWN, "unreadable"}};
    kl_error_t *err = kl_error_make(*state);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (meaning(err, rows[i].status, rows[i].body) != rows[i].means || err->kind != rows[i].kind
            || (rows[i].code && strcmp(err->code, rows[i].code) != 0)) {
            fail_msg("%d %s: kind %d, code %s", rows[i].status, rows[i].body, err->kind,
                     err->code ? err->code : "-");
        }
        assert_true(err->kind == KL_OK || (err->next && err->detail));
    }
}

static void test_not_answered(void **state)
{
    kl_klarna_response_t not_sent = {.delivery = KL_NOT_SENT, .why = "no such host"};
    kl_klarna_response_t lost = {.delivery = KL_LOST};
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_reply_meaning(&not_sent, err), KL_MEANS_NOT_DONE);
    check_error(err, KL_UNAVAILABLE, "not_sent");
    assert_non_null(strstr(err->detail, "no such host"));
    kl_error_clear(err);
    assert_int_equal(kl_reply_meaning(&lost, err), KL_MEANS_UNKNOWN);
    check_error(err, KL_UNKNOWN, "answer_lost");
}

static void test_klarnas_words(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    meaning(err, 400,
            "{\"error_code\":\"BAD_VALUE\",\"error_messages\":[\"Bad value: "
            "order_lines[0].total_tax_amount\",7,\"two\"],"
            "\"correlation_id\":\"body-1\",\"service_version\":\"1\"}");
    assert_string_equal(err->klarna_code, "BAD_VALUE");
    assert_int_equal(err->klarna_messages->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(err->klarna_messages, 0, const char *),
                        "Bad value: order_lines[0].total_tax_amount");
    assert_string_equal(err->correlation_id, "body-1");
    assert_non_null(strstr(err->detail, "400 BAD_VALUE"));

    meaning(err, 404, "{\"error_code\":\"NO_SUCH_ORDER\",\"error_message\":\"old form\"}");
    assert_int_equal(err->klarna_messages->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(err->klarna_messages, 0, const char *), "old form");
    assert_string_equal(err->correlation_id, "head-1");

    meaning(err, 503, "");
    assert_null(err->klarna_code);
    assert_null(err->klarna_messages);
    assert_string_equal(err->correlation_id, "head-1");
}

static void test_words_are_bounded(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    const char *list = "\"a\"";
    char *wide = apr_pcalloc(p, 302);

    for (int i = 0; i < 14; i++) {
        list = apr_pstrcat(p, list, ",\"m\"", NULL);
    }
    meaning(err, 400, apr_psprintf(p, "{\"error_messages\":[%s]}", list));
    assert_int_equal(err->klarna_messages->nelts, 10);

    /* 299 bytes and a character of two: the cut must not leave half of it. */
    memset(wide, 'a', 299);
    strcat(wide, "\xc3\xa5");
    meaning(err, 400, apr_psprintf(p, "{\"error_messages\":[\"%s\"]}", wide));
    assert_int_equal(strlen(APR_ARRAY_IDX(err->klarna_messages, 0, const char *)), 299);

    meaning(err, 400,
            "{\"error_code\":\"A B\\nC\",\"error_messages\":[\"a\\r\\nb\\u001b[1m"
            "\\u0085\\u007fz\\u00e5\"],\"correlation_id\":\"x\\ny\"}");
    assert_string_equal(APR_ARRAY_IDX(err->klarna_messages, 0, const char *),
                        "a  b [1m   z\xc3\xa5");
    assert_string_equal(err->klarna_code, "A?B?C");
    assert_string_equal(err->correlation_id, "x?y");
}

static void expect_next(kl_error_t *err, int status, const char *body, const char *part)
{
    meaning(err, status, body);
    if (!err->next || !strstr(err->next, part)) {
        fail_msg("%s: %s", body, err->next ? err->next : "-");
    }
}

static void test_next_steps(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    expect_next(err, 409, NO("BAD_VALUE"), "new authorization");
    expect_next(err, 400, NO("BAD_VALUE"), "field that Klarna names");
    expect_next(err, 403, NO("INVALID_OPERATION"), "authorize again");
    expect_next(err, 404, NO("SESSION_COMPLETED"), "new session");
    expect_next(err, 404, NO("NOT_FOUND"), "new session");
    expect_next(err, 403, NO("REFUND_NOT_ALLOWED"), "Read the order again");
    expect_next(err, 403, NO("CANCEL_NOT_ALLOWED"), "refund it or release");
    expect_next(err, 409, NO("CONFLICT"), "Wait");
    expect_next(err, 418, NO("NEVER_SEEN"), "correlation id");
    expect_next(err, 401, "<html>", "region");
    expect_next(err, 429, "", "Wait");
    expect_next(err, 504, "", "Do not send it as a new request");
}

static void test_retry_after(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    kl_klarna_response_t resp = answer(429, "");

    resp.retry_after = 4;
    kl_reply_meaning(&resp, err);
    assert_int_equal(err->retry_after, 4);
}

static void test_first_error_wins(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    kl_klarna_response_t resp = answer(400, NO("BAD_VALUE"));

    kl_error_set(err, KL_CONFLICT, "earlier", "earlier");
    assert_int_equal(kl_reply_meaning(&resp, err), KL_MEANS_REFUSED);
    check_error(err, KL_CONFLICT, "earlier");
    assert_null(err->klarna_code);
    assert_null(err->next);
}

static void test_json(void **state)
{
    static const char *const bad[] = {"", "[]", "<html>", "{", "{} x", "\"s\"", NULL};
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_response_t resp = answer(200, "{\"a\":5}");

    assert_int_equal(kl_json_int(kl_reply_json(p, &resp, err), "a", 0), 5);
    for (int i = 0; bad[i]; i++) {
        resp = answer(200, bad[i]);
        kl_error_clear(err);
        assert_null(kl_reply_json(p, &resp, err));
        check_error(err, KL_PROTOCOL, "unreadable_answer");
        assert_string_equal(err->correlation_id, "head-1");
    }
}

static void test_deleted(void **state)
{
    static const struct {
        int status;
        const char *body;
        kl_kind_t kind;
        const char *code;
    } rows[] = {
        {204, "", KL_OK, NULL},
        {200, "{}", KL_OK, NULL},
        {400, "", KL_CONFLICT, "completed"},
        {400, NO("BAD_REQUEST"), KL_CONFLICT, "completed"},
        {409, "", KL_CONFLICT, "completed"},
        {404, NO("SESSION_COMPLETED"), KL_CONFLICT, "completed"},
        {404, NO("NOT_FOUND"), KL_NOT_FOUND, "gone"},
        {404, "", KL_NOT_FOUND, "gone"},
        {401, "<html>", KL_UNAVAILABLE, "credentials_refused"},
        {403, NO("NOT_ALLOWED"), KL_REFUSED, "refused"},
        {429, "", KL_RATE_LIMITED, "rate_limited"},
        {503, "", KL_UNKNOWN, "klarna_failed"},
    };
    kl_error_t *err = kl_error_make(*state);
    kl_klarna_response_t resp;

    for (int i = 0; i < 12; i++) {
        resp = answer(rows[i].status, rows[i].body);
        kl_error_clear(err);
        assert_int_equal(kl_reply_deleted(&resp, err), rows[i].kind);
        if (rows[i].code) {
            check_error(err, rows[i].kind, rows[i].code);
        }
    }
    resp = answer(404, "");
    resp.delivery = KL_LOST;
    kl_error_clear(err);
    assert_int_equal(kl_reply_deleted(&resp, err), KL_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_by_status),
                                       WITH_POOL(test_not_answered),
                                       WITH_POOL(test_klarnas_words),
                                       WITH_POOL(test_words_are_bounded),
                                       WITH_POOL(test_next_steps),
                                       WITH_POOL(test_retry_after),
                                       WITH_POOL(test_first_error_wins),
                                       WITH_POOL(test_json),
                                       WITH_POOL(test_deleted)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
