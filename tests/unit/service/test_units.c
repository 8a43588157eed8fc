/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's units: what was left is walked on or discarded, what waits is left alone, an
 * order that is due is read back, and a person is told what he should see, once.
 */
#include "tests/unit/service_fixture.h"

#include <apr_strings.h>

#include "core/schedule.h"
#include "service/look.h"
#include "service/units.h"

#define LEASE apr_time_from_sec(KL_LEASE_S)
#define DAY apr_time_from_sec(86400)

static world_t *new_world(void **state)
{
    return world_make(*state);
}

/* The client's process dies as soon as its operation has this state. */
typedef struct mortal_t {
    world_t *world;
    kl_op_state_t state;
    int operations; /* there were so many before */
} mortal_t;

static void die_in_time(void *baton)
{
    mortal_t *mortal = baton;
    const apr_array_header_t *all = mortal->world->store->operations;

    if (all->nelts > mortal->operations
        && APR_ARRAY_IDX(all, all->nelts - 1, kl_operation_t *)->state == mortal->state) {
        mortal->world->process.in_hook = 0;
        longjmp(mortal->world->process.death, 1);
    }
}

/* The row of the last operation. */
static kl_operation_t *left_behind(world_t *world, act_fn act, const char *id, kl_op_state_t state)
{
    apr_array_header_t *all = world->store->operations;
    mortal_t mortal = {world, state, all->nelts};
    kl_operation_t *op = NULL;

    if (setjmp(world->process.death) == 0) {
        world->process.hook = die_in_time;
        world->process.baton = &mortal;
        world_act(world_service(world, world->p), act, id, "left", &op, kl_error_make(world->p));
        fail_msg("the process did not die");
    }
    fake_process_calm(&world->process);
    return APR_ARRAY_IDX(all, all->nelts - 1, kl_operation_t *);
}

static kl_kind_t work_on(world_t *world, const char *op_id, kl_error_t **err)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_operation_t *op = NULL;

    *err = kl_error_make(world->p);
    assert_int_equal(svc->store->operation_load(svc->store, svc->p, op_id, &op, *err), KL_OK);
    return kl_units_operation(svc, &op, *err);
}

/* --- operations ------------------------------------------------------------------------ */

static void a_dead_clients_operation_is_sent_after_its_lease(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = left_behind(world, act_capture_cup, id, KL_OP_SENT);

    fake_clock_advance(LEASE - 1);
    world_round(world, world->p);
    assert_int_equal(op->state, KL_OP_SENT);
    fake_clock_advance(1);
    assert_true(world_round(world, world->p) > 0);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    assert_string_equal(op->actor, "clerk"); /* who asked, not who sent it */
    world_check(world, id, "sent");
}

static void an_unclaimed_operation_is_discarded_after_its_lease(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = left_behind(world, act_capture_cup, id, KL_OP_QUEUED);

    assert_string_equal(world_order(world, id)->pending_op, "");
    fake_clock_advance(LEASE - 1);
    world_round(world, world->p);
    assert_int_equal(op->state, KL_OP_QUEUED);
    fake_clock_advance(1);
    world_round(world, world->p);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_string_equal(op->error_code, "not_started");
    assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 0);
    world_must(world, act_capture_cup, id, "left"); /* its client's key is free */
    world_check(world, id, "discarded");
}

