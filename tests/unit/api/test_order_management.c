/* SPDX-License-Identifier: Apache-2.0 */
/* Order Management: required members and sums of every request, strict reading of orders. */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "api/order_management.h"
#include "tests/unit/sample_order.h"

#define KEY "0f8fad5b-d9cb-469f-a165-70867728950e"
#define BASE "/ordermanagement/v1/orders/7849fd84-47dc-4919-a7ce-000000000001"

/* One cup of two. */
static kl_movement_t one_cup(apr_pool_t *p)
{
    kl_movement_t m = {.amount = 5000, .lines = apr_array_make(p, 1, sizeof(kl_movement_line_t))};

    APR_ARRAY_PUSH(m.lines, kl_movement_line_t) = (kl_movement_line_t){0, 1, 5000};
    return m;
}

static kl_movement_t amount_only(apr_pool_t *p, apr_int64_t amount)
{
    return (kl_movement_t){.amount = amount,
                           .lines = apr_array_make(p, 1, sizeof(kl_movement_line_t))};
}

static void check_request(const kl_klarna_request_t *req, const char *method, const char *path)
{
    assert_non_null(req->method);
    assert_string_equal(req->method, method);
    assert_string_equal(req->path, path);
    assert_string_equal(req->idempotency_key, KEY);
    assert_false(req->repeatable);
}

static void test_capture(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_movement_t m = one_cup(p);
    kl_capture_request_t want = {.reference = "ship-1",
                                 .description = "First parcel",
                                 .shipping_info = "[{\"tracking_number\":\"123\"}]"};
    kl_klarna_request_t req = kl_order_management_capture(p, order, &m, &want, KEY);
    kl_json_t *body;

    check_request(&req, "POST", BASE "/captures");
    body = object_of(p, req.body);
    assert_int_equal(kl_json_int(body, "captured_amount", -1), 5000);
    assert_string_equal(kl_json_str(body, "reference"), "ship-1");
    assert_string_equal(kl_json_str(body, "description"), "First parcel");
    check_lines(body, 5000);
    assert_string_equal(kl_json_str(kl_json_at(kl_json_get(body, "shipping_info"), 0),
                                    "tracking_number"),
                        "123");
}

static void test_capture_of_an_amount(void **state)
{
    apr_pool_t *p = *state;
    kl_movement_t m = amount_only(p, 777);
    kl_capture_request_t want = {.reference = "", .description = "", .shipping_info = "[]"};
    kl_klarna_request_t req = kl_order_management_capture(p, shipped_order(p), &m, &want, KEY);

    check_request(&req, "POST", BASE "/captures");
    assert_string_equal(req.body, "{\"captured_amount\":777}");
}

static void test_refund(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_credit_request_t want = {.reference = "credit-7", .comment = "One came broken"};
    kl_credit_request_t nothing_said = {.reference = "", .comment = NULL};
    kl_movement_t m = one_cup(p);
    kl_klarna_request_t req;
    kl_json_t *body;

    m.amount = 4500;
    m.return_fee = 500;
    m.return_fee_tax_rate = 2500;
    req = kl_order_management_refund(p, order, &m, &want, KEY);
    check_request(&req, "POST", BASE "/refunds");
    body = object_of(p, req.body);
    assert_int_equal(kl_json_int(body, "refunded_amount", -1), 4500);
    assert_string_equal(kl_json_str(body, "reference"), "credit-7");
    assert_string_equal(kl_json_str(body, "description"), "One came broken");
    check_lines(body, 4500);
    m = amount_only(p, 1);
    req = kl_order_management_refund(p, order, &m, &nothing_said, KEY);
    assert_string_equal(req.body, "{\"refunded_amount\":1}");
}

