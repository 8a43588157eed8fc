/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger document: what was stored comes back, what is no ledger is refused whole.
 */
#include "tests/unit/order_fixture.h"
#include "core/ledger.h"

#include <apr_strings.h>

static void what_was_stored_comes_back(void **state)
{
    kl_order_t *order = fixture_shop(*state), *copy = kl_order_make(*state);
    kl_error_t *err = kl_error_make(*state);
    const char *text;

    fixture_at(order, "mug")->merchant_data = "a \"quote\", \\ and \xc3\xa4";
    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    must_credit(order, *state,
                "{'amount':40900,'release':true,'return_fee':7,'return_fee_tax_rate':2500}");
    APR_ARRAY_IDX(order->captures, 0, kl_capture_t).klarna_reference = "K4MADNY-1";
    APR_ARRAY_IDX(order->captures, 0, kl_capture_t).due_date_days = 14;
    order->payment_type = "INVOICE";
    order->authorized_at = 11;
    APR_ARRAY_IDX(order->credit_invoices, 0, kl_credit_invoice_t).actor = "odd\x01user";
    APR_ARRAY_PUSH(order->outside, kl_outside_t) = (kl_outside_t){"capture", 3, 5, "theirs"};
    APR_ARRAY_PUSH(order->outside, kl_outside_t) = (kl_outside_t){"expired", 0, 7, ""};
    text = kl_ledger_text(*state, order);
    assert_int_equal(kl_ledger_parse(copy, *state, text, err), KL_OK);
    assert_string_equal(kl_ledger_text(*state, copy), text);
    assert_string_equal(fixture_at(copy, "mug")->merchant_data,
                        fixture_at(order, "mug")->merchant_data);
    assert_int_equal(fixture_at(copy, "off")->total_amount, -3000);
    assert_int_equal(APR_ARRAY_IDX(copy->captures, 0, kl_capture_t).moved.amount, 20000);
    assert_int_equal(APR_ARRAY_IDX(copy->credit_invoices, 0, kl_credit_invoice_t).return_fee, 7);
    assert_string_equal(APR_ARRAY_IDX(copy->captures, 0, kl_capture_t).reference, "");
    assert_int_equal(APR_ARRAY_IDX(copy->captures, 0, kl_capture_t).due_date_days, 14);
    assert_string_equal(copy->payment_type, "INVOICE");
    assert_int_equal(copy->authorized_at, 11);
    assert_string_equal(APR_ARRAY_IDX(copy->captures, 0, kl_capture_t).klarna_reference,
                        "K4MADNY-1");
    assert_int_equal(copy->outside->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(copy->outside, 0, kl_outside_t).result_id, "theirs");
    assert_int_equal(APR_ARRAY_IDX(copy->outside, 1, kl_outside_t).at, 7);
}

/* As others make them in Klarna's portal: no reference, no operation of ours. */
static void what_is_empty_comes_back(void **state)
{
    kl_order_t *order = fixture_shop(*state), *copy = kl_order_make(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_credit_invoice_t *ci;

    must_capture(order, *state, "{'everything':true}");
    must_credit(order, *state, "{'amount':500}");
    ci = &APR_ARRAY_IDX(order->credit_invoices, 0, kl_credit_invoice_t);
    APR_ARRAY_IDX(ci->steps, 0, kl_credit_step_t).operation_id = "";
    APR_ARRAY_IDX(order->captures, 0, kl_capture_t).operation_id = "";
    fixture_at(order, "mug")->reference = "";
    assert_int_equal(kl_ledger_parse(copy, *state, kl_ledger_text(*state, order), err), KL_OK);
    assert_int_equal(kl_order_find_line(copy, ""), kl_order_find_line(order, ""));
    ci = &APR_ARRAY_IDX(copy->credit_invoices, 0, kl_credit_invoice_t);
    assert_string_equal(APR_ARRAY_IDX(ci->steps, 0, kl_credit_step_t).operation_id, "");
    assert_string_equal(APR_ARRAY_IDX(copy->captures, 0, kl_capture_t).operation_id, "");
}

static void an_empty_ledger_is_readable(void **state)
{
    kl_order_t *order = kl_order_make(*state);
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_ledger_parse(order, *state, kl_ledger_text(*state, order), err), KL_OK);
    assert_int_equal(order->lines->nelts, 0);
    assert_int_equal(order->outside->nelts, 0);
    assert_null(strstr(kl_ledger_text(*state, order), "outside"));
}

