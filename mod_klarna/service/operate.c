/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every order-changing action shares up to the moment before the call: a stored
 * operation and a claimed order. Nothing here speaks to Klarna.
 */
#include "service/service.h"

#include <apr_strings.h>
#include <string.h>

kl_kind_t kl_no_such_order(kl_error_t *err)
{
    kl_error_clear(err);
    return kl_error_set(err, KL_NOT_FOUND, "no_such_order", "There is no such order.");
}

kl_kind_t kl_service_order(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = KL_NOT_FOUND;

    if (kl_id_is_uuid(id)) {
        rv = svc->store->order_load(svc->store, svc->p, id, &order, err);
    }
    if (rv == KL_OK && strcmp(order->merchant, svc->account->name) != 0) {
        rv = KL_NOT_FOUND;
    }
    if (rv == KL_NOT_FOUND) {
        return kl_no_such_order(err);
    }
    if (rv == KL_OK) {
        *out = order;
    }
    return rv;
}

kl_operation_t *kl_operation_new(kl_service_t *svc, const kl_order_t *order, kl_op_kind_t kind,
                                 const kl_client_t *client, kl_error_t *err)
{
    kl_operation_t *op = kl_operation_make(svc->p);

    op->id = kl_id_uuid(svc->p, svc->random);
    if (!op->id) {
        kl_error_set(err, KL_INTERNAL, "no_randomness", "The system gave no random bytes.");
        return NULL;
    }
    op->order_id = order->id;
    op->merchant = order->merchant;
    op->kind = kind;
    op->state = KL_OP_QUEUED;
    op->actor = svc->actor;
    op->client_key = apr_pstrcat(svc->p, "-", op->id, NULL);
    if (client && client->key[0]) {
        op->client_key = client->key;
        op->client_hash = client->hash;
    }
    op->created_at = op->updated_at = op->next_at = svc->now();
    op->lease_until = op->created_at + apr_time_from_sec(KL_LEASE_S);
    return op;
}

void kl_operation_request(kl_operation_t *op, const kl_request_t *req)
{
    op->method = req->method;
    op->path = req->path;
    op->body = req->body;
}

void kl_operation_discard(kl_service_t *svc, kl_operation_t *op)
{
    kl_error_t *ignored = kl_error_make(svc->p);

    op->state = KL_OP_REFUSED;
    op->error_code = "not_started";
    op->client_key = apr_pstrcat(svc->p, "-", op->id, NULL);
    op->updated_at = svc->now();
    op->lease_until = 0;
    (void)svc->store->operation_save(svc->store, svc->p, op, ignored);
}

kl_kind_t kl_operation_start(kl_service_t *svc, kl_order_t *order, kl_operation_t **ops, int n,
                             kl_error_t *err)
{
    kl_kind_t rv = KL_OK;
    int i, stored = n;

    for (i = n - 1; i >= 0 && rv == KL_OK; i--) {
        ops[i]->next_op = i + 1 < n ? ops[i + 1]->id : "";
        rv = svc->store->operation_insert(svc->store, svc->p, ops[i], err);
        stored = rv == KL_OK ? i : i + 1;
    }
    if (rv == KL_OK) {
        order->pending_op = ops[0]->id;
        order->updated_at = svc->now();
        rv = svc->store->order_save(svc->store, svc->p, order, err);
    }
    if (rv != KL_OK) {
        for (i = stored; i < n; i++) {
            kl_operation_discard(svc, ops[i]);
        }
    }
    return rv;
}

kl_kind_t kl_order_free(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    kl_operation_t *op = NULL;
    const char *pending = (*order)->pending_op;
    kl_kind_t rv;

    if (!pending[0]) {
        return KL_OK;
    }
    rv = svc->store->operation_load(svc->store, svc->p, pending, &op, err);
    if (rv != KL_OK) {
        return rv == KL_NOT_FOUND ? err->kind = KL_INTERNAL : rv;
    }
    if (kl_op_is_final(op->state)) {
        rv = kl_fold(svc, op, err);
        if (rv == KL_OK) {
            rv = kl_service_order(svc, (*order)->id, order, err);
        }
        if (rv != KL_OK || !(*order)->pending_op[0]) {
            return rv;
        }
    }
    kl_error_set(err, KL_CONFLICT, "order_busy", "Operation %s (%s, %s) holds this order.",
                 op->id, kl_op_kind_name(op->kind), kl_op_state_name(op->state));
    kl_error_next(err, "Wait until it ended, then ask again.");
    err->retry_after = 2;
    return err->kind;
}

kl_kind_t kl_operation_replay(kl_service_t *svc, const kl_client_t *client, kl_operation_t **out,
                              kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_order_t *order = NULL;
    kl_kind_t rv;

    *out = NULL;
    if (!client || !client->key[0]) {
        return KL_OK;
    }
    rv = svc->store->operation_load_by_client_key(svc->store, svc->p, client->key, &op, err);
    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        return KL_OK;
    }
    if (rv == KL_OK && strcmp(op->client_hash, client->hash) != 0) {
        return kl_error_field(err, "idempotency_key_reused", "Idempotency-Key",
                              "a key that was used for another request",
                              "a new key for each request");
    }
    if (rv == KL_OK && op->state == KL_OP_QUEUED && op->attempts == 0) {
        rv = kl_service_order(svc, op->order_id, &order, err);
        if (rv == KL_OK && strcmp(order->pending_op, op->id) != 0
            && op->lease_until <= svc->now()) {
            /* Stored, never claimed, its process is gone: nobody was promised anything. */
            kl_operation_discard(svc, op);
            return KL_OK;
        }
    }
    if (rv == KL_OK) {
        *out = op;
    }
    return rv;
}

kl_kind_t kl_prepare(kl_service_t *svc, const char *order_id, kl_action_fn action,
                     const void *want, const kl_client_t *client, kl_operation_t **out,
                     kl_error_t *err)
{
    kl_operation_t *ops[KL_MAX_CHAIN];
    kl_order_t *order = NULL;
    kl_kind_t rv = KL_OK;
    int tries, n;

    for (tries = 0; tries < KL_MAX_TRIES; tries++) {
        kl_error_clear(err);
        n = 0;
        rv = kl_service_order(svc, order_id, &order, err);
        if (rv == KL_OK) {
            rv = kl_order_free(svc, &order, err);
        }
        if (rv == KL_OK) {
            rv = action(svc, order, want, client, ops, &n, err);
        }
        if (rv == KL_OK) {
            rv = kl_operation_start(svc, order, ops, n, err);
        }
        if (rv != KL_CONFLICT || strcmp(err->code, "version") != 0) {
            break;
        }
    }
    if (rv == KL_CONFLICT && strcmp(err->code, "version") == 0) {
        kl_error_clear(err);
        rv = kl_error_set(err, KL_CONFLICT, "order_busy", "The order keeps changing.");
        err->retry_after = 1;
    }
    if (rv == KL_OK) {
        *out = ops[0];
    }
    return rv;
}
