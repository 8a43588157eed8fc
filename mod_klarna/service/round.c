/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See round.h. One mutex guards everything here; it is not held while a unit works, a batch is read
 * or a thread sleeps. A batch has a pool of its own, which is destroyed when the last thing taken
 * from it has ended.
 */
#include "service/round.h"

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <string.h>

#define LONGEST_WAIT apr_time_from_msec(20)
#define LINGER apr_time_from_msec(250) /* before a thread that has nothing to do ends */

typedef struct thing_t {
    const kl_unit_t *unit;
    kl_due_t due;
} thing_t;

typedef struct batch_t {
    apr_pool_t *p;
    apr_array_header_t *things; /* of thing_t */
    int next;                   /* the first not yet taken */
    int taken;                  /* so many are being worked on */
    int full;                   /* there may be more in the database */
    int came_on;                /* something in it ended well */
} batch_t;

struct kl_lane_t {
    void *of;
    batch_t *batch; /* NULL: nothing was read */
    int led;        /* 1: asked once, and not left since */
    int asked;      /* 1: what is due must be read */
    int reading;
    int width; /* so many may be worked on at a time */
    int working;
    const char *at[KL_ROUND_MAX_THREADS]; /* their ids, NULL where none is */
};

struct kl_round_t {
    apr_pool_t *p;
    const kl_round_runner_t *runner;
    apr_thread_mutex_t *mutex;
    apr_array_header_t *lanes; /* of kl_lane_t * */
    int led;                   /* how many lanes are */
    int turn;                  /* the lane that is asked first */
    int threads;               /* started and not ended */
    int idle;                  /* of these: how many have nothing to do */
    int waiting;               /* 1: one of these waits for room */
    apr_thread_cond_t *work;   /* for idle threads */
};

/* What a thread has taken: a lane's batch to read, or one thing of it. */
typedef struct task_t {
    kl_lane_t *lane;
    batch_t *batch;
    thing_t thing; /* unit NULL: the batch is to be read */
    int place;     /* in lane->at */
} task_t;

kl_round_t *kl_round_make(apr_pool_t *p, const kl_round_runner_t *runner)
{
    kl_round_t *round = apr_pcalloc(p, sizeof(*round));

    round->p = p;
    round->runner = runner;
    round->lanes = apr_array_make(p, 4, sizeof(kl_lane_t *));
    apr_thread_mutex_create(&round->mutex, APR_THREAD_MUTEX_DEFAULT, p);
    apr_thread_cond_create(&round->work, p);
    return round;
}

kl_lane_t *kl_round_add(kl_round_t *round, void *of)
{
    kl_lane_t *lane = apr_pcalloc(round->p, sizeof(*lane));

    lane->of = of;
    lane->width = 1;
    APR_ARRAY_PUSH(round->lanes, kl_lane_t *) = lane;
    return lane;
}

static void lock(kl_round_t *round)
{
    apr_thread_mutex_lock(round->mutex);
}

static void unlock(kl_round_t *round)
{
    apr_thread_mutex_unlock(round->mutex);
}

/* --- batches ------------------------------------------------------------------------------ */

/* With an allocator of its own: it is made, used and freed by different threads, one at a time. */
static apr_pool_t *make_pool(void)
{
    apr_allocator_t *allocator = NULL;
    apr_pool_t *p = NULL;

    if (apr_allocator_create(&allocator) == APR_SUCCESS
        && apr_pool_create_ex(&p, NULL, NULL, allocator) == APR_SUCCESS) {
        apr_allocator_owner_set(allocator, p);
    }
    return p;
}

static int is_used_up(const batch_t *batch)
{
    return !batch || batch->next == batch->things->nelts;
}

/* Forgets what has not been taken of the lane's batch. */
static void drop_batch(kl_lane_t *lane)
{
    batch_t *batch = lane->batch;

    lane->batch = NULL;
    if (batch && batch->taken == 0) {
        apr_pool_destroy(batch->p);
    }
}

static int is_worked_on(const kl_lane_t *lane, const char *id)
{
    for (int i = 0; i < KL_ROUND_MAX_THREADS; i++) {
        if (lane->at[i] && strcmp(lane->at[i], id) == 0) {
            return 1;
        }
    }
    return 0;
}

