/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every action of the services while every single call it makes fails: each HTTP exchange
 * in every way, each store call before and after the database did it, and the death of the
 * process at every step. Then the client asks again with its key, or somebody walks the
 * operation that holds the order, or nobody asks and the worker alone goes on; whatever
 * happened, the end must be the same as without a fault: moved once, booked as moved, nothing
 * left over. Only what was promised to nobody may come to nothing.
 */
#include "tests/unit/scenarios.h"

#include <apr_general.h>
#include <apr_strings.h>

#define MAX_STEPS 60 /* more than any action takes */

/* Who goes on after the fault. */
typedef enum { ASKED_AGAIN, WALKED_FIRST, LEFT_TO_THE_WORKER, RESCUES } rescue_t;

static const char *const rescues[RESCUES] = {"asked again", "walked by another",
                                             "left to the worker"};

/* A fault in one world: how it is armed, and whether it came to pass. */
typedef struct fault_t {
    const char *what;
    int kind;
    world_arm_fn arm;
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
    id = scenario_ready(world, s);
    where = apr_psprintf(p, "%s, %s %d, %s", s->name, fault->what, n, rescues[rescue]);
    before = world_ledgers(world, p, id);
    fault->arm(world, n, fault->kind);
    outcome = scenario_ask(world, s, id);
    fired = fault->fired(world, outcome, n);
    fake_store_arm(world->store, 0, 0);
    fake_klarna_arm(world->klarna, 0, 0);
    scenario_check_told(world, id, outcome, expected, where);
    world_check_moved_once(world, where);
    if (fake_clock_slept() > apr_time_from_sec(10) * KL_MAX_CHAIN) {
        fail_msg("%s: slept too long", where);
    }
    if (rescue == WALKED_FIRST) {
        scenario_walk_pending(world, id);
    }
    else if (rescue == LEFT_TO_THE_WORKER) {
        scenario_leave_to_the_worker(world, s, id, outcome, before, expected, where);
    }
    scenario_ask_again(world, s, id);
    scenario_check_end(world, s, id, expected, where);
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
    expected = scenario_without_fault(p, s);
    for (n = 1; survives(p, s, fault, n, ASKED_AGAIN, expected); n++) {
        assert_true(n < MAX_STEPS);
        survives(p, s, fault, n, WALKED_FIRST, expected);
        survives(p, s, fault, n, LEFT_TO_THE_WORKER, expected);
    }
    assert_true(n > 1); /* the fault was met at least once */
    apr_pool_destroy(p);
}

/* --- exchanges ------------------------------------------------------------------------ */

static int klarna_fired(const world_t *world, outcome_t outcome, int n)
{
    (void)outcome;
    return world->klarna->calls >= n;
}

static void exchange_fails(void **state)
{
    for (int kind = 0; kind < FAKE_KLARNA_FAULTS; kind++) {
        fault_t fault = {fake_klarna_fault_name((fake_klarna_fault_t)kind), kind, world_arm_klarna,
                         klarna_fired};

        at_every_call(*state, &fault);
    }
}

/* --- store ---------------------------------------------------------------------------- */

static int store_fired(const world_t *world, outcome_t outcome, int n)
{
    (void)outcome;
    return world->store->calls >= n;
}

static void store_fails(void **state)
{
    static const fault_t faults[] = {
        {"store fails before call", FAKE_STORE_FAILS_BEFORE, world_arm_store, store_fired},
        {"store fails after call", FAKE_STORE_FAILS_AFTER, world_arm_store, store_fired},
        {"store is gone from call", FAKE_STORE_IS_GONE, world_arm_store, store_fired},
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        at_every_call(*state, &faults[i]);
    }
}

/* --- death ---------------------------------------------------------------------------- */

static int has_died(const world_t *world, outcome_t outcome, int n)
{
    (void)world;
    (void)n;
    return outcome.died;
}

static void process_dies(void **state)
{
    static const fault_t faults[] = {
        {"death before step", 0, world_arm_death, has_died},
        {"death after step", 1, world_arm_death, has_died},
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        at_every_call(*state, &faults[i]);
    }
}

/* Every family of faults over every scenario. */
int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction test;
    } families[] = {{"exchange", exchange_fails}, {"store", store_fails}, {"death", process_dies}};
    enum { FAMILIES = sizeof(families) / sizeof(families[0]) };
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
