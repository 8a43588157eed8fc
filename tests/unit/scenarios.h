/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every action of the services as a scenario that some fault strikes, and what must hold
 * after it: what a client was told was true, and in the end everything is as it is without a
 * fault, whoever goes on. For the fault tests (each fault at each call) and for the storms
 * (tests/storms), which strike at random.
 */
#ifndef KL_TEST_SCENARIOS_H
#define KL_TEST_SCENARIOS_H

#include "service_fixture.h"

typedef struct scenario_t {
    const char *name;
    const char *(*setup)(world_t *world);
    act_fn act;
    const char *refuses; /* what Klarna refuses, or NULL */
    int refuses_used_token;
    int fraud_review;     /* the order is PENDING here, and accepted at Klarna since */
    int may_stay_unknown; /* no key and no echo: the id of a lost answer is not found out */
} scenario_t;

enum { SCENARIOS = 34 };
extern const scenario_t scenarios[SCENARIOS];

typedef struct outcome_t {
    kl_kind_t kind;
    int died;
    kl_op_state_t state; /* when kind is KL_OK */
} outcome_t;

/** The world as the scenario finds it; gives the order's id. */
const char *scenario_ready(world_t *world, const scenario_t *s);
/** One request of the client, in a process that may die in it. */
outcome_t scenario_ask(world_t *world, const scenario_t *s, const char *id);
/** The client asks again until it has its answer. */
outcome_t scenario_ask_again(world_t *world, const scenario_t *s, const char *id);
/** Somebody walks what holds the order, as a worker would. */
void scenario_walk_pending(world_t *world, const char *id);
/** A worker looks after what nobody asks for any more. */
void scenario_sweep(world_t *world);

/** Both ledgers at the end, when nothing goes wrong. */
const char *scenario_without_fault(apr_pool_t *p, const scenario_t *s);
/** What the client was told must be true at that moment. */
void scenario_check_told(const world_t *world, const char *id, outcome_t told, const char *expected,
                         const char *where);
/** In the end it is as without a fault. */
void scenario_check_end(const world_t *world, const scenario_t *s, const char *id,
                        const char *expected, const char *where);
/** The worker alone brings it to its end. Nothing may have come of it only when the client was
 *  promised nothing. */
void scenario_leave_to_the_worker(world_t *world, const scenario_t *s, const char *id,
                                  outcome_t told, const char *before, const char *expected,
                                  const char *where);

#endif
