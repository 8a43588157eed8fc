/* SPDX-License-Identifier: Apache-2.0 */
/* See authorization.h. */
#include "service/authorization.h"

#include "api/order_management.h"
#include "core/intent.h"
#include "core/why_not.h"
#include "service/reconcile.h"

static kl_kind_t plan_extend(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                             kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_extend(plan->order);
    kl_intent_t intent = kl_intent_make(svc->p);
    kl_operation_t *op;
    kl_klarna_request_t req;

    (void)ask;
    if (why) {
        return kl_error_because(err, KL_CONFLICT, "not_extendable", why);
    }
    op = kl_journal_add(svc, plan, KL_OP_EXTEND, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_extend(svc->p, plan->order, op->id);
    kl_journal_request(op, &req);
    intent.expires_at = plan->order->expires_at;
    op->intent = kl_intent_text(svc->p, op->kind, &intent);
    return KL_OK;
}

static int is_open(const kl_order_t *order, const kl_ask_t *ask)
{
    (void)ask;
    return kl_order_open_amount(order) > 0;
}

/* Others may have extended it; and how it is paid may not be known yet. */
const kl_action_t kl_authorization_extend_action = {.wants_record = is_open, .plan = plan_extend};

apr_time_t kl_authorization_end(kl_service_t *svc, const kl_acted_t *acted, int *moved)
{
    kl_order_t *order = acted->order;
    kl_intent_t intent;
    kl_look_t look;

    if (acted->last->state != KL_OP_CONFIRMED) {
        return 0;
    }
    if (!order->expires_at) {
        (void)kl_reconcile_order(svc, &order, &look, kl_error_make(svc->p));
    }
    if (!order || kl_intent_parse(&intent, svc->p, acted->first, kl_error_make(svc->p)) != KL_OK) {
        return 0;
    }
    *moved = order->expires_at > intent.expires_at;
    return order->expires_at;
}

/* The rest is what Klarna has of it; while that cannot be read, what is known. */
static kl_kind_t plan_release(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                              kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_release(plan->order);
    kl_intent_t intent = kl_intent_make(svc->p);
    kl_operation_t *op;
    kl_klarna_request_t req;

    (void)ask;
    if (why) {
        return kl_error_because(err, KL_CONFLICT, "not_releasable", why);
    }
    if (kl_act_amounts(svc, plan, err) != KL_OK) {
        return err->kind;
    }
    op = kl_journal_add(svc, plan, KL_OP_RELEASE, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_release(svc->p, plan->order, op->id);
    kl_journal_request(op, &req);
    op->amount = intent.moved.amount = plan->order->remaining_amount;
    op->intent = kl_intent_text(svc->p, op->kind, &intent);
    return KL_OK;
}

const kl_action_t kl_authorization_release_action = {.wants_record = kl_act_always,
                                                     .plan = plan_release};