static kl_kind_t read_unit(kl_service_t *svc, const kl_unit_t *unit, batch_t *batch,
                           kl_error_t *err)
{
    int limit = KL_ROUND_BATCH - batch->things->nelts;
    apr_array_header_t *due = NULL;
    kl_kind_t rv;

    limit = limit < KL_ROUND_LEAST ? KL_ROUND_LEAST : limit;
    rv = unit->due(svc, limit, &due, err);
    for (int i = 0; rv == KL_OK && i < due->nelts; i++) {
        APR_ARRAY_PUSH(batch->things, thing_t) = (thing_t){unit, APR_ARRAY_IDX(due, i, kl_due_t)};
    }
    batch->full |= rv == KL_OK && due->nelts >= limit;
    return rv;
}

/* NULL when the database does not answer. */
static batch_t *read_batch(kl_round_t *round, kl_lane_t *lane)
{
    apr_pool_t *p = make_pool();
    batch_t *batch = p ? apr_pcalloc(p, sizeof(*batch)) : NULL;
    kl_error_t *err;
    kl_service_t svc;
    kl_told_t told = {0};

    if (!batch) {
        return NULL;
    }
    err = kl_error_make(p);
    batch->p = p;
    batch->things = apr_array_make(p, KL_ROUND_BATCH, sizeof(thing_t));
    round->runner->service(lane->of, p, &svc);
    for (const kl_unit_t *unit = kl_units; unit->name; unit++) {
        if (read_unit(&svc, unit, batch, err) != KL_OK) {
            kl_unit_tell(&told, p, KL_TOLD_WARNING,
                         "KLA0034: the worker cannot read what is due: %s", err->detail);
            told.database = kl_error_is_database(err);
            round->runner->tell(lane->of, &told);
            apr_pool_destroy(p);
            return NULL;
        }
    }
    return batch;
}

static void read_lane(kl_round_t *round, kl_lane_t *lane)
{
    batch_t *batch = read_batch(round, lane);

    lock(round);
    lane->reading = 0;
    lane->width = batch ? lane->width : 1;
    drop_batch(lane);
    lane->batch = batch;
    unlock(round);
}

/* --- taking ------------------------------------------------------------------------------- */

/* So many of one lane at a time, so that the others' do not wait for a slow Klarna. */
static int widest(const kl_round_t *round)
{
    int threads = round->runner->threads;

    return round->led < 2 || threads < 2 ? threads : threads / 2;
}

/* Passes over what is still being worked on and was read again. */
static void pass_over(kl_lane_t *lane)
{
    batch_t *batch = lane->batch;

    while (!is_used_up(batch)
           && is_worked_on(lane, APR_ARRAY_IDX(batch->things, batch->next, thing_t).due.id)) {
        batch->next++;
    }
    if (is_used_up(batch)) {
        lane->asked |= batch && batch->full && batch->came_on;
        drop_batch(lane);
    }
}

static int free_place(const kl_lane_t *lane)
{
    int place = 0;

    while (lane->at[place]) {
        place++;
    }
    return place;
}

/* 1 when the lane gave something; else *wait may have become how long to wait for room. */
static int take_of(kl_round_t *round, kl_lane_t *lane, task_t *task, apr_interval_time_t *wait)
{
    apr_interval_time_t pause;

    if (lane->reading) {
        return 0;
    }
    pass_over(lane);
    *task = (task_t){.lane = lane};
    if (lane->asked) {
        lane->asked = 0;
        lane->reading = 1;
        return 1;
    }
    if (!lane->batch || lane->working >= lane->width) {
        return 0;
    }
    pause = round->runner->wait ? round->runner->wait(lane->of) : 0;
    if (pause > 0) {
        *wait = *wait == 0 || pause < *wait ? pause : *wait;
        return 0;
    }
    task->batch = lane->batch;
    task->thing = APR_ARRAY_IDX(task->batch->things, task->batch->next++, thing_t);
    task->batch->taken++;
    task->place = free_place(lane);
    lane->at[task->place] = task->thing.due.id;
    lane->working++;
    return 1;
}

static int take(kl_round_t *round, task_t *task, apr_interval_time_t *wait)
{
    int n = round->lanes->nelts;

    *wait = 0;
    for (int i = 0; i < n; i++) {
        int lane = (round->turn + i) % n;

        if (take_of(round, APR_ARRAY_IDX(round->lanes, lane, kl_lane_t *), task, wait)) {
            round->turn = (lane + 1) % n;
            return 1;
        }
    }
    return 0;
}

/* --- working ------------------------------------------------------------------------------ */

static kl_kind_t work_on(kl_round_t *round, const task_t *task)
{
    apr_pool_t *p = make_pool();
    kl_told_t told = {0};
    kl_service_t svc;
    kl_error_t *err;
    kl_kind_t rv;

    if (!p) {
        return KL_UNAVAILABLE;
    }
    err = kl_error_make(p);
    round->runner->service(task->lane->of, p, &svc);
    rv = task->thing.unit->work(&svc, task->thing.due.item, &told, err);
    if (told.text) {
        told.database = rv != KL_OK && kl_error_is_database(err);
        round->runner->tell(task->lane->of, &told);
    }
    apr_pool_destroy(p);
    return rv;
}