static void test_reduce(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_movement_t m = one_cup(p);
    kl_klarna_request_t req = kl_order_management_reduce(p, order, &m, "One is sold out", KEY);
    kl_json_t *body;

    check_request(&req, "PATCH", BASE "/authorization");
    body = object_of(p, req.body);
    assert_int_equal(kl_json_int(body, "order_amount", -1), 5500);
    assert_string_equal(kl_json_str(body, "description"), "One is sold out");
    check_lines(body, 5500);
    m = amount_only(p, 500);
    req = kl_order_management_reduce(p, order, &m, "", KEY);
    body = object_of(p, req.body);
    assert_int_equal(kl_json_int(body, "order_amount", -1), 10000);
    check_lines(body, 10000);
    m.amount = 10501;
    assert_null(kl_order_management_reduce(p, order, &m, "", KEY).method);
}

static void test_without_body(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_klarna_request_t req = kl_order_management_cancel(p, order, KEY);

    check_request(&req, "POST", BASE "/cancel");
    assert_string_equal(req.body, "");
    req = kl_order_management_release(p, order, KEY);
    check_request(&req, "POST", BASE "/release-remaining-authorization");
    assert_string_equal(req.body, "");
    req = kl_order_management_extend(p, order, KEY);
    check_request(&req, "POST", BASE "/extend-authorization-time");
    assert_string_equal(req.body, "");
    req = kl_order_management_read(p, order->klarna_order_id);
    assert_string_equal(req.method, "GET");
    assert_string_equal(req.path, BASE);
    assert_string_equal(req.body, "");
    assert_string_equal(req.idempotency_key, "");
}

static void test_refer(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_klarna_request_t req = kl_order_management_refer(p, order, "shop-2", NULL, KEY);

    check_request(&req, "PATCH", BASE "/merchant-references");
    assert_string_equal(req.body, "{\"merchant_reference1\":\"shop-2\"}");
    req = kl_order_management_refer(p, order, "a", "", KEY);
    assert_string_equal(req.body, "{\"merchant_reference1\":\"a\",\"merchant_reference2\":\"\"}");
    assert_null(kl_order_management_refer(p, order, NULL, NULL, KEY).method);
}

static void test_shipping_info(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_klarna_request_t req = kl_order_management_shipping_info(p, order, "4ba2/9b",
                                                                "[{\"tracking_number\":\"9\"}]",
                                                                KEY);

    check_request(&req, "POST", BASE "/captures/4ba2%2F9b/shipping-info");
    assert_string_equal(req.body, "{\"shipping_info\":[{\"tracking_number\":\"9\"}]}");
    assert_null(kl_order_management_shipping_info(p, order, "..", "[{}]", KEY).method);
    assert_null(kl_order_management_shipping_info(p, order, "", "[{}]", KEY).method);
    assert_null(kl_order_management_shipping_info(p, order, "c", "[]", KEY).method);
    assert_null(kl_order_management_shipping_info(p, order, "c", "", KEY).method);
    assert_null(kl_order_management_shipping_info(p, order, "c", "{", KEY).method);
}

static void test_no_request_without_order_or_key(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);

    assert_null(kl_order_management_cancel(p, order, "").method);
    assert_null(kl_order_management_cancel(p, order, NULL).method);
    assert_string_equal(kl_order_management_read(p, "a/b?c").path,
                        "/ordermanagement/v1/orders/a%2Fb%3Fc");
    order->klarna_order_id = "";
    assert_null(kl_order_management_cancel(p, order, KEY).method);
    assert_null(kl_order_management_read(p, "").method);
    assert_null(kl_order_management_read(p, "..").method);
}

/* --- due date and send-out ------------------------------------------------------------ */

static void test_due_date(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = shipped_order(p);
    kl_klarna_request_t req = kl_order_management_due_options(p, order, "c/1");

    assert_string_equal(req.method, "GET");
    assert_non_null(strstr(req.path, "/captures/c%2F1/extend-due-date-options"));
    assert_string_equal(req.idempotency_key, "");
    req = kl_order_management_due_date(p, order, "c-1", 14, KEY);
    assert_string_equal(req.method, "PATCH");
    assert_non_null(strstr(req.path, "/captures/c-1/extend-due-date"));
    assert_string_equal(req.body, "{\"number_of_days\":14}");
    assert_string_equal(req.idempotency_key, KEY);
    req = kl_order_management_send_out(p, order, "c-1", KEY);
    assert_string_equal(req.method, "POST");
    assert_non_null(strstr(req.path, "/captures/c-1/trigger-send-out"));
    assert_string_equal(req.body, "");
    assert_null(kl_order_management_due_date(p, order, "c-1", 14, "").method);
    assert_null(kl_order_management_send_out(p, order, "", KEY).method);
    assert_null(kl_order_management_due_options(p, order, "..").method);
}

