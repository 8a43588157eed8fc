/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person does with an operation that does not end: send it again now, or give it up.
 * Giving up never guesses and never contradicts Klarna; where Klarna's record does not tell, a
 * person who looked in its portal does, and the books are Klarna's all the same.
 */
#include "tests/unit/service_fixture.h"
#include "core/klarna_record.h"

#include <apr_strings.h>

static world_t *new_world(void **state)
{
    return world_make(*state);
}

typedef kl_kind_t act_on_fn(kl_service_t *svc, const char *order_id, const char *op_id,
                            kl_operation_t **op, kl_error_t *err);

static kl_kind_t ask(world_t *world, act_on_fn *act, const char *id, const char *op_id,
                     kl_operation_t **op, kl_error_t **err)
{
    kl_kind_t rv;

    *op = NULL;
    *err = kl_error_make(world->p);
    rv = act(world_service(world, world->p), id, op_id, op, *err);
    assert_int_equal(rv, (*err)->kind);
    return rv;
}

static void must_give_up(world_t *world, const char *id, const char *op_id, kl_op_state_t state)
{
    kl_operation_t *op;
    kl_error_t *err;

    if (ask(world, act_give_up, id, op_id, &op, &err) != KL_OK) {
        fail_msg("give up: %s: %s", err->code, err->detail);
    }
    assert_int_equal(op->state, state);
    assert_string_equal(op->error_code, state == KL_OP_REFUSED ? "given_up" : "");
    world_check(world, id, "given up");
}

static void must_refuse(world_t *world, act_on_fn *act, const char *id, const char *op_id,
                        kl_kind_t kind, const char *code)
{
    const char *before = world_ledgers(world, world->p, id);
    kl_operation_t *op;
    kl_error_t *err;

    ask(world, act, id, op_id, &op, &err);
    check_error(err, kind, code);
    assert_string_equal(world_ledgers(world, world->p, id), before);
}

static void a_minute_passes(void)
{
    fake_clock_advance(apr_time_from_sec(KL_IN_FLIGHT_S));
}

/* The order's operation that was turned away: certainly not executed, waiting. */
static kl_operation_t *queued(world_t *world, act_fn act, const char *id)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_operation_t *op = NULL;

    svc->timeout = 1;
    fake_klarna_arm(world->klarna, 1, FAKE_401_HTML);
    assert_int_equal(world_act(svc, act, id, "k", &op, kl_error_make(world->p)), KL_OK);
    fake_klarna_arm(world->klarna, 0, 0);
    assert_int_equal(op->state, KL_OP_QUEUED);
    return op;
}

/* --- sending again ----------------------------------------------------------------------- */

