/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's clockwork: mod_watchdog's tick, threads, logging and the child's end. What there is
 * to do is in service/units.c, its order in service/round.c.
 */
#include "worker.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_general.h>
#include <apr_hash.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <apr_thread_pool.h>
#include <http_log.h>
#include <mod_watchdog.h>
#include <string.h>
#include "child.h"
#include "klarna_module.h"
#include "service/round.h"
#include "settings.h"

#define ROUND apr_time_from_sec(1)
#define UNIT_LIMIT apr_time_from_sec(8) /* of a Klarna call: a hard stop waits 9 s */
#define TAG 7                           /* bytes: KLA0000 */
#define STEP apr_time_from_msec(20)

/* Of all that have the same account in the same database, virtual hosts of this process or others,
 * one polls. Should it die, another does after a few seconds. */
#define LEASE apr_time_from_sec(5)
#define PROLONG (LEASE / 2)         /* before its end */
#define LATER apr_time_from_msec(4) /* times 0 to 255 */

/* An account of a server: what a lane of the round is. */
typedef struct duty_t {
    server_rec *s;
    const kl_account_t *account;
    kl_lane_t *lane;
    const char *holder; /* this duty's name in the lease */
    int held;
    apr_time_t ends;           /* of the lease, whoever has it */
    apr_interval_time_t later; /* that this one asks, for not all to ask at once */
} duty_t;

/* Of this process; made in child_init. */
static struct {
    kl_round_t *round; /* NULL: the worker is off */
    kl_round_runner_t runner;
    apr_array_header_t *duties; /* of duty_t * */
    apr_thread_pool_t *threads;
    volatile apr_uint32_t stopping, ticking;
} worker;

static int told_to_stop(void)
{
    int state = AP_MPMQ_RUNNING;

    return apr_atomic_read32(&worker.stopping)
           || (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING);
}

/* --- what the round asks for ---------------------------------------------------------------- */

static void make_service(void *lane, apr_pool_t *p, kl_service_t *svc)
{
    const duty_t *duty = lane;

    kl_child_worker_service(svc, p, duty->s, duty->account);
    if (svc->timeout > UNIT_LIMIT) {
        svc->timeout = UNIT_LIMIT;
    }
}

static apr_interval_time_t klarna_waits(void *lane)
{
    const duty_t *duty = lane;

    return kl_child_worker_waits(duty->account);
}

/* Of what the database makes fail, one entry of each kind is enough: a tag names the kind. */
static void log_line(void *lane, const kl_told_t *told)
{
    const duty_t *duty = lane;
    kl_trouble_t *trouble = kl_settings_server(duty->s)->trouble;
    const char *more = "";
    apr_pool_t *p = NULL;

    apr_pool_create(&p, NULL);
    if (told->database) {
        more = kl_trouble_happened(trouble, p, apr_pstrmemdup(p, told->text, TAG));
    }
    if (more) {
        ap_log_error(APLOG_MARK, told->level == KL_TOLD_WARNING ? APLOG_WARNING : APLOG_INFO, 0,
                     duty->s, "%s", apr_pstrcat(p, told->text, more, NULL));
    }
    apr_pool_destroy(p);
}

static void rest(apr_interval_time_t t)
{
    apr_sleep(t);
}

static void *run(apr_thread_t *thread, void *round)
{
    (void)thread;
    kl_round_work(round);
    return NULL;
}

static int start_thread(void *unused)
{
    (void)unused;
    return apr_thread_pool_push(worker.threads, run, worker.round, APR_THREAD_TASK_PRIORITY_NORMAL,
                                NULL)
           == APR_SUCCESS;
}

/* --- the lease ---------------------------------------------------------------------------------
 */

static kl_kind_t ask_for_lease(duty_t *duty, apr_time_t now, apr_interval_time_t length)
{
    kl_worker_lease_t lease = {duty->account->name, duty->holder, now, now + length};
    kl_store_t *store = kl_settings_server(duty->s)->store;
    apr_pool_t *p = NULL;
    kl_kind_t rv;

    apr_pool_create(&p, NULL);
    rv = store->worker_lease(store, p, &lease, kl_error_make(p));
    duty->ends = lease.until;
    apr_pool_destroy(p);
    return rv;
}

/* 1 when it polls for the next second. Without a database that tells it goes on: that cannot be
 * read is the round's to say. Who waits comes back when the lease has ended, not all at once. */
static int holds_lease(duty_t *duty, apr_time_t now)
{
    if (duty->held ? duty->ends - now > PROLONG : now < duty->ends + duty->later) {
        return duty->held;
    }
    duty->held = ask_for_lease(duty, now, LEASE) != KL_CONFLICT;
    return duty->held;
}

static void give_leases_back(void)
{
    for (int i = 0; i < worker.duties->nelts; i++) {
        duty_t *duty = APR_ARRAY_IDX(worker.duties, i, duty_t *);

        if (duty->held) {
            (void)ask_for_lease(duty, apr_time_now(), 0);
        }
    }
}

/* --- the child's beginning and end ---------------------------------------------------------- */

/* mod_watchdog cuts its callbacks off when a child ends; a pre-cleanup of the child's pool runs
 * before that and waits. A unit is bounded, and so is this. */
