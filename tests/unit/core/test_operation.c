/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation's words and the steps of its state.
 */
#include "tests/unit/support.h"

#include "core/operation.h"

static void words_go_both_ways(void **state)
{
    kl_op_kind_t kind;
    kl_op_state_t s;
    kl_op_mark_t mark;

    (void)state;
    for (int i = KL_OP_PLACE_ORDER; i <= KL_OP_SHIPPING_INFO; i++) {
        assert_int_equal(kl_op_kind_parse(kl_op_kind_name(i), &kind), 1);
        assert_int_equal(kind, i);
    }
    for (int i = KL_OP_QUEUED; i <= KL_OP_UNKNOWN; i++) {
        assert_int_equal(kl_op_state_parse(kl_op_state_name(i), &s), 1);
        assert_int_equal(s, i);
    }
    for (int i = KL_OP_UNMARKED; i <= KL_OP_KEY_EXPIRED; i++) {
        assert_int_equal(kl_op_mark_parse(kl_op_mark_name(i), &mark), 1);
        assert_int_equal(mark, i);
    }
    assert_int_equal(kl_op_mark_parse("lost", &mark), 0);
    assert_int_equal(kl_op_kind_parse("void", &kind), 0);
    assert_int_equal(kl_op_state_parse("done", &s), 0);
    assert_int_equal(kl_op_state_parse(NULL, &s), 0);
    assert_string_equal(kl_op_kind_name(KL_OP_SHIPPING_INFO), "shipping_info");
}

static int may_become(apr_pool_t *p, kl_op_state_t from, kl_op_state_t to)
{
    kl_operation_t *op = kl_operation_make(p);

    op->stored = from;
    op->state = to;
    return kl_operation_may_be_stored(op, kl_error_make(p)) == KL_OK;
}

