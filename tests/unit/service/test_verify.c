/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of an operation whose answer was lost, told from Klarna's record: every kind,
 * executed or not, and everything that must not be taken for an answer. Then placements
 * whose order id somebody names.
 */
#include "tests/unit/service_fixture.h"
#include "service/adopt.h"
#include "service/verify.h"

#include <apr_strings.h>

static world_t *new_world(void **state)
{
    return world_make(*state);
}

static void a_minute_passes(void)
{
    fake_clock_advance(apr_time_from_sec(KL_IN_FLIGHT_S));
}

static kl_kind_t find(world_t *world, const char *op_id, kl_finding_t *found, kl_error_t **err)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_operation_t *op = NULL;

    *err = kl_error_make(world->p);
    assert_int_equal(svc->store->operation_load(svc->store, svc->p, op_id, &op, *err), KL_OK);
    return kl_verify_operation(svc, op, found, *err);
}

static void check_truth(world_t *world, const kl_operation_t *op, kl_truth_t truth,
                        const char *result_id)
{
    kl_finding_t found;
    kl_error_t *err;

    assert_int_equal(find(world, op->id, &found, &err), KL_OK);
    assert_int_equal(found.truth, truth);
    assert_string_equal(found.result_id, result_id);
}

/* --- each kind ------------------------------------------------------------------------- */

typedef struct kind_t {
    const char *(*setup)(world_t *world);
    act_fn act;
    const char *result_id;
} kind_t;

static const kind_t kinds[] = {
    {world_placed, act_capture_all, "capture-1"},
    {world_placed, act_capture_cup, "capture-1"},
    {world_part_captured, act_capture_all, "capture-2"},
    {world_captured, act_credit_cup, "refund-1"},
    {world_captured, act_credit_cup_less_fee, "refund-1"},
    {world_placed, act_cancel, ""},
    {world_part_captured, act_release, ""},
    {world_placed, act_credit_cup, ""},
};

#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static void what_was_executed_is_found(void **state)
{
    for (int i = 0; i < KINDS; i++) {
        world_t *world = new_world(state);
        const char *id = kinds[i].setup(world);
        const kl_operation_t *op = world_in_doubt(world, kinds[i].act, id, "k", FAKE_LOST_AFTER);

        check_truth(world, op, KL_TRUTH_EXECUTED, kinds[i].result_id); /* at once */
    }
}

static void what_was_not_executed_is_told_after_a_minute(void **state)
{
    for (int i = 0; i < KINDS; i++) {
        world_t *world = new_world(state);
        const char *id = kinds[i].setup(world);
        const kl_operation_t *op = world_in_doubt(world, kinds[i].act, id, "k", FAKE_LOST_BEFORE);

        check_truth(world, op, KL_TRUTH_NOT_YET, "");
        fake_clock_advance(apr_time_from_sec(KL_IN_FLIGHT_S) - 1);
        check_truth(world, op, KL_TRUTH_NOT_YET, "");
        fake_clock_advance(1);
        check_truth(world, op, KL_TRUTH_NOT_EXECUTED, "");
    }
}

/* A try that Klarna executes late is never taken for one that it lost. */
static void what_is_executed_late_is_found(void **state)
{
    for (int i = 0; i < KINDS; i++) {
        world_t *world = new_world(state);
        const char *id = kinds[i].setup(world);
        const kl_operation_t *op = world_in_doubt(world, kinds[i].act, id, "k", FAKE_LOST_LATE);

        check_truth(world, op, KL_TRUTH_NOT_YET, "");
        fake_clock_advance(FAKE_LATE);
        check_truth(world, op, KL_TRUTH_EXECUTED, kinds[i].result_id);
    }
}

/* The holder of a lease may send until it ends. */
static void a_minute_is_counted_from_the_end_of_the_lease(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = world_in_doubt(world, act_capture_all, id, "k", FAKE_LOST_BEFORE);
    kl_operation_t *row = fake_store_operation(world->store, op->id);

    row->state = KL_OP_SENT;
    row->lease_until = row->updated_at + apr_time_from_sec(KL_LEASE_S);
    fake_clock_set(row->lease_until + apr_time_from_sec(KL_IN_FLIGHT_S) - 1);
    check_truth(world, op, KL_TRUTH_NOT_YET, "");
    fake_clock_advance(1);
    check_truth(world, op, KL_TRUTH_NOT_EXECUTED, "");
}

