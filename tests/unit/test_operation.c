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
    v = kl_operation_view(*state, op);
    assert_string_equal(kl_json_str(v, "kind"), "refund");
    assert_string_equal(kl_json_str(v, "state"), "refused");
    assert_string_equal(kl_json_str(v, "sent_at"), "2026-09-21T14:13:20Z");
    assert_null(kl_json_str(v, "result_id"));
    assert_string_equal(kl_json_str_at(kl_json_get(v, "error_messages"), 0), "no captures");
    text = kl_json_text(*state, v);
    assert_null(strstr(text, "secret"));
}

static void messages_that_can_not_be_read_are_none(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    op->error_messages = "{broken";
    assert_int_equal(kl_json_size(kl_json_get(kl_operation_view(*state, op), "error_messages")), 0);
    op->error_messages = "{}";
    assert_int_equal(kl_json_is_array(kl_json_get(kl_operation_view(*state, op), "error_messages")),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(words_go_both_ways),
        WITH_POOL(only_the_allowed_steps_are_allowed),
        WITH_POOL(all_but_the_placement_have_a_key),
        WITH_POOL(the_view_leaves_request_and_secrets_out),
        WITH_POOL(messages_that_can_not_be_read_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