/* Left to the worker from the start: its process may be about to claim the order. */
static void an_operation_for_the_worker_is_not_discarded_at_once(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = left_behind(world, act_capture_cup, id, KL_OP_QUEUED);
    kl_error_t *err;

    op->lease_until = 0;
    op->next_at = fake_clock_now() + apr_time_from_sec(10);
    fake_clock_advance(apr_time_from_sec(10));
    assert_int_equal(work_on(world, op->id, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_QUEUED);
    assert_int_equal(op->next_at, fake_clock_now() + LEASE);
    fake_clock_set(op->next_at);
    assert_int_equal(work_on(world, op->id, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
}

static void the_second_of_a_chain_waits_for_its_turn(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    kl_operation_t *first = world_in_doubt(world, act_cancel, id, "k", FAKE_LOST_BEFORE);
    kl_operation_t *second = fake_store_operation(world->store, first->next_op);
    kl_error_t *err;

    fake_clock_advance(LEASE);
    assert_int_equal(work_on(world, second->id, &err), KL_OK);
    assert_int_equal(second->state, KL_OP_QUEUED);
    assert_int_equal(second->attempts, 0);
    assert_int_equal(second->next_at, fake_clock_now() + LEASE);
    assert_true(world_drain(world));
    assert_int_equal(second->state, KL_OP_CONFIRMED);
    world_check(world, id, "in turn");
}

/* A database that lost the claim but kept what was sent: shown, never sent, rarely looked at. */
static void a_sent_operation_without_its_order_is_shown(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = left_behind(world, act_capture_cup, id, KL_OP_SENT);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *told = NULL;
    int units = 0;

    world_order(world, id)->pending_op = "";
    world_order(world, id)->check_at = 0;
    fake_klarna_arm(world->klarna, 0, 0);
    fake_clock_advance(LEASE);
    for (int second = 0; second < 2 * 3600; second++) {
        units += world_round(world, world->p);
        fake_clock_advance(apr_time_from_sec(1));
    }
    assert_in_range(units, 1, 3);
    assert_int_equal(world->klarna->calls, 0);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_string_equal(op->error_code, "unclaimed");
    assert_true(op->next_at > 0); /* it is among the open ones */
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
    kl_resolve_send_again(svc, id, op->id, &told, err);
    check_error(err, KL_CONFLICT, "unclaimed");
    kl_error_clear(err);
    assert_int_equal(act_give_up(svc, id, op->id, &told, err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    world_check(world, id, "given up");
}

/* Also one that Klarna turned away: it may have been sent since, and the database lost that. */
static void a_queued_operation_that_went_out_is_shown_too(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = left_behind(world, act_capture_cup, id, KL_OP_QUEUED);

    op->attempts = 1;
    world_order(world, id)->pending_op = "";
    fake_clock_advance(LEASE);
    world_round(world, world->p);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_int_equal(op->mark, KL_OP_UNCLAIMED);
    assert_int_equal(op->doubtful, 1);
}

/* Without its mark it could not be adopted any more. */
static void an_orphan_stays_one_whatever_is_left_on_it(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);

    world_order(world, id)->pending_op = "";
    world_order(world, id)->attention = KL_ATTENTION_ORPHAN;
    fake_clock_advance(2 * LEASE);
    world_round(world, world->p);
    assert_int_equal(fake_store_operation(world->store, op->id)->mark, KL_OP_UNCLAIMED);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
}

/* What was read a moment ago and has ended since is left alone. */
static void a_record_that_does_not_tell_is_no_outage(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);
    kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_AFTER);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    apr_array_header_t *due = NULL;
    kl_told_t told = {0};

    fake_klarna_outside(world->klarna, world_order(world, id)->klarna_order_id, "refund", 5000,
                        "credit note");
    fake_clock_advance(DAY + apr_time_from_sec(3600));
    assert_int_equal(kl_units[0].due(svc, 20, &due, err), KL_OK);
    assert_int_equal(due->nelts, 1);
    assert_int_equal(kl_units[0].work(svc, APR_ARRAY_IDX(due, 0, kl_due_t).item, &told, err),
                     KL_OK);
    assert_int_equal(fake_store_operation(world->store, op->id)->mark, KL_OP_KEY_EXPIRED);
}

static void a_stale_operation_changes_nothing(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *stale = NULL, *op;
    const char *before;

    op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_AFTER);
    svc->store->operation_load(svc->store, svc->p, op->id, &stale, err);
    assert_true(world_drain(world));
    before = world_ledgers(world, world->p, id);
    assert_int_equal(kl_units_operation(svc, &stale, err), KL_STALE);
    assert_string_equal(world_ledgers(world, world->p, id), before);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_check(world, id, "stale");
}

static void another_merchants_operation_is_not_worked_on(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_AFTER);
    kl_error_t *err;

    fake_clock_set(op->next_at);
    world->account.name = "another shop";
    assert_int_equal(world_round(world, world->p), 0);
    assert_int_equal(work_on(world, op->id, &err), KL_NOT_FOUND);
}