static void what_does_no_harm_twice_counts_as_not_executed(void **state)
{
    static const act_fn acts[] = {act_extend, act_tracking};

    for (int i = 0; i < 2; i++) {
        world_t *world = new_world(state);
        const char *id = world_part_captured(world);
        const kl_operation_t *op = world_in_doubt(world, acts[i], id, "k", FAKE_LOST_AFTER);

        a_minute_passes();
        check_truth(world, op, KL_TRUTH_NOT_EXECUTED, "");
    }
}

/* --- others at the same time -------------------------------------------------------------- */

static void outside(world_t *world, const char *id, const char *what, apr_int64_t amount,
                    const char *reference)
{
    fake_klarna_outside(world->klarna, world_order(world, id)->klarna_order_id, what, amount,
                        reference);
}

static void the_same_amount_outside_is_not_ours(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE);

    outside(world, id, "capture", 5000, "");
    a_minute_passes();
    check_truth(world, op, KL_TRUTH_UNCLEAR, "");
}

static void the_same_amount_twice_is_told_apart_by_the_reference(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op;

    op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_AFTER);
    outside(world, id, "capture", 5000, "theirs");
    check_truth(world, op, KL_TRUTH_EXECUTED, "capture-1");
    outside(world, id, "capture", 500, "parcel"); /* our reference, another amount */
    check_truth(world, op, KL_TRUTH_EXECUTED, "capture-1");
}

static void the_same_amount_and_reference_twice_is_unclear(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_AFTER);

    outside(world, id, "refund", 5000, "credit note");
    a_minute_passes();
    check_truth(world, op, KL_TRUTH_UNCLEAR, "");
}

static void another_amount_outside_does_not_hide_the_answer(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_BEFORE);

    outside(world, id, "refund", 700, "");
    a_minute_passes();
    check_truth(world, op, KL_TRUTH_NOT_EXECUTED, "");
}

static void a_list_that_lacks_something_proves_nothing(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE);

    world_klarna_order(world, id)->captured += 5000;
    a_minute_passes();
    check_truth(world, op, KL_TRUTH_UNCLEAR, "");
}

static void a_rest_that_others_captured_was_not_released(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_operation_t *op = world_in_doubt(world, act_release, id, "k", FAKE_LOST_BEFORE);

    outside(world, id, "capture", 5500, "");
    a_minute_passes();
    check_truth(world, op, KL_TRUTH_UNCLEAR, "");
}

static void another_reduction_is_unclear(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_BEFORE);

    outside(world, id, "reduce", 100, "");
    a_minute_passes();
    check_truth(world, op, KL_TRUTH_UNCLEAR, "");
}

/* --- no answer ------------------------------------------------------------------------- */

static void without_klarna_nothing_is_found(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE);
    kl_finding_t found;
    kl_error_t *err;

    a_minute_passes();
    fake_klarna_arm(world->klarna, 1, FAKE_LOST_BEFORE);
    assert_int_equal(find(world, op->id, &found, &err), KL_UNKNOWN);
    assert_int_equal(found.truth, KL_TRUTH_UNCLEAR);
    world->klarna->refuses = "/orders/";
    assert_int_equal(find(world, op->id, &found, &err), KL_REFUSED);
    assert_int_equal(found.truth, KL_TRUTH_UNCLEAR);
    world->account.name = "another shop";
    assert_int_equal(find(world, op->id, &found, &err), KL_NOT_FOUND);
    assert_int_equal(found.truth, KL_TRUTH_UNCLEAR);
}

/* --- settling -------------------------------------------------------------------------- */

static kl_kind_t settle(world_t *world, const kl_operation_t *lost, const char *if_not,
                        kl_operation_t **op)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_finding_t found;
    kl_order_t *order = NULL;

    assert_int_equal(svc->store->operation_load(svc->store, svc->p, lost->id, op, err), KL_OK);
    assert_int_equal(kl_verify_operation(svc, *op, &found, err), KL_OK);
    return if_not[0] ? kl_verify_give_up(svc, *op, &found, &order, err)
                     : kl_verify_end(svc, *op, &found, &order, err);
}