static void it_is_sent_before_its_time(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *waiting = queued(world, act_capture_cup, id);
    kl_operation_t *op;
    kl_error_t *err;

    assert_true(waiting->next_at > fake_clock_now());
    assert_int_equal(ask(world, kl_resolve_send_again, id, waiting->id, &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    world_check(world, id, "sent again");
    must_refuse(world, kl_resolve_send_again, id, waiting->id, KL_CONFLICT, "final");
}

static void a_doubt_is_sent_with_its_key(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *lost = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_AFTER);
    kl_operation_t *op;
    kl_error_t *err;

    assert_int_equal(ask(world, kl_resolve_send_again, id, lost->id, &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 1);
    world_check(world, id, "sent again");
}

static void nobody_is_interrupted(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *row = fake_store_operation(world->store,
                                               queued(world, act_capture_cup, id)->id);

    row->lease_until = fake_clock_now() + 1;
    must_refuse(world, kl_resolve_send_again, id, row->id, KL_CONFLICT, "in_progress");
    must_refuse(world, act_give_up, id, row->id, KL_CONFLICT, "in_progress");
}

/* Refused with the sentence that the operation's view shows. */
static void a_refusal_is_what_the_view_shows(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const char *op_id = queued(world, act_capture_cup, id)->id;
    kl_operation_t *row = fake_store_operation(world->store, op_id), *op;
    kl_error_t *err;

    row->lease_until = fake_clock_now() + 1;
    ask(world, kl_resolve_send_again, id, row->id, &op, &err);
    assert_string_equal(err->detail, kl_operation_why_not_send_again(row, fake_clock_now())->text);
    assert_string_equal(err->reason, "in_progress");
    assert_true(err->retry_after > 0);
    row->lease_until = 0;
    row->mark = KL_OP_UNCLAIMED;
    row->error_code = "unclaimed";
    ask(world, kl_resolve_send_again, id, row->id, &op, &err);
    assert_string_equal(err->detail, kl_operation_why_not_send_again(row, fake_clock_now())->text);
    assert_string_equal(err->reason, "unclaimed");
    assert_int_equal(err->retry_after, 0);
    must_give_up(world, id, row->id, KL_OP_REFUSED);
    ask(world, act_give_up, id, row->id, &op, &err);
    assert_string_equal(err->detail, kl_operation_why_not_give_up(op, fake_clock_now())->text);
    assert_string_equal(err->reason, "final");
}

static void a_step_whose_turn_has_not_come_is_not_sent(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_operation_t *first = world_in_doubt(world, act_cancel, id, "k", FAKE_LOST_BEFORE);

    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    must_refuse(world, kl_resolve_send_again, id, first->next_op, KL_CONFLICT, "in_progress");
}

static void only_this_orders_operations(void **state)
{
    static act_on_fn *const acts[] = {kl_resolve_send_again, act_give_up};
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_starter(world->p, "another payment");
    kl_order_t *other = NULL;
    const char *op_id = queued(world, act_capture_cup, id)->id;

    assert_int_equal(kl_checkout_start(svc, world_cart(world->p), &client, &other,
                                       kl_error_make(world->p)),
                     KL_OK);
    for (int i = 0; i < 2; i++) {
        must_refuse(world, acts[i], id, "no id", KL_NOT_FOUND, "no_such_operation");
        must_refuse(world, acts[i], id, id, KL_NOT_FOUND, "no_such_operation");
        must_refuse(world, acts[i], other->id, op_id, KL_NOT_FOUND, "no_such_operation");
        world->account.name = "another shop";
        must_refuse(world, acts[i], id, op_id, KL_NOT_FOUND, "no_such_operation");
        world->account.name = "shop";
    }
}

/* --- giving up ---------------------------------------------------------------------------- */

static void what_never_went_out_is_given_up_at_once(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = queued(world, act_capture_cup, id);

    must_give_up(world, id, op->id, KL_OP_REFUSED);
    assert_int_equal(world->klarna->calls, 0);
    assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 0);
    must_refuse(world, act_give_up, id, op->id, KL_CONFLICT, "final");
    world_must(world, act_capture_cup, id, "another one");
}

static void what_was_executed_is_confirmed(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_AFTER);

    must_give_up(world, id, op->id, KL_OP_CONFIRMED);
    assert_int_equal(world_order(world, id)->refunded_amount, 5000);
}

/* Too early, it rests until it can be told, so that the worker's tries do not put it off. */
static void what_was_not_executed_is_given_up_after_a_minute(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_BEFORE);
    kl_operation_t *told;
    kl_error_t *err;

    assert_int_equal(ask(world, act_give_up, id, op->id, &told, &err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "in_progress");
    assert_int_equal(err->retry_after, KL_IN_FLIGHT_S);
    for (int second = 0; second < err->retry_after; second++) {
        world_round(world, world->p);
        fake_clock_advance(apr_time_from_sec(1));
    }
    assert_int_equal(fake_store_operation(world->store, op->id)->attempts, 1);
    must_give_up(world, id, op->id, KL_OP_REFUSED);
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 0);
}

static void what_is_executed_late_is_not_given_up(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_LATE);

    must_refuse(world, act_give_up, id, op->id, KL_CONFLICT, "in_progress");
    a_minute_passes();
    must_give_up(world, id, op->id, KL_OP_CONFIRMED);
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 1);
}

static void what_cannot_be_told_stays(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE);

    a_minute_passes();
    fake_klarna_arm(world->klarna, 1, FAKE_NOT_SENT);
    must_refuse(world, act_give_up, id, op->id, KL_UNAVAILABLE, "not_sent");
    fake_klarna_outside(world->klarna, world_order(world, id)->klarna_order_id, "capture", 5000,
                        "");
    must_refuse(world, act_give_up, id, op->id, KL_CONFLICT, "unclear");
    world->klarna->refuses = "/orders/"; /* nor can it when Klarna shows nothing */
    must_refuse(world, act_give_up, id, op->id, KL_CONFLICT, "unclear");
}

