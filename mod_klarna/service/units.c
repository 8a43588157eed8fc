/* SPDX-License-Identifier: Apache-2.0 */
/* See units.h. */
#include "service/units.h"

#include <apr_strings.h>
#include <string.h>
#include "service/batch_work.h"
#include "service/change.h"
#include "service/journal.h"
#include "service/look.h"
#include "service/retention.h"
#include "service/run.h"

#define LATER apr_time_from_sec(KL_LEASE_S)
#define MUCH_LATER apr_time_from_sec(KL_KEY_PAUSE_S) /* a person must repair something first */

/* Someone else being quicker is the normal case with several workers. */
static int is_news(kl_kind_t kind)
{
    return kind != KL_CONFLICT && kind != KL_STALE;
}

/* --- operations -------------------------------------------------------------------------- */

/* It went out but its order does not know it: a database has lost what it had confirmed. It
 * is never sent again; a person gives it up, by what Klarna's record shows. */
static kl_kind_t show_unclaimed(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_kind_t rv = kl_operation_disowned(op, svc->now(), err);

    if (rv == KL_OK) {
        rv = svc->store->operation_save(svc->store, svc->p, op, err);
    }
    return rv == KL_OK ? kl_change_mark_differs(svc, op->order_id, KL_LOOK_UNCHANGED, err) : rv;
}

kl_kind_t kl_units_operation(kl_service_t *svc, kl_operation_t **op, kl_error_t *err)
{
    kl_run_t run = {.op = *op};
    int gone = 0;
    kl_kind_t rv = kl_service_order(svc, (*op)->order_id, &run.order, err);

    if (rv == KL_OK && strcmp(run.order->pending_op, (*op)->id) == 0) {
        rv = kl_run_resume(svc, &run, err);
        *op = run.op;
        return rv;
    }
    if (rv == KL_OK && (*op)->attempts > 0) {
        return show_unclaimed(svc, *op, err);
    }
    if (rv == KL_OK) {
        rv = kl_journal_discard_unclaimed(svc, *op, &gone, err);
    }
    return rv == KL_OK && !gone ? kl_journal_postpone(svc, *op, LATER, err) : rv;
}

/* The call of an operation that is not at its end reached nobody, or was one call too many. One
 * that was only looked up, or shown, was not called: its last try says nothing about now. */
static int was_not_answered(const kl_operation_t *op, int was_called)
{
    return was_called && !kl_op_is_final(op->state)
           && (op->http_status == 0 || op->http_status == 429);
}

/* What cannot be worked on makes way for the others. */
static void not_worked(kl_service_t *svc, kl_operation_t *op, kl_told_t *told,
                       const kl_error_t *why)
{
    if (!is_news(why->kind)) {
        return;
    }
    kl_unit_tell(told, svc->p, KL_TOLD_WARNING, "KLA0031: operation %s: %s: %s", op->id, why->code,
                 why->where ? why->where : why->detail);
    if (!kl_unit_is_outage(why->kind)) {
        (void)kl_journal_postpone(svc, op, why->where ? MUCH_LATER : LATER, kl_error_make(svc->p));
    }
}

static kl_kind_t work_operation(kl_service_t *svc, void *item, kl_told_t *told, kl_error_t *err)
{
    kl_operation_t *op = item;
    int attempts = op->attempts;
    kl_kind_t rv = kl_units_operation(svc, &op, err);

    if (rv != KL_OK) {
        not_worked(svc, item, told, err);
        return rv;
    }
    kl_unit_tell(told, svc->p, op->state == KL_OP_UNKNOWN ? KL_TOLD_WARNING : KL_TOLD_INFO,
                 "KLA0030: operation %s (%s) of order %s is %s after %d attempts%s%s", op->id,
                 kl_op_kind_name(op->kind), op->order_id, kl_op_state_name(op->state), op->attempts,
                 op->error_code[0] ? ": " : "", op->error_code);
    return was_not_answered(op, op != item || op->attempts > attempts)
               ? kl_error_set(err, KL_UNAVAILABLE, "no_answer", "Klarna did not answer.")
               : KL_OK;
}

static kl_kind_t operations_due(kl_service_t *svc, kl_due_whose_t whose, int limit,
                                apr_array_header_t **out, kl_error_t *err)
{
    kl_due_query_t query = {svc->account->name, svc->now(), limit, whose};
    apr_array_header_t *found = NULL;
    kl_kind_t rv = svc->store->operations_due(svc->store, svc->p, &query, &found, err);

    *out = apr_array_make(svc->p, limit, sizeof(kl_due_t));
    for (int i = 0; rv == KL_OK && i < found->nelts; i++) {
        kl_operation_t *op = APR_ARRAY_IDX(found, i, kl_operation_t *);

        APR_ARRAY_PUSH(*out, kl_due_t) = (kl_due_t){op->id, op};
    }
    return rv;
}

