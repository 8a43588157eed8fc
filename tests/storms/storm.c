/* SPDX-License-Identifier: Apache-2.0 */
/* See storm.h. */
#include "storm.h"

#include "tests/unit/scenarios.h"

#include <apr_strings.h>

/* What is random in a world beside its scenario. */
typedef struct storm_t {
    world_t *world;
    const scenario_t *s;
    test_random_t dice;
    const char *id;
    const char *before, *expected; /* both ledgers, as found and as they must be */
    const char *where;             /* for messages */
} storm_t;

static void blows(storm_t *storm, int percent)
{
    storm->world->store->dice = storm->world->klarna->dice = &storm->dice;
    storm->world->store->percent = storm->world->klarna->percent = percent;
}

static void is_over(storm_t *storm)
{
    storm->world->store->dice = storm->world->klarna->dice = NULL;
}

static int64_t roll(storm_t *storm, int64_t low, int64_t high)
{
    return test_random_in(&storm->dice, low, high);
}

/* A third of all processes die at some step. */
static void arm_any_death(storm_t *storm)
{
    fake_process_t *process = &storm->world->process;

    process->die_at = roll(storm, 0, 2) == 0 ? (int)roll(storm, 1, 20) : 0;
    process->die_after = (int)roll(storm, 0, 1);
}

static void time_passes(storm_t *storm)
{
    fake_clock_advance(apr_time_from_sec(roll(storm, 0, 90)));
}

/* A worker's round, in a process that may die in it. */
static void mortal_round(storm_t *storm)
{
    world_t *world = storm->world;
    apr_pool_t *p;

    apr_pool_create(&p, world->p);
    arm_any_death(storm);
    if (setjmp(world->process.death) == 0) {
        world_round(world, p);
    }
    fake_process_calm(&world->process);
    apr_pool_destroy(p);
}

/* --- the kinds of storms ---------------------------------------------------------------- */

/* The client asks again and again. */
static void asked_again(storm_t *storm)
{
    for (int i = 0; i < 8; i++) {
        outcome_t told;

        arm_any_death(storm);
        told = scenario_ask(storm->world, storm->s, storm->id);
        scenario_check_told(storm->world, storm->id, told, storm->expected, storm->where);
        world_check_moved_once(storm->world, storm->where);
        time_passes(storm);
    }
    is_over(storm);
    scenario_ask_again(storm->world, storm->s, storm->id);
    scenario_sweep(storm->world);
    scenario_check_end(storm->world, storm->s, storm->id, storm->expected, storm->where);
}

/* One request, then workers that die and fail like everything else, then calm. */
static void left_to_the_worker(storm_t *storm)
{
    outcome_t told;

    arm_any_death(storm);
    told = scenario_ask(storm->world, storm->s, storm->id);
    for (int i = 0; i < 12; i++) {
        fake_clock_advance(apr_time_from_sec(1));
        time_passes(storm);
        mortal_round(storm);
        world_check_moved_once(storm->world, storm->where);
    }
    is_over(storm);
    scenario_leave_to_the_worker(storm->world, storm->s, storm->id, told, storm->before,
                                 storm->expected, storm->where);
}

/* The client asks, and the worker goes on meanwhile. */
static void by_turns(storm_t *storm)
{
    for (int i = 0; i < 10; i++) {
        if (roll(storm, 0, 1)) {
            outcome_t told;

            arm_any_death(storm);
            told = scenario_ask(storm->world, storm->s, storm->id);
            scenario_check_told(storm->world, storm->id, told, storm->expected, storm->where);
        }
        else {
            mortal_round(storm);
        }
        world_check_moved_once(storm->world, storm->where);
        time_passes(storm);
    }
    is_over(storm);
    scenario_ask_again(storm->world, storm->s, storm->id);
    scenario_sweep(storm->world);
    scenario_check_end(storm->world, storm->s, storm->id, storm->expected, storm->where);
}

static const struct {
    const char *name;
    void (*run)(storm_t *storm);
} kinds[] = {{"asked again", asked_again},
             {"left to the worker", left_to_the_worker},
             {"by turns", by_turns}};

#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

/* --- a world ------------------------------------------------------------------------------ */

/* The same in every world, so it is made once. */
static const char *expected_of(const scenario_t *s)
{
    static const char *known[SCENARIOS];
    static apr_pool_t *forever;
    const char **mine = &known[s - scenarios];

    if (!*mine) {
        if (!forever) {
            apr_pool_create(&forever, NULL);
        }
        *mine = scenario_without_fault(forever, s);
    }
    return *mine;
}

void storm_run(apr_pool_t *p, uint64_t seed)
{
    storm_t storm = {.dice = {seed}};
    int kind;

    storm.s = &scenarios[roll(&storm, 0, SCENARIOS - 1)];
    kind = (int)roll(&storm, 0, KINDS - 1);
    storm.expected = expected_of(storm.s);
    storm.world = world_make(p);
    storm.where = apr_psprintf(p, "%s, %s", storm.s->name, kinds[kind].name);
    storm.id = scenario_ready(storm.world, storm.s);
    storm.before = world_ledgers(storm.world, p, storm.id);
    fake_random_seed(test_random(&storm.dice));
    blows(&storm, (int)roll(&storm, 5, 40));
    kinds[kind].run(&storm);
}
