/* SPDX-License-Identifier: Apache-2.0 */
/* See scenarios.h. */
#include "scenarios.h"

#include <apr_strings.h>

#define KEY "the client's key"
#define ROUNDS 12 /* of asking again; a lease is over before each */

const scenario_t scenarios[SCENARIOS] = {
    {"place", world_created, act_place, .refuses = NULL},
    {"place, used token refused", world_created, act_place, .refuses_used_token = 1,
     .may_stay_unknown = 1},
    {"place, declined", world_created, act_place, .refuses = "/order"},
    {"capture", world_placed, act_capture_all, .refuses = NULL},
    {"capture lines", world_placed, act_capture_cup, .refuses = NULL},
    {"capture the rest", world_part_captured, act_capture_all, .refuses = NULL},
    {"capture after review", world_placed, act_capture_all, .fraud_review = 1},
    {"capture refused", world_placed, act_capture_all, .refuses = "/captures"},
    {"refund", world_captured, act_credit_cup, .refuses = NULL},
    {"refund less a fee", world_captured, act_credit_cup_less_fee, .refuses = NULL},
    {"refund refused", world_captured, act_credit_cup, .refuses = "/refunds"},
    {"cancel", world_placed, act_cancel, .refuses = NULL},
    {"cancel captured", world_captured, act_cancel, .refuses = NULL},
    {"cancel part captured", world_part_captured, act_cancel, .refuses = NULL},
    {"cancel, release refused", world_part_captured, act_cancel, .refuses = "/release"},
    {"cancel, refund refused", world_part_captured, act_cancel, .refuses = "/refunds"},
    {"reduce", world_placed, act_credit_cup, .refuses = NULL},
    {"reduce and refund", world_part_captured, act_credit_8000, .refuses = NULL},
    {"release", world_part_captured, act_release, .refuses = NULL},
    {"extend", world_placed, act_extend, .refuses = NULL},
    {"acknowledge", world_placed, act_acknowledge, .refuses = NULL},
    {"acknowledge refused", world_placed, act_acknowledge, .refuses = "/acknowledge"},
    {"references", world_captured, act_references, .refuses = NULL},
    {"references refused", world_placed, act_references, .refuses = "/merchant-references"},
    {"shipping address", world_placed, act_shipping_address, .refuses = NULL},
    {"shipping address refused", world_placed, act_shipping_address,
     .refuses = "/customer-details"},
    {"due date", world_part_captured, act_due_date, .refuses = NULL},
    {"send-out", world_captured, act_send_out, .refuses = NULL},
    {"send-out refused", world_captured, act_send_out, .refuses = "/trigger-send-out"},
    {"lines", world_placed, act_lines, .refuses = NULL},
    {"lines of what is part captured", world_part_captured, act_lines, .refuses = NULL},
    {"lines refused", world_placed, act_lines, .refuses = "/authorization"},
    {"take over", world_half_taken_over, act_take_over, .refuses = NULL},
    {"tracking", world_part_captured, act_tracking, .refuses = NULL},
};

const char *scenario_ready(world_t *world, const scenario_t *s)
{
    const char *id = s->setup(world);

    world->klarna->refuses_used_token = s->refuses_used_token;
    world->klarna->refuses = s->refuses;
    world->is_acknowledging = s->act == act_acknowledge;
    if (s->fraud_review) {
        world_order(world, id)->fraud_status = "PENDING";
    }
    fake_clock_set(fake_clock_now());
    fake_process_calm(&world->process);
    return id;
}

/* One request of the client, in a process that may die in it. */
outcome_t scenario_ask(world_t *world, const scenario_t *s, const char *id)
{
    volatile outcome_t outcome = {.kind = KL_INTERNAL};
    kl_operation_t *op = NULL;
    kl_error_t *err;
    apr_pool_t *p;

    apr_pool_create(&p, world->p);
    err = kl_error_make(p);
    if (setjmp(world->process.death) == 0) {
        outcome.kind = world_act(world_service(world, p), s->act, id, KEY, &op, err);
        outcome.state = outcome.kind == KL_OK ? op->state : KL_OP_QUEUED;
    }
    else {
        outcome.died = 1;
    }
    fake_process_calm(&world->process);
    apr_pool_destroy(p);
    return outcome;
}

