/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shipping: capture what leaves the house, with its tracking, and add tracking later.
 */
#include "service/service.h"

#include <string.h>
#include "api/order_management.h"

/* What kl_apply needs besides the operation: the movement and the capture's own words. */
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

static kl_kind_t plan_capture(kl_service_t *svc, kl_order_t *order, const void *what,
                              const kl_client_t *client, kl_operation_t **ops, int *n,
                              kl_error_t *err)
{
    const kl_capture_request_t *want = what;
    kl_movement_t moved;
    kl_request_t req;
    kl_kind_t rv;
    kl_look_t look;

    if (strcmp(order->fraud_status, "PENDING") == 0) {
        /* Klarna may have decided since; a failed look leaves the old state standing. */
        (void)kl_refresh(svc, order, &look, kl_error_make(svc->p));
    }
    rv = kl_plan_capture(&moved, svc->p, order, want, err);
    if (rv != KL_OK) {
        return rv;
    }
    ops[0] = kl_operation_new(svc, order, KL_OP_CAPTURE, client, err);
    if (!ops[0]) {
        return err->kind;
    }
    req = kl_om_capture(svc->p, order, &moved, want, ops[0]->id);
    kl_operation_request(ops[0], &req);
    ops[0]->amount = moved.amount;
    ops[0]->intent = intent(svc->p, &moved, want);
    *n = 1;
    return KL_OK;
}

kl_kind_t kl_capture_prepare(kl_service_t *svc, const char *order_id,
                             const kl_capture_request_t *want, const kl_client_t *client,
                             kl_operation_t **out, kl_error_t *err)
{
    return kl_prepare(svc, order_id, plan_capture, want, client, out, err);
}

typedef struct tracking_t {
    const char *capture_id, *shipping_info;
} tracking_t;

static kl_kind_t plan_shipping_info(kl_service_t *svc, kl_order_t *order, const void *what,
                                    const kl_client_t *client, kl_operation_t **ops, int *n,
                                    kl_error_t *err)
{
    const tracking_t *want = what;
    kl_json_t *v = kl_json_object(svc->p);
    kl_request_t req;

    if (!kl_order_find_capture(order, want->capture_id)) {
        return kl_error_set(err, KL_NOT_FOUND, "no_such_capture",
                            "This order has no such capture.");
    }
    if (!kl_order_has_room(svc->p, order, 1024 + 4 * strlen(want->shipping_info))) {
        return kl_error_set(err, KL_CONFLICT, "order_full",
                            "This order cannot take more tracking.");
    }
    ops[0] = kl_operation_new(svc, order, KL_OP_SHIPPING_INFO, client, err);
    if (!ops[0]) {
        return err->kind;
    }
    req = kl_om_shipping_info(svc->p, order, want->capture_id, want->shipping_info, ops[0]->id);
    kl_operation_request(ops[0], &req);
    kl_json_set_str(v, "capture_id", want->capture_id);
    kl_json_set(v, "shipping_info",
                kl_json_parse(svc->p, want->shipping_info, strlen(want->shipping_info), err));
    ops[0]->intent = kl_json_text(svc->p, v);
    *n = 1;
    return KL_OK;
}

kl_kind_t kl_shipping_info_prepare(kl_service_t *svc, const char *order_id, const char *capture_id,
                                   const char *shipping_info, const kl_client_t *client,
                                   kl_operation_t **out, kl_error_t *err)
{
    tracking_t want = {capture_id, shipping_info};

    return kl_prepare(svc, order_id, plan_shipping_info, &want, client, out, err);
}