static kl_kind_t read_options(apr_pool_t *p, const char *body, kl_due_options_t *out,
                              kl_error_t *err)
{
    kl_klarna_response_t resp = {.status = 200,
                                 .body = body,
                                 .body_len = strlen(body),
                                 .correlation_id = ""};

    kl_error_clear(err);
    return kl_order_management_due_options_reply(out, p, &resp, err);
}

static void test_due_options_reply(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_due_options_t o;

    assert_int_equal(read_options(p,
                                  "{\"currency\":\"usd\",\"options\":[{\"number_of_days\":14,"
                                  "\"amount\":395},{\"number_of_days\":0,\"amount\":1},"
                                  "{\"number_of_days\":7},{\"number_of_days\":28,\"amount\":-1},"
                                  "{\"number_of_days\":99999,\"amount\":1},7]}",
                                  &o, err),
                     KL_OK);
    assert_string_equal(o.currency, "USD");
    assert_int_equal(o.list->nelts, 1); /* what cannot be read is no option */
    assert_int_equal(APR_ARRAY_IDX(o.list, 0, kl_due_option_t).days, 14);
    assert_int_equal(APR_ARRAY_IDX(o.list, 0, kl_due_option_t).price, 395);
    assert_int_equal(read_options(p, "{}", &o, err), KL_OK);
    assert_int_equal(o.list->nelts, 0);
    assert_int_equal(read_options(p, "[]", &o, err), KL_PROTOCOL);
    assert_int_equal(read_options(p, "{\"options\":[{\"number_of_days\":14,\"amount\":1}]}", &o,
                                  err),
                     KL_PROTOCOL);
}

/* --- reading an order ---------------------------------------------------------------- */

static kl_kind_t read_it(apr_pool_t *p, const char *body, kl_klarna_record_t *out, kl_error_t *err)
{
    kl_klarna_response_t resp = {.status = 200,
                                 .body = body,
                                 .body_len = strlen(body),
                                 .correlation_id = "",
                                 .capture_id = "",
                                 .refund_id = ""};

    kl_error_clear(err);
    return kl_order_management_read_reply(out, p, &resp, err);
}

#define AMOUNTS \
    "\"order_amount\":10500,\"captured_amount\":5000,\"refunded_amount\":0," \
    "\"remaining_authorized_amount\":5500"

