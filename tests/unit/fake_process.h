/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process the service runs in, as the fake store and the fake Klarna see it: every call
 * to either is one step, at which the process may die or somebody else may act. Its clock
 * and its random numbers are made here too, so that a run repeats itself exactly.
 */
#ifndef KL_TEST_FAKE_PROCESS_H
#define KL_TEST_FAKE_PROCESS_H

#include "support.h"

#include <apr_time.h>

typedef struct fake_process_t {
    int steps;                 /* made since the counter was last set to 0 */
    int die_at;                /* the step at which it dies, 0 = never */
    int die_after;             /* 1: the call is executed first */
    jmp_buf death;             /* set by whoever runs the process, before a death is armed */
    void (*hook)(void *baton); /* somebody else, asked before every step, or NULL; what it
                                  does is not counted and does not fail */
    void *baton;
    int in_hook;
} fake_process_t;

/** Called by the fakes before and after they execute a call. */
void fake_step_begins(fake_process_t *process);
void fake_step_ends(fake_process_t *process);

/** Neither death nor hook, counter at 0. */
void fake_process_calm(fake_process_t *process);

/* The one clock of all services of a test; it moves by these only. */
void fake_clock_set(apr_time_t t);
void fake_clock_advance(apr_interval_time_t t);
apr_time_t fake_clock_now(void);
/** A sleep moves the clock. */
void fake_clock_sleep(apr_interval_time_t t);
/** How long was slept since the clock was set. */
apr_interval_time_t fake_clock_slept(void);

void fake_random_seed(uint64_t seed);
int fake_random(unsigned char *buf, apr_size_t len);
/** A system that gives none. */
int fake_random_none(unsigned char *buf, apr_size_t len);

#endif