static void a_placement_is_given_up_when_its_session_is_incomplete(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_BEFORE);

    world->klarna->session_refusal = "NOT_FOUND";
    a_minute_passes();
    must_refuse(world, act_give_up, id, op->id, KL_CONFLICT, "unclear");
    world->klarna->session_refusal = NULL;
    must_give_up(world, id, op->id, KL_OP_REFUSED);
    assert_string_equal(fake_store_operation(world->store, op->id)->path, ""); /* the token */
    assert_int_equal(world_order(world, id)->state, KL_ORDER_CREATED);
    world_must(world, act_place, id, "the shopper pays again");
}

static void an_orphan_cannot_be_given_up(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);

    a_minute_passes();
    must_refuse(world, act_give_up, id, op->id, KL_CONFLICT, "unclear");
}

/* A credit invoice is not paid by what was given up. */
static void what_follows_is_given_up_too(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_operation_t *first = world_in_doubt(world, act_cancel, id, "k", FAKE_LOST_BEFORE);

    a_minute_passes();
    must_give_up(world, id, first->id, KL_OP_REFUSED);
    assert_int_equal(fake_store_operation(world->store, first->next_op)->state, KL_OP_REFUSED);
    assert_string_equal(
        APR_ARRAY_IDX(world_order(world, id)->credit_invoices, 0, kl_credit_invoice_t).state,
        "refused");
    assert_int_equal(world_order(world, id)->remaining_amount, 5500);
}

/* The second step alone: the first goes on, and the chain ends with it. */
static void a_step_before_its_turn_can_be_given_up(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_operation_t *first = world_in_doubt(world, act_cancel, id, "k", FAKE_LOST_BEFORE);
    kl_operation_t *op;
    kl_error_t *err;

    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    assert_int_equal(ask(world, act_give_up, id, first->next_op, &op, &err), KL_OK);
    assert_string_equal(world_order(world, id)->pending_op, first->id);
    assert_true(world_drain(world));
    world_check(world, id, "the first alone");
    assert_string_equal(
        APR_ARRAY_IDX(world_order(world, id)->credit_invoices, 0, kl_credit_invoice_t).state,
        "partly_paid");
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 0);
}

/* Whatever call fails, giving up again ends it, and so does the worker. */
static void giving_up_survives_every_fault(void **state)
{
    static const fake_klarna_fault_t how[] = {FAKE_LOST_BEFORE, FAKE_LOST_AFTER};

    for (int i = 0; i < 2; i++) {
        for (int n = 1; n < 8; n++) {
            for (int kind = 0; kind < FAKE_STORE_FAULTS; kind++) {
                world_t *world = new_world(state);
                const char *id = world_captured(world);
                const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", how[i]);
                kl_operation_t *told;
                kl_error_t *err;

                a_minute_passes();
                fake_store_arm(world->store, n, (fake_store_fault_t)kind);
                ask(world, act_give_up, id, op->id, &told, &err);
                fake_store_arm(world->store, 0, 0);
                ask(world, act_give_up, id, op->id, &told, &err);
                assert_true(world_drain(world));
                world_check(world, id, "given up");
                assert_int_equal(world_order(world, id)->refunded_amount, i ? 5000 : 0);
            }
        }
    }
}

/* --- what a person says where Klarna's record does not tell ---------------------------------- */

#define EXECUTED_AS(id) ((kl_said_t){.executed_as = (id)})
#define NOT_EXECUTED ((kl_said_t){.executed_as = "", .not_executed = 1})
#define A_DAY apr_time_from_sec(25 * 3600)

static kl_kind_t say(world_t *world, const char *id, const char *op_id, kl_said_t said,
                     apr_array_header_t **candidates, kl_error_t **err)
{
    kl_give_up_t it = {.order_id = id, .op_id = op_id, .said = said};
    kl_kind_t rv;

    *err = kl_error_make(world->p);
    rv = kl_resolve_give_up(world_service(world, world->p), &it, *err);
    *candidates = it.candidates;
    return rv;
}

/* It counts, and the operation ends so. */
static void must_count(world_t *world, const char *id, const char *op_id, kl_said_t said,
                       const char *result_id)
{
    const kl_operation_t *op = fake_store_operation(world->store, op_id);
    apr_array_header_t *candidates;
    kl_error_t *err;

    if (say(world, id, op_id, said, &candidates, &err) != KL_OK) {
        fail_msg("%s: %s: %s", said.executed_as, err->code, err->detail);
    }
    assert_int_equal(op->state, said.not_executed ? KL_OP_REFUSED : KL_OP_CONFIRMED);
    assert_string_equal(op->error_code, said.not_executed ? "given_up" : "");
    assert_string_equal(op->result_id, result_id);
}

