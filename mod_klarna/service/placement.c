/* SPDX-License-Identifier: Apache-2.0 */
/* See placement.h. */
#include "service/placement.h"

#include "api/order_management.h"
#include "api/payments.h"
#include "core/intent.h"
#include "core/payment.h"
#include "service/checkout.h"
#include "service/told.h"

static const char *intent_of(kl_service_t *svc, const char *unknown)
{
    kl_intent_t intent = kl_intent_make(svc->p);

    intent.unknown = unknown;
    return kl_intent_text(svc->p, KL_OP_PLACE_ORDER, &intent);
}

static kl_kind_t plan_placement(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                                kl_error_t *err)
{
    const kl_place_request_t *want = ask->place;
    kl_order_t *order = plan->order;
    const char *unknown;
    kl_addresses_t told;
    kl_operation_t *op;
    kl_klarna_request_t req;

    if (kl_checkout_still_open(order, err) != KL_OK) {
        return err->kind;
    }
    unknown = kl_told_known(svc, order, want, &told);
    req = kl_payments_place_order(svc->p, order, want->authorization_token, &told);
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
    op->intent = intent_of(svc, unknown);
    if (unknown[0] || kl_addresses_are_told(&told)) {
        order->addresses = KL_ADDRESSES_GONE; /* the request has them now */
    }
    order->state = KL_ORDER_CREATED; /* whatever became of an earlier token */
    order->reason_code = order->reason = "";
    return KL_OK;
}

/*
 * The payment's own row first, which is all there is as a rule. Where its order stands beside it,
 * the placement that made it still holds the payment, or the payment is leaving: whichever it is,
 * what is claimed in the end is the order.
 */
static kl_kind_t load_payment(kl_service_t *svc, const kl_ask_t *ask, int again, kl_order_t **out,
                              kl_error_t *err)
{
    kl_order_t *payment = NULL;
    kl_kind_t rv = KL_NOT_FOUND;

    if (!again && kl_id_is_uuid(ask->order_id)) {
        rv = svc->store->payment_load(svc->store, svc->p, ask->order_id, &payment, err);
    }
    if (rv == KL_OK && kl_payment_is_only(payment) && kl_service_account(svc, payment->account)) {
        *out = payment;
    }
    else if (rv == KL_OK || rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        rv = kl_service_order(svc, ask->order_id, out, err);
    }
    if (rv == KL_OK && ask->place->key && !kl_id_equal_secret((*out)->key, ask->place->key)) {
        return kl_service_no_order(err);
    }
    return rv;
}

/* A double click, or the browser after Klarna's callback. */
static void add(kl_service_t *svc, const kl_ask_t *ask, kl_operation_t *op)
{
    kl_told_by_browser(svc, ask->place, op);
}

const kl_action_t kl_placement_action = {
    .load = load_payment,
    .plan = plan_placement,
    .add = add,
};

int kl_placement_wants_acknowledgement(const kl_order_t *order)
{
    return order->unacknowledged && order->pending_op[0] == '\0' && kl_order_open_amount(order) > 0;
}

static kl_kind_t plan_acknowledge(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                                  kl_error_t *err)
{
    kl_klarna_request_t req;
    kl_operation_t *op;

    (void)ask;
    if (!kl_placement_wants_acknowledgement(plan->order)) {
        return kl_error_set(err, KL_CONFLICT, "not_acknowledgeable",
                            "Klarna knows of the order, or it is over.");
    }
    op = kl_journal_add(svc, plan, KL_OP_ACKNOWLEDGE, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_acknowledge(svc->p, plan->order, op->id);
    kl_journal_request(op, &req);
    return KL_OK;
}

const kl_action_t kl_placement_acknowledge_action = {.plan = plan_acknowledge};
