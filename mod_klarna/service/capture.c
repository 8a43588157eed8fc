/* SPDX-License-Identifier: Apache-2.0 */
/* See capture.h. */
#include "service/capture.h"

#include <string.h>
#include "api/order_management.h"
#include "core/intent.h"
#include "core/plan_capture.h"
#include "core/why_not.h"

static const char *intent(apr_pool_t *p, const kl_movement_t *moved,
                          const kl_capture_request_t *want)
{
    kl_intent_t intent = kl_intent_make(p);

    intent.moved = *moved;
    intent.reference = want->reference;
    intent.description = want->description;
    intent.shipping_info = want->shipping_info;
    return kl_intent_text(p, KL_OP_CAPTURE, &intent);
}

/* Klarna may have decided a review since; and others may have raised what everything is. */
static int wants_record(const kl_order_t *order, const kl_ask_t *ask)
{
    return ask->capture->what.everything || kl_order_is_in_review(order);
}

/* Everything is what Klarna has; while that cannot be read it is what is known, and the next look
 * finds the rest. */
static kl_kind_t check_everything(kl_service_t *svc, const kl_ask_t *ask, const kl_plan_t *plan,
                                  kl_error_t *err)
{
    return ask->capture->what.everything ? kl_act_amounts(svc, plan, err) : KL_OK;
}

static kl_kind_t plan_capture(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                              kl_error_t *err)
{
    kl_movement_t moved;
    kl_klarna_request_t req;
    kl_operation_t *op;

    if (kl_plan_capture(&moved, svc->p, plan->order, ask->capture, err) != KL_OK
        || check_everything(svc, ask, plan, err) != KL_OK) {
        return err->kind;
    }
    op = kl_journal_add(svc, plan, KL_OP_CAPTURE, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_capture(svc->p, plan->order, &moved, ask->capture, op->id);
    kl_journal_request(op, &req);
    op->amount = moved.amount;
    op->intent = intent(svc->p, &moved, ask->capture);
    return KL_OK;
}

const kl_action_t kl_capture_action = {.wants_record = wants_record, .plan = plan_capture};

kl_kind_t kl_capture_known(const kl_order_t *order, const char *capture_id, kl_error_t *err)
{
    return kl_order_find_capture(order, capture_id)
               ? KL_OK
               : kl_error_set(err, KL_NOT_FOUND, "no_such_capture",
                              "This order has no such capture.");
}

kl_kind_t kl_capture_everything(kl_service_t *svc, const char *order_id, kl_acted_t *acted,
                                kl_error_t *err)
{
    const kl_capture_request_t want = {.what = {.everything = 1},
                                       .reference = "",
                                       .description = "",
                                       .shipping_info = "[]"};
    const kl_ask_t ask = {.order_id = order_id, .capture = &want};

    return kl_act(svc, &kl_capture_action, &ask, acted, err);
}

kl_kind_t kl_capture_preview(kl_service_t *svc, const kl_ask_t *ask, kl_order_t **order,
                             kl_movement_t *moved, kl_error_t *err)
{
    kl_kind_t rv = kl_service_order(svc, ask->order_id, order, err);

    return rv == KL_OK ? kl_plan_capture(moved, svc->p, *order, ask->capture, err) : rv;
}

static kl_kind_t plan_tracking(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                               kl_error_t *err)
{
    const kl_tracking_request_t *want = ask->tracking;
    kl_intent_t intent = kl_intent_make(svc->p);
    kl_klarna_request_t req;
    kl_operation_t *op;

    if (kl_capture_known(plan->order, want->capture_id, err) != KL_OK) {
        return err->kind;
    }
    if (!kl_order_has_room(svc->p, plan->order, 1024 + 4 * strlen(want->shipping_info))) {
        return kl_error_set(err, KL_CONFLICT, "order_full",
                            "No more tracking can be added to this order.");
    }
    op = kl_journal_add(svc, plan, KL_OP_SHIPPING_INFO, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_shipping_info(svc->p, plan->order, want->capture_id,
                                            want->shipping_info, op->id);
    kl_journal_request(op, &req);
    intent.capture_id = want->capture_id;
    intent.shipping_info = want->shipping_info;
    op->intent = kl_intent_text(svc->p, op->kind, &intent);
    return KL_OK;
}

const kl_action_t kl_capture_tracking_action = {.plan = plan_tracking};

static kl_kind_t plan_send_out(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                               kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_send_out(plan->order);
    kl_intent_t intent = kl_intent_make(svc->p);
    kl_klarna_request_t req;
    kl_operation_t *op;

    if (kl_capture_known(plan->order, ask->capture_id, err) != KL_OK) {
        return err->kind;
    }
    if (why) {
        return kl_error_because(err, KL_CONFLICT, "nothing_to_send", why);
    }
    op = kl_journal_add(svc, plan, KL_OP_SEND_OUT, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_send_out(svc->p, plan->order, ask->capture_id, op->id);
    kl_journal_request(op, &req);
    intent.capture_id = ask->capture_id;
    op->intent = kl_intent_text(svc->p, op->kind, &intent);
    return KL_OK;
}

const kl_action_t kl_capture_send_out_action = {.plan = plan_send_out};