/* --- looks ----------------------------------------------------------------------------- */

/* The end of its authorization, from now. */
static void set_end(world_t *world, const char *id, int days)
{
    fake_klarna_set_end(world->klarna, world_klarna_order(world, id),
                        fake_clock_now() + days * DAY);
}

static void check_note(const char *note, const char *part)
{
    if (!note || !strstr(note, part)) {
        fail_msg("told: %s", note ? note : "nothing");
    }
}

static void a_look_takes_over_what_klarna_says(void **state)
{
    world_t *world = new_world(state);
    const char *id;

    world->klarna->fraud_status = "PENDING";
    id = world_placed(world);
    assert_int_equal(world_order(world, id)->check_at, fake_clock_now()); /* its end is not known */
    assert_null(world_look(world, id, 0));
    assert_string_equal(world_order(world, id)->klarna_reference, "K1");
    assert_true(world_order(world, id)->expires_at > 0);
    assert_int_equal(world_order(world, id)->check_at, fake_clock_now() + apr_time_from_sec(600));
    world_klarna_order(world, id)->fraud_status = "ACCEPTED";
    fake_clock_set(world_order(world, id)->check_at);
    assert_int_equal(world_round(world, world->p), 2); /* it, and the row of its payment */
    assert_string_equal(world_order(world, id)->fraud_status, "ACCEPTED");
}

/* Refused before the first look, and not for what the order has become: its end and Klarna's
 * reference are still not known. */
static void a_refusal_does_not_put_the_first_look_off(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;

    world->klarna->refuses = "/captures";
    world->klarna->refuses_as = "BAD_VALUE";
    assert_int_equal(world_act(world_service(world, world->p), act_capture_cup, id, "k", &op,
                               kl_error_make(world->p)),
                     KL_OK);
    world->klarna->refuses = NULL;
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_int_equal(world_order(world, id)->check_at, fake_clock_now());
}

/* Of an expired one Klarna may think better, within a month; what it cancelled is over. */
static void an_end_at_klarna_is_looked_at_as_long_as_it_may_change(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    fake_order_t *there = world_klarna_order(world, id);
    const apr_time_t day = apr_time_from_sec(86400);
    int days = 0;

    fake_klarna_set_end(world->klarna, there, fake_clock_now());
    there->status = "EXPIRED";
    there->remaining = 0;
    for (assert_null(world_look(world, id, 1)); world_order(world, id)->check_at; days++) {
        assert_int_equal(world_order(world, id)->state, KL_ORDER_EXPIRED);
        assert_int_equal(world_order(world, id)->check_at, fake_clock_now() + day);
        world_check(world, id, "expired");
        fake_clock_set(world_order(world, id)->check_at);
        world_round(world, world->p);
    }
    assert_int_equal(days, 30);
    there->status = "AUTHORIZED";
    there->remaining = CART_AMOUNT;
    fake_klarna_set_end(world->klarna, there, fake_clock_now() + 28 * day);
    assert_non_null(strstr(world_look(world, id, 1), "by others were booked"));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_OUTSIDE);
    assert_int_equal(kl_order_open_until(world_order(world, id)), fake_clock_now() + 28 * day);
    there->status = "CANCELLED";
    there->remaining = 0;
    world_look(world, id, 1);
    assert_int_equal(world_order(world, id)->check_at, 0);
}