static void executed_is_confirmed_and_booked(void **state)
{
    for (int i = 0; i < KINDS; i++) {
        world_t *world = new_world(state);
        const char *id = kinds[i].setup(world);
        const kl_operation_t *lost = world_in_doubt(world, kinds[i].act, id, "k", FAKE_LOST_AFTER);
        kl_operation_t *op = NULL;

        assert_int_equal(settle(world, lost, "", &op), KL_OK);
        assert_int_equal(op->state, KL_OP_CONFIRMED);
        assert_string_equal(op->error_code, "");
        world_check(world, id, "settled");
    }
}

static void not_executed_is_refused_with_its_code_or_starts_afresh(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    const kl_operation_t *lost = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_BEFORE);
    kl_operation_t *op = NULL;

    assert_int_equal(settle(world, lost, "given_up", &op), KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN); /* too early */
    a_minute_passes();
    assert_int_equal(settle(world, lost, "", &op), KL_OK);
    assert_int_equal(op->state, KL_OP_QUEUED);
    assert_int_equal(op->doubtful, 0);
    assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_UNKNOWN);
    assert_int_equal(settle(world, lost, "given_up", &op), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_string_equal(op->error_code, "given_up");
    assert_int_equal(op->next_at, 0);
    world_check(world, id, "refused");
}

/* --- placements ------------------------------------------------------------------------- */

static void a_session_that_is_complete_has_an_order_somewhere(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);

    a_minute_passes();
    check_truth(world, op, KL_TRUTH_UNCLEAR, "");
    world->klarna->session_refusal = "SESSION_COMPLETED";
    check_truth(world, op, KL_TRUTH_UNCLEAR, "");
}

static void a_session_that_is_incomplete_was_not_bought(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_BEFORE);

    check_truth(world, op, KL_TRUTH_NOT_YET, "");
    a_minute_passes();
    check_truth(world, op, KL_TRUTH_NOT_EXECUTED, "");
}

static void a_session_that_is_forgotten_tells_nothing(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_BEFORE);
    kl_finding_t found;
    kl_error_t *err;

    a_minute_passes();
    world->klarna->session_refusal = "NOT_FOUND";
    assert_int_equal(find(world, op->id, &found, &err), KL_REFUSED);
    assert_int_equal(found.truth, KL_TRUTH_UNCLEAR);
}

/* A second no comes while the first try is still being executed: that is no refusal. */
static void a_no_in_the_first_minute_is_not_believed(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;

    world->klarna->refuses_used_token = 1;
    fake_klarna_arm(world->klarna, 1, FAKE_LOST_LATE);
    assert_int_equal(world_act(svc, act_place, id, "k", &op, err), KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_string_equal(op->error_code, "INVALID_OPERATION");
    assert_int_equal(world_order(world, id)->attention,
                     KL_ATTENTION_NONE); /* nobody knows that yet */
    fake_klarna_arm(world->klarna, 0, 0);
    assert_int_equal(world_act(svc, act_place, id, "k", &op, err), KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_int_equal(world->klarna->calls, 0); /* asking again and again tells no more */
    assert_true(op->next_at >= op->updated_at + apr_time_from_sec(KL_IN_FLIGHT_S));
    world_drain(world);
    assert_int_equal(fake_klarna_executed(world->klarna, "place"), 1);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
    assert_string_equal(world_order(world, id)->pending_op, op->id);
}

static void a_no_after_that_minute_is_meant(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_BEFORE);

    world->klarna->refuses = "/order";
    assert_true(world_drain(world));
    assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_REFUSED);
    assert_string_equal(world_order(world, id)->pending_op, "");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_check(world, id, "refused");
}

/* Klarna forgets the session: the order is shown, and found by whoever knows its id. */
static void a_forgotten_session_makes_an_orphan(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);

    world->klarna->refuses_used_token = 1;
    world->klarna->session_refusal = "NOT_FOUND";
    assert_false(world_drain(world));
    assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_UNKNOWN);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
}

/* --- hints ------------------------------------------------------------------------------ */

static void hint(world_t *world, const char *op_id, const char *klarna_order_id)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;

    svc->store->operation_load(svc->store, svc->p, op_id, &op, err);
    assert_int_equal(kl_verify_keep_hint(svc, op, klarna_order_id, err), KL_OK);
    assert_string_equal(op->hint, klarna_order_id);
    assert_int_equal(op->next_at, fake_clock_now());
}

