/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A round of the background worker: which of what is due is worked on next, and when to stop.
 * An account in a database is a lane. The rules:
 *
 * - A lane's batch is read unit by unit, the most urgent first; each unit gets what those before
 *   it left of the batch, and a tenth at least. A full batch that came on is read again at once.
 * - Lanes take turns, one thing each. With more than one, none has more than half of the threads.
 * - An outage ends the lane's batch, whatever the unit: the rest would meet the same. A lane works
 *   on one thing at a time then, on twice as many after each success: a Klarna that does not
 *   answer holds one thread and not all. What fails otherwise ends nothing.
 *
 * A round is worked by one or more threads, each in kl_round_work. It keeps no time: kl_round_ask
 * says when a lane is to be asked what is due.
 */
#ifndef KL_ROUND_H
#define KL_ROUND_H

#include "service/units.h"

#define KL_ROUND_BATCH 100
#define KL_ROUND_LEAST (KL_ROUND_BATCH / 10) /* of each unit */
#define KL_ROUND_MAX_THREADS 256

/* What the round needs from its caller. All are called from any of its threads. */
typedef struct kl_round_runner_t {
    /** Makes the service for one unit of that lane, everything in p. */
    void (*service)(void *lane, apr_pool_t *p, kl_service_t *svc);
    void (*tell)(void *lane, const kl_told_t *told);
    /** 1 when no further unit may begin. */
    int (*stop)(void);
    /** How long to wait before something that calls Klarna is begun; NULL: never. */
    apr_interval_time_t (*wait)(void *lane);
    void (*sleep)(apr_interval_time_t);
    /** Starts another thread in kl_round_work; 0 when it cannot. NULL: there is none. */
    int (*more)(void *baton);
    void *baton;
    int threads; /* that there may be, 1..KL_ROUND_MAX_THREADS */
} kl_round_runner_t;

typedef struct kl_round_t kl_round_t;
typedef struct kl_lane_t kl_lane_t;

/** Made before there are threads. runner lives as long as p. */
kl_round_t *kl_round_make(apr_pool_t *p, const kl_round_runner_t *runner);
/** A lane more, before there are threads; of is what the runner's functions are given. */
kl_lane_t *kl_round_add(kl_round_t *round, void *of);

/** Lets the lane be asked anew what is due: what it has not begun is forgotten and read again. */
void kl_round_ask(kl_round_t *round, kl_lane_t *lane);
/** Lets the lane end after what it has begun. */
void kl_round_leave(kl_round_t *round, kl_lane_t *lane);

/** Sees that a thread looks at what was asked; 0 when none can. */
int kl_round_wake(kl_round_t *round);
/** 1 while a thread has something to do. */
int kl_round_is_busy(kl_round_t *round);
/** 1 when every thread has left kl_round_work. */
int kl_round_has_ended(kl_round_t *round);

/**
 * Works until nothing can be begun. A thread that kl_round_wake or runner->more started calls
 * it once.
 * @return how many things it worked on
 */
int kl_round_work(kl_round_t *round);

#endif