static void put_down(kl_round_t *round, const task_t *task, kl_kind_t rv)
{
    kl_lane_t *lane = task->lane;
    batch_t *batch = task->batch;

    lane->at[task->place] = NULL;
    lane->working--;
    batch->taken--;
    if (kl_unit_is_outage(rv)) {
        lane->width = 1;
        lane->asked = 0;
        if (lane->batch != batch) {
            drop_batch(lane);
        }
        lane->batch = NULL;
    }
    else if (rv == KL_OK) {
        batch->came_on = 1;
        lane->width = lane->width * 2 < widest(round) ? lane->width * 2 : widest(round);
    }
    if (batch != lane->batch && batch->taken == 0) {
        apr_pool_destroy(batch->p);
    }
}

/* Under the lock, but while it works. */
static void carry_out(kl_round_t *round, const task_t *task)
{
    kl_kind_t rv;

    unlock(round);
    if (!task->thing.unit) {
        read_lane(round, task->lane);
        lock(round);
        return;
    }
    rv = work_on(round, task);
    lock(round);
    put_down(round, task, rv);
}

static int has_more(const kl_round_t *round)
{
    for (int i = 0; i < round->lanes->nelts; i++) {
        const kl_lane_t *lane = APR_ARRAY_IDX(round->lanes, i, kl_lane_t *);

        if (lane->asked || (!is_used_up(lane->batch) && lane->working < lane->width)) {
            return 1;
        }
    }
    return 0;
}

/* Under the lock: lets another thread look for work; 0 when there is none. */
static int start_another(kl_round_t *round)
{
    const kl_round_runner_t *runner = round->runner;

    if (round->waiting || round->threads - round->idle == runner->threads) {
        return 1;
    }
    if (round->idle > 0) {
        apr_thread_cond_signal(round->work);
        return 1;
    }
    round->threads++;
    if (runner->more && !runner->more(runner->baton)) {
        round->threads--;
    }
    return round->threads > 0;
}

/* Under the lock, but while it sleeps. One waits for all. */
static int wait_for_room(kl_round_t *round, apr_interval_time_t wait)
{
    if (wait == 0 || round->waiting) {
        return 0;
    }
    round->waiting = 1;
    unlock(round);
    round->runner->sleep(wait < LONGEST_WAIT ? wait : LONGEST_WAIT);
    lock(round);
    round->waiting = 0;
    return 1;
}

/* Under the lock, but while it waits. 0 when this thread should end. */
static int wait_for_work(kl_round_t *round)
{
    apr_status_t rv;

    if (!round->runner->more) {
        return 0;
    }
    round->idle++;
    rv = apr_thread_cond_timedwait(round->work, round->mutex, LINGER);
    round->idle--;
    return rv == APR_SUCCESS;
}

int kl_round_work(kl_round_t *round)
{
    apr_interval_time_t wait = 0;
    task_t task;
    int n = 0;

    lock(round);
    while (!round->runner->stop()) {
        if (take(round, &task, &wait)) {
            n += task.thing.unit != NULL;
            if (round->runner->more && has_more(round)) {
                (void)start_another(round);
            }
            carry_out(round, &task);
        }
        else if (!wait_for_room(round, wait) && !wait_for_work(round)) {
            break;
        }
    }
    round->threads--;
    unlock(round);
    return n;
}

/* --- the runner's side -------------------------------------------------------------------- */

void kl_round_ask(kl_round_t *round, kl_lane_t *lane)
{
    lock(round);
    round->led += !lane->led;
    lane->led = lane->asked = 1;
    unlock(round);
}

void kl_round_leave(kl_round_t *round, kl_lane_t *lane)
{
    lock(round);
    round->led -= lane->led;
    lane->led = lane->asked = 0;
    drop_batch(lane);
    unlock(round);
}

int kl_round_wake(kl_round_t *round)
{
    int woken;

    lock(round);
    woken = start_another(round);
    unlock(round);
    return woken;
}

int kl_round_is_busy(kl_round_t *round)
{
    int busy;

    lock(round);
    busy = round->threads > round->idle;
    unlock(round);
    return busy;
}

int kl_round_has_ended(kl_round_t *round)
{
    int ended;

    lock(round);
    ended = round->threads == 0;
    unlock(round);
    return ended;
}