static void a_good_hint_places_the_order(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);

    world->klarna->refuses_used_token = 1;
    hint(world, op->id, "klarna-order-1");
    check_truth(world, op, KL_TRUTH_EXECUTED, "klarna-order-1");
    assert_true(world_drain(world));
    assert_string_equal(world_order(world, id)->klarna_order_id, "klarna-order-1");
    assert_string_equal(world_order(world, id)->fraud_status, "ACCEPTED");
    world_check(world, id, "by its hint");
}

/* Another order of Klarna's is not believed; and the placement goes on as if nobody had
 * said anything. */
static void a_foreign_hint_is_forgotten(void **state)
{
    static const struct {
        apr_int64_t amount;
        const char *reference;
    } foreign[] = {{CART_AMOUNT + 1, "shop-1"}, {CART_AMOUNT, "shop-2"}, {CART_AMOUNT, ""}};

    for (int i = 0; i < 3; i++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);
        const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_BEFORE);

        hint(world, op->id,
             fake_klarna_foreign_order(world->klarna, foreign[i].amount, foreign[i].reference));
        check_truth(world, op, KL_TRUTH_UNCLEAR, "");
        assert_true(world_drain(world));
        assert_string_equal(world_order(world, id)->klarna_order_id, "klarna-order-2");
        assert_int_equal(fake_klarna_executed(world->klarna, "place"), 1);
    }
}

static void a_hint_that_klarna_does_not_know_is_shown_and_kept(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);

    hint(world, op->id, "klarna-order-7");
    world_round(world, world->p);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
    op = fake_store_operation(world->store, op->id);
    assert_string_equal(op->hint, "klarna-order-7");
    assert_int_equal(op->next_at, fake_clock_now() + apr_time_from_sec(KL_KEY_PAUSE_S));
    hint(world, op->id, "klarna-order-1"); /* the next one is right */
    assert_true(world_drain(world));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_check(world, id, "by its second hint");
}

static void a_hint_while_klarna_is_down_waits(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);

    hint(world, op->id, "klarna-order-1");
    fake_klarna_arm(world->klarna, 1, FAKE_NOT_SENT);
    world_round(world, world->p);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    assert_true(world_drain(world));
    world_check(world, id, "later");
}

/* --- adoption --------------------------------------------------------------------------- */

static kl_kind_t adopt(world_t *world, const char *id, const char *klarna_order_id,
                       kl_error_t **err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv;

    *err = kl_error_make(world->p);
    rv = kl_adopt_order(world_service(world, world->p), id, klarna_order_id, &order, *err);
    if (rv == KL_OK) {
        assert_string_equal(order->klarna_order_id, klarna_order_id);
    }
    return rv;
}

static const char *orphaned(world_t *world)
{
    const char *id = world_created(world);

    world->klarna->refuses_used_token = 1;
    world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);
    return id;
}

static void an_orphan_is_adopted(void **state)
{
    world_t *world = new_world(state);
    const char *id = orphaned(world);
    kl_error_t *err;

    assert_false(world_drain(world));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
    assert_int_equal(adopt(world, id, "klarna-order-1", &err), KL_OK);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_check(world, id, "adopted");
    assert_int_equal(adopt(world, id, "klarna-order-1", &err), KL_OK); /* and again */
    adopt(world, id, fake_klarna_foreign_order(world->klarna, CART_AMOUNT, "shop-1"), &err);
    check_error(err, KL_CONFLICT, "no_orphan");
    world_check(world, id, "still adopted");
}

static void a_foreign_order_is_not_adopted(void **state)
{
    world_t *world = new_world(state);
    const char *id = orphaned(world);
    kl_error_t *err;

    adopt(world, id, fake_klarna_foreign_order(world->klarna, CART_AMOUNT, "shop-2"), &err);
    check_error(err, KL_CONFLICT, "not_this_order");
    adopt(world, id, fake_klarna_foreign_order(world->klarna, 1, "shop-1"), &err);
    check_error(err, KL_CONFLICT, "not_this_order");
    assert_int_equal(adopt(world, id, "klarna-order-9", &err), KL_REFUSED);
    adopt(world, id, "..", &err);
    check_field(err, "klarna_order_id", "klarna_order_id");
    assert_int_equal(adopt(world, "no order", "klarna-order-1", &err), KL_NOT_FOUND);
    assert_int_equal(adopt(world, id, "klarna-order-1", &err), KL_OK);
}

