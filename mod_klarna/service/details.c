/* SPDX-License-Identifier: Apache-2.0 */
/* See details.h. */
#include "service/details.h"

#include "api/order_management.h"
#include "core/intent.h"
#include "core/why_not.h"

static kl_kind_t plan_references(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                                 kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_references(plan->order);
    kl_intent_t intent = kl_intent_make(svc->p);
    kl_operation_t *op;
    kl_klarna_request_t req;

    if (why) {
        return kl_error_because(err, KL_CONFLICT, "not_changeable", why);
    }
    op = kl_journal_add(svc, plan, KL_OP_REFERENCES, err);
    if (!op) {
        return err->kind;
    }
    intent.merchant_reference1 = ask->details->reference1;
    intent.merchant_reference2 = ask->details->reference2;
    req = kl_order_management_refer(svc->p, plan->order, intent.merchant_reference1,
                                    intent.merchant_reference2, op->id);
    kl_journal_request(op, &req);
    op->intent = kl_intent_text(svc->p, op->kind, &intent);
    return KL_OK;
}

const kl_action_t kl_details_references_action = {.plan = plan_references};

static kl_kind_t plan_address(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                              kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_shipping_address(plan->order);
    kl_operation_t *op;
    kl_klarna_request_t req;

    if (why) {
        return kl_error_because(err, KL_CONFLICT, "not_changeable", why);
    }
    op = kl_journal_add(svc, plan, KL_OP_SHIPPING_ADDRESS, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_deliver_to(svc->p, plan->order, ask->details->shipping_address,
                                         op->id);
    kl_journal_request(op, &req);
    return KL_OK;
}

const kl_action_t kl_details_address_action = {.plan = plan_address};