static apr_status_t drain(void *unused)
{
    (void)unused;
    apr_atomic_xchg32(&worker.stopping, 1);
    while (apr_atomic_read32(&worker.ticking) || !kl_round_has_ended(worker.round)) {
        apr_sleep(STEP);
    }
    give_leases_back();
    return apr_thread_pool_destroy(worker.threads);
}

static int random_bytes(unsigned char *buf, apr_size_t len)
{
    return apr_generate_random_bytes(buf, len) == APR_SUCCESS;
}

static void add_duties(apr_pool_t *p, server_rec *s)
{
    kl_server_settings_t *cfg = kl_settings_server(s);
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(p, cfg->accounts); hi; hi = apr_hash_next(hi)) {
        kl_account_settings_t *account = apr_hash_this_val(hi);
        duty_t *duty = apr_pcalloc(p, sizeof(*duty));
        unsigned char dice = 0;

        (void)random_bytes(&dice, 1);
        duty->later = LATER * dice;
        duty->holder = kl_id_uuid(p, random_bytes);
        duty->s = s;
        duty->account = &account->account;
        duty->lane = kl_round_add(worker.round, duty);
        APR_ARRAY_PUSH(worker.duties, duty_t *) = duty;
    }
}

/* In memory of its own, with a mutex: pchild is not for several threads. */
static int make_threads(void)
{
    apr_pool_t *p = NULL;

    return apr_pool_create(&p, NULL) == APR_SUCCESS
           && apr_thread_pool_create(&worker.threads, 0, worker.runner.threads, p) == APR_SUCCESS;
}

void kl_worker_child_init(apr_pool_t *pchild, server_rec *s)
{
    memset(&worker, 0, sizeof(worker));
    if (!kl_worker_is_wanted(s)) {
        return;
    }
    worker.runner = (kl_round_runner_t){.service = make_service,
                                        .tell = log_line,
                                        .stop = told_to_stop,
                                        .wait = klarna_waits,
                                        .sleep = rest,
                                        .more = start_thread,
                                        .threads = kl_settings_most_threads(s)};
    if (!make_threads()) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s, "KLA0036: the worker has no threads");
        return;
    }
    worker.round = kl_round_make(pchild, &worker.runner);
    worker.duties = apr_array_make(pchild, 4, sizeof(duty_t *));
    for (; s; s = s->next) {
        if (kl_settings_worker_threads(kl_settings_server(s)) > 0) {
            add_duties(pchild, s);
        }
    }
    apr_pool_pre_cleanup_register(pchild, NULL, drain);
}

/* --- the clock ------------------------------------------------------------------------------ */

static void ask_all(void)
{
    for (int i = 0; i < worker.duties->nelts; i++) {
        duty_t *duty = APR_ARRAY_IDX(worker.duties, i, duty_t *);

        if (holds_lease(duty, apr_time_now())) {
            kl_round_ask(worker.round, duty->lane);
        }
        else {
            kl_round_leave(worker.round, duty->lane);
        }
    }
    if (!kl_round_wake(worker.round)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, APR_ARRAY_IDX(worker.duties, 0, duty_t *)->s,
                     "KLA0037: the worker cannot start a thread");
    }
}

/* Until the time of the next round, or nothing is left to do. */
static void wait_a_round(void)
{
    apr_time_t end = apr_time_now() + ROUND;

    while (kl_round_is_busy(worker.round) && apr_time_now() < end && !told_to_stop()) {
        apr_sleep(STEP);
    }
}

/* Anything but APR_SUCCESS, in any state, would end the callback for good. */
static apr_status_t tick(int state, void *data, apr_pool_t *p)
{
    (void)data, (void)p;
    if (state != AP_WATCHDOG_STATE_RUNNING || !worker.round) {
        return APR_SUCCESS;
    }
    /* First the flag, then the question: else drain could find no tick running between the two, and
     * the child would be torn down under a round that is starting. An exchange is a full barrier.
     */
    apr_atomic_xchg32(&worker.ticking, 1);
    while (!told_to_stop()) {
        ask_all();
        wait_a_round();
        if (!kl_round_is_busy(worker.round)) {
            break;
        }
    }
    apr_atomic_set32(&worker.ticking, 0);
    return APR_SUCCESS;
}

int kl_worker_is_wanted(server_rec *s)
{
    for (; s; s = s->next) {
        if (kl_settings_worker_threads(kl_settings_server(s)) > 0
            && apr_hash_count(kl_settings_server(s)->accounts)) {
            return 1;
        }
    }
    return 0;
}

int kl_worker_register(apr_pool_t *pconf, server_rec *s)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get = APR_RETRIEVE_OPTIONAL_FN(
        ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add = APR_RETRIEVE_OPTIONAL_FN(
        ap_watchdog_register_callback);
    ap_watchdog_t *watchdog = NULL;
    apr_status_t rv;

    if (!kl_worker_is_wanted(s)) {
        return OK;
    }
    rv = get(&watchdog, "_klarna_", 0, 0, pconf);
    if (rv == APR_SUCCESS) {
        rv = add(watchdog, ROUND, s, tick);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, rv, s, "KLA0007: the worker cannot be started");
        return !OK;
    }
    return OK;
}
