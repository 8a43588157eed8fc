/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order's words, lookups, invariants and views.
 */
#include "order_fixture.h"

#include <apr_strings.h>

#include "core/order_view.h"

static void a_new_order_has_no_null(void **state)
{
    kl_order_t *order = kl_order_make(*state);

    assert_string_equal(order->id, "");
    assert_string_equal(order->pending_op, "");
    assert_string_equal(order->confirmation_url, "");
    assert_int_equal(order->state, KL_ORDER_CREATED);
    assert_int_equal(order->lines->nelts, 0);
    assert_non_null(kl_json_text(*state, kl_order_view(*state, order, 1)));
}

static void words_go_both_ways(void **state)
{
    kl_order_state_t s;
    kl_line_type_t t;

    (void)state;
    for (int i = KL_ORDER_CREATED; i <= KL_ORDER_ABANDONED; i++) {
        assert_int_equal(kl_order_state_parse(kl_order_state_name(i), &s), 1);
        assert_int_equal(s, i);
    }
    for (int i = KL_LINE_PHYSICAL; i <= KL_LINE_RETURN_FEE; i++) {
        assert_int_equal(kl_line_type_parse(kl_line_type_name(i), &t), 1);
        assert_int_equal(t, i);
    }
    assert_int_equal(kl_order_state_parse("authorized", &s), 0);
    assert_int_equal(kl_order_state_parse(NULL, &s), 0);
    assert_int_equal(kl_line_type_parse("PHYSICAL", &t), 0);
    assert_string_equal(kl_order_state_name(KL_ORDER_PART_CAPTURED), "PART_CAPTURED");
    assert_string_equal(kl_line_type_name(KL_LINE_GIFT_CARD), "gift_card");
}

static void every_state_has_its_own_sentence(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    const char *seen[16];
    int n = 0;

    for (int i = KL_ORDER_CREATED; i <= KL_ORDER_ABANDONED; i++) {
        order->state = i;
        seen[n++] = kl_order_sentence(order)->code;
        assert_string_not_equal(kl_order_sentence(order)->text, "");
    }
    order->state = KL_ORDER_AUTHORIZED;
    order->fraud_status = "PENDING";
    seen[n++] = kl_order_sentence(order)->code;
    order->fraud_status = "REJECTED";
    seen[n++] = kl_order_sentence(order)->code;
    order->pending_op = "op";
    seen[n++] = kl_order_sentence(order)->code;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(seen[i], seen[j]);
        }
    }
}

static void what_klarna_stopped_is_not_shipped(void **state)
{
    static const char *const no[] = {"REJECTED", "STOPPED"};
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state, "{'amount':1}");
    assert_string_equal(kl_order_sentence(order)->code, "part_captured");
    order->fraud_status = "PENDING";
    assert_string_equal(kl_order_sentence(order)->code, "in_review");
    assert_string_equal(kl_why_not_capture(order)->code, "in_review");
    for (int i = 0; i < 2; i++) {
        order->fraud_status = no[i];
        assert_string_equal(kl_order_sentence(order)->code, "rejected");
        assert_string_equal(kl_why_not_capture(order)->code, "rejected");
    }
}

static void the_sentence_of_a_captured_order_tells_of_refunds(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state, "{'everything':true}");
    assert_string_equal(kl_order_sentence(order)->text, "Everything has been captured.");
    must_credit(order, *state, "{'amount':1}");
    assert_string_equal(kl_order_sentence(order)->text, "Captured and partly refunded.");
    must_credit(order, *state, "{'everything':true}");
    assert_string_equal(kl_order_sentence(order)->text, "Everything captured has been credited.");
}

static void things_are_found_by_their_names(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_credit_invoice_t *ci;

    assert_int_equal(kl_order_find_line(order, "mug"), 1);
    assert_int_equal(kl_order_find_line(order, "Mug"), -1);
    must_credit(order, *state, "{'everything':true}");
    ci = &APR_ARRAY_IDX(order->credit_invoices, 0, kl_credit_invoice_t);
    assert_ptr_equal(kl_order_find_credit_invoice(order, ci->id), ci);
    assert_null(kl_order_find_credit_invoice(order, "other"));
}

