/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation as people and strangers see it: what its views say and what they leave out.
 */
#include "tests/unit/support.h"

#include "core/operation_view.h"

#define NOW apr_time_from_sec(1790000000)

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
    op->sent_at = NOW;
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

/* The code why not, or "yes"; the view and the rule must agree. */
static const char *may(apr_pool_t *p, const kl_operation_t *op, const char *action)
{
    const kl_json_t *actions = kl_json_get(kl_operation_view(p, op, NOW), "actions");
    const kl_json_t *v = kl_json_get(actions, action);
    const kl_words_t *why = strcmp(action, "send_again") == 0
                                ? kl_operation_why_not_send_again(op, NOW)
                                : kl_operation_why_not_give_up(op, NOW);

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
    op->mark = KL_OP_UNCLAIMED;
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

/* --- for strangers ----------------------------------------------------------------- */

/* A stranger reads codes, times and figures, and nothing that anybody wrote. */
static apr_array_header_t *written_by_people(apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 1, sizeof(kl_operation_t *));
    kl_operation_t *op = kl_operation_make(p);

    op->id = "op-1";
    op->order_id = "order-1";
    op->account = "shop";
    op->kind = KL_OP_CAPTURE;
    op->state = KL_OP_UNKNOWN;
    op->actor = op->path = op->body = op->intent = op->client_key = op->client_hash = "private";
    op->result_id = op->result = op->credit_invoice_id = "private";
    op->error_messages = "[\"private\"]";
    op->error_code = "TIMED_OUT";
    op->correlation_id = "corr-1";
    op->http_status = 504;
    op->attempts = 3;
    op->doubtful = 1;
    op->took = 20000;
    op->updated_at = NOW;
    APR_ARRAY_PUSH(list, kl_operation_t *) = op;
    return list;
}

static const kl_json_t *the_only(const kl_json_t *list)
{
    assert_int_equal(kl_json_size(list), 1);
    return kl_json_at(list, 0);
}

static void strangers_are_shown_nobodys_words(void **state)
{
    const kl_json_t *v = the_only(
        kl_operation_view_list(*state, written_by_people(*state), KL_FOR_STRANGERS, NOW));

    assert_null(strstr(kl_json_text(*state, v), "private"));
    assert_string_equal(kl_json_str(v, "id"), "op-1");
    assert_string_equal(kl_json_str(v, "order_id"), "order-1");
    assert_string_equal(kl_json_str(v, "merchant"), "shop");
    assert_string_equal(kl_json_str(v, "kind"), "capture");
    assert_string_equal(kl_json_str(v, "state"), "unknown");
    assert_string_equal(kl_json_str(v, "error_code"), "TIMED_OUT");
    assert_string_equal(kl_json_str(v, "correlation_id"), "corr-1");
    assert_int_equal(kl_json_int(v, "attempts", -1), 3);
    assert_int_equal(kl_json_bool(v, "doubtful", -1), 1);
    assert_int_equal(kl_json_int(v, "http_status", -1), 504);
    assert_int_equal(kl_json_int(v, "took_ms", -1), 20000);
    assert_string_equal(kl_json_str(v, "updated_at"), "2026-09-21T14:13:20Z");
    assert_null(kl_json_str(v, "next_at"));
}

static void an_error_is_shown_without_words_too(void **state)
{
    const kl_json_t *v = the_only(kl_operation_view_errors(*state, written_by_people(*state)));

    assert_null(strstr(kl_json_text(*state, v), "private"));
    assert_string_equal(kl_json_str(v, "at"), "2026-09-21T14:13:20Z");
    assert_string_equal(kl_json_str(v, "store"), "shop");
    assert_string_equal(kl_json_str(v, "order_id"), "order-1");
    assert_string_equal(kl_json_str(v, "kind"), "capture");
    assert_string_equal(kl_json_str(v, "error_code"), "TIMED_OUT");
    assert_int_equal(kl_json_int(v, "http_status", -1), 504);
}

static void whose_it_is_is_shown_to_operators(void **state)
{
    const apr_array_header_t *list = written_by_people(*state);
    const kl_json_t *v = the_only(kl_operation_view_list(*state, list, KL_FOR_OPERATOR, NOW));

    assert_string_equal(kl_json_str(v, "merchant"), "shop");
    assert_string_equal(kl_json_str(v, "actor"), "private");
    v = the_only(kl_operation_view_list(*state, list, KL_FOR_CLERK, NOW));
    assert_null(kl_json_get(v, "merchant"));
    assert_non_null(kl_json_get(v, "actions"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(the_view_leaves_request_and_secrets_out),
        WITH_POOL(messages_that_can_not_be_read_are_none),
        WITH_POOL(what_has_ended_is_final),
        WITH_POOL(who_works_on_it_is_not_interrupted),
        WITH_POOL(what_holds_no_order_can_only_be_given_up),
        WITH_POOL(the_view_tells_when_it_is_tried_again),
        WITH_POOL(the_view_tells_how_long_klarna_took),
        WITH_POOL(strangers_are_shown_nobodys_words),
        WITH_POOL(an_error_is_shown_without_words_too),
        WITH_POOL(whose_it_is_is_shown_to_operators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