/* The same; the order is free then and its books are Klarna's. */
static void must_end(world_t *world, const char *id, const char *op_id, kl_said_t said,
                     const char *result_id)
{
    must_count(world, id, op_id, said, result_id);
    world_check(world, id, "said");
}

/* Refused, with so many candidates (-1: none are shown), and nothing has changed. */
static kl_error_t *must_not_count(world_t *world, const char *id, const char *op_id, kl_said_t said,
                                  const char *code, int n)
{
    const char *before = world_ledgers(world, world->p, id);
    apr_array_header_t *candidates;
    kl_error_t *err;

    say(world, id, op_id, said, &candidates, &err);
    check_error(err, KL_CONFLICT, code);
    assert_int_equal(candidates ? candidates->nelts : -1, n);
    assert_string_equal(world_ledgers(world, world->p, id), before);
    return err;
}

static void outside(world_t *world, const char *id, const char *what, apr_int64_t amount)
{
    fake_klarna_outside(world->klarna, world_order(world, id)->klarna_order_id, what, amount, "");
}

/* A refund of a cup whose key Klarna has forgotten, and two like it in Klarna's portal. */
static const kl_operation_t *two_like_it(world_t *world, const char *id)
{
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_BEFORE);

    outside(world, id, "refund", 5000);
    outside(world, id, "refund", 5000);
    fake_clock_advance(A_DAY);
    world_round(world, world->p);
    op = fake_store_operation(world->store, op->id);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 2);
    return op;
}

static const kl_credit_invoice_t *credit_invoice(world_t *world, const char *id, int i)
{
    return &APR_ARRAY_IDX(world_order(world, id)->credit_invoices, i, kl_credit_invoice_t);
}

static void what_it_can_be_is_shown(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = two_like_it(world, id);
    apr_array_header_t *candidates;
    kl_error_t *err = must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 2);

    assert_non_null(strstr(err->next, "executed_as"));
    say(world, id, op->id, EXECUTED_AS(""), &candidates, &err);
    for (int i = 0; i < 2; i++) {
        const kl_klarna_move_t *move = &APR_ARRAY_IDX(candidates, i, kl_klarna_move_t);

        assert_string_equal(move->id, i ? "refund-2" : "refund-1");
        assert_int_equal(move->amount, 5000);
    }
}

/* The other one is booked as made outside, at once. */
static void a_person_says_which_it_was(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = two_like_it(world, id);

    must_end(world, id, op->id, EXECUTED_AS("refund-2"), "refund-2");
    assert_string_equal(credit_invoice(world, id, 0)->state, "paid");
    assert_string_equal(credit_invoice(world, id, 1)->actor, "outside");
    assert_int_equal(world_order(world, id)->refunded_amount, 10000);
    assert_int_equal(kl_order_creditable_amount(world_order(world, id)), 500);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_OUTSIDE);
    must_refuse(world, act_give_up, id, op->id, KL_CONFLICT, "final");
}

/* Both are booked as made outside: no cup is left that could be refunded once more. */
static void a_person_says_it_was_none_of_them(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = two_like_it(world, id);
    kl_operation_t *again = NULL;
    kl_error_t *err = kl_error_make(world->p);

    must_end(world, id, op->id, NOT_EXECUTED, "");
    assert_string_equal(credit_invoice(world, id, 0)->state, "refused");
    assert_int_equal(world_order(world, id)->credit_invoices->nelts, 3);
    assert_int_equal(world_order(world, id)->refunded_amount, 10000);
    assert_int_equal(kl_order_creditable_amount(world_order(world, id)), 500);
    assert_string_equal(world_order(world, id)->waiting, "refund"); /* until a person saw it */
    assert_int_equal(world_act(world_service(world, world->p), act_credit_cup, id, "again", &again,
                               err),
                     KL_INVALID);
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 2);
}

/* Klarna cannot be read again after it ended: the worker's next look, at once, books it. */
static void what_was_not_it_is_booked_by_the_next_look(void **state)
{
    static const kl_said_t said[] = {{.executed_as = "refund-1"},
                                     {.executed_as = "", .not_executed = 1}};

    for (int i = 0; i < 2; i++) {
        world_t *world = new_world(state);
        const char *id = world_captured(world);
        const kl_operation_t *op = two_like_it(world, id);
        apr_array_header_t *candidates;
        kl_error_t *err;

        fake_klarna_arm(world->klarna, 2, FAKE_NOT_SENT);
        assert_int_equal(say(world, id, op->id, said[i], &candidates, &err), KL_OK);
        assert_int_equal(world_order(world, id)->refunded_amount, i ? 0 : 5000);
        assert_int_equal(world_order(world, id)->check_at, fake_clock_now());
        world_round(world, world->p);
        world_check(world, id, "looked at");
        assert_int_equal(world_order(world, id)->refunded_amount, 10000);
    }
}