static void room_ends_at_the_limit(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_size_t used = strlen(kl_order_ledger_text(*state, order));

    assert_int_equal(kl_order_has_room(*state, order, 524288 - used), 1);
    assert_int_equal(kl_order_has_room(*state, order, 524288 - used + 1), 0);
    assert_int_equal(kl_order_has_room(*state, order, (apr_size_t)-1), 0);
}

/* --- invariants ------------------------------------------------------------------ */

static void breaks(kl_order_t *order, apr_int64_t *what, apr_int64_t value)
{
    kl_error_t *err = kl_error_make(order->lines->pool);
    apr_int64_t before = *what;

    *what = value;
    assert_int_equal(kl_order_check(order, err), KL_INTERNAL);
    check_error(err, KL_INTERNAL, "invariant");
    *what = before;
    kl_error_clear(err);
    assert_int_equal(kl_order_check(order, err), KL_OK);
}

static void no_amount_leaves_its_bounds(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state, "{'lines':[{'reference':'shirt','quantity':2}]}");
    must_credit(order, *state, "{'lines':[{'reference':'shirt','quantity':1}]}");
    breaks(order, &order->original_amount, 40899);
    breaks(order, &order->original_amount, -1);
    breaks(order, &order->order_amount, 40899);
    breaks(order, &order->order_amount, 40901);
    breaks(order, &order->captured_amount, 20001);
    breaks(order, &order->captured_amount, 9999);
    breaks(order, &order->captured_amount, -1);
    breaks(order, &order->captured_amount, APR_INT64_MAX);
    breaks(order, &order->refunded_amount, 20001);
    breaks(order, &order->refunded_amount, -1);
    breaks(order, &order->remaining_amount, 20901);
    breaks(order, &order->remaining_amount, -1);
}

static void no_line_leaves_its_bounds(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_line_t *shirt, *off;

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},"
                 "{'reference':'off','quantity':1}]}");
    must_credit(order, *state, "{'lines':[{'reference':'shirt','quantity':1}]}");
    shirt = fixture_at(order, "shirt");
    off = fixture_at(order, "off");
    breaks(order, &shirt->quantity, 1);
    breaks(order, &shirt->quantity, -1);
    breaks(order, &shirt->cancelled_quantity, 2);
    breaks(order, &shirt->cancelled_quantity, -1);
    breaks(order, &shirt->cancelled_amount, 10001);
    breaks(order, &shirt->cancelled_amount, APR_INT64_MAX);
    breaks(order, &shirt->captured_quantity, 4);
    breaks(order, &shirt->captured_amount, 30001);
    breaks(order, &shirt->captured_amount, -1);
    breaks(order, &shirt->credited_quantity, 3);
    breaks(order, &shirt->credited_quantity, -1);
    breaks(order, &shirt->credited_amount, 20001);
    breaks(order, &shirt->credited_amount, -1);
    breaks(order, &off->captured_amount, -3001);
    breaks(order, &off->captured_amount, 1);
    breaks(order, &off->credited_amount, -3001);
    breaks(order, &off->credited_amount, 1);
}

/* --- views ----------------------------------------------------------------------- */

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

static void a_word_says_why_nothing_is_open(void **state)
{
    static const struct {
        kl_order_state_t state;
        const char *code;
    } known[] = {
        {KL_ORDER_CREATED, "not_finished"},  {KL_ORDER_DECLINED, "declined"},
        {KL_ORDER_ABANDONED, "abandoned"},   {KL_ORDER_CANCELLED, "cancelled"},
        {KL_ORDER_EXPIRED, "expired"},       {KL_ORDER_CLOSED, "closed"},
        {KL_ORDER_CAPTURED, "nothing_open"},
    };
    kl_order_t *order = fixture_shop(*state);

    for (int i = 0; i < 7; i++) {
        order->state = known[i].state;
        assert_string_equal(kl_why_not_capture(order)->code, known[i].code);
        assert_string_equal(kl_why_not_extend(order)->code, known[i].code);
        assert_string_equal(kl_why_not_release(order)->code, known[i].code);
        assert_string_equal(kl_why_not_cancel(order)->code, known[i].code);
    }
}