static void test_read_reply(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_record_t o;

    assert_int_equal(read_it(p,
                             "{\"order_id\":\"o-1\",\"status\":\"PART_CAPTURED\","
                             "\"fraud_status\":\"ACCEPTED\",\"klarna_reference\":\"K4\","
                             "\"merchant_reference1\":\"m1\",\"merchant_reference2\":\"m2\","
                             "\"expires_at\":\"2022-08-05T00:00:00.000Z\","
                             "\"purchase_currency\":\"usd\","
                             "\"captures\":[{\"capture_id\":\"c-1\",\"captured_amount\":4000,"
                             "\"klarna_reference\":\"K4MADNY-1\","
                             "\"captured_at\":\"2022-08-04T00:00:00.000Z\",\"reference\":\"r\"},"
                             "{\"captured_amount\":1},{\"capture_id\":\"c-2\"}],"
                             "\"refunds\":[{\"refund_id\":\"f-1\",\"refunded_amount\":7},"
                             "{\"refunded_amount\":8},{\"refund_id\":\"f-2\"}],"
                             "\"new\":{}," AMOUNTS "}",
                             &o, err),
                     KL_OK);
    assert_string_equal(o.order_id, "o-1");
    assert_string_equal(o.status, "PART_CAPTURED");
    assert_string_equal(o.fraud_status, "ACCEPTED");
    assert_string_equal(o.klarna_reference, "K4");
    assert_string_equal(o.reference1, "m1");
    assert_string_equal(o.reference2, "m2");
    assert_int_equal(o.order_amount, 10500);
    assert_int_equal(o.captured_amount, 5000);
    assert_int_equal(o.refunded_amount, 0);
    assert_int_equal(o.remaining_authorized_amount, 5500);
    assert_true(o.expires_at == apr_time_from_sec(1659657600));
    assert_int_equal(o.captures->nelts, 1); /* what has no id or amount is left out */
    assert_string_equal(APR_ARRAY_IDX(o.captures, 0, kl_klarna_move_t).id, "c-1");
    assert_int_equal(APR_ARRAY_IDX(o.captures, 0, kl_klarna_move_t).amount, 4000);
    assert_true(APR_ARRAY_IDX(o.captures, 0, kl_klarna_move_t).at == apr_time_from_sec(1659571200));
    assert_string_equal(APR_ARRAY_IDX(o.captures, 0, kl_klarna_move_t).klarna_reference,
                        "K4MADNY-1");
    assert_string_equal(o.currency, "USD");
    assert_null(o.unread_time);
    assert_int_equal(o.refunds->nelts, 2); /* one that Klarna lists without an id is one */
    assert_string_equal(APR_ARRAY_IDX(o.refunds, 1, kl_klarna_move_t).id, "");
    assert_int_equal(APR_ARRAY_IDX(o.refunds, 1, kl_klarna_move_t).amount, 8);
    assert_string_equal(APR_ARRAY_IDX(o.refunds, 0, kl_klarna_move_t).id, "f-1");
    assert_true(APR_ARRAY_IDX(o.refunds, 0, kl_klarna_move_t).at == 0);
}

/* Klarna adds values without a new version; what is optional may be missing. */
static void test_read_reply_of_the_future(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_record_t o;

    assert_int_equal(read_it(p,
                             "{\"order_id\":\"o-1\",\"status\":\"ON_HOLIDAY\","
                             "\"expires_at\":\"soon\",\"captures\":7," AMOUNTS "}",
                             &o, err),
                     KL_OK);
    assert_string_equal(o.status, "ON_HOLIDAY");
    assert_string_equal(o.fraud_status, "");
    assert_true(o.expires_at == 0);
    assert_int_equal(o.captures->nelts, 0);
}

/* 255 characters are as many as Klarna and the database take, of up to four bytes each. */
static void test_read_reply_references(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    char umlauts[2 * 256 + 1];
    kl_klarna_record_t o;

    for (int i = 0; i < 256; i++) {
        memcpy(umlauts + 2 * i, "\xC3\xA4", 3);
    }
    assert_int_equal(read_it(p,
                             apr_psprintf(p,
                                          "{\"order_id\":\"o\",\"status\":\"CAPTURED\"," AMOUNTS
                                          ",\"merchant_reference1\":\"%s\","
                                          "\"merchant_reference2\":\"%s\"}",
                                          umlauts, umlauts + 2),
                             &o, err),
                     KL_OK);
    assert_null(o.reference1);
    assert_string_equal(o.reference2, umlauts + 2);
}

static void test_a_date_without_a_zone_is_told(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_record_t o;

    assert_int_equal(read_it(p,
                             "{\"order_id\":\"o-1\",\"status\":\"AUTHORIZED\","
                             "\"expires_at\":\"2022-08-05T00:00:00.000\"," AMOUNTS "}",
                             &o, err),
                     KL_OK);
    assert_true(o.expires_at == 0);
    assert_string_equal(o.unread_time, "expires_at");
    assert_int_equal(
        read_it(p,
                "{\"order_id\":\"o-1\",\"status\":\"AUTHORIZED\","
                "\"expires_at\":\"2022-08-05T00:00:00Z\",\"refunds\":[{"
                "\"refunded_amount\":8,\"refunded_at\":\"2022-08-05T00:00:00\"}]," AMOUNTS "}",
                &o, err),
        KL_OK);
    assert_string_equal(o.unread_time, "refunded_at");
    assert_true(APR_ARRAY_IDX(o.refunds, 0, kl_klarna_move_t).at == 0);
}