/* What nobody sees now may still come. */
static void no_word_counts_within_the_minute(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_LATE);

    must_not_count(world, id, op->id, NOT_EXECUTED, "in_progress", -1);
    outside(world, id, "refund", 5000);
    must_not_count(world, id, op->id, NOT_EXECUTED, "in_progress", 1);
    must_not_count(world, id, op->id, EXECUTED_AS("refund-1"), "in_progress", 1);
    assert_true(fake_store_operation(world->store, op->id)->next_at
                > fake_clock_now() + apr_time_from_sec(KL_IN_FLIGHT_S));
    a_minute_passes();
    fake_klarna_catch_up(world->klarna); /* it came */
    must_not_count(world, id, op->id, NOT_EXECUTED, "contradicted", -1);
    must_end(world, id, op->id, EXECUTED_AS("refund-2"), "refund-2");
    assert_int_equal(world_order(world, id)->refunded_amount, 10000);
}

static void only_a_candidate_of_now_counts(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_operation_t *op;

    op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE);
    outside(world, id, "capture", 5000);
    outside(world, id, "capture", 200);
    a_minute_passes();
    must_not_count(world, id, op->id, EXECUTED_AS("capture-1"), "not_a_candidate", 1); /* ours */
    must_not_count(world, id, op->id, EXECUTED_AS("capture-3"), "not_a_candidate", 1); /* 2.00 */
    must_not_count(world, id, op->id, EXECUTED_AS("capture-4"), "not_a_candidate", 1);
    must_not_count(world, id, op->id, EXECUTED_AS("capture"), "not_a_candidate", 1);
    fake_klarna_arm(world->klarna, 1, FAKE_NOT_SENT);
    must_refuse(world, act_give_up, id, op->id, KL_UNAVAILABLE, "not_sent");
    must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 1);
}

/* Where Klarna's record tells, it decides; whoever says otherwise is asked to look again. */
static void a_word_against_the_record_does_not_count(void **state)
{
    static const fake_klarna_fault_t how[] = {FAKE_LOST_BEFORE, FAKE_LOST_AFTER};

    for (int i = 0; i < 2; i++) {
        world_t *world = new_world(state);
        const char *id = world_captured(world);
        const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", how[i]);
        kl_said_t right = i ? EXECUTED_AS("refund-1") : NOT_EXECUTED;

        a_minute_passes();
        must_not_count(world, id, op->id, i ? NOT_EXECUTED : EXECUTED_AS("refund-1"),
                       "contradicted", -1);
        must_not_count(world, id, op->id, EXECUTED_AS("refund-2"), "contradicted", -1);
        must_end(world, id, op->id, right, i ? "refund-1" : "");
    }
}

static void what_never_went_out_was_not_executed(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = queued(world, act_capture_cup, id);

    must_not_count(world, id, op->id, EXECUTED_AS("capture-1"), "contradicted", -1);
    must_end(world, id, op->id, NOT_EXECUTED, "");
}

/* --- kinds without an id at Klarna: the deed has the kind's name --------------------------- */

/* Nothing is left of the authorization: released, or captured by others, or both. */
static void a_release_beside_captures_of_others(void **state)
{
    static const apr_int64_t captured[] = {5500, 2000};

    for (int i = 0; i < 4; i++) {
        world_t *world = new_world(state);
        const char *id = world_part_captured(world);
        const kl_operation_t *op = world_in_doubt(world, act_release, id, "k", FAKE_LOST_BEFORE);

        outside(world, id, "capture", captured[i / 2]);
        if (i / 2) {
            outside(world, id, "release", 0);
        }
        fake_clock_advance(A_DAY);
        must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 1);
        must_not_count(world, id, op->id, EXECUTED_AS("capture-2"), "not_a_candidate", 1);
        must_end(world, id, op->id, i % 2 ? NOT_EXECUTED : EXECUTED_AS("release"), "");
        assert_int_equal(world_order(world, id)->captured_amount, 5000 + captured[i / 2]);
        assert_int_equal(world_order(world, id)->remaining_amount, 0);
    }
}