static void only_the_allowed_steps_are_allowed(void **state)
{
    /* from each state to queued, sent, confirmed, refused, unknown */
    static const int may[5][5] = {
        [KL_OP_QUEUED] = {1, 1, 0, 1, 1},    [KL_OP_SENT] = {1, 1, 1, 1, 1},
        [KL_OP_CONFIRMED] = {0, 0, 0, 0, 0}, [KL_OP_REFUSED] = {0, 0, 0, 0, 0},
        [KL_OP_UNKNOWN] = {1, 1, 1, 1, 1},
    };

    for (int from = KL_OP_QUEUED; from <= KL_OP_UNKNOWN; from++) {
        for (int to = KL_OP_QUEUED; to <= KL_OP_UNKNOWN; to++) {
            assert_int_equal(may_become(*state, from, to), may[from][to]);
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

/* --- the steps of its life ---------------------------------------------------------- */

#define AT apr_time_from_sec(1790000000)
#define S(n) apr_time_from_sec(n)

/* An operation that went out so often, as it stands in that state. */
static kl_operation_t *stands(apr_pool_t *p, kl_op_kind_t kind, kl_op_state_t state, int attempts)
{
    kl_operation_t *op = kl_operation_make(p);

    op->id = "op-1";
    op->kind = kind;
    op->client_key = "key";
    op->path = "/path";
    op->body = "body";
    op->state = state;
    op->attempts = attempts;
    op->sent_at = AT - S(10);
    op->updated_at = AT - S(10);
    op->lease_until = AT - S(1);
    op->next_at = AT;
    return op;
}

static kl_outcome_t answer(kl_meaning_t meaning, int doubtful)
{
    return (kl_outcome_t){.meaning = meaning, .doubtful = doubtful, .http_status = 200};
}

typedef kl_kind_t (*step_fn)(kl_operation_t *op, kl_error_t *err);

static kl_kind_t step_sent(kl_operation_t *op, kl_error_t *err)
{
    return kl_operation_sent(op, AT, err);
}

static kl_kind_t step_answered(kl_operation_t *op, kl_error_t *err)
{
    kl_outcome_t yes = answer(KL_MEANS_DONE, 0);

    return kl_operation_answered(op, &yes, AT, 0, err);
}

static kl_kind_t step_executed(kl_operation_t *op, kl_error_t *err)
{
    return kl_operation_executed(op, "id", "", AT, err);
}

static kl_kind_t step_given_up(kl_operation_t *op, kl_error_t *err)
{
    return kl_operation_given_up(op, AT, err);
}

static kl_kind_t step_discarded(kl_operation_t *op, kl_error_t *err)
{
    return kl_operation_discarded(op, err->pool, AT, err);
}

static kl_kind_t step_disowned(kl_operation_t *op, kl_error_t *err)
{
    return kl_operation_disowned(op, AT, err);
}

static kl_kind_t step_postponed(kl_operation_t *op, kl_error_t *err)
{
    return kl_operation_postponed(op, AT + S(5), err);
}

static kl_kind_t step_hinted(kl_operation_t *op, kl_error_t *err)
{
    return kl_operation_hinted(op, "order", AT, err);
}

/* Every step from every state, never sent and sent, with and without a key: taken where the
 * table says so, and refused without a trace everywhere else. */
static void every_step_from_every_state(void **state)
{
    enum {
        NO = -1,
        STAYS = 9,
        Q = KL_OP_QUEUED,
        T = KL_OP_SENT,
        C = KL_OP_CONFIRMED,
        R = KL_OP_REFUSED,
        U = KL_OP_UNKNOWN
    };
    static const struct {
        step_fn take;
        int queued, sent, unknown; /* what it becomes; from confirmed and refused nothing does */
        int least, most;           /* attempts */
        int only_placement;
    } table[] = {
        {step_sent, T, T, T, 0, 2, 0},
        {step_answered, NO, C, NO, 0, 2, 0},
        {step_executed, NO, C, C, 0, 2, 0},
        {step_given_up, R, R, R, 0, 2, 0},
        {kl_operation_renewed, NO, Q, Q, 0, 2, 0},
        {step_discarded, R, NO, NO, 0, 0, 0},
        {step_disowned, U, U, U, 1, 2, 0},
        {step_postponed, STAYS, STAYS, STAYS, 0, 2, 0},
        {step_hinted, NO, STAYS, STAYS, 0, 2, 1},
    };
    kl_error_t *err = kl_error_make(*state);

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        for (int n = 0; n < 5 * 3 * 2; n++) {
            int from = n % 5, attempts = n / 5 % 3;
            kl_op_kind_t kind = n / 15 ? KL_OP_PLACE_ORDER : KL_OP_REFUND;
            kl_operation_t *op = stands(*state, kind, from, attempts), before = *op;
            int to = from == Q   ? table[i].queued
                     : from == T ? table[i].sent
                     : from == U ? table[i].unknown
                                 : NO;

            if (attempts < table[i].least || attempts > table[i].most
                || (table[i].only_placement && kind != KL_OP_PLACE_ORDER)) {
                to = NO;
            }
            kl_error_clear(err);
            if (to == NO) {
                assert_int_equal(table[i].take(op, err), KL_INTERNAL);
                check_error(err, KL_INTERNAL, "illegal_step");
                assert_memory_equal(op, &before, sizeof(before));
                continue;
            }
            assert_int_equal(table[i].take(op, err), KL_OK);
            assert_int_equal(op->state, to == STAYS ? from : to);
            assert_int_equal(may_become(*state, from, op->state), 1);
            if (kl_op_is_final(op->state)) {
                assert_int_equal(op->next_at, 0);
                assert_int_equal(op->lease_until, 0);
            }
        }
    }
}

static void a_new_one_is_its_makers_or_the_workers(void **state)
{
    kl_operation_t *op = kl_operation_make(*state);

    kl_operation_queued(op, AT, 0);
    assert_int_equal(op->state, KL_OP_QUEUED);
    assert_int_equal(op->lease_until, AT + S(60));
    assert_int_equal(op->next_at, AT);
    assert_int_equal(op->created_at, AT);
    assert_int_equal(kl_operation_is_unstarted(op), 1);
    kl_operation_queued(op, AT, S(10));
    assert_int_equal(op->lease_until, 0);
    assert_int_equal(op->next_at, AT + S(10));
}

static void going_out_takes_a_lease(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_REFUND, KL_OP_QUEUED, 0);
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_operation_sent(op, AT, err), KL_OK);
    assert_int_equal(op->attempts, 1);
    assert_int_equal(op->doubtful, 0);
    assert_int_equal(op->sent_at, AT);
    assert_int_equal(op->lease_until, AT + S(60));
    assert_int_equal(kl_operation_is_unstarted(op), 0);
    /* Whoever had it died: nobody knows what came of that try, and the key's life goes on. */
    assert_int_equal(kl_operation_sent(op, AT + S(100), err), KL_OK);
    assert_int_equal(op->attempts, 2);
    assert_int_equal(op->doubtful, 1);
    assert_int_equal(op->sent_at, AT);
}

static void a_key_that_klarna_has_forgotten_is_not_sent(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_REFUND, KL_OP_UNKNOWN, 1);
    kl_error_t *err = kl_error_make(*state);
    apr_time_t last = op->sent_at + S(86400 - 60);

    op->doubtful = 1;
    assert_int_equal(kl_operation_sent(op, last, err), KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_int_equal(op->mark, KL_OP_KEY_EXPIRED);
    assert_string_equal(op->error_code, "key_expired");
    assert_int_equal(op->attempts, 1);
    assert_int_equal(op->next_at, last + S(3600));
    assert_int_equal(kl_operation_sent(op, last - 1, err), KL_OK);
    assert_int_equal(op->state, KL_OP_SENT);
    assert_int_equal(op->mark, KL_OP_UNMARKED);
    /* Without doubt the old key's age means nothing, and a placement has none. */
    op = stands(*state, KL_OP_REFUND, KL_OP_QUEUED, 1);
    assert_int_equal(kl_operation_sent(op, last, err), KL_OK);
    assert_int_equal(op->state, KL_OP_SENT);
    op = stands(*state, KL_OP_PLACE_ORDER, KL_OP_UNKNOWN, 1);
    op->doubtful = 1;
    assert_int_equal(kl_operation_sent(op, last, err), KL_OK);
    assert_int_equal(op->state, KL_OP_SENT);
}