/* No sum of what was read can be more than 64 bits hold. */
static void test_amounts_are_bounded(void **state)
{
    static const char most[] = "9223372036854775807";
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_record_t o;
    const char *body = apr_psprintf(p,
                                    "{\"order_id\":\"o\",\"status\":\"CAPTURED\","
                                    "\"original_order_amount\":%s,"
                                    "\"captures\":[{\"capture_id\":\"c\",\"captured_amount\":%s},"
                                    "{\"capture_id\":\"d\",\"captured_amount\":%s}],"
                                    "\"order_lines\":[{\"reference\":\"a\",\"quantity\":%s,"
                                    "\"total_amount\":-%s}]," AMOUNTS "}",
                                    most, most, most, most, most);

    assert_int_equal(read_it(p, body, &o, err), KL_OK);
    assert_int_equal(o.captures->nelts, 0);
    assert_int_equal(o.original_order_amount, -1);
    assert_int_equal(o.lines->nelts, 0);
    body = apr_psprintf(p,
                        "{\"order_id\":\"o\",\"status\":\"CAPTURED\",\"order_amount\":%s,"
                        "\"captured_amount\":1,\"refunded_amount\":0,"
                        "\"remaining_authorized_amount\":0}",
                        most);
    assert_int_equal(read_it(p, body, &o, err), KL_PROTOCOL);
}

static void test_read_reply_unusable(void **state)
{
    static const char *const bad[] =
        {"",
         "[]",
         "{}",
         "{\"status\":\"AUTHORIZED\"," AMOUNTS "}",
         "{\"order_id\":\"o\"," AMOUNTS "}",
         "{\"order_id\":\"o\",\"status\":\"CAPTURED\",\"order_amount\":1,\"captured_amount\":1,"
         "\"refunded_amount\":0}",
         "{\"order_id\":\"o\",\"status\":\"CAPTURED\",\"order_amount\":1,\"captured_amount\":1,"
         "\"refunded_amount\":\"0\",\"remaining_authorized_amount\":0}",
         "{\"order_id\":\"o\",\"status\":\"CAPTURED\",\"order_amount\":1.0,\"captured_amount\":1,"
         "\"refunded_amount\":0,\"remaining_authorized_amount\":0}",
         "{\"order_id\":\"o\",\"status\":\"CAPTURED\",\"order_amount\":1,\"captured_amount\":-1,"
         "\"refunded_amount\":0,\"remaining_authorized_amount\":0}",
         "{\"order_id\":\"o\",\"status\":\"CAPTURED\",\"order_amount\":99999999999999999999,"
         "\"captured_amount\":1,\"refunded_amount\":0,\"remaining_authorized_amount\":0}",
         NULL};
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_klarna_record_t o = {.order_id = "untouched"};

    for (int i = 0; bad[i]; i++) {
        assert_int_equal(read_it(p, bad[i], &o, err), KL_PROTOCOL);
        check_error(err, KL_PROTOCOL, "unreadable_answer");
        assert_string_equal(o.order_id, "untouched");
    }
}

/* --- its lines ---------------------------------------------------------------------- */

static apr_array_header_t *lines_in(apr_pool_t *p, const char *lines)
{
    kl_klarna_record_t o;
    const char *body = apr_psprintf(p,
                                    "{\"order_id\":\"o\",\"status\":\"AUTHORIZED\"," AMOUNTS
                                    "%s%s}",
                                    lines ? ",\"order_lines\":" : "", lines ? lines : "");

    assert_int_equal(read_it(p, body, &o, kl_error_make(p)), KL_OK);
    return o.lines;
}

#define SHIRT "\"reference\":\"shirt\",\"quantity\":2,\"unit_price\":5000,\"total_amount\":9000"

