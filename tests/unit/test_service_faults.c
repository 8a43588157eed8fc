/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every action of the services while every single call it makes fails: each transport call
 * in every way, each store call before and after the database did it, and the death of the
 * process at every step. Then the client asks again with its key, or somebody walks the
 * operation that holds the order, or nobody asks and the worker alone goes on; whatever
 * happened, the end must be the same as without a fault: moved once, booked as moved, nothing
 * left over. Only what was promised to nobody may come to nothing.
 */
#include "service_fixture.h"

#include <apr_general.h>
#include <apr_strings.h>

#define KEY "the client's key"
#define ROUNDS 12    /* of asking again; a lease is over before each */
#define MAX_STEPS 60 /* more than any action takes */
#define STORMS 150   /* random runs of each scenario */

/* Who goes on after the fault. */
typedef enum { ASKED_AGAIN, WALKED_FIRST, LEFT_TO_THE_WORKER, RESCUES } rescue_t;

static const char *const rescues[RESCUES] = {"asked again", "walked by another",
                                             "left to the worker"};

typedef struct scenario_t {
    const char *name;
    const char *(*setup)(world_t *world);
    act_fn act;
    const char *refuses; /* what Klarna refuses, or NULL */
    int refuses_used_token;
    int fraud_review;     /* the order is PENDING here, and accepted at Klarna since */
    int may_stay_unknown; /* no key and no echo: the id of a lost answer is not found out */
} scenario_t;

static const scenario_t scenarios[] = {
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
    {"tracking", world_part_captured, act_tracking, .refuses = NULL},
};

static const char *ready(world_t *world, const scenario_t *s)
{
    const char *id = s->setup(world);

    world->klarna->refuses_used_token = s->refuses_used_token;
    world->klarna->refuses = s->refuses;
    if (s->fraud_review) {
        world_order(world, id)->fraud_status = "PENDING";
    }
    fake_clock_set(fake_clock_now());
    fake_process_calm(&world->process);
    return id;
}

typedef struct outcome_t {
    kl_kind_t kind;
    int died;
    kl_op_state_t state; /* when kind is KL_OK */
} outcome_t;

/* One request of the client, in a process that may die in it. */
static outcome_t ask(world_t *world, const scenario_t *s, const char *id)
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
static void walk_pending(world_t *world, const char *id)
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
        (void)kl_resume(svc, &op, err);
    }
}

/* The client asks again until it has its answer. */
static outcome_t ask_again(world_t *world, const scenario_t *s, const char *id)
{
    outcome_t outcome = {.kind = KL_INTERNAL};

    for (int i = 0; i < ROUNDS; i++) {
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
        outcome = ask(world, s, id);
        if (outcome.kind == KL_OK && kl_op_is_final(outcome.state)) {
            break;
        }
    }
    return outcome;
}

/* A worker looks after what nobody asks for any more. */
static void sweep(world_t *world)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);

    fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
    for (int i = 0; i < world->store->operations->nelts; i++) {
        const char *id = APR_ARRAY_IDX(world->store->operations, i, kl_operation_t *)->id;
        kl_operation_t *op = NULL;

        kl_error_clear(err);
        assert_int_equal(svc->store->operation_load(svc->store, svc->p, id, &op, err), KL_OK);
        (void)kl_resume(svc, &op, err);
    }
}

/* Unknown, visible, holding the order, and placed. */
static int stays_unknown(const world_t *world, const scenario_t *s, const char *id)
{
    const kl_operation_t *op = fake_store_operation(world->store,
                                                    world_order(world, id)->pending_op);

    return s->may_stay_unknown && op && op->state == KL_OP_UNKNOWN && op->doubtful
           && op->error_code[0] && fake_klarna_executed(world->klarna, "place") == 1
           && strcmp(world_order(world, id)->attention, "orphan") == 0;
}

static const char *without_fault(apr_pool_t *p, const scenario_t *s)
{
    world_t *world = world_make(p);
    const char *id = ready(world, s);
    outcome_t outcome = ask(world, s, id);

    assert_int_equal(outcome.kind, KL_OK);
    world_check(world, id, s->name);
    return world_ledgers(world, p, id);
}

