/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authorization itself: extend its time, release what was not captured.
 */
#include "service/service.h"

#include "api/order_management.h"

static kl_kind_t plan_extend(kl_service_t *svc, kl_order_t *order, const void *unused,
                             const kl_client_t *client, kl_operation_t **ops, int *n,
                             kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_extend(order);
    kl_request_t req;

    (void)unused;
    if (why) {
        return kl_error_because(err, KL_CONFLICT, "not_extendable", why);
    }
    ops[0] = kl_operation_new(svc, order, KL_OP_EXTEND, client, err);
    if (!ops[0]) {
        return err->kind;
    }
    req = kl_om_extend(svc->p, order, ops[0]->id);
    kl_operation_request(ops[0], &req);
    *n = 1;
    return KL_OK;
}

kl_kind_t kl_extend_prepare(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                            kl_operation_t **out, kl_error_t *err)
{
    return kl_prepare(svc, order_id, plan_extend, NULL, client, out, err);
}

static kl_kind_t plan_release(kl_service_t *svc, kl_order_t *order, const void *unused,
                              const kl_client_t *client, kl_operation_t **ops, int *n,
                              kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_release(order);
    kl_movement_t rest = {.amount = order->remaining_amount};
    kl_json_t *v = kl_json_object(svc->p);
    kl_request_t req;

    (void)unused;
    if (why) {
        return kl_error_because(err, KL_CONFLICT, "not_releasable", why);
    }
    ops[0] = kl_operation_new(svc, order, KL_OP_RELEASE, client, err);
    if (!ops[0]) {
        return err->kind;
    }
    req = kl_om_release(svc->p, order, ops[0]->id);
    kl_operation_request(ops[0], &req);
    rest.lines = apr_array_make(svc->p, 1, sizeof(kl_movement_line_t));
    kl_json_set(v, "movement", kl_movement_json(svc->p, &rest));
    ops[0]->intent = kl_json_text(svc->p, v);
    ops[0]->amount = rest.amount;
    *n = 1;
    return KL_OK;
}

kl_kind_t kl_release_prepare(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                             kl_operation_t **out, kl_error_t *err)
{
    return kl_prepare(svc, order_id, plan_release, NULL, client, out, err);
}