static void test_lines_are_read_in_full(void **state)
{
    apr_array_header_t *lines = lines_in(*state,
                                         "[{" SHIRT ",\"type\":\"digital\",\"name\":\"Shirt\","
                                         "\"total_discount_amount\":1000,\"tax_rate\":2500,"
                                         "\"total_tax_amount\":1800,\"quantity_unit\":\"pcs\","
                                         "\"product_url\":\"https://u\",\"new\":[]}]");
    const kl_line_t *line = &APR_ARRAY_IDX(lines, 0, kl_line_t);

    assert_int_equal(lines->nelts, 1);
    assert_int_equal(line->type, KL_LINE_DIGITAL);
    assert_string_equal(line->name, "Shirt");
    assert_string_equal(line->quantity_unit, "pcs");
    assert_string_equal(line->product_url, "https://u");
    assert_string_equal(line->image_url, "");
    assert_int_equal(line->total_discount_amount, 1000);
    assert_int_equal(line->total_tax_amount, 1800);
    assert_int_equal(line->tax_rate, 2500);
}

static void test_each_line_has_a_reference_of_its_own(void **state)
{
    static const char *const names[] = {"shirt", "shirt#2", "line-3", "line-3#2"};
    apr_array_header_t *lines = lines_in(*state, "[{" SHIRT "},{" SHIRT "},"
                                                 "{\"quantity\":1,\"unit_price\":1,"
                                                 "\"total_amount\":1,\"reference\":\"\"},"
                                                 "{\"quantity\":1,\"unit_price\":1,"
                                                 "\"total_amount\":1,\"reference\":\"line-3\"}]");

    assert_int_equal(lines->nelts, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(APR_ARRAY_IDX(lines, i, kl_line_t).reference, names[i]);
    }
}

/* All lines or none: a part of them would be another order. */
static void test_lines_that_cannot_be_read(void **state)
{
    static const char *const bad[] = {"[7]",
                                      "[{" SHIRT "},{}]",
                                      "[{\"quantity\":0,\"unit_price\":1,\"total_amount\":0}]",
                                      "[{\"quantity\":1,\"total_amount\":0}]",
                                      "[{\"quantity\":1,\"unit_price\":1}]",
                                      "[{\"quantity\":1,\"unit_price\":1,"
                                      "\"total_amount\":200000001}]",
                                      "[{" SHIRT ",\"tax_rate\":10001}]",
                                      "[{" SHIRT ",\"tax_rate\":\"2500\"}]",
                                      "[{" SHIRT ",\"type\":\"holiday\"}]"};
    char *many = apr_pcalloc(*state, 1003 * sizeof("{" SHIRT "},"));
    const char *one = "{" SHIRT "},";

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(lines_in(*state, bad[i])->nelts, 0);
    }
    many[0] = '[';
    for (size_t i = 0; i < 1001; i++) {
        memcpy(many + 1 + i * strlen(one), one, strlen(one));
    }
    many[1001 * strlen(one)] = ']';
    assert_int_equal(lines_in(*state, many)->nelts, 0);
    assert_null(lines_in(*state, NULL));
    assert_null(lines_in(*state, "[]"));
    assert_null(lines_in(*state, "{}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_capture),
                                       WITH_POOL(test_capture_of_an_amount),
                                       WITH_POOL(test_refund),
                                       WITH_POOL(test_reduce),
                                       WITH_POOL(test_without_body),
                                       WITH_POOL(test_refer),
                                       WITH_POOL(test_shipping_info),
                                       WITH_POOL(test_no_request_without_order_or_key),
                                       WITH_POOL(test_due_date),
                                       WITH_POOL(test_due_options_reply),
                                       WITH_POOL(test_read_reply),
                                       WITH_POOL(test_read_reply_of_the_future),
                                       WITH_POOL(test_read_reply_references),
                                       WITH_POOL(test_a_date_without_a_zone_is_told),
                                       WITH_POOL(test_amounts_are_bounded),
                                       WITH_POOL(test_read_reply_unusable),
                                       WITH_POOL(test_lines_are_read_in_full),
                                       WITH_POOL(test_each_line_has_a_reference_of_its_own),
                                       WITH_POOL(test_lines_that_cannot_be_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
