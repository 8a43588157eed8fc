/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for captures and credits as JSON: what is read, and which field is refused.
 */
#include "tests/unit/order_fixture.h"
#include "core/plan_json.h"

#include <apr_strings.h>

static void a_capture_request_is_read(void **state)
{
    kl_capture_request_t want;
    kl_error_t *err = kl_error_make(*state);
    const kl_pick_t *pick;

    assert_int_equal(
        kl_plan_json_capture(
            &want, *state,
            fixture_json(*state,
                         "{'lines':[{'reference':'a','quantity':2},"
                         "{'reference':'b','amount':-5}],'reference':'R','description':'D',"
                         "'shipping_info':[{'shipping_company':'DHL','shipping_method':'Home',"
                         "'tracking_number':'1','tracking_uri':'https://t.test/1'}]}"),
            err),
        KL_OK);
    assert_int_equal(want.what.picks->nelts, 2);
    pick = &APR_ARRAY_IDX(want.what.picks, 1, kl_pick_t);
    assert_string_equal(pick->reference, "b");
    assert_int_equal(pick->quantity, 0);
    assert_int_equal(pick->has_amount, 1);
    assert_int_equal(pick->amount, -5);
    assert_string_equal(want.reference, "R");
    assert_string_equal(want.description, "D");
    assert_string_equal(want.shipping_info,
                        "[{\"shipping_company\":\"DHL\",\"shipping_method\":\"Home\","
                        "\"tracking_number\":\"1\",\"tracking_uri\":\"https://t.test/1\"}]");
}

static void a_credit_request_is_read(void **state)
{
    kl_credit_request_t want;
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_plan_json_credit(&want, *state,
                                         fixture_json(*state, "{'everything':true,'return_fee':100,"
                                                              "'return_fee_tax_rate':2500,"
                                                              "'comment':'C'}"),
                                         err),
                     KL_OK);
    assert_int_equal(want.what.everything, 1);
    assert_int_equal(want.what.has_amount, 0);
    assert_null(want.what.picks);
    assert_int_equal(want.return_fee, 100);
    assert_int_equal(want.return_fee_tax_rate, 2500);
    assert_string_equal(want.reference, "");
    assert_string_equal(want.comment, "C");
    kl_plan_json_credit(&want, *state, fixture_json(*state, "{'amount':7}"), err);
    assert_int_equal(want.what.has_amount, 1);
    assert_int_equal(want.what.amount, 7);
    assert_int_equal(want.release, 0);
    assert_int_equal(want.taxed, 0);
    kl_plan_json_credit(&want, *state,
                        fixture_json(*state, "{'amount':7,'release':true,'name':'Scratch',"
                                             "'tax_rate':0}"),
                        err);
    assert_int_equal(want.release, 1);
    assert_int_equal(want.taxed, 1);
    assert_int_equal(want.tax_rate, 0);
    assert_string_equal(want.name, "Scratch");
}

static void only_an_amount_is_named(void **state)
{
    kl_credit_request_t want;
    kl_error_t *err = kl_error_make(*state);

    kl_plan_json_credit(&want, *state, fixture_json(*state, "{'everything':true,'name':'x'}"), err);
    check_field(err, "selection", "name");
    kl_error_clear(err);
    kl_plan_json_credit(&want, *state,
                        fixture_json(*state, "{'lines':[{'reference':'a','quantity':1}],"
                                             "'tax_rate':0}"),
                        err);
    check_field(err, "selection", "tax_rate");
}

typedef struct bad_t {
    const char *text, *code, *field;
} bad_t;

static void bad_selections_are_refused(void **state)
{
    static const bad_t bad[] = {
        {"{}", "selection", "lines"},
        {"{'everything':true,'amount':1}", "selection", "lines"},
        {"{'amount':1,'lines':[{'reference':'a','quantity':1}]}", "selection", "lines"},
        {"{'everything':false}", "unknown_value", "everything"},
        {"{'everything':1}", "wrong_type", "everything"},
        {"{'amount':0}", "out_of_range", "amount"},
        {"{'amount':-1}", "out_of_range", "amount"},
        {"{'amount':200000001}", "out_of_range", "amount"},
        {"{'amount':1.5}", "wrong_type", "amount"},
        {"{'lines':[{'quantity':1}]}", "missing", "lines[0].reference"},
        {"{'lines':[{'reference':'a'}]}", "missing", "lines[0].quantity"},
        {"{'lines':[{'reference':'a','quantity':-1}]}", "out_of_range", "lines[0].quantity"},
        {"{'lines':[{'reference':'a','quantity':1},{'reference':'b','qty':1}]}", "unknown_field",
         "lines[1].qty"},
        {"{'lines':[7]}", "wrong_type", "lines[0]"},
        {"{'lines':7}", "wrong_type", "lines"},
        {"{'amount':1,'refund':1}", "unknown_field", "refund"},
    };
    kl_error_t *err = kl_error_make(*state);
    kl_capture_request_t capture;
    kl_credit_request_t credit;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kl_error_clear(err);
        kl_plan_json_capture(&capture, *state, fixture_json(*state, bad[i].text), err);
        check_field(err, bad[i].code, bad[i].field);
        kl_error_clear(err);
        kl_plan_json_credit(&credit, *state, fixture_json(*state, bad[i].text), err);
        check_field(err, bad[i].code, bad[i].field);
    }
    kl_error_clear(err);
    kl_plan_json_capture(&capture, *state, fixture_json(*state, "{'lines':[]}"), err);
    check_field(err, "out_of_range", "lines");
    kl_error_clear(err);
    kl_plan_json_capture(&capture, *state, fixture_json(*state, "[]"), err);
    check_error(err, KL_INVALID, "wrong_type");
}

