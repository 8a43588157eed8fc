/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person does with an operation that does not end: send it again now, or give it up.
 * Giving up never guesses and never contradicts Klarna.
 */
#include "service_fixture.h"

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

    if (ask(world, kl_give_up, id, op_id, &op, &err) != KL_OK) {
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
    assert_int_equal(ask(world, kl_send_again, id, waiting->id, &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    world_check(world, id, "sent again");
    must_refuse(world, kl_send_again, id, waiting->id, KL_CONFLICT, "final");
}

static void a_doubt_is_sent_with_its_key(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *lost = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_AFTER);
    kl_operation_t *op;
    kl_error_t *err;

    assert_int_equal(ask(world, kl_send_again, id, lost->id, &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 1);
    world_check(world, id, "sent again");
}

static void nobody_is_interrupted(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *row = fake_store_operation(world->store, queued(world, act_capture_cup, id)->id);

    row->lease_until = fake_clock_now() + 1;
    must_refuse(world, kl_send_again, id, row->id, KL_CONFLICT, "in_progress");
    must_refuse(world, kl_give_up, id, row->id, KL_CONFLICT, "in_progress");
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
    ask(world, kl_send_again, id, row->id, &op, &err);
    assert_string_equal(err->detail, kl_why_not_send_again(row, fake_clock_now())->text);
    assert_string_equal(err->reason, "in_progress");
    assert_true(err->retry_after > 0);
    row->lease_until = 0;
    row->error_code = "unclaimed";
    ask(world, kl_send_again, id, row->id, &op, &err);
    assert_string_equal(err->detail, kl_why_not_send_again(row, fake_clock_now())->text);
    assert_string_equal(err->reason, "unclaimed");
    assert_int_equal(err->retry_after, 0);
    must_give_up(world, id, row->id, KL_OP_REFUSED);
    ask(world, kl_give_up, id, row->id, &op, &err);
    assert_string_equal(err->detail, kl_why_not_give_up(op, fake_clock_now())->text);
    assert_string_equal(err->reason, "final");
}

static void a_step_whose_turn_has_not_come_is_not_sent(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_operation_t *first = world_in_doubt(world, act_cancel, id, "k", FAKE_LOST_BEFORE);

    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    must_refuse(world, kl_send_again, id, first->next_op, KL_CONFLICT, "in_progress");
}

static void only_this_orders_operations(void **state)
{
    static act_on_fn *const acts[] = {kl_send_again, kl_give_up};
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_client("another payment");
    kl_order_t *other = NULL;
    const char *op_id = queued(world, act_capture_cup, id)->id;

    assert_int_equal(kl_checkout_start(svc, world_cart(world->p), &client, &other,
                                       kl_error_make(world->p)), KL_OK);
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
    must_refuse(world, kl_give_up, id, op->id, KL_CONFLICT, "final");
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

    assert_int_equal(ask(world, kl_give_up, id, op->id, &told, &err), KL_CONFLICT);
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

    must_refuse(world, kl_give_up, id, op->id, KL_CONFLICT, "in_progress");
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
    must_refuse(world, kl_give_up, id, op->id, KL_UNAVAILABLE, "not_sent");
    fake_klarna_outside(world->klarna, world_order(world, id)->klarna_order_id, "capture", 5000,
                        "");
    must_refuse(world, kl_give_up, id, op->id, KL_CONFLICT, "unclear");
    world->klarna->refuses = "/orders/"; /* nor can it when Klarna shows nothing */
    must_refuse(world, kl_give_up, id, op->id, KL_CONFLICT, "unclear");
}

static void a_placement_is_given_up_when_its_session_is_incomplete(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_BEFORE);

    world->klarna->session_refusal = "NOT_FOUND";
    a_minute_passes();
    must_refuse(world, kl_give_up, id, op->id, KL_CONFLICT, "unclear");
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
    must_refuse(world, kl_give_up, id, op->id, KL_CONFLICT, "unclear");
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
    assert_string_equal(APR_ARRAY_IDX(world_order(world, id)->credit_invoices, 0,
                                      kl_credit_invoice_t).state, "refused");
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
    assert_int_equal(ask(world, kl_give_up, id, first->next_op, &op, &err), KL_OK);
    assert_string_equal(world_order(world, id)->pending_op, first->id);
    assert_true(world_drain(world));
    world_check(world, id, "the first alone");
    assert_string_equal(APR_ARRAY_IDX(world_order(world, id)->credit_invoices, 0,
                                      kl_credit_invoice_t).state, "partly_paid");
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
                ask(world, kl_give_up, id, op->id, &told, &err);
                fake_store_arm(world->store, 0, 0);
                ask(world, kl_give_up, id, op->id, &told, &err);
                assert_true(world_drain(world));
                world_check(world, id, "given up");
                assert_int_equal(world_order(world, id)->refunded_amount, i ? 5000 : 0);
            }
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