/* The same amount and reference, but it is already the order of another payment. */
static void another_payments_order_is_not_adopted(void **state)
{
    world_t *world = new_world(state);
    const char *id = orphaned(world),
               *other = fake_klarna_foreign_order(world->klarna, CART_AMOUNT, "shop-1");
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_starter(world->p, "another payment");
    kl_order_t *order = NULL;
    kl_error_t *err = kl_error_make(world->p);

    assert_int_equal(kl_checkout_start(svc, world_cart(world->p), &client, &order, err), KL_OK);
    order->klarna_order_id = other;
    order->state = KL_ORDER_AUTHORIZED;
    assert_int_equal(svc->store->order_save(svc->store, svc->p, order, err), KL_OK);
    adopt(world, id, other, &err);
    check_error(err, KL_CONFLICT, "not_this_order");
    assert_string_equal(world_order(world, id)->klarna_order_id, "");
    fake_store_arm(world->store, 2, FAKE_STORE_FAILS_BEFORE); /* not known is not "no" */
    assert_int_equal(adopt(world, id, other, &err), KL_UNAVAILABLE);
}

static void nothing_is_adopted_while_somebody_works_on_it(void **state)
{
    world_t *world = new_world(state);
    const char *id = orphaned(world);
    kl_operation_t *op = fake_store_operation(world->store, world_order(world, id)->pending_op);
    kl_error_t *err;

    op->lease_until = fake_clock_now() + 1;
    adopt(world, id, "klarna-order-1", &err);
    check_error(err, KL_CONFLICT, "in_progress");
    op->lease_until = 0;
    op->state = KL_OP_QUEUED; /* it never went out: it will be sent */
    adopt(world, id, "klarna-order-1", &err);
    check_error(err, KL_CONFLICT, "in_progress");
    assert_string_equal(world_order(world, id)->klarna_order_id, "");
}

static void nothing_is_adopted_where_nothing_waits(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_error_t *err;

    adopt(world, id, fake_klarna_foreign_order(world->klarna, CART_AMOUNT, "shop-1"), &err);
    check_error(err, KL_CONFLICT, "no_orphan");
    assert_string_equal(err->reason, "not_orphan");
}

/* The session was completed without any placement of ours: whatever dies in adopting it, the
 * order is adopted or can be. */
static const char *completed_elsewhere(world_t *world)
{
    const char *id = world_created(world);

    fake_klarna_foreign_order(world->klarna, CART_AMOUNT, "shop-1");
    world->klarna->session_refusal = "SESSION_COMPLETED";
    fake_clock_set(world_order(world, id)->check_at);
    assert_non_null(world_look(world, id, 0));
    return id;
}

static int adoption_dies(world_t *world, const char *id, int step)
{
    kl_error_t *err;

    fake_process_calm(&world->process);
    world->process.die_at = step;
    world->process.die_after = step % 2;
    if (setjmp(world->process.death) == 0) {
        assert_int_equal(adopt(world, id, "klarna-order-1", &err), KL_OK);
        fake_process_calm(&world->process);
        return 0;
    }
    fake_process_calm(&world->process);
    return 1;
}

static void an_order_placed_elsewhere_is_adopted(void **state)
{
    int died = 1;

    for (int step = 1; died; step++) {
        world_t *world = new_world(state);
        const char *id = completed_elsewhere(world);
        kl_error_t *err;

        assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
        died = adoption_dies(world, id, step);
        assert_true(world_drain(world));
        assert_int_equal(adopt(world, id, "klarna-order-1", &err), KL_OK);
        assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
        world_check(world, id, "adopted");
    }
}