/* The release was the first of two: the refund behind it goes on. */
static void what_follows_goes_on(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_cancel, id, "k", FAKE_LOST_BEFORE);

    outside(world, id, "capture", 2000);
    outside(world, id, "release", 0);
    fake_clock_advance(A_DAY);
    must_count(world, id, op->id, EXECUTED_AS("release"), "");
    assert_string_equal(world_order(world, id)->pending_op, op->next_op);
    assert_true(world_drain(world));
    assert_string_equal(credit_invoice(world, id, 0)->state, "paid");
    fake_clock_set(world_order(world, id)->check_at);
    world_round(world, world->p);
    world_check(world, id, "looked at");
    assert_int_equal(world_order(world, id)->captured_amount, 7000);
    assert_int_equal(world_order(world, id)->refunded_amount, 5000);
}

/* Less is authorized than it asked for: it and somebody after it, or somebody alone. */
static void a_reduction_beside_another(void **state)
{
    static const fake_klarna_fault_t how[] = {FAKE_LOST_BEFORE, FAKE_LOST_AFTER};

    for (int i = 0; i < 4; i++) {
        world_t *world = new_world(state);
        const char *id = world_placed(world);
        const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", how[i / 2]);

        outside(world, id, "reduce", i / 2 ? 100 : 5100);
        fake_clock_advance(A_DAY);
        must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 1);
        must_end(world, id, op->id, i % 2 ? NOT_EXECUTED : EXECUTED_AS("reduce"), "");
        assert_int_equal(world_order(world, id)->order_amount, 5400);
        assert_string_equal(credit_invoice(world, id, 0)->state, i % 2 ? "refused" : "paid");
    }
}

/* More is authorized than it asked for, and less than before: only others can have done that
 * last, so it is booked as theirs. */
static void a_reduction_by_others_alone(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_BEFORE);
    const kl_error_t *err;

    outside(world, id, "reduce", 100);
    fake_clock_advance(A_DAY);
    err = must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 0);
    assert_null(strstr(err->next, "executed_as"));
    must_not_count(world, id, op->id, EXECUTED_AS("reduce"), "not_a_candidate", 0);
    must_end(world, id, op->id, NOT_EXECUTED, "");
    assert_int_equal(world_order(world, id)->order_amount, 10400);
}

/* --- records that lack something ----------------------------------------------------------- */

/* Klarna's total is more than its list: nothing to choose, and nothing is booked on a guess. */
static void a_list_that_lacks_something(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE);

    world_klarna_order(world, id)->captured += 5000;
    a_minute_passes();
    must_not_count(world, id, op->id, EXECUTED_AS("capture-1"), "not_a_candidate", 0);
    must_count(world, id, op->id, NOT_EXECUTED, "");
    assert_string_equal(world_order(world, id)->pending_op, "");
    assert_int_equal(world_order(world, id)->captured_amount, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
}

static void an_order_that_klarna_does_not_show(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE);

    a_minute_passes();
    world->klarna->refuses = "/orders/";
    must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 0);
    must_not_count(world, id, op->id, EXECUTED_AS("capture-1"), "not_a_candidate", 0);
    must_end(world, id, op->id, NOT_EXECUTED, "");
}

/* --- placements ---------------------------------------------------------------------------- */

/* A session that was completed has an order somewhere: nobody can talk that away. */
static void a_completed_session_is_adopted_only(void **state)
{
    static const char *const refusals[] = {NULL, "SESSION_COMPLETED"};

    for (int i = 0; i < 2; i++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);
        const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);
        const kl_error_t *err;

        world->klarna->session_refusal = refusals[i];
        a_minute_passes();
        err = must_not_count(world, id, op->id, NOT_EXECUTED, "unclear", -1);
        assert_non_null(strstr(err->next, "adopt"));
        must_not_count(world, id, op->id, EXECUTED_AS("klarna-order-1"), "not_a_candidate", -1);
        must_not_count(world, id, op->id, EXECUTED_AS("place_order"), "not_a_candidate", -1);
    }
}