/* Marked once; not to be shipped; and over when it is cancelled. */
static void a_no_after_review_is_marked(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    fake_order_t *there = world_klarna_order(world, id);

    there->fraud_status = "PENDING";
    world_look(world, id, 0);
    assert_int_equal(kl_order_open_until(world_order(world, id)), 0);
    there->fraud_status = "REJECTED";
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_REJECTED);
    assert_int_equal(kl_order_open_until(world_order(world, id)), 0);
    world_order(world, id)->attention = KL_ATTENTION_NONE; /* a person saw it */
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_order(world, id)->attention = KL_ATTENTION_REJECTED;
    world_must(world, act_cancel, id, "cancel");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
}

static void what_was_done_outside_is_booked_and_told_once(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world), *theirs = world_klarna_order(world, id)->id;

    world_look(world, id, 0);
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->checks, 2);
    fake_klarna_outside(world->klarna, theirs, "capture", 5000, "");
    fake_klarna_outside(world->klarna, theirs, "refund", 700, "");
    check_note(world_look(world, id, 0), "were booked");
    assert_int_equal(world_order(world, id)->checks, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_OUTSIDE);
    assert_null(world_look(world, id, 0));
    world_check(world, id, "booked");
    fake_klarna_outside(world->klarna, theirs, "reduce", 500, "");
    check_note(world_look(world, id, 0), "were booked");
    fake_klarna_outside(world->klarna, theirs, "release", 0, "");
    check_note(world_look(world, id, 0), "were booked");
    world_check(world, id, "all booked");
}

static void a_cancellation_outside_is_taken_over(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    fake_klarna_outside(world->klarna, world_klarna_order(world, id)->id, "cancel", 0, "");
    assert_null(world_look(world, id, 0));
    assert_int_equal(world_order(world, id)->state, KL_ORDER_CANCELLED);
    world_check(world, id, "cancelled");
}

static void books_that_differ_are_told(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);

    world_klarna_order(world, id)->remaining--;
    check_note(world_look(world, id, 0), "differ");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
    world_klarna_order(world, id)->remaining++;
    assert_null(world_look(world, id, 0));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
}

static void each_warning_is_told_once(void **state)
{
    static const int marks[] = {7, 3, 1};
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    apr_time_t end;

    set_end(world, id, 28);
    assert_null(world_look(world, id, 0));
    end = world_order(world, id)->expires_at;
    for (int i = 0; i < 3; i++) {
        const char *words = apr_psprintf(world->p, "ends within %d day", marks[i]);

        while (world_order(world, id)->check_at < end - marks[i] * DAY) {
            fake_clock_set(world_order(world, id)->check_at);
            assert_null(world_look(world, id, 0));
        }
        fake_clock_set(world_order(world, id)->check_at);
        assert_int_equal(fake_clock_now(), end - marks[i] * DAY);
        check_note(world_look(world, id, 0), words);
        assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_EXPIRING);
        assert_null(world_look(world, id, 0));
    }
    assert_int_equal(world_klarna_order(world, id)->extensions, 0);
}

static void an_end_that_is_near_is_extended(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    set_end(world, id, 6);
    check_note(world_look(world, id, 1), "was extended");
    assert_int_equal(world_order(world, id)->expires_at, fake_clock_now() + 28 * DAY);
    assert_null(world_look(world, id, 1));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    assert_int_equal(world_klarna_order(world, id)->extensions, 1);
    fake_clock_advance(21 * DAY);
    check_note(world_look(world, id, 1), "was extended"); /* and the next time */
    assert_int_equal(world_klarna_order(world, id)->extensions, 2);
}

/* The look was stored, its process died before it asked for more time. */
static void an_extension_is_made_up_for(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    set_end(world, id, 6);
    check_note(world_look(world, id, 0), "ends within 7 days");
    check_note(world_look(world, id, 1), "was extended");
    assert_null(world_look(world, id, 1));
    assert_int_equal(world_klarna_order(world, id)->extensions, 1);
}