/* A payment that Klarna has an order of takes no other token, and no word of the widget's. */
static void an_orphan_takes_no_other_token(void **state)
{
    world_t *world = new_world(state);
    const char *id = completed_elsewhere(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_payment_id_t payment = {id, world_order(world, id)->key};
    kl_operation_t *op = NULL;
    kl_order_t *order = NULL;

    world->klarna->refuses = "/order";
    (void)world_act(svc, act_place, id, "k", &op, err);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_CREATED);
    kl_error_clear(err);
    (void)kl_checkout_declined(svc, &payment, "no", &order, err);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_CREATED);
    world->klarna->refuses = NULL;
    assert_int_equal(adopt(world, id, "klarna-order-1", &err), KL_OK);
    world_check(world, id, "adopted");
}

/* An adoption only reads: that it was given up says nothing about Klarna's order. */
static void an_adoption_given_up_leaves_the_orphan(void **state)
{
    world_t *world = new_world(state);
    const char *id = completed_elsewhere(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;
    kl_order_t *order = NULL;

    svc->timeout = 1;                                    /* one try */
    fake_klarna_arm(world->klarna, 2, FAKE_LOST_BEFORE); /* the first only verifies */
    assert_int_equal(kl_adopt_order(svc, id, "klarna-order-1", &order, err), KL_OK);
    fake_klarna_arm(world->klarna, 0, FAKE_LOST_BEFORE);
    op = fake_store_operation(world->store, order->pending_op);
    assert_int_equal(op->doubtful, 1);
    fake_clock_advance(apr_time_from_sec(KL_IN_FLIGHT_S));
    err = kl_error_make(world->p);
    assert_int_equal(act_give_up(world_service(world, world->p), id, op->id, &op, err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
    assert_int_equal(adopt(world, id, "klarna-order-1", &err), KL_OK);
}

static void an_adoption_needs_randomness(void **state)
{
    world_t *world = new_world(state);
    const char *id = completed_elsewhere(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;

    svc->random = fake_random_none;
    kl_adopt_order(svc, id, "klarna-order-1", &order, err);
    check_error(err, KL_INTERNAL, "no_randomness");
    assert_string_equal(world_order(world, id)->pending_op, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(what_was_executed_is_found),
        WITH_POOL(what_was_not_executed_is_told_after_a_minute),
        WITH_POOL(what_is_executed_late_is_found),
        WITH_POOL(a_minute_is_counted_from_the_end_of_the_lease),
        WITH_POOL(what_does_no_harm_twice_counts_as_not_executed),
        WITH_POOL(the_same_amount_outside_is_not_ours),
        WITH_POOL(the_same_amount_twice_is_told_apart_by_the_reference),
        WITH_POOL(the_same_amount_and_reference_twice_is_unclear),
        WITH_POOL(another_amount_outside_does_not_hide_the_answer),
        WITH_POOL(a_list_that_lacks_something_proves_nothing),
        WITH_POOL(a_rest_that_others_captured_was_not_released),
        WITH_POOL(another_reduction_is_unclear),
        WITH_POOL(without_klarna_nothing_is_found),
        WITH_POOL(executed_is_confirmed_and_booked),
        WITH_POOL(not_executed_is_refused_with_its_code_or_starts_afresh),
        WITH_POOL(a_session_that_is_complete_has_an_order_somewhere),
        WITH_POOL(a_session_that_is_incomplete_was_not_bought),
        WITH_POOL(a_session_that_is_forgotten_tells_nothing),
        WITH_POOL(a_no_in_the_first_minute_is_not_believed),
        WITH_POOL(a_no_after_that_minute_is_meant),
        WITH_POOL(a_forgotten_session_makes_an_orphan),
        WITH_POOL(a_good_hint_places_the_order),
        WITH_POOL(a_foreign_hint_is_forgotten),
        WITH_POOL(a_hint_that_klarna_does_not_know_is_shown_and_kept),
        WITH_POOL(a_hint_while_klarna_is_down_waits),
        WITH_POOL(an_orphan_is_adopted),
        WITH_POOL(a_foreign_order_is_not_adopted),
        WITH_POOL(another_payments_order_is_not_adopted),
        WITH_POOL(nothing_is_adopted_while_somebody_works_on_it),
        WITH_POOL(nothing_is_adopted_where_nothing_waits),
        WITH_POOL(an_order_placed_elsewhere_is_adopted),
        WITH_POOL(an_orphan_takes_no_other_token),
        WITH_POOL(an_adoption_given_up_leaves_the_orphan),
        WITH_POOL(an_adoption_needs_randomness),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