/* Klarna has forgotten the session, and a person finds no order: it is an orphan no more. */
static void a_forgotten_session_without_an_order(void **state)
{
    for (int i = 0; i < 2; i++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);
        const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_BEFORE);
        kl_operation_t *row = fake_store_operation(world->store, op->id);

        world_order(world, id)->attention = KL_ATTENTION_ORPHAN;
        row->hint = i ? "klarna-order-7" : ""; /* leads nowhere */
        a_minute_passes();
        world->klarna->session_refusal = "SESSION_COMPLETED";
        must_not_count(world, id, op->id, NOT_EXECUTED, "unclear", -1);
        world->klarna->session_refusal = "NOT_FOUND";
        must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 0);
        must_end(world, id, op->id, NOT_EXECUTED, "");
        assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
        assert_int_equal(world_order(world, id)->state, KL_ORDER_CREATED);
        fake_clock_set(world_order(world, id)->check_at);
        world_look(world, id, 0);
        assert_int_equal(world_order(world, id)->state, KL_ORDER_ABANDONED);
    }
}

/* --- operations that do not hold their order -------------------------------------------------- */

/* The database has lost the claim; what was done meanwhile was booked as made outside. */
static kl_operation_t *unclaimed(world_t *world, const char *id, const kl_operation_t *op)
{
    kl_operation_t *row = fake_store_operation(world->store, op->id);

    row->mark = KL_OP_UNCLAIMED;
    row->error_code = "unclaimed";
    world_order(world, id)->pending_op = "";
    a_minute_passes();
    world_look(world, id, 0);
    return row;
}

static void what_was_booked_as_outside_was_it_after_all(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_AFTER);

    op = unclaimed(world, id, op);
    assert_int_equal(world_order(world, id)->captured_amount, 5000);
    must_give_up(world, id, op->id, KL_OP_CONFIRMED);
    assert_string_equal(op->result_id, "capture-1");
    assert_int_equal(world_order(world, id)->captured_amount, 5000); /* booked once */
}

static void one_movement_is_one_operation(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *first, *second;

    first = unclaimed(world, id, world_in_doubt(world, act_credit_cup, id, "a", FAKE_LOST_BEFORE));
    second = unclaimed(world, id, world_in_doubt(world, act_credit_cup, id, "b", FAKE_LOST_BEFORE));
    outside(world, id, "refund", 5000);
    outside(world, id, "refund", 5000);
    world_look(world, id, 0);
    must_not_count(world, id, first->id, EXECUTED_AS(""), "unclear", 2);
    assert_int_equal(kl_order_creditable_amount(world_order(world, id)), 500);
    must_count(world, id, first->id, EXECUTED_AS("refund-1"), "refund-1");
    must_not_count(world, id, second->id, EXECUTED_AS("refund-1"), "not_a_candidate", 1);
    must_end(world, id, second->id, NOT_EXECUTED, "");
    assert_int_equal(world_order(world, id)->refunded_amount, 10000);
}

/* The order knows its outcome, only the operation's row was lost. */
static void what_the_order_knows_is_confirmed(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    kl_operation_t *row;

    world_must(world, act_credit_cup, id, "k");
    row = APR_ARRAY_IDX(world->store->operations, world->store->operations->nelts - 1,
                        kl_operation_t *);
    row->state = KL_OP_UNKNOWN;
    row->doubtful = 1;
    row->result_id = "";
    a_minute_passes();
    must_give_up(world, id, row->id, KL_OP_CONFIRMED);
    assert_string_equal(row->result_id, "refund-1");
    assert_int_equal(world_order(world, id)->refunded_amount, 5000);
}

/* Others took more off since: nobody can tell any more whose it was. */
static void a_reduction_that_lost_its_claim(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_AFTER);

    outside(world, id, "reduce", 100);
    op = unclaimed(world, id, op);
    assert_int_equal(world_order(world, id)->order_amount, 5400);
    must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 1);
    must_end(world, id, op->id, EXECUTED_AS("reduce"), "");
    assert_int_equal(world_order(world, id)->order_amount, 5400);
}

static void a_release_that_lost_its_claim(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_release, id, "k", FAKE_LOST_AFTER);

    op = unclaimed(world, id, op);
    must_not_count(world, id, op->id, EXECUTED_AS(""), "unclear", 1);
    must_end(world, id, op->id, EXECUTED_AS("release"), "");
}

/* --- whatever fails or dies ------------------------------------------------------------------ */

static const kl_said_t words[] = {{.executed_as = "refund-1"},
                                  {.executed_as = "", .not_executed = 1}};