#define LINE "{'type':'physical','reference':'a','name':'A','quantity':1}"

static void refused(apr_pool_t *p, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    char *json = apr_pstrdup(p, text);

    for (char *c = json; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    kl_ledger_parse(kl_order_make(p), p, json, err);
    check_error(err, KL_INTERNAL, "ledger");
}

static void what_is_no_ledger_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{'version':2,'lines':[],'captures':[],'credit_invoices':[]}",
        "{'version':1,'captures':[],'credit_invoices':[]}",
        "{'version':1,'lines':{},'captures':[],'credit_invoices':[]}",
        "{'version':1,'lines':[1],'captures':[],'credit_invoices':[]}",
        "{'version':1,'lines':[{'type':'thing','reference':'a','name':'A','quantity':1}],"
        "'captures':[],'credit_invoices':[]}",
        "{'version':1,'lines':[{'type':'physical','reference':7,'name':'A','quantity':1}],"
        "'captures':[],'credit_invoices':[]}",
        "{'version':1,'lines':[{'type':'physical','reference':'a','name':'A','quantity':1,"
        "'total_amount':9223372036854775807}],'captures':[],'credit_invoices':[]}",
        "{'version':1,'lines':[" LINE "],'captures':[{'capture_id':'c','captured_at':1,"
        "'shipping_info':'[]'}],'credit_invoices':[]}",
        "{'version':1,'lines':[" LINE "],'captures':[{'capture_id':'c','captured_at':1,"
        "'moved':{'amount':1,'lines':[{'line':1}]},'shipping_info':'[]'}],"
        "'credit_invoices':[]}",
        "{'version':1,'lines':[],'captures':[],'credit_invoices':[{'id':'i','state':'paid',"
        "'created_at':1,'lines':[{'line':0}],'steps':[]}]}",
        "{'version':1,'lines':[],'captures':[],'credit_invoices':[],'outside':[{'kind':'x'}]}",
        "{'version':1,'lines':[],'captures':[],'credit_invoices':[],'outside':[{'at':1}]}",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refused(*state, bad[i]);
    }
}

static void more_than_we_would_plan_stays_readable(void **state)
{
    kl_order_t *order = fixture_shop(*state), *copy = kl_order_make(*state);
    kl_error_t *err = kl_error_make(*state);

    for (int i = 0; i < 300; i++) {
        assert_int_equal(fixture_book(order, *state, KL_OP_CAPTURE,
                                      "{\"movement\":{\"amount\":1,\"lines\":[]}}", KL_OP_CONFIRMED,
                                      err),
                         KL_OK);
    }
    assert_int_equal(kl_ledger_parse(copy, *state, kl_ledger_text(*state, order), err), KL_OK);
    assert_int_equal(copy->captures->nelts, 300);
}

static void movements_come_back(void **state)
{
    kl_movement_t m = {.amount = 500,
                       .return_fee = 20,
                       .return_fee_tax_rate = 2500,
                       .name = "Scratch",
                       .taxed = 1},
                  back;
    kl_error_t *err = kl_error_make(*state);

    m.lines = apr_array_make(*state, 1, sizeof(kl_movement_line_t));
    APR_ARRAY_PUSH(m.lines, kl_movement_line_t) = (kl_movement_line_t){2, 3, -500};
    assert_int_equal(kl_ledger_movement_parse(&back, *state, kl_ledger_movement_json(*state, &m),
                                              err),
                     KL_OK);
    assert_int_equal(back.amount, 500);
    assert_int_equal(back.return_fee, 20);
    assert_int_equal(back.return_fee_tax_rate, 2500);
    assert_string_equal(back.name, "Scratch");
    assert_int_equal(back.taxed, 1);
    assert_int_equal(back.tax_rate, 0);
    assert_memory_equal(back.lines->elts, m.lines->elts, sizeof(kl_movement_line_t));
    kl_ledger_movement_parse(&back, *state, fixture_json(*state, "{'amount':-1,'lines':[]}"), err);
    check_error(err, KL_INTERNAL, "movement");
    kl_error_clear(err);
    kl_ledger_movement_parse(&back, *state, NULL, err);
    check_error(err, KL_INTERNAL, "movement");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_was_stored_comes_back),
        WITH_POOL(what_is_empty_comes_back),
        WITH_POOL(an_empty_ledger_is_readable),
        WITH_POOL(what_is_no_ledger_is_refused),
        WITH_POOL(more_than_we_would_plan_stays_readable),
        WITH_POOL(movements_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
