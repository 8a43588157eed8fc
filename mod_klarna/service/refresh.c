/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna is the truth: read its record of the order and take over what it may decide.
 */
#include "service/service.h"

#include "api/order_management.h"

kl_kind_t kl_refresh(kl_service_t *svc, kl_order_t *order, int *differs, kl_error_t *err)
{
    kl_klarna_order_t seen;
    kl_response_t resp;
    kl_request_t req;
    kl_delivery_t delivery;
    const char *why = "";
    kl_kind_t rv;

    *differs = 0;
    if (!order->klarna_order_id[0]) {
        return KL_OK;
    }
    req = kl_om_read(svc->p, order);
    delivery = svc->transport->perform(svc->transport, svc->p, svc->account, &req,
                                       svc->now() + svc->timeout, &resp, &why);
    if (kl_reply_meaning(delivery, &resp, why, err) != KL_MEANS_DONE) {
        return err->kind;
    }
    rv = kl_om_read_reply(&seen, svc->p, &resp, err);
    if (rv == KL_OK) {
        *differs = kl_order_take_over(order, svc->p, &seen);
        order->updated_at = svc->now();
        rv = svc->store->order_save(svc->store, svc->p, order, err);
    }
    return rv;
}