/* Somebody walks what holds the order, as a worker would. */
void scenario_walk_pending(world_t *world, const char *id)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;

    for (int i = 0; i < ROUNDS && world_order(world, id)->pending_op[0]; i++) {
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
        kl_error_clear(err);
        assert_int_equal(svc->store->operation_load(svc->store, svc->p,
                                                    world_order(world, id)->pending_op, &op, err),
                         KL_OK);
        (void)world_resume(svc, &op, err);
    }
}

/* The client asks again until it has its answer. */
outcome_t scenario_ask_again(world_t *world, const scenario_t *s, const char *id)
{
    outcome_t outcome = {.kind = KL_INTERNAL};

    for (int i = 0; i < ROUNDS; i++) {
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
        outcome = scenario_ask(world, s, id);
        if (outcome.kind == KL_OK && kl_op_is_final(outcome.state)) {
            break;
        }
    }
    return outcome;
}

/* A worker looks after what nobody asks for any more. */
void scenario_sweep(world_t *world)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);

    fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
    for (int i = 0; i < world->store->operations->nelts; i++) {
        const char *id = APR_ARRAY_IDX(world->store->operations, i, kl_operation_t *)->id;
        kl_operation_t *op = NULL;

        kl_error_clear(err);
        assert_int_equal(svc->store->operation_load(svc->store, svc->p, id, &op, err), KL_OK);
        (void)world_resume(svc, &op, err);
    }
}

/* Unknown, visible, holding the order, and placed. */
static int stays_unknown(const world_t *world, const scenario_t *s, const char *id)
{
    const kl_operation_t *op = fake_store_operation(world->store,
                                                    world_order(world, id)->pending_op);

    return s->may_stay_unknown && op && op->state == KL_OP_UNKNOWN && op->doubtful
           && op->error_code[0] && fake_klarna_executed(world->klarna, "place") == 1
           && world_order(world, id)->attention == KL_ATTENTION_ORPHAN;
}

const char *scenario_without_fault(apr_pool_t *p, const scenario_t *s)
{
    world_t *world = world_make(p);
    const char *id = scenario_ready(world, s);
    outcome_t outcome = scenario_ask(world, s, id);

    assert_int_equal(outcome.kind, KL_OK);
    world_check(world, id, s->name);
    return world_ledgers(world, p, id);
}

/* What the client was told must be true at that moment. */
void scenario_check_told(const world_t *world, const char *id, outcome_t told, const char *expected,
                         const char *where)
{
    if (told.kind == KL_OK && kl_op_is_final(told.state)) {
        const char *now = world_ledgers(world, world->p, id);

        if (strcmp(now, expected) != 0) {
            fail_msg("%s: the client was told %s\n is     %s\n should %s", where,
                     kl_op_state_name(told.state), now, expected);
        }
    }
}

void scenario_check_end(const world_t *world, const scenario_t *s, const char *id,
                        const char *expected, const char *where)
{
    const char *end;

    fake_klarna_catch_up(world->klarna);
    end = world_ledgers(world, world->p, id);
    world_check_moved_once(world, where);
    if (stays_unknown(world, s, id)) {
        return;
    }
    if (strcmp(end, expected) != 0) {
        fail_msg("%s:\n is     %s\n should %s", where, end, expected);
    }
    world_check(world, id, where);
}

/* The worker alone brings it to its end. Nothing may have come of it only when the client was
 * promised nothing. */
void scenario_leave_to_the_worker(world_t *world, const scenario_t *s, const char *id,
                                  outcome_t told, const char *before, const char *expected,
                                  const char *where)
{
    if (!world_drain(world) && !stays_unknown(world, s, id)) {
        fail_msg("%s: the worker does not come to an end: %s", where,
                 world_ledgers(world, world->p, id));
    }
    fake_klarna_catch_up(world->klarna);
    if (told.kind == KL_OK || strcmp(world_ledgers(world, world->p, id), before) != 0) {
        scenario_check_end(world, s, id, expected, where);
    }
    if (world_order(world, id)->klarna_order_id[0]) {
        world_look(world, id, 0);
        assert_int_equal(world_order(world, id)->attention,
                         KL_ATTENTION_NONE); /* nothing was "outside" */
    }
}