static void an_answer_means(void **state)
{
    enum { Q = KL_OP_QUEUED, C = KL_OP_CONFIRMED, R = KL_OP_REFUSED, U = KL_OP_UNKNOWN };
    /* by meaning: certain and in doubt, with a key and without one */
    static const int becomes[4][4] = {
        [KL_MEANS_DONE] = {C, C, C, C},
        [KL_MEANS_REFUSED] = {R, R, R, U},
        [KL_MEANS_NOT_DONE] = {Q, U, Q, U},
        [KL_MEANS_UNKNOWN] = {U, U, U, U},
    };
    kl_error_t *err = kl_error_make(*state);

    for (int n = 0; n < 16; n++) {
        kl_op_kind_t kind = n % 4 < 2 ? KL_OP_CAPTURE : KL_OP_PLACE_ORDER;
        kl_operation_t *op = stands(*state, kind, KL_OP_SENT, 1);
        kl_outcome_t outcome = answer(n / 4, n % 2);

        assert_int_equal(kl_operation_answered(op, &outcome, AT, 0, err), KL_OK);
        assert_int_equal(op->state, becomes[n / 4][n % 4]);
        assert_int_equal(op->doubtful, n % 2 || (int)op->state == U);
        assert_int_equal(op->updated_at, AT);
        assert_int_equal(op->lease_until, 0);
        assert_string_equal(op->body,
                            kl_op_is_final(op->state) && kind == KL_OP_PLACE_ORDER ? "" : "body");
        assert_int_equal(op->next_at == 0, kl_op_is_final(op->state));
        assert_true(kl_op_is_final(op->state) || op->next_at >= AT + S(2));
    }
}

static void an_answer_is_kept_and_the_one_before_forgotten(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_CAPTURE, KL_OP_SENT, 1);
    kl_error_t *err = kl_error_make(*state);
    kl_outcome_t no = {.meaning = KL_MEANS_UNKNOWN,
                       .http_status = 500,
                       .correlation_id = "corr",
                       .error_code = "INTERNAL",
                       .error_messages = "[\"x\"]",
                       .refusal = "{\"detail\":\"y\"}"};
    kl_outcome_t yes = {.meaning = KL_MEANS_DONE, .http_status = 201, .result_id = "c"};

    assert_int_equal(kl_operation_answered(op, &no, AT, 0, err), KL_OK);
    assert_string_equal(op->error_code, "INTERNAL");
    assert_string_equal(op->refusal, "{\"detail\":\"y\"}");
    assert_string_equal(op->result_id, "");
    assert_int_equal(kl_operation_sent(op, AT, err), KL_OK);
    assert_int_equal(kl_operation_answered(op, &yes, AT, 0, err), KL_OK);
    assert_string_equal(op->result_id, "c");
    assert_string_equal(op->error_code, "");
    assert_string_equal(op->error_messages, "[]");
    assert_string_equal(op->refusal, "");
    assert_string_equal(op->correlation_id, "");
    assert_int_equal(op->http_status, 201);
}

static void the_back_off_doubles_and_is_bounded(void **state)
{
    static const struct {
        int attempts, retry_after, dice;
        apr_interval_time_t pause;
    } table[] = {
        {1, 0, 0, S(2)},         {4, 0, 0, S(16)},
        {9, 0, 0, S(512)},       {10, 0, 0, S(900)},
        {2000000, 0, 0, S(900)}, {1, 30, 0, S(30)},
        {1, 86400, 0, S(900)},   {4, 0, 255, S(16) + S(16) * 255 / 1024},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        kl_operation_t *op = stands(*state, KL_OP_REFUND, KL_OP_SENT, table[i].attempts);
        kl_outcome_t outcome = answer(KL_MEANS_UNKNOWN, 0);

        outcome.retry_after = table[i].retry_after;
        assert_int_equal(kl_operation_answered(op, &outcome, AT, table[i].dice,
                                               kl_error_make(*state)),
                         KL_OK);
        assert_int_equal(op->next_at, AT + table[i].pause);
    }
}