static kl_kind_t asked_for_due(kl_service_t *svc, int limit, apr_array_header_t **out,
                               kl_error_t *err)
{
    return operations_due(svc, KL_DUE_ASKED_FOR, limit, out, err);
}

static kl_kind_t placements_due(kl_service_t *svc, int limit, apr_array_header_t **out,
                                kl_error_t *err)
{
    return operations_due(svc, KL_DUE_PLACEMENTS, limit, out, err);
}

/* --- orders ------------------------------------------------------------------------------ */

static kl_kind_t orders_due(kl_service_t *svc, int limit, apr_array_header_t **out, kl_error_t *err)
{
    kl_due_query_t query = {.account = svc->account->name, .now = svc->now(), .limit = limit};
    apr_array_header_t *found = NULL;
    kl_kind_t rv = svc->store->orders_due(svc->store, svc->p, &query, &found, err);

    *out = apr_array_make(svc->p, limit, sizeof(kl_due_t));
    for (int i = 0; rv == KL_OK && i < found->nelts; i++) {
        kl_order_t *order = APR_ARRAY_IDX(found, i, kl_order_t *);

        APR_ARRAY_PUSH(*out, kl_due_t) = (kl_due_t){order->id, order};
    }
    return rv;
}

static kl_kind_t look_at_order(kl_service_t *svc, void *item, kl_told_t *told, kl_error_t *err)
{
    kl_order_t *order = item;
    const char *note = NULL;
    kl_kind_t rv = kl_look_at(svc, order, &note, err);

    if (rv == KL_OK && note) {
        kl_unit_tell(told, svc->p, KL_TOLD_WARNING, "KLA0032: order %s: %s", order->id, note);
    }
    else if (rv != KL_OK && is_news(rv)) {
        kl_unit_tell(told, svc->p, KL_TOLD_WARNING, "KLA0033: order %s: %s: %s", order->id,
                     err->code, err->where ? err->where : err->detail);
    }
    return rv;
}

/* --- what has had its time --------------------------------------------------------------- */

typedef struct swept_t {
    kl_sweep_kind_t what;
    apr_array_header_t *ids;
} swept_t;

/* One thing for all of them: its name keeps two threads from sweeping the same. */
static kl_kind_t sweep_due(kl_service_t *svc, const char *name, kl_sweep_kind_t what,
                           apr_array_header_t **out, kl_error_t *err)
{
    swept_t *found = apr_palloc(svc->p, sizeof(*found));
    kl_kind_t rv = kl_retention_find(svc, what, &found->ids, err);

    found->what = what;
    *out = apr_array_make(svc->p, 1, sizeof(kl_due_t));
    if (rv == KL_OK && found->ids->nelts) {
        APR_ARRAY_PUSH(*out, kl_due_t) = (kl_due_t){name, found};
    }
    return rv;
}

static kl_kind_t placed_due(kl_service_t *svc, int limit, apr_array_header_t **out, kl_error_t *err)
{
    (void)limit;
    return sweep_due(svc, "placed", KL_SWEEP_PLACED, out, err);
}

static kl_kind_t unfinished_due(kl_service_t *svc, int limit, apr_array_header_t **out,
                                kl_error_t *err)
{
    (void)limit;
    return sweep_due(svc, "unfinished", KL_SWEEP_UNFINISHED, out, err);
}

static kl_kind_t requests_due(kl_service_t *svc, int limit, apr_array_header_t **out,
                              kl_error_t *err)
{
    (void)limit;
    return sweep_due(svc, "requests", KL_SWEEP_REQUESTS, out, err);
}

static kl_kind_t batches_due(kl_service_t *svc, int limit, apr_array_header_t **out,
                             kl_error_t *err)
{
    (void)limit;
    return sweep_due(svc, "batches", KL_SWEEP_BATCHES, out, err);
}

static kl_kind_t strays_due(kl_service_t *svc, int limit, apr_array_header_t **out, kl_error_t *err)
{
    (void)limit;
    return sweep_due(svc, "strays", KL_SWEEP_STRAYS, out, err);
}

static kl_kind_t sweep(kl_service_t *svc, void *item, kl_told_t *told, kl_error_t *err)
{
    const swept_t *found = item;
    kl_kind_t rv = kl_retention_sweep(svc, found->what, found->ids, err);

    if (rv != KL_OK) {
        kl_unit_tell(told, svc->p, KL_TOLD_WARNING,
                     "KLA0038: what has had its time cannot be taken away: %s",
                     err->where ? err->where : err->detail);
    }
    return rv;
}

const kl_unit_t kl_units[] = {{"operations", asked_for_due, work_operation},
                              {"placements", placements_due, work_operation},
                              {"batch_items", kl_batch_work_due, kl_batch_work},
                              {"placed", placed_due, sweep},
                              {"unfinished", unfinished_due, sweep},
                              {"requests", requests_due, sweep},
                              {"batches", batches_due, sweep},
                              {"strays", strays_due, sweep},
                              {"orders", orders_due, look_at_order},
                              {NULL, NULL, NULL}};
