/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's clockwork; what a unit is stands in service/work.c. Each round asks for what
 * is due, store by store, and works it off one unit at a time, looking between units
 * whether the child is to end.
 */
#include "worker.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_hash.h>
#include <apr_optional.h>
#include <http_log.h>
#include <mod_watchdog.h>
#include <string.h>
#include "child.h"
#include "klarna_module.h"
#include "service/work.h"
#include "settings.h"

#define ROUND apr_time_from_sec(1)
#define BATCH 20                        /* units of one kind in a round */
#define UNIT_LIMIT apr_time_from_sec(8) /* of a Klarna call: a hard stop waits 9 s */
#define DRAIN_STEP apr_time_from_msec(20)

static volatile apr_uint32_t stopping; /* of this process */
static volatile apr_uint32_t working;

static int told_to_stop(void)
{
    int state = AP_MPMQ_RUNNING;

    return apr_atomic_read32(&stopping)
           || (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING);
}

/* mod_watchdog cuts its callbacks off when a child ends; a pre-cleanup of the child's pool
 * runs before that and waits. A unit is bounded, so this is too. */
static apr_status_t drain(void *unused)
{
    (void)unused;
    apr_atomic_xchg32(&stopping, 1);
    while (apr_atomic_read32(&working)) {
        apr_sleep(DRAIN_STEP);
    }
    return APR_SUCCESS;
}

void kl_worker_child_init(apr_pool_t *pchild)
{
    apr_atomic_set32(&stopping, 0);
    apr_atomic_set32(&working, 0);
    apr_pool_pre_cleanup_register(pchild, NULL, drain);
}

static void make_service(kl_service_t *svc, apr_pool_t *p, server_rec *s,
                         const kl_account_t *account)
{
    kl_child_service(svc, p, s, account, "worker");
    if (svc->timeout > UNIT_LIMIT) {
        svc->timeout = UNIT_LIMIT;
    }
}

/* Somebody else being quicker is the ordinary case with several workers. */
static int is_news(const kl_error_t *err)
{
    return err->kind != KL_CONFLICT && err->kind != KL_STALE;
}

static void work_operation(apr_pool_t *p, server_rec *s, const kl_account_t *account,
                           kl_operation_t *op)
{
    kl_error_t *err = kl_error_make(p);
    kl_service_t svc;

    make_service(&svc, p, s, account);
    if (kl_work_operation(&svc, &op, err) != KL_OK) {
        if (is_news(err)) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, "KLA0031: operation %s: %s: %s", op->id,
                         err->code, err->detail);
        }
        return;
    }
    ap_log_error(APLOG_MARK, op->state == KL_OP_UNKNOWN ? APLOG_WARNING : APLOG_INFO, 0, s,
                 "KLA0030: operation %s (%s) of order %s is %s after %d attempts%s%s", op->id,
                 kl_op_kind_name(op->kind), op->order_id, kl_op_state_name(op->state), op->attempts,
                 op->error_code[0] ? ": " : "", op->error_code);
}

/* Klarna or the database cannot be asked now: the rest of the batch would say the same. */
static int is_outage(const kl_error_t *err)
{
    return err->kind == KL_UNAVAILABLE || err->kind == KL_UNKNOWN || err->kind == KL_RATE_LIMITED;
}

/* 0 when the round should end. */
static int work_order(apr_pool_t *p, server_rec *s, const kl_account_t *account, kl_order_t *order)
{
    int auto_extend = kl_server_settings(s)->auto_extend == 1;
    kl_error_t *err = kl_error_make(p);
    const char *note = NULL;
    kl_service_t svc;

    make_service(&svc, p, s, account);
    if (kl_work_order(&svc, order, auto_extend, &note, err) != KL_OK) {
        if (is_news(err)) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, "KLA0033: order %s: %s: %s", order->id,
                         err->code, err->detail);
        }
        return !is_outage(err);
    }
    if (note) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, "KLA0032: order %s: %s", order->id, note);
    }
    return 1;
}

/* One store's due operations, then its due orders. */
static void work_store(apr_pool_t *p, server_rec *s, const kl_account_t *account)
{
    kl_store_t *store = kl_server_settings(s)->store;
    kl_error_t *err = kl_error_make(p);
    apr_array_header_t *due = NULL;
    apr_pool_t *unit;
    int i, go_on = 1;

    if (store->operations_due(store, p, account->name, apr_time_now(), BATCH, &due, err) != KL_OK) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "KLA0034: the worker cannot read what is "
                     "due: %s",
                     err->detail);
        return;
    }
    apr_pool_create(&unit, p);
    for (i = 0; i < due->nelts && !told_to_stop(); i++) {
        work_operation(unit, s, account, APR_ARRAY_IDX(due, i, kl_operation_t *));
        apr_pool_clear(unit);
    }
    if (store->orders_due(store, p, account->name, apr_time_now(), BATCH, &due, err) == KL_OK) {
        for (i = 0; i < due->nelts && go_on && !told_to_stop(); i++) {
            go_on = work_order(unit, s, account, APR_ARRAY_IDX(due, i, kl_order_t *));
            apr_pool_clear(unit);
        }
    }
    apr_pool_destroy(unit);
}

/* Virtual hosts that share a database and a store's name do the same work; who is second
 * finds it done. */
static void work_server(apr_pool_t *p, server_rec *s)
{
    kl_server_settings_t *cfg = kl_server_settings(s);
    kl_account_settings_t *account;
    apr_hash_index_t *hi;

    if (cfg->worker == 0 || !cfg->store) {
        return;
    }
    for (hi = apr_hash_first(p, cfg->accounts); hi && !told_to_stop(); hi = apr_hash_next(hi)) {
        account = apr_hash_this_val(hi);
        work_store(p, s, &account->account);
    }
}

/* Anything but APR_SUCCESS, in any state, would end the callback for good. */
static apr_status_t tick(int state, void *data, apr_pool_t *p)
{
    server_rec *s = data;

    if (state != AP_WATCHDOG_STATE_RUNNING) {
        return APR_SUCCESS;
    }
    /* First the flag, then the question: else drain could find nobody working between the
     * two, and the child would be taken apart under a round that begins. An exchange is a
     * full barrier. */
    apr_atomic_xchg32(&working, 1);
    for (; s && !told_to_stop(); s = s->next) {
        work_server(p, s);
    }
    apr_atomic_set32(&working, 0);
    return APR_SUCCESS;
}

int kl_worker_is_wanted(server_rec *s)
{
    for (; s; s = s->next) {
        if (kl_server_settings(s)->worker != 0 && apr_hash_count(kl_server_settings(s)->accounts)) {
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