/* It may be the echo of a success that is still on its way. */
static void a_no_in_doubt_waits_until_no_try_is_in_flight(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_PLACE_ORDER, KL_OP_SENT, 1);
    kl_outcome_t no = answer(KL_MEANS_REFUSED, 1);
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_operation_answered(op, &no, AT, 0, err), KL_OK);
    assert_int_equal(op->next_at, AT + S(60));
    assert_int_equal(kl_operation_is_in_flight(op, AT + S(60) - 1), 1);
    assert_int_equal(kl_operation_is_in_flight(op, AT + S(60)), 0);
}

static void what_was_sent_is_in_flight_for_longer_than_its_lease(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_REFUND, KL_OP_QUEUED, 0);
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_operation_is_in_flight(op, op->updated_at), 0);
    assert_int_equal(kl_operation_sent(op, AT, err), KL_OK);
    assert_int_equal(kl_operation_is_in_flight(op, AT + S(120) - 1), 1);
    assert_int_equal(kl_operation_is_in_flight(op, AT + S(120)), 0);
}

static void what_ends_or_never_starts_is_marked_and_wiped(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_PLACE_ORDER, KL_OP_UNKNOWN, 1);
    kl_error_t *err = kl_error_make(*state);

    op->doubtful = 1;
    op->error_code = "x";
    assert_int_equal(kl_operation_executed(op, "k", "{}", AT, err), KL_OK);
    assert_string_equal(op->body, "");
    assert_string_equal(op->result_id, "k");
    assert_string_equal(op->error_code, "");
    assert_int_equal(op->doubtful, 1); /* others may have done the like meanwhile */
    op = stands(*state, KL_OP_REFUND, KL_OP_UNKNOWN, 1);
    assert_int_equal(kl_operation_given_up(op, AT, err), KL_OK);
    assert_string_equal(op->error_code, "given_up");
    assert_string_equal(op->body, "body");
    op = stands(*state, KL_OP_REFUND, KL_OP_QUEUED, 0);
    assert_int_equal(kl_operation_discarded(op, *state, AT, err), KL_OK);
    assert_int_equal(op->mark, KL_OP_NOT_STARTED);
    assert_string_equal(op->error_code, "not_started");
    assert_string_equal(op->client_key, "-op-1");
    assert_string_equal(op->body, "");
}

static void what_its_order_does_not_know_is_never_sent_again(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_REFUND, KL_OP_QUEUED, 1);
    kl_error_t *err = kl_error_make(*state);

    assert_int_equal(kl_operation_disowned(op, AT, err), KL_OK);
    assert_int_equal(op->doubtful, 1);
    assert_int_equal(op->mark, KL_OP_UNCLAIMED);
    assert_string_equal(op->error_code, "unclaimed");
    assert_int_equal(op->next_at, AT + S(3600));
}

static void what_was_not_done_starts_afresh(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_REFUND, KL_OP_UNKNOWN, 2);
    kl_error_t *err = kl_error_make(*state);

    op->doubtful = 1;
    assert_int_equal(kl_operation_renewed(op, err), KL_OK);
    assert_int_equal(op->doubtful, 0);
    assert_int_equal(kl_operation_sent(op, AT + S(86400), err), KL_OK);
    assert_int_equal(op->sent_at, AT + S(86400));
}

static void a_hint_is_kept_beside_the_answer(void **state)
{
    kl_operation_t *op = stands(*state, KL_OP_PLACE_ORDER, KL_OP_UNKNOWN, 1);
    kl_error_t *err = kl_error_make(*state);

    op->refusal = "{}";
    assert_int_equal(kl_operation_hinted(op, "order", AT + S(1), err), KL_OK);
    assert_string_equal(op->hint, "order");
    assert_string_equal(op->refusal, "{}");
    assert_int_equal(op->next_at, AT + S(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(words_go_both_ways),
        WITH_POOL(only_the_allowed_steps_are_allowed),
        WITH_POOL(all_but_the_placement_have_a_key),
        WITH_POOL(every_step_from_every_state),
        WITH_POOL(a_new_one_is_its_makers_or_the_workers),
        WITH_POOL(going_out_takes_a_lease),
        WITH_POOL(a_key_that_klarna_has_forgotten_is_not_sent),
        WITH_POOL(an_answer_means),
        WITH_POOL(an_answer_is_kept_and_the_one_before_forgotten),
        WITH_POOL(the_back_off_doubles_and_is_bounded),
        WITH_POOL(a_no_in_doubt_waits_until_no_try_is_in_flight),
        WITH_POOL(what_was_sent_is_in_flight_for_longer_than_its_lease),
        WITH_POOL(what_ends_or_never_starts_is_marked_and_wiped),
        WITH_POOL(what_its_order_does_not_know_is_never_sent_again),
        WITH_POOL(what_was_not_done_starts_afresh),
        WITH_POOL(a_hint_is_kept_beside_the_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