/* Said once more when it was not heard, and the worker goes on: booked as Klarna has it. */
static void then_all_is_booked(world_t *world, const char *id, const char *op_id, int i)
{
    apr_array_header_t *candidates;
    kl_error_t *err;

    fake_store_arm(world->store, 0, 0);
    say(world, id, op_id, words[i], &candidates, &err);
    assert_true(world_drain(world));
    world_round(world, world->p);
    world_check(world, id, "in the end");
    assert_int_equal(world_order(world, id)->refunded_amount, 10000);
    assert_int_equal(fake_store_operation(world->store, op_id)->state,
                     i ? KL_OP_REFUSED : KL_OP_CONFIRMED);
}

static void a_word_survives_every_fault(void **state)
{
    for (int run = 0; run < 2 * 14 * FAKE_STORE_FAULTS; run++) {
        world_t *world = new_world(state);
        const char *id = world_captured(world);
        const kl_operation_t *op = two_like_it(world, id);
        apr_array_header_t *candidates;
        kl_error_t *err;

        fake_store_arm(world->store, 1 + run / 2 % 14, (fake_store_fault_t)(run / 28));
        say(world, id, op->id, words[run % 2], &candidates, &err);
        then_all_is_booked(world, id, op->id, run % 2);
    }
}

static int dies_saying(world_t *world, const char *id, const char *op_id, int i, int step)
{
    apr_array_header_t *candidates;
    kl_error_t *err;

    fake_process_calm(&world->process);
    world->process.die_at = step / 2;
    world->process.die_after = step % 2;
    if (setjmp(world->process.death) == 0) {
        assert_int_equal(say(world, id, op_id, words[i], &candidates, &err), KL_OK);
        fake_process_calm(&world->process);
        return 0;
    }
    fake_process_calm(&world->process);
    return 1;
}

static void a_word_survives_every_death(void **state)
{
    for (int i = 0; i < 2; i++) {
        int died = 1;

        for (int step = 2; died; step++) {
            world_t *world = new_world(state);
            const char *id = world_captured(world);
            const kl_operation_t *op = two_like_it(world, id);

            died = dies_saying(world, id, op->id, i, step);
            then_all_is_booked(world, id, op->id, i);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(it_is_sent_before_its_time),
        WITH_POOL(a_doubt_is_sent_with_its_key),
        WITH_POOL(nobody_is_interrupted),
        WITH_POOL(a_refusal_is_what_the_view_shows),
        WITH_POOL(a_step_whose_turn_has_not_come_is_not_sent),
        WITH_POOL(only_this_orders_operations),
        WITH_POOL(what_never_went_out_is_given_up_at_once),
        WITH_POOL(what_was_executed_is_confirmed),
        WITH_POOL(what_was_not_executed_is_given_up_after_a_minute),
        WITH_POOL(what_is_executed_late_is_not_given_up),
        WITH_POOL(what_cannot_be_told_stays),
        WITH_POOL(a_placement_is_given_up_when_its_session_is_incomplete),
        WITH_POOL(an_orphan_cannot_be_given_up),
        WITH_POOL(what_follows_is_given_up_too),
        WITH_POOL(a_step_before_its_turn_can_be_given_up),
        WITH_POOL(giving_up_survives_every_fault),
        WITH_POOL(what_it_can_be_is_shown),
        WITH_POOL(a_person_says_which_it_was),
        WITH_POOL(a_person_says_it_was_none_of_them),
        WITH_POOL(what_was_not_it_is_booked_by_the_next_look),
        WITH_POOL(no_word_counts_within_the_minute),
        WITH_POOL(only_a_candidate_of_now_counts),
        WITH_POOL(a_word_against_the_record_does_not_count),
        WITH_POOL(what_never_went_out_was_not_executed),
        WITH_POOL(a_release_beside_captures_of_others),
        WITH_POOL(what_follows_goes_on),
        WITH_POOL(a_reduction_beside_another),
        WITH_POOL(a_reduction_by_others_alone),
        WITH_POOL(a_list_that_lacks_something),
        WITH_POOL(an_order_that_klarna_does_not_show),
        WITH_POOL(a_completed_session_is_adopted_only),
        WITH_POOL(a_forgotten_session_without_an_order),
        WITH_POOL(what_was_booked_as_outside_was_it_after_all),
        WITH_POOL(one_movement_is_one_operation),
        WITH_POOL(what_the_order_knows_is_confirmed),
        WITH_POOL(a_reduction_that_lost_its_claim),
        WITH_POOL(a_release_that_lost_its_claim),
        WITH_POOL(a_word_survives_every_fault),
        WITH_POOL(a_word_survives_every_death),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