/* Klarna's limit: it says yes or no, and the end stays; no call more than one for each mark. */
static void an_extension_that_helps_nothing_is_not_repeated(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world), *note;

    set_end(world, id, 6);
    world->klarna->keeps_the_end = 1;
    check_note(world_look(world, id, 1), "ends within 7 days");
    assert_null(world_look(world, id, 1));
    assert_null(world_look(world, id, 1));
    assert_int_equal(world_klarna_order(world, id)->extensions, 1);
    world->klarna->refuses = "/extend";
    fake_clock_advance(3 * DAY);
    note = world_look(world, id, 1);
    check_note(note, "ends within 3 days and Klarna will not extend it: NOT_ALLOWED");
    world->klarna->refuses = NULL;
    assert_null(world_look(world, id, 1));
    assert_string_equal(world_order(world, id)->pending_op, "");
}

static void what_is_captured_needs_no_extension(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);

    set_end(world, id, 2);
    assert_null(world_look(world, id, 1));
    assert_int_equal(world_klarna_order(world, id)->extensions, 0);
}

static void a_record_that_contradicts_itself_is_told(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    fake_order_t *theirs = world_klarna_order(world, id);
    apr_int64_t captured = world_order(world, id)->captured_amount;

    theirs->status = "AUTHORIZED";
    theirs->captured = theirs->remaining = 0;
    check_note(world_look(world, id, 0), "contradicts itself: its captures");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
    assert_int_equal(world_order(world, id)->captured_amount, captured);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_PART_CAPTURED);
}

static void a_date_without_a_zone_is_told(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    world_klarna_order(world, id)->expires_at = "2027-01-31T10:00:00.000";
    check_note(world_look(world, id, 0), "expires_at has no time zone");
    assert_int_equal(world_order(world, id)->expires_at, 0);
}

/* --- intents ---------------------------------------------------------------------------- */

static void an_intent_that_was_never_finished_is_abandoned(void **state)
{
    static const char *const sessions[] = {NULL, "NOT_FOUND"}; /* incomplete, forgotten */

    for (int i = 0; i < 2; i++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);

        world->klarna->session_refusal = sessions[i];
        fake_clock_set(world_order(world, id)->created_at + KL_INTENT_LIFETIME - 1);
        assert_int_equal(world_round(world, world->p), 0);
        fake_clock_advance(1);
        assert_int_equal(world_round(world, world->p), 1);
        assert_int_equal(world_order(world, id)->state, KL_ORDER_ABANDONED);
        assert_string_equal(world_order(world, id)->client_token, "");
        assert_int_equal(world_order(world, id)->check_at, 0);
    }
}

static void an_intent_without_a_session_is_abandoned(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);

    world_order(world, id)->session_id = ""; /* as version 1 of the tables had them */
    fake_clock_set(world_order(world, id)->check_at);
    fake_klarna_arm(world->klarna, 0, 0);
    assert_int_equal(world_round(world, world->p), 1);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_ABANDONED);
    assert_int_equal(world->klarna->calls, 0); /* there was nothing to ask about */
}

static void an_intent_is_not_abandoned_while_klarna_is_down(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);

    fake_clock_set(world_order(world, id)->check_at);
    fake_klarna_arm(world->klarna, 1, FAKE_LOST_BEFORE);
    world_round(world, world->p);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_CREATED);
    assert_int_equal(world_order(world, id)->check_at, fake_clock_now() + LEASE);
    fake_clock_advance(LEASE);
    world_round(world, world->p);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_ABANDONED);
}

static void a_session_completed_without_us_is_an_orphan(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);

    world->klarna->session_refusal = "SESSION_COMPLETED";
    fake_clock_set(world_order(world, id)->check_at);
    check_note(world_look(world, id, 0), "adopt it");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_CREATED);
    assert_int_equal(world_order(world, id)->check_at, 0);
}

