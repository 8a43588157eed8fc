/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation's words, the steps of its state, and what its view leaves out.
 */
#include "support.h"

#include "core/operation.h"

static void words_go_both_ways(void **state)
{
    kl_op_kind_t kind;
    kl_op_state_t s;

    (void)state;
    for (int i = KL_OP_PLACE_ORDER; i <= KL_OP_SHIPPING_INFO; i++) {
        assert_int_equal(kl_op_kind_parse(kl_op_kind_name(i), &kind), 1);
        assert_int_equal(kind, i);
    }
    for (int i = KL_OP_QUEUED; i <= KL_OP_UNKNOWN; i++) {
        assert_int_equal(kl_op_state_parse(kl_op_state_name(i), &s), 1);
        assert_int_equal(s, i);
    }
    assert_int_equal(kl_op_kind_parse("void", &kind), 0);
    assert_int_equal(kl_op_state_parse("done", &s), 0);
    assert_int_equal(kl_op_state_parse(NULL, &s), 0);
    assert_string_equal(kl_op_kind_name(KL_OP_SHIPPING_INFO), "shipping_info");
}

static void only_the_allowed_steps_are_allowed(void **state)
{
    /* from each state to queued, sent, confirmed, refused, unknown */
    static const int may[5][5] = {
        [KL_OP_QUEUED] = {1, 1, 0, 1, 0},    [KL_OP_SENT] = {1, 1, 1, 1, 1},
        [KL_OP_CONFIRMED] = {0, 0, 0, 0, 0}, [KL_OP_REFUSED] = {0, 0, 0, 0, 0},
        [KL_OP_UNKNOWN] = {1, 1, 1, 1, 1},
    };

    (void)state;
    for (int from = KL_OP_QUEUED; from <= KL_OP_UNKNOWN; from++) {
        for (int to = KL_OP_QUEUED; to <= KL_OP_UNKNOWN; to++) {
            assert_int_equal(kl_op_may(from, to), may[from][to]);
        }
        assert_int_equal(kl_op_is_final(from), from == KL_OP_CONFIRMED || from == KL_OP_REFUSED);
    }
}

static void all_but_the_placement_have_a_key(void **state)
{
    (void)state;
    for (int i = KL_OP_PLACE_ORDER; i <= KL_OP_SHIPPING_INFO; i++) {
        assert_int_equal(kl_op_has_key(i), i != KL_OP_PLACE_ORDER);
    }
}

static void the_view_leaves_request_and_secrets_out(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);
    kl_json_t *v;
    const char *text;

    op->id = "op-1";
    op->kind = KL_OP_REFUND;
    op->state = KL_OP_REFUSED;
    op->path = "/secret-path";
    op->body = "secret-body";
    op->intent = "secret-intent";
    op->client_key = "secret-key";
    op->error_code = "REFUND_NOT_ALLOWED";
    op->error_messages = "[\"no captures\"]";
    op->sent_at = apr_time_from_sec(1790000000);
    v = kl_operation_view(*state, op, 0);
    assert_string_equal(kl_json_str(v, "kind"), "refund");
    assert_string_equal(kl_json_str(v, "state"), "refused");
    assert_string_equal(kl_json_str(v, "sent_at"), "2026-09-21T14:13:20Z");
    assert_null(kl_json_str(v, "result_id"));
    assert_string_equal(kl_json_str_at(kl_json_get(v, "error_messages"), 0), "no captures");
    text = kl_json_text(*state, v);
    assert_null(strstr(text, "secret"));
}

static const kl_json_t *messages(apr_pool_t *p, const kl_operation_t *op)
{
    return kl_json_get(kl_operation_view(p, op, 0), "error_messages");
}

static void messages_that_can_not_be_read_are_none(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    op->error_messages = "{broken";
    assert_int_equal(kl_json_size(messages(*state, op)), 0);
    op->error_messages = "{}";
    assert_int_equal(kl_json_is_array(messages(*state, op)), 1);
}

/* --- what a person may do ---------------------------------------------------------- */

#define NOW apr_time_from_sec(1790000000)

/* The code why not, or "yes"; the view and the rule must agree. */
static const char *may(apr_pool_t *p, const kl_operation_t *op, const char *action)
{
    const kl_json_t *actions = kl_json_get(kl_operation_view(p, op, NOW), "actions");
    const kl_json_t *v = kl_json_get(actions, action);
    const kl_words_t *why = strcmp(action, "send_again") == 0 ? kl_why_not_send_again(op, NOW)
                                                              : kl_why_not_give_up(op, NOW);

    assert_int_equal(kl_json_bool(v, "allowed", -1), why == NULL);
    if (why == NULL) {
        assert_null(kl_json_str(v, "reason"));
        assert_null(kl_json_str(v, "code"));
        return "yes";
    }
    assert_string_equal(kl_json_str(v, "reason"), why->text);
    assert_string_equal(kl_json_str(v, "code"), why->code);
    return why->code;
}

static void what_has_ended_is_final(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    for (int s = KL_OP_QUEUED; s <= KL_OP_UNKNOWN; s++) {
        op->state = s;
        assert_string_equal(may(*state, op, "send_again"), kl_op_is_final(s) ? "final" : "yes");
        assert_string_equal(may(*state, op, "give_up"), kl_op_is_final(s) ? "final" : "yes");
    }
}

static void who_works_on_it_is_not_interrupted(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    op->state = KL_OP_SENT;
    op->lease_until = NOW + 1;
    assert_string_equal(may(*state, op, "send_again"), "in_progress");
    assert_string_equal(may(*state, op, "give_up"), "in_progress");
    op->lease_until = NOW;
    assert_string_equal(may(*state, op, "send_again"), "yes");
    assert_string_equal(may(*state, op, "give_up"), "yes");
}

static void what_holds_no_order_can_only_be_given_up(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    op->state = KL_OP_UNKNOWN;
    op->error_code = "unclaimed";
    assert_string_equal(may(*state, op, "send_again"), "unclaimed");
    assert_string_equal(may(*state, op, "give_up"), "yes");
    op->state = KL_OP_REFUSED;
    assert_string_equal(may(*state, op, "send_again"), "final");
}

static void the_view_tells_how_long_klarna_took(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    assert_int_equal(kl_json_int(kl_operation_view(*state, op, NOW), "took_ms", -1), 0);
    op->took = 1234;
    assert_int_equal(kl_json_int(kl_operation_view(*state, op, NOW), "took_ms", -1), 1234);
}

static void the_view_tells_when_it_is_tried_again(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    assert_null(kl_json_str(kl_operation_view(*state, op, NOW), "next_at"));
    op->next_at = NOW;
    assert_string_equal(kl_json_str(kl_operation_view(*state, op, NOW), "next_at"),
                        "2026-09-21T14:13:20Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(words_go_both_ways),
        WITH_POOL(only_the_allowed_steps_are_allowed),
        WITH_POOL(all_but_the_placement_have_a_key),
        WITH_POOL(the_view_leaves_request_and_secrets_out),
        WITH_POOL(messages_that_can_not_be_read_are_none),
        WITH_POOL(what_has_ended_is_final),
        WITH_POOL(who_works_on_it_is_not_interrupted),
        WITH_POOL(what_holds_no_order_can_only_be_given_up),
        WITH_POOL(the_view_tells_when_it_is_tried_again),
        WITH_POOL(the_view_tells_how_long_klarna_took),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