/* What the client was told must be true at that moment. */
static void check_told(const world_t *world, const char *id, outcome_t told, const char *expected,
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

static void check_end(const world_t *world, const scenario_t *s, const char *id,
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
static void leave_to_the_worker(world_t *world, const scenario_t *s, const char *id, outcome_t told,
                                const char *before, const char *expected, const char *where)
{
    if (!world_drain(world) && !stays_unknown(world, s, id)) {
        fail_msg("%s: the worker does not come to an end: %s", where,
                 world_ledgers(world, world->p, id));
    }
    fake_klarna_catch_up(world->klarna);
    if (told.kind == KL_OK || strcmp(world_ledgers(world, world->p, id), before) != 0) {
        check_end(world, s, id, expected, where);
    }
    if (world_order(world, id)->klarna_order_id[0]) {
        world_look(world, id, 0);
        assert_string_equal(world_order(world, id)->attention, ""); /* nothing was "outside" */
    }
}

/* A fault in one world: how it is armed, and whether it came to pass. */
typedef struct fault_t {
    const char *what;
    int kind;
    void (*arm)(world_t *world, int n, int kind);
    int (*fired)(const world_t *world, outcome_t outcome, int n);
} fault_t;

/* Returns 0 when the action makes fewer than n such calls. */
static int survives(apr_pool_t *parent, const scenario_t *s, const fault_t *fault, int n,
                    rescue_t rescue, const char *expected)
{
    apr_pool_t *p;
    world_t *world;
    const char *id, *where, *before;
    outcome_t outcome;
    int fired;

    apr_pool_create(&p, parent);
    world = world_make(p);
    id = ready(world, s);
    where = apr_psprintf(p, "%s, %s %d, %s", s->name, fault->what, n, rescues[rescue]);
    before = world_ledgers(world, p, id);
    fault->arm(world, n, fault->kind);
    outcome = ask(world, s, id);
    fired = fault->fired(world, outcome, n);
    fake_store_arm(world->store, 0, 0);
    fake_klarna_arm(world->klarna, 0, 0);
    check_told(world, id, outcome, expected, where);
    world_check_moved_once(world, where);
    if (fake_clock_slept() > apr_time_from_sec(10) * KL_MAX_CHAIN) {
        fail_msg("%s: slept too long", where);
    }
    if (rescue == WALKED_FIRST) {
        walk_pending(world, id);
    }
    else if (rescue == LEFT_TO_THE_WORKER) {
        leave_to_the_worker(world, s, id, outcome, before, expected, where);
    }
    ask_again(world, s, id);
    check_end(world, s, id, expected, where);
    apr_pool_destroy(p);
    return fired;
}

/* Every n until the action makes fewer calls than n. */
static void at_every_call(const scenario_t *s, const fault_t *fault)
{
    apr_pool_t *p;
    const char *expected;
    int n;

    apr_pool_create(&p, NULL);
    expected = without_fault(p, s);
    for (n = 1; survives(p, s, fault, n, ASKED_AGAIN, expected); n++) {
        assert_true(n < MAX_STEPS);
        survives(p, s, fault, n, WALKED_FIRST, expected);
        survives(p, s, fault, n, LEFT_TO_THE_WORKER, expected);
    }
    assert_true(n > 1); /* the fault was met at least once */
    apr_pool_destroy(p);
}

/* --- transport ------------------------------------------------------------------------ */

static void arm_klarna(world_t *world, int n, int kind)
{
    fake_klarna_arm(world->klarna, n, (fake_klarna_fault_t)kind);
}

static int klarna_fired(const world_t *world, outcome_t outcome, int n)
{
    (void)outcome;
    return world->klarna->calls >= n;
}

static void transport_fails(void **state)
{
    for (int kind = 0; kind < FAKE_KLARNA_FAULTS; kind++) {
        fault_t fault = {fake_klarna_fault_name((fake_klarna_fault_t)kind), kind, arm_klarna,
                         klarna_fired};

        at_every_call(*state, &fault);
    }
}

/* --- store ---------------------------------------------------------------------------- */

static void arm_store(world_t *world, int n, int kind)
{
    fake_store_arm(world->store, n, (fake_store_fault_t)kind);
}

static int store_fired(const world_t *world, outcome_t outcome, int n)
{
    (void)outcome;
    return world->store->calls >= n;
}

static void store_fails(void **state)
{
    static const fault_t faults[] = {
        {"store fails before call", FAKE_STORE_FAILS_BEFORE, arm_store, store_fired},
        {"store fails after call", FAKE_STORE_FAILS_AFTER, arm_store, store_fired},
        {"store is gone from call", FAKE_STORE_IS_GONE, arm_store, store_fired},
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        at_every_call(*state, &faults[i]);
    }
}

/* --- death ---------------------------------------------------------------------------- */

static void arm_death(world_t *world, int n, int after)
{
    world->process.die_at = n;
    world->process.die_after = after;
}

static int has_died(const world_t *world, outcome_t outcome, int n)
{
    (void)world;
    (void)n;
    return outcome.died;
}

static void process_dies(void **state)
{
    static const fault_t faults[] = {
        {"death before step", 0, arm_death, has_died},
        {"death after step", 1, arm_death, has_died},
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        at_every_call(*state, &faults[i]);
    }
}

/* --- storms --------------------------------------------------------------------------- */

static void arm_any_death(world_t *world, test_random_t *dice)
{
    arm_death(world, test_random_in(dice, 0, 2) == 0 ? (int)test_random_in(dice, 1, 20) : 0,
              (int)test_random_in(dice, 0, 1));
}

/* Several requests in which a fifth of all calls fail and some processes die. */
static void storm(world_t *world, const scenario_t *s, const char *id, const char *expected,
                  test_random_t *dice, const char *where)
{
    world->store->dice = world->klarna->dice = dice;
    world->store->percent = world->klarna->percent = 20;
    for (int i = 0; i < 8; i++) {
        outcome_t told;

        arm_any_death(world, dice);
        told = ask(world, s, id);
        check_told(world, id, told, expected, where);
        world_check_moved_once(world, where);
        fake_clock_advance(apr_time_from_sec(test_random_in(dice, 0, 90)));
    }
    world->store->dice = world->klarna->dice = NULL;
}

static void storms(void **state)
{
    const scenario_t *s = *state;
    const char *expected, *where;
    apr_pool_t *p, *run;

    apr_pool_create(&p, NULL);
    expected = without_fault(p, s);
    for (uint64_t seed = 1; seed <= STORMS; seed++) {
        test_random_t dice = {seed};
        world_t *world;
        const char *id;

        apr_pool_create(&run, p);
        world = world_make(run);
        id = ready(world, s);
        where = apr_psprintf(run, "%s, storm %d", s->name, (int)seed);
        storm(world, s, id, expected, &dice, where);
        ask_again(world, s, id);
        sweep(world);
        check_end(world, s, id, expected, where);
        apr_pool_destroy(run);
    }
    apr_pool_destroy(p);
}

/* A worker's round, in a process that may die in it. */
static void mortal_round(world_t *world)
{
    apr_pool_t *p;

    apr_pool_create(&p, world->p);
    if (setjmp(world->process.death) == 0) {
        world_round(world, p);
    }
    fake_process_calm(&world->process);
    apr_pool_destroy(p);
}

/* One request, then workers that die and fail like everything else, then calm. */
static void worker_storms(void **state)
{
    const scenario_t *s = *state;
    const char *expected, *where, *before;
    apr_pool_t *p, *run;

    apr_pool_create(&p, NULL);
    expected = without_fault(p, s);
    for (uint64_t seed = 1; seed <= STORMS; seed++) {
        test_random_t dice = {seed};
        world_t *world;
        outcome_t told;
        const char *id;

        apr_pool_create(&run, p);
        world = world_make(run);
        id = ready(world, s);
        before = world_ledgers(world, run, id);
        where = apr_psprintf(run, "%s, worker storm %d", s->name, (int)seed);
        world->store->dice = world->klarna->dice = &dice;
        world->store->percent = world->klarna->percent = 20;
        arm_any_death(world, &dice);
        told = ask(world, s, id);
        for (int i = 0; i < 12; i++) {
            fake_clock_advance(apr_time_from_sec(test_random_in(&dice, 1, 90)));
            arm_any_death(world, &dice);
            mortal_round(world);
            world_check_moved_once(world, where);
        }
        world->store->dice = world->klarna->dice = NULL;
        leave_to_the_worker(world, s, id, told, before, expected, where);
        apr_pool_destroy(run);
    }
    apr_pool_destroy(p);
}

/* Every family of faults over every scenario. */
int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction test;
    } families[] = {{"transport", transport_fails},
                    {"store", store_fails},
                    {"death", process_dies},
                    {"storms", storms},
                    {"worker storms", worker_storms}};
    enum {
        FAMILIES = sizeof(families) / sizeof(families[0]),
        SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0])
    };
    struct CMUnitTest tests[FAMILIES * SCENARIOS];
    apr_pool_t *p;
    int rv;

    apr_initialize();
    apr_pool_create(&p, NULL);
    for (int i = 0; i < FAMILIES * SCENARIOS; i++) {
        const scenario_t *s = &scenarios[i % SCENARIOS];

        tests[i] = (struct CMUnitTest){apr_psprintf(p, "%s: %s", families[i / SCENARIOS].name,
                                                    s->name),
                                       families[i / SCENARIOS].test, NULL, NULL, (void *)s};
    }
    rv = cmocka_run_group_tests_name("service faults", tests, NULL, NULL);
    apr_pool_destroy(p);
    apr_terminate();
    return rv;
}
