/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order as the routes show it: amounts, what may be done, what others did, and no secret.
 */
#include "tests/unit/order_fixture.h"

#include "core/instore.h"
#include "core/order_view.h"
#include "core/why_not.h"

static void a_new_order_can_be_shown(void **state)
{
    assert_non_null(kl_json_text(*state, kl_order_view(*state, kl_order_make(*state), 1)));
}

static const char *allowed(const kl_json_t *view, const char *action)
{
    const kl_json_t *v = kl_json_get(kl_json_get(view, "actions"), action);

    assert_non_null(v);
    return kl_json_bool(v, "allowed", -1) ? "yes" : kl_json_str(v, "reason");
}

static void the_view_says_what_may_be_done(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_json_t *v = kl_order_view(*state, order, 1);

    assert_string_equal(allowed(v, "capture"), "yes");
    assert_string_equal(allowed(v, "credit_invoice"), "yes");
    assert_string_equal(allowed(v, "cancel"), "yes");
    assert_string_equal(allowed(v, "extend"), "yes");
    assert_string_equal(allowed(v, "release"),
                        "Nothing has been captured yet; cancel the order instead.");
    order->pending_op = "op-1";
    v = kl_order_view(*state, order, 1);
    assert_string_equal(kl_json_str(v, "pending_operation"), "op-1");
    assert_string_equal(allowed(v, "capture"), kl_why_not_capture(order)->text);
}

/* Every refusal has a code of its own, in the view as in the rule. */
static const char *code(const kl_json_t *view, const char *action)
{
    return kl_json_str(kl_json_get(kl_json_get(view, "actions"), action), "code");
}

static void the_view_has_codes(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_json_t *v = kl_order_view(*state, order, 1);

    assert_string_equal(kl_json_str(v, "sentence_code"), "ready_to_ship");
    assert_null(code(v, "capture"));
    assert_string_equal(code(v, "release"), "nothing_captured");
    assert_string_equal(code(v, "adopt"), "not_orphan");
    assert_string_equal(code(v, "seen"), "nothing_to_see");
    order->pending_op = "op-1";
    v = kl_order_view(*state, order, 1);
    assert_string_equal(kl_json_str(v, "sentence_code"), "in_progress");
    assert_string_equal(code(v, "capture"), "busy");
    assert_string_equal(code(v, "seen"), "busy");
}

static void the_view_tells_what_others_did(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    const kl_json_t *list, *entry;

    APR_ARRAY_PUSH(order->outside, kl_outside_t) =
        (kl_outside_t){"refund", 500, apr_time_from_sec(1790000000), "r-1"};
    APR_ARRAY_PUSH(order->outside,
                   kl_outside_t) = (kl_outside_t){"closed", 0, apr_time_from_sec(1790000000), ""};
    list = kl_json_get(kl_order_view(*state, order, 1), "outside");
    assert_int_equal(kl_json_size(list), 2);
    entry = kl_json_at(list, 0);
    assert_string_equal(kl_json_str(entry, "kind"), "refund");
    assert_int_equal(kl_json_int(entry, "amount", -1), 500);
    assert_string_equal(kl_json_str(entry, "at"), "2026-09-21T14:13:20Z");
    assert_string_equal(kl_json_str(entry, "result_id"), "r-1");
    assert_null(kl_json_str(kl_json_at(list, 1), "result_id"));
}

static void the_view_tells_where_and_what_is_waited_for(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_json_t *v;

    order->channel = "online";
    v = kl_order_view(*state, order, 0);
    assert_string_equal(kl_json_str(v, "channel"), "online");
    assert_null(kl_json_str(v, "waiting"));
    order->waiting = "refund";
    v = kl_order_view(*state, order, 0);
    assert_string_equal(kl_json_str(v, "waiting"), "refund");
}

static void the_view_has_amounts_lines_and_lists(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_json_t *v, *line, *entry;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    must_credit(order, *state,
                "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    APR_ARRAY_IDX(order->credit_invoices, 0, kl_credit_invoice_t).return_fee = 1000;
    order->refunded_amount -= 1000;
    APR_ARRAY_IDX(order->captures, 0, kl_capture_t).klarna_reference = "K4MADNY-1";
    v = kl_order_view(*state, order, 1);
    assert_string_equal(kl_json_str(v, "state"), "PART_CAPTURED");
    assert_string_equal(kl_json_str(v, "created_at"), "2026-09-21T14:13:20Z");
    assert_int_equal(kl_json_int(v, "captured_amount", -1), 20000);
    assert_int_equal(kl_json_int(v, "refunded_amount", -1), 9000);
    assert_int_equal(kl_json_int(v, "return_fees_kept", -1), 1000);
    assert_int_equal(kl_json_int(v, "creditable_amount", -1), 10000);
    assert_int_equal(kl_json_int(v, "max_credit_amount", -1), 31900);
    assert_int_equal(kl_json_int(v, "remaining_authorized_amount", -1), 20900);
    line = kl_json_at(kl_json_get(v, "order_lines"), 0);
    assert_int_equal(kl_json_int(line, "open_quantity", -1), 1);
    assert_int_equal(kl_json_int(line, "open_amount", -1), 10000);
    assert_int_equal(kl_json_int(line, "creditable_quantity", -1), 1);
    assert_int_equal(kl_json_int(line, "creditable_amount", -1), 10000);
    assert_int_equal(kl_json_int(line, "max_credit_quantity", -1), 2);
    assert_int_equal(kl_json_int(line, "max_credit_amount", -1), 20000);
    entry = kl_json_at(kl_json_get(v, "captures"), 0);
    assert_int_equal(kl_json_int(entry, "captured_amount", -1), 20000);
    assert_string_equal(kl_json_str(entry, "klarna_reference"), "K4MADNY-1");
    entry = kl_json_at(kl_json_get(v, "credit_invoices"), 0);
    assert_string_equal(kl_json_str(entry, "state"), "paid");
    assert_int_equal(kl_json_int(entry, "return_fee", -1), 1000);
    entry = kl_json_at(kl_json_get(entry, "lines"), 0);
    assert_string_equal(kl_json_str(entry, "reference"), "shirt");
    assert_null(kl_json_get(kl_order_view(*state, order, 0), "order_lines"));
}

static void the_view_says_where_in_a_store(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_json_t *v = kl_order_view(*state, order, 0);

    assert_null(kl_json_str(v, "till"));
    order->instore = kl_instore_make(*state);
    order->instore->department = "eyes";
    order->instore->till = "Till 4";
    order->instore->cashier = "anna";
    v = kl_order_view(*state, order, 0);
    assert_string_equal(kl_json_str(v, "department"), "eyes");
    assert_string_equal(kl_json_str(v, "till"), "Till 4");
    assert_string_equal(kl_json_str(v, "cashier"), "anna");
    assert_null(kl_json_str(v, "terminal"));
    assert_null(kl_json_str(v, "invoice"));
}

static void the_view_tells_no_secret(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    const char *text;

    text = kl_json_text(*state, kl_order_view(*state, order, 1));
    assert_null(strstr(text, order->key));
    assert_null(strstr(text, order->client_token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_new_order_can_be_shown),
        WITH_POOL(the_view_says_what_may_be_done),
        WITH_POOL(the_view_has_codes),
        WITH_POOL(the_view_tells_what_others_did),
        WITH_POOL(the_view_tells_where_and_what_is_waited_for),
        WITH_POOL(the_view_has_amounts_lines_and_lists),
        WITH_POOL(the_view_says_where_in_a_store),
        WITH_POOL(the_view_tells_no_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
