/* SPDX-License-Identifier: Apache-2.0 */
/* See act.h. */
#include "service/act.h"

#include <string.h>
#include "core/agree.h"
#include "service/reconcile.h"

/* Klarna may have decided something that the plan must know. A look that failed leaves the old
 * state standing; one that met another change is made again. */
static kl_kind_t look(kl_service_t *svc, kl_plan_t *plan, kl_error_t *err)
{
    kl_order_t **order = &plan->order;
    const char *id = (*order)->id;
    kl_error_t *why = kl_error_make(svc->p);
    kl_look_t seen;

    if (kl_reconcile_order(svc, order, &seen, why) == KL_STALE) {
        return kl_error_set(err, KL_STALE, why->code, "%s", why->detail);
    }
    plan->record = seen.record;
    if (!*order && kl_service_order(svc, id, order, err) != KL_OK) {
        return err->kind;
    }
    return (*order)->pending_op[0]
               ? kl_error_set(err, KL_STALE, "held", "Someone else holds the order since.")
               : KL_OK;
}

/* --- what a plan may be made from --------------------------------------------------------- */

int kl_act_always(const kl_order_t *order, const kl_ask_t *ask)
{
    (void)order, (void)ask;
    return 1;
}

static kl_kind_t must_be_read(const kl_plan_t *plan, kl_error_t *err)
{
    if (!plan->record) {
        kl_error_set(
            err, KL_UNAVAILABLE, "record_not_read",
            "Klarna's record of this order cannot be read now, and others may have changed "
            "it. Nothing was sent.");
        kl_error_next(err, "Try again in a moment.");
    }
    return err->kind;
}

static kl_kind_t must_agree(const char *differs, kl_error_t *err)
{
    if (differs) {
        kl_error_set(err, KL_CONFLICT, "differs_from_klarna",
                     "The order at Klarna is not what it is here: %s. Nothing was sent.", differs);
        kl_error_next(err, "Others have changed the order. Do it in Klarna's portal.");
    }
    return err->kind;
}

kl_kind_t kl_act_amounts(kl_service_t *svc, const kl_plan_t *plan, kl_error_t *err)
{
    return plan->record ? must_agree(kl_agree_amounts(svc->p, plan->order, plan->record), err)
                        : KL_OK;
}

kl_kind_t kl_act_authorization(kl_service_t *svc, const kl_plan_t *plan, kl_error_t *err)
{
    kl_kind_t rv = must_be_read(plan, err);

    return rv == KL_OK ? must_agree(kl_agree_authorization(svc->p, plan->order, plan->record), err)
                       : rv;
}

/* --- the flow -------------------------------------------------------------------------------- */

static kl_kind_t plan_once(kl_service_t *svc, const kl_action_t *action, const kl_ask_t *ask,
                           kl_plan_t *plan, kl_error_t *err)
{
    kl_kind_t rv = action->load ? action->load(svc, ask, plan->again, &plan->order, err)
                                : kl_service_order(svc, ask->order_id, &plan->order, err);

    if (rv == KL_OK) {
        rv = kl_run_left(svc, &plan->order, err);
    }
    if (rv == KL_OK && action->wants_record && action->wants_record(plan->order, ask)) {
        rv = look(svc, plan, err);
    }
    if (rv == KL_OK && action->read) {
        rv = action->read(svc, ask, plan, err);
    }
    if (rv == KL_OK) {
        rv = action->plan(svc, ask, plan, err);
    }
    return rv == KL_OK ? kl_journal_write(svc, plan, err) : rv;
}

/* Plans, writes and claims; again from the order as it stands if someone else was quicker. A
 * refusal may only mean that the same key was quicker: KL_TAKEN then. */
static kl_kind_t begin(kl_service_t *svc, const kl_action_t *action, const kl_ask_t *ask,
                       kl_plan_t *plan, kl_error_t *err)
{
    kl_kind_t rv = KL_STALE;

    for (int tries = 0; rv == KL_STALE && tries < KL_MAX_TRIES; tries++) {
        kl_error_clear(err);
        *plan = (kl_plan_t){.client = ask->client, .after = ask->after, .again = tries > 0};
        rv = plan_once(svc, action, ask, plan, err);
    }
    if (rv == KL_STALE) {
        kl_error_clear(err);
        kl_error_set(err, KL_CONFLICT, "order_busy", "The order keeps changing.");
        err->retry_after = 1;
        return err->kind;
    }
    if ((rv == KL_CONFLICT || rv == KL_INVALID) && kl_journal_has(svc, ask->client)) {
        kl_error_clear(err);
        rv = kl_error_set(err, KL_TAKEN, "exists", "The same request was started just now.");
    }
    return rv;
}

/* The same key at the same moment: someone else started it. */
static kl_kind_t begun_elsewhere(kl_service_t *svc, const kl_ask_t *ask, kl_operation_t **op,
                                 kl_error_t *err)
{
    kl_kind_t rv;

    kl_error_clear(err);
    rv = kl_journal_find(svc, ask->client, op, err);
    return rv == KL_OK && !*op ? kl_service_in_progress(err) : rv;
}

/* Klarna's no to what the order has become: its record shows that. What cannot be read now is read
 * by the worker. */
static void look_after_refusal(kl_service_t *svc, const kl_operation_t *op, kl_order_t **order)
{
    kl_order_t *seen = *order;
    kl_look_t found;

    if (op->state == KL_OP_REFUSED && kl_op_refused_by_state(op->http_status, op->error_code)
        && kl_reconcile_order(svc, &seen, &found, kl_error_make(svc->p)) == KL_OK) {
        *order = seen;
    }
}

kl_kind_t kl_act(kl_service_t *svc, const kl_action_t *action, const kl_ask_t *ask,
                 kl_acted_t *acted, kl_error_t *err)
{
    kl_run_t run = {.op = NULL};
    kl_plan_t plan;
    kl_kind_t rv = kl_journal_find(svc, ask->client, &run.op, err);
    int again = run.op != NULL;

    if (rv == KL_OK && !again) {
        rv = begin(svc, action, ask, &plan, err);
        if (rv == KL_OK) {
            run = (kl_run_t){.op = plan.ops[0], .order = plan.order, .fresh = plan.record != NULL};
        }
        else if (rv == KL_TAKEN) {
            rv = begun_elsewhere(svc, ask, &run.op, err);
            again = 1;
        }
    }
    acted->first = run.op;
    if (rv == KL_OK && again && action->add && kl_operation_is_unstarted(run.op)) {
        action->add(svc, ask, run.op);
    }
    if (rv == KL_OK) {
        rv = again ? kl_run_resume(svc, &run, err) : kl_run(svc, &run, err);
    }
    if (rv == KL_OK && !run.order) {
        rv = kl_service_order(svc, run.op->order_id, &run.order, err);
    }
    if (rv == KL_OK && !again) {
        look_after_refusal(svc, run.op, &run.order);
    }
    acted->last = run.op;
    acted->order = run.order;
    return rv;
}

kl_kind_t kl_act_later(kl_service_t *svc, const kl_action_t *action, const kl_ask_t *ask,
                       kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_plan_t plan;
    kl_kind_t rv = kl_journal_find(svc, ask->client, &op, err);

    if (rv == KL_OK && !op) {
        rv = begin(svc, action, ask, &plan, err);
    }
    if (rv == KL_TAKEN) { /* someone else was quicker with the same key */
        kl_error_clear(err);
        rv = KL_OK;
    }
    return rv;
}