static void members_of_the_other_request_are_refused(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    kl_capture_request_t capture;
    kl_credit_request_t credit;

    kl_plan_json_capture(&capture, *state, fixture_json(*state, "{'amount':1,'return_fee':1}"),
                         err);
    check_field(err, "unknown_field", "return_fee");
    kl_error_clear(err);
    kl_plan_json_credit(&credit, *state, fixture_json(*state, "{'amount':1,'shipping_info':[]}"),
                        err);
    check_field(err, "unknown_field", "shipping_info");
    kl_error_clear(err);
    kl_plan_json_credit(&credit, *state, fixture_json(*state, "{'amount':1,'return_fee':-1}"), err);
    check_field(err, "out_of_range", "return_fee");
    kl_error_clear(err);
    kl_plan_json_credit(&credit, *state,
                        fixture_json(*state, "{'amount':1,'return_fee_tax_rate':10001}"), err);
    check_field(err, "out_of_range", "return_fee_tax_rate");
}

static const char *repeated(apr_pool_t *p, const char *before, int n, const char *after)
{
    char *text = apr_palloc(p, (apr_size_t)n + 1);

    memset(text, 'x', (size_t)n);
    text[n] = '\0';
    return apr_pstrcat(p, before, text, after, NULL);
}

static void a_long_comment_is_refused(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    kl_credit_request_t credit;

    kl_plan_json_credit(&credit, *state,
                        fixture_json(*state,
                                     repeated(*state, "{'amount':1,'comment':'", 256, "'}")),
                        err);
    check_field(err, "too_long", "comment");
}

static void bad_parcels_are_refused(void **state)
{
    const bad_t bad[] = {
        {"{'shipping_info':[{}]}", "missing", "shipping_info[0].tracking_number"},
        {"{'shipping_info':[{'tracking_number':'1'},{'carrier':'x'}]}", "unknown_field",
         "shipping_info[1].carrier"},
        {"{'shipping_info':[{'shipping_method':'Pigeon'}]}", "unknown_value",
         "shipping_info[0].shipping_method"},
        {"{'shipping_info':[{'tracking_uri':'javascript:alert(1)'}]}", "not_a_url",
         "shipping_info[0].tracking_uri"},
        {"{'shipping_info':[{'return_tracking_uri':'ftp://x'}]}", "not_a_url",
         "shipping_info[0].return_tracking_uri"},
        {repeated(*state, "{'shipping_info':[{'tracking_number':'", 101, "'}]}"), "too_long",
         "shipping_info[0].tracking_number"},
        {repeated(*state, "{'shipping_info':[{'tracking_uri':'https://", 1017, "'}]}"), "too_long",
         "shipping_info[0].tracking_uri"},
        {"{'shipping_info':[]}", "out_of_range", "shipping_info"},
        {"{}", "missing", "shipping_info"},
    };
    kl_error_t *err = kl_error_make(*state);
    const char *text;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kl_reader_t rd;

        kl_error_clear(err);
        rd = kl_reader(*state, fixture_json(*state, bad[i].text), "", err);
        kl_plan_json_shipping_info(&text, &rd, KL_REQUIRED);
        check_field(err, bad[i].code, bad[i].field);
    }
}

static void no_shipping_info_is_an_empty_list(void **state)
{
    kl_capture_request_t want;
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_plan_json_capture(&want, *state, fixture_json(*state, "{'amount':1}"), err),
                     KL_OK);
    assert_string_equal(want.shipping_info, "[]");
    assert_string_equal(want.reference, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_capture_request_is_read),
        WITH_POOL(a_credit_request_is_read),
        WITH_POOL(only_an_amount_is_named),
        WITH_POOL(bad_selections_are_refused),
        WITH_POOL(members_of_the_other_request_are_refused),
        WITH_POOL(a_long_comment_is_refused),
        WITH_POOL(bad_parcels_are_refused),
        WITH_POOL(no_shipping_info_is_an_empty_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
