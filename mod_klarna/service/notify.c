/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Klarna calls in: unsigned hints, believed only as far as a secret in the URL goes.
 * Each is stored before it is answered and verified by reading Klarna afterwards, so that
 * duplicates, lost ones and any order of arrival end the same.
 */
#include "service/service.h"

#include <apr_strings.h>
#include <string.h>

/* The browser may be placing the order at this moment: it goes first. */
#define AFTER_THE_BROWSER apr_time_from_sec(10)

kl_kind_t kl_notify_order(kl_service_t *svc, const char *name, kl_order_t **out, const char **why,
                          kl_error_t *err)
{
    const char *dot = strchr(name, '.');
    kl_order_t *order = NULL;
    kl_kind_t rv;

    *why = "unknown_order";
    if (!dot) {
        return kl_no_such_order(err);
    }
    rv = kl_service_order(svc, apr_pstrmemdup(svc->p, name, dot - name), &order, err);
    if (rv != KL_OK) {
        *why = rv == KL_NOT_FOUND ? *why : "database";
        return rv;
    }
    if (!order->callback_secret[0] || !kl_id_equal_secret(order->callback_secret, dot + 1)) {
        *why = "wrong_secret";
        return kl_no_such_order(err);
    }
    *why = "";
    *out = order;
    return KL_OK;
}

kl_kind_t kl_notify_note(kl_service_t *svc, const char *kind, const char *why, kl_error_t *err)
{
    return svc->store->callback_note(svc->store, svc->p, svc->account->name, kind, why, svc->now(),
                                     err);
}

kl_kind_t kl_notify_authorization(kl_service_t *svc, const kl_order_t *order, const char *token,
                                  const kl_client_t *client, kl_error_t *err)
{
    kl_place_request_t want = {.order_id = order->id,
                               .key = order->key,
                               .authorization_token = token};
    kl_operation_t *op = NULL;
    kl_kind_t rv;

    if (order->state != KL_ORDER_CREATED) {
        return KL_OK; /* placed already, or given up: the token buys nothing new */
    }
    rv = kl_operation_replay(svc, client, &op, err);
    if (rv != KL_OK || op) {
        return rv;
    }
    svc->queue_for = AFTER_THE_BROWSER;
    rv = kl_checkout_place_prepare(svc, &want, client, &op, err);
    if (rv == KL_CONFLICT && strcmp(err->code, "exists") == 0) {
        kl_error_clear(err); /* the browser was quicker, with the same token */
        rv = KL_OK;
    }
    return rv;
}

/* Klarna named the order of a placement whose answer we lost. */
static kl_kind_t keep_hint(kl_service_t *svc, const kl_order_t *order, const char *klarna_order_id,
                           kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv = svc->store->operation_load(svc->store, svc->p, order->pending_op, &op, err);

    if (rv != KL_OK || kl_op_is_final(op->state) || op->state == KL_OP_QUEUED
        || op->kind != KL_OP_PLACE_ORDER) {
        return rv; /* ended, or not executed so far */
    }
    if (op->lease_until > svc->now()) {
        return kl_in_progress(err); /* its answer may still come */
    }
    return kl_placement_hint_keep(svc, op, klarna_order_id, err);
}

kl_kind_t kl_notify_change(kl_service_t *svc, kl_order_t *order, const char *klarna_order_id,
                           kl_error_t *err)
{
    if (!order->klarna_order_id[0]) {
        return klarna_order_id[0] && order->pending_op[0]
                   ? keep_hint(svc, order, klarna_order_id, err)
                   : KL_OK;
    }
    order->checks = 0;
    order->check_at = svc->now();
    return svc->store->order_save(svc->store, svc->p, order, err);
}
