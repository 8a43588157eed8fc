/* SPDX-License-Identifier: Apache-2.0 */
/* See placement.h. */
#include "service/placement.h"

#include "api/payments.h"
#include "service/checkout.h"

static kl_kind_t plan_placement(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                                kl_error_t *err)
{
    const kl_place_request_t *want = ask->place;
    kl_order_t *order = plan->order;
    kl_operation_t *op;
    kl_klarna_request_t req;

    if (kl_checkout_still_open(order, err) != KL_OK) {
        return err->kind;
    }
    req = kl_payments_place_order(svc->p, order, want->authorization_token, want->billing_address,
                                  want->shipping_address);
    if (!req.method) {
        return kl_error_field(err, "authorization_token", "authorization_token",
                              "characters that Klarna does not use",
                              "the token from Klarna's authorize call");
    }
    op = kl_journal_add(svc, plan, KL_OP_PLACE_ORDER, err);
    if (!op) {
        return err->kind;
    }
    kl_journal_request(op, &req);
    op->amount = order->order_amount;
    return KL_OK;
}

const kl_action_t kl_placement_action = {.plan = plan_placement};

kl_kind_t kl_placement_by_shopper(kl_service_t *svc, const char *key, const kl_ask_t *ask,
                                  kl_acted_t *acted, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_checkout_read(svc, ask->order_id, key, &order, err);

    return rv == KL_OK ? kl_act(svc, &kl_placement_action, ask, acted, err) : rv;
}