static void only_an_orphan_is_adopted(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    order->state = KL_ORDER_CREATED;
    order->pending_op = "placement"; /* it holds the order until its id is known */
    assert_string_equal(kl_why_not_adopt(order)->code, "not_orphan");
    order->attention = KL_ATTENTION_ORPHAN;
    assert_null(kl_why_not_adopt(order));
    order->pending_op = "";
    assert_null(kl_why_not_adopt(order));
    order->state = KL_ORDER_AUTHORIZED;
    assert_string_equal(kl_why_not_adopt(order)->code, "not_orphan");
}

static void a_mark_is_seen_by_a_person(void **state)
{
    static const kl_attention_t marks[] = {KL_ATTENTION_OUTSIDE, KL_ATTENTION_DIFFERS,
                                           KL_ATTENTION_EXPIRING};
    kl_order_t *order = fixture_shop(*state);

    for (int i = 0; i < 3; i++) {
        order->attention = marks[i];
        assert_null(kl_why_not_seen(order));
    }
    order->pending_op = "op-1";
    assert_string_equal(kl_why_not_seen(order)->code, "busy");
    order->pending_op = "";
    order->attention = KL_ATTENTION_ORPHAN; /* goes away with its adoption only */
    assert_string_equal(kl_why_not_seen(order)->code, "nothing_to_see");
    order->attention = KL_ATTENTION_NONE;
    order->waiting = "capture"; /* a refused one stays until somebody has seen it */
    assert_null(kl_why_not_seen(order));
    order->pending_op = "op-1";
    assert_string_equal(kl_why_not_seen(order)->code, "busy");
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

    must_capture(order, *state, "{'lines':[{'reference':'shirt','quantity':2}]}");
    must_credit(order, *state, "{'lines':[{'reference':'shirt','quantity':1}],'return_fee':1000}");
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
    entry = kl_json_at(kl_json_get(v, "credit_invoices"), 0);
    assert_string_equal(kl_json_str(entry, "state"), "paid");
    assert_int_equal(kl_json_int(entry, "return_fee", -1), 1000);
    entry = kl_json_at(kl_json_get(entry, "lines"), 0);
    assert_string_equal(kl_json_str(entry, "reference"), "shirt");
    assert_null(kl_json_get(kl_order_view(*state, order, 0), "order_lines"));
}

static void the_view_tells_no_secret(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    const char *text;

    order->client_key = "a-client-key";
    text = kl_json_text(*state, kl_order_view(*state, order, 1));
    assert_null(strstr(text, order->key));
    assert_null(strstr(text, order->client_token));
    assert_null(strstr(text, order->client_key));
}

static void klarnas_lines_have_no_ledger_members(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_json_t *line;

    fixture_at(order, "shirt")->image_url = "https://shop.test/shirt.png";
    line = kl_json_at(kl_lines_klarna(*state, order->lines), 0);
    assert_string_equal(kl_json_text(*state, line),
                        "{\"type\":\"physical\",\"reference\":\"shirt\",\"name\":\"shirt\","
                        "\"quantity\":3,\"unit_price\":10000,\"tax_rate\":2500,"
                        "\"total_amount\":30000,\"total_discount_amount\":0,"
                        "\"total_tax_amount\":6000,"
                        "\"image_url\":\"https://shop.test/shirt.png\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_new_order_has_no_null),
        WITH_POOL(words_go_both_ways),
        WITH_POOL(every_state_has_its_own_sentence),
        WITH_POOL(what_klarna_stopped_is_not_shipped),
        WITH_POOL(the_sentence_of_a_captured_order_tells_of_refunds),
        WITH_POOL(things_are_found_by_their_names),
        WITH_POOL(room_ends_at_the_limit),
        WITH_POOL(no_amount_leaves_its_bounds),
        WITH_POOL(no_line_leaves_its_bounds),
        WITH_POOL(the_view_says_what_may_be_done),
        WITH_POOL(the_view_has_codes),
        WITH_POOL(a_word_says_why_nothing_is_open),
        WITH_POOL(only_an_orphan_is_adopted),
        WITH_POOL(a_mark_is_seen_by_a_person),
        WITH_POOL(the_view_tells_what_others_did),
        WITH_POOL(the_view_tells_where_and_what_is_waited_for),
        WITH_POOL(the_view_has_amounts_lines_and_lists),
        WITH_POOL(the_view_tells_no_secret),
        WITH_POOL(klarnas_lines_have_no_ledger_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
