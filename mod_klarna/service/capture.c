/* SPDX-License-Identifier: Apache-2.0 */
/* See capture.h. */
#include "service/capture.h"

#include <string.h>
#include "api/order_management.h"

/* What the booking needs besides the operation: the movement and the capture's own words. */
static const char *intent(apr_pool_t *p, const kl_movement_t *moved,
                          const kl_capture_request_t *want)
{
    kl_json_t *v = kl_json_object(p);
    kl_error_t *ignored = kl_error_make(p);

    kl_json_set(v, "movement", kl_movement_json(p, moved));
    kl_json_set_str(v, "reference", want->reference);
    kl_json_set_str(v, "description", want->description);
    kl_json_set(v, "shipping_info",
                kl_json_parse(p, want->shipping_info, strlen(want->shipping_info), ignored));
    return kl_json_text(p, v);
}

/* Klarna may have decided a review since. */
static int is_in_review(const kl_order_t *order)
{
    return strcmp(order->fraud_status, "PENDING") == 0;
}

static kl_kind_t plan_capture(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                              kl_error_t *err)
{
    kl_movement_t moved;
    kl_klarna_request_t req;
    kl_operation_t *op;

    if (kl_plan_capture(&moved, svc->p, plan->order, ask->capture, err) != KL_OK) {
        return err->kind;
    }
    op = kl_journal_add(svc, plan, KL_OP_CAPTURE, err);
    if (!op) {
        return err->kind;
    }
    req = kl_om_capture(svc->p, plan->order, &moved, ask->capture, op->id);
    kl_journal_request(op, &req);
    op->amount = moved.amount;
    op->intent = intent(svc->p, &moved, ask->capture);
    return KL_OK;
}

const kl_action_t kl_capture_action = {.wants_record = is_in_review, .plan = plan_capture};

static kl_kind_t plan_tracking(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                               kl_error_t *err)
{
    const kl_tracking_request_t *want = ask->tracking;
    kl_json_t *v = kl_json_object(svc->p);
    kl_klarna_request_t req;
    kl_operation_t *op;

    if (!kl_order_find_capture(plan->order, want->capture_id)) {
        return kl_error_set(err, KL_NOT_FOUND, "no_such_capture",
                            "This order has no such capture.");
    }
    if (!kl_order_has_room(svc->p, plan->order, 1024 + 4 * strlen(want->shipping_info))) {
        return kl_error_set(err, KL_CONFLICT, "order_full",
                            "No more tracking can be added to this order.");
    }
    op = kl_journal_add(svc, plan, KL_OP_SHIPPING_INFO, err);
    if (!op) {
        return err->kind;
    }
    req = kl_om_shipping_info(svc->p, plan->order, want->capture_id, want->shipping_info, op->id);
    kl_journal_request(op, &req);
    kl_json_set_str(v, "capture_id", want->capture_id);
    kl_json_set(v, "shipping_info",
                kl_json_parse(svc->p, want->shipping_info, strlen(want->shipping_info), err));
    op->intent = kl_json_text(svc->p, v);
    return KL_OK;
}

const kl_action_t kl_capture_tracking_action = {.plan = plan_tracking};
