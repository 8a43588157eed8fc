/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order's words, lookups and invariants.
 */
#include "tests/unit/order_fixture.h"
#include "core/why_not.h"
#include "core/ledger.h"
#include "core/order_check.h"
#include "core/line.h"

#include <apr_strings.h>

static void a_new_order_has_no_null(void **state)
{
    kl_order_t *order = kl_order_make(*state);

    assert_string_equal(order->id, "");
    assert_string_equal(order->pending_op, "");
    assert_string_equal(order->confirmation_url, "");
    assert_int_equal(order->state, KL_ORDER_CREATED);
    assert_int_equal(order->lines->nelts, 0);
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

static void only_what_klarna_accepted_is_shipped(void **state)
{
    static const char *const no[] = {"REJECTED", "STOPPED"};
    static const char *const undecided[] = {"PENDING", "a word of tomorrow"};
    kl_order_t *order = fixture_shop(*state);

    must_capture(order, *state, "{'amount':1}");
    assert_string_equal(kl_order_sentence(order)->code, "part_captured");
    for (int i = 0; i < 2; i++) {
        order->fraud_status = undecided[i];
        assert_string_equal(kl_order_sentence(order)->code, "in_review");
        assert_string_equal(kl_why_not_capture(order)->code, "in_review");
    }
    order->fraud_status = "";
    assert_null(kl_why_not_capture(order));
    for (int i = 0; i < 2; i++) {
        order->fraud_status = no[i];
        assert_string_equal(kl_order_sentence(order)->code, "rejected");
        assert_string_equal(kl_why_not_capture(order)->code, "rejected");
    }
}

static const char *code_of(kl_order_t *order, const char *waiting, const char *pending_op)
{
    order->waiting = waiting;
    order->pending_op = pending_op;
    return kl_order_sentence(order)->code;
}

/* Nothing is ready to ship over a capture that did not go through; what is under way has not, and
 * where nothing is left to capture nobody has to. */
static void what_waits_is_said(void **state)
{
    static const struct {
        kl_order_state_t state;
        const char *capture;
    } cases[] = {{KL_ORDER_AUTHORIZED, "capture_failed"},
                 {KL_ORDER_PART_CAPTURED, "capture_failed"},
                 {KL_ORDER_CAPTURED, "captured"},
                 {KL_ORDER_CANCELLED, "cancelled"},
                 {KL_ORDER_EXPIRED, "expired"},
                 {KL_ORDER_CLOSED, "closed"}};
    kl_order_t *order = fixture_shop(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        order->state = cases[i].state;
        assert_string_equal(code_of(order, "capture", ""), cases[i].capture);
        assert_string_equal(code_of(order, "capture", "op"), "capture_waiting");
        assert_string_equal(code_of(order, "refund", ""), "refund_failed");
        assert_string_equal(code_of(order, "refund", "op"), "refund_waiting");
        assert_string_equal(code_of(order, "", "op"), "in_progress");
    }
    order->state = KL_ORDER_AUTHORIZED;
    order->fraud_status = "PENDING";
    assert_string_equal(code_of(order, "capture", ""), "in_review");
    order->fraud_status = "REJECTED";
    assert_string_equal(code_of(order, "capture", ""), "rejected");
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
    apr_size_t used = strlen(kl_ledger_text(*state, order));

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

    must_capture(order, *state,
                 "{'lines':[{'reference':'shirt','quantity':2},{'reference':'off','amount':0}]}");
    must_credit(order, *state,
                "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
    breaks(order, &order->original_amount, -1);
    breaks(order, &order->order_amount, 40899);
    breaks(order, &order->order_amount, -1);
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
    must_credit(order, *state,
                "{'lines':[{'reference':'shirt','quantity':1},{'reference':'off','amount':0}]}");
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

/* --- what may be done, and why not --------------------------------------------------- */

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

static void references_change_unless_it_is_cancelled(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    assert_null(kl_why_not_references(order));
    order->state = KL_ORDER_EXPIRED;
    assert_null(kl_why_not_references(order));
    order->state = KL_ORDER_CANCELLED;
    assert_string_equal(kl_why_not_references(order)->code, "cancelled");
    order->state = KL_ORDER_CREATED;
    assert_string_equal(kl_why_not_references(order)->code, "not_finished");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_new_order_has_no_null),
        WITH_POOL(words_go_both_ways),
        WITH_POOL(every_state_has_its_own_sentence),
        WITH_POOL(only_what_klarna_accepted_is_shipped),
        WITH_POOL(what_waits_is_said),
        WITH_POOL(the_sentence_of_a_captured_order_tells_of_refunds),
        WITH_POOL(things_are_found_by_their_names),
        WITH_POOL(room_ends_at_the_limit),
        WITH_POOL(no_amount_leaves_its_bounds),
        WITH_POOL(no_line_leaves_its_bounds),
        WITH_POOL(a_word_says_why_nothing_is_open),
        WITH_POOL(references_change_unless_it_is_cancelled),
        WITH_POOL(only_an_orphan_is_adopted),
        WITH_POOL(a_mark_is_seen_by_a_person),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
