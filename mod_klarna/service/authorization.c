/* SPDX-License-Identifier: Apache-2.0 */
/* See authorization.h. */
#include "service/authorization.h"

#include "api/order_management.h"
#include "core/intent.h"
#include "core/why_not.h"

static kl_kind_t plan_extend(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                             kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_extend(plan->order);
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
    return KL_OK;
}

const kl_action_t kl_authorization_extend_action = {.plan = plan_extend};

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

const kl_action_t kl_authorization_release_action = {.plan = plan_release};