/* Klarna's no to one token says nothing about what it executes late, or what the database lost. */
static void a_declined_payment_is_looked_at_too(void **state)
{
    static const char *const sessions[] = {"SESSION_COMPLETED", "NOT_FOUND"};

    for (int i = 0; i < 2; i++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);
        kl_operation_t *op = NULL;

        world->klarna->refuses = "/order";
        assert_int_equal(world_act(world_service(world, world->p), act_place, id, "k", &op,
                                   kl_error_make(world->p)),
                         KL_OK);
        assert_int_equal(world_order(world, id)->state, KL_ORDER_DECLINED);
        world->klarna->session_refusal = sessions[i];
        fake_clock_set(world_order(world, id)->created_at + KL_INTENT_LIFETIME);
        assert_int_equal(world_round(world, world->p), 1);
        assert_int_equal(world_order(world, id)->state,
                         i == 0 ? KL_ORDER_CREATED : KL_ORDER_DECLINED);
        assert_int_equal(world_order(world, id)->attention,
                         i == 0 ? KL_ATTENTION_ORPHAN : KL_ATTENTION_NONE);
        assert_int_equal(world_order(world, id)->check_at, 0);
    }
}

/* A start that is repeated too late must not give a session nobody can buy with. */
static void a_session_that_is_over_is_not_given_again(void **state)
{
    world_t *world = new_world(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_created(world);
    kl_client_t client = world_starter(world->p, "start");
    kl_order_t *order = NULL;

    fake_clock_set(world_order(world, id)->created_at + KL_SESSION_LIFETIME - 1);
    assert_int_equal(kl_checkout_start(svc, world_cart(world->p), &client, &order, err), KL_OK);
    fake_clock_advance(1);
    kl_checkout_start(svc, world_cart(world->p), &client, &order, err);
    check_error(err, KL_CONFLICT, "session_over");
    assert_non_null(strstr(err->next, "new Idempotency-Key"));
    fake_clock_advance(DAY);
    world_round(world, world->p);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_ABANDONED);
    kl_error_clear(err);
    kl_checkout_start(svc, world_cart(world->p), &client, &order, err);
    check_error(err, KL_CONFLICT, "session_over");
    assert_int_equal(world->klarna->sessions, 1);
}

static void a_placed_payment_is_told_however_late(void **state)
{
    world_t *world = new_world(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_placed(world);
    kl_client_t client = world_starter(world->p, "start");
    kl_order_t *order = NULL;

    fake_clock_advance(30 * DAY);
    assert_int_equal(kl_checkout_start(svc, world_cart(world->p), &client, &order, err), KL_OK);
    assert_string_equal(order->id, id);
    assert_int_equal(order->state, KL_ORDER_AUTHORIZED);
}

/* --- looks that tell nothing -------------------------------------------------------------- */

static void an_order_klarna_does_not_show_is_told_once(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    fake_order_t *theirs = world_klarna_order(world, id);
    const char *real = theirs->id;
    apr_time_t pause;

    theirs->id = "gone";
    check_note(world_look(world, id, 0), "Klarna does not show it");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
    pause = world_order(world, id)->check_at - fake_clock_now();
    assert_null(world_look(world, id, 0));
    assert_true(world_order(world, id)->check_at - fake_clock_now() > pause);
    theirs->id = real;
    assert_null(world_look(world, id, 0));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
}

static kl_kind_t look_at(world_t *world, kl_order_t *order, kl_error_t **err)
{
    const char *note = NULL;

    *err = kl_error_make(world->p);
    return kl_look_at(world_service(world, world->p), order, &note, *err);
}

static kl_order_t *loaded(world_t *world, const char *id)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_order_t *order = NULL;

    assert_int_equal(kl_service_order(svc, id, &order, kl_error_make(world->p)), KL_OK);
    return order;
}

static void a_look_that_another_worker_took_is_left_to_it(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_order_t *mine = loaded(world, id), *theirs = loaded(world, id);
    kl_error_t *err;

    assert_int_equal(look_at(world, theirs, &err), KL_OK);
    fake_klarna_arm(world->klarna, 0, 0);
    assert_int_equal(look_at(world, mine, &err), KL_STALE);
    check_error(err, KL_STALE, "version");
    assert_int_equal(world->klarna->calls, 0);
}

