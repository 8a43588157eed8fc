/* SPDX-License-Identifier: Apache-2.0 */
/* See lines.h. */
#include "service/lines.h"

#include "api/order_management.h"
#include "core/intent.h"

static kl_kind_t plan_lines(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                            kl_error_t *err)
{
    kl_intent_t intent = kl_intent_make(svc->p);
    kl_lines_plan_t lines;
    kl_klarna_request_t req;
    kl_operation_t *op;

    if (kl_plan_lines_change(&lines, svc->p, plan->order, ask->lines, err) != KL_OK
        || kl_act_authorization(svc, plan, err) != KL_OK) {
        return err->kind;
    }
    op = kl_journal_add(svc, plan, KL_OP_LINES, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_authorize(svc->p, plan->order, &lines, ask->lines->description,
                                        op->id);
    kl_journal_request(op, &req);
    intent.lines = lines.lines;
    op->amount = lines.amount;
    op->intent = kl_intent_text(svc->p, op->kind, &intent);
    return KL_OK;
}

const kl_action_t kl_lines_action = {.wants_record = kl_act_always, .plan = plan_lines};

kl_kind_t kl_lines_preview(kl_service_t *svc, const kl_ask_t *ask, kl_order_t **order,
                           kl_lines_plan_t *plan, kl_error_t *err)
{
    kl_kind_t rv = kl_service_order(svc, ask->order_id, order, err);

    return rv == KL_OK ? kl_plan_lines_change(plan, svc->p, *order, ask->lines, err) : rv;
}