static void a_look_comes_back_after_an_outage(void **state)
{
    static const fake_klarna_fault_t faults[] = {FAKE_NOT_SENT, FAKE_LOST_BEFORE, FAKE_500_BEFORE,
                                                 FAKE_429, FAKE_MALFORMED};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        world_t *world = new_world(state);
        const char *id = world_placed(world);
        kl_error_t *err;

        fake_klarna_arm(world->klarna, 1, faults[i]);
        assert_int_not_equal(look_at(world, loaded(world, id), &err), KL_OK);
        assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
        assert_int_equal(world_order(world, id)->check_at, fake_clock_now() + LEASE);
        fake_clock_advance(LEASE);
        assert_int_equal(world_round(world, world->p), 2); /* it, and the row of its payment */
        assert_string_equal(world_order(world, id)->klarna_reference, "K1");
    }
}

/* An operation holds it: Klarna is not asked, only what is final is booked. */
static void a_held_order_waits_for_its_operation(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = world_in_doubt(world, act_capture_cup, id, "k", FAKE_LOST_AFTER);
    kl_error_t *err;

    fake_klarna_arm(world->klarna, 0, 0);
    assert_int_equal(look_at(world, loaded(world, id), &err), KL_OK);
    assert_int_equal(world->klarna->calls, 0);
    assert_string_equal(world_order(world, id)->pending_op, op->id);
    op = fake_store_operation(world->store, op->id);
    op->state = KL_OP_CONFIRMED;
    op->result_id = "capture-1";
    assert_int_equal(look_at(world, loaded(world, id), &err), KL_OK);
    assert_string_equal(world_order(world, id)->pending_op, "");
    assert_int_equal(world_order(world, id)->captured_amount, 5000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(a_record_that_contradicts_itself_is_told),
        WITH_POOL(a_date_without_a_zone_is_told),
        WITH_POOL(a_dead_clients_operation_is_sent_after_its_lease),
        WITH_POOL(an_unclaimed_operation_is_discarded_after_its_lease),
        WITH_POOL(an_operation_for_the_worker_is_not_discarded_at_once),
        WITH_POOL(the_second_of_a_chain_waits_for_its_turn),
        WITH_POOL(a_sent_operation_without_its_order_is_shown),
        WITH_POOL(a_queued_operation_that_went_out_is_shown_too),
        WITH_POOL(an_orphan_stays_one_whatever_is_left_on_it),
        WITH_POOL(a_record_that_does_not_tell_is_no_outage),
        WITH_POOL(a_stale_operation_changes_nothing),
        WITH_POOL(another_merchants_operation_is_not_worked_on),
        WITH_POOL(a_look_takes_over_what_klarna_says),
        WITH_POOL(a_refusal_does_not_put_the_first_look_off),
        WITH_POOL(an_end_at_klarna_is_looked_at_as_long_as_it_may_change),
        WITH_POOL(a_no_after_review_is_marked),
        WITH_POOL(what_was_done_outside_is_booked_and_told_once),
        WITH_POOL(a_cancellation_outside_is_taken_over),
        WITH_POOL(books_that_differ_are_told),
        WITH_POOL(each_warning_is_told_once),
        WITH_POOL(an_end_that_is_near_is_extended),
        WITH_POOL(an_extension_is_made_up_for),
        WITH_POOL(an_extension_that_helps_nothing_is_not_repeated),
        WITH_POOL(what_is_captured_needs_no_extension),
        WITH_POOL(an_intent_that_was_never_finished_is_abandoned),
        WITH_POOL(an_intent_without_a_session_is_abandoned),
        WITH_POOL(an_intent_is_not_abandoned_while_klarna_is_down),
        WITH_POOL(a_session_completed_without_us_is_an_orphan),
        WITH_POOL(a_declined_payment_is_looked_at_too),
        WITH_POOL(a_session_that_is_over_is_not_given_again),
        WITH_POOL(a_placed_payment_is_told_however_late),
        WITH_POOL(an_order_klarna_does_not_show_is_told_once),
        WITH_POOL(a_look_that_another_worker_took_is_left_to_it),
        WITH_POOL(a_look_comes_back_after_an_outage),
        WITH_POOL(a_held_order_waits_for_its_operation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
