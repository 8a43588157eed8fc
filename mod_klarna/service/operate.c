/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every order-changing action shares up to the moment before the call: a stored
 * operation and a claimed order. Nothing here speaks to Klarna.
 */
#include "service/service.h"

#include <apr_strings.h>
#include <string.h>
#include "core/waiting.h"

kl_kind_t kl_no_such_order(kl_error_t *err)
{
    kl_error_clear(err);
    return kl_error_set(err, KL_NOT_FOUND, "no_such_order", "There is no such order.");
}

int kl_service_account(kl_service_t *svc, const char *merchant)
{
    const kl_account_t *const *accounts = svc->accounts_n ? svc->accounts : &svc->account;
    int n = svc->accounts_n ? svc->accounts_n : 1;

    for (int i = 0; i < n; i++) {
        if (strcmp(accounts[i]->name, merchant) == 0) {
            svc->account = accounts[i];
            return 1;
        }
    }
    return 0;
}

kl_kind_t kl_service_order(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = KL_NOT_FOUND;

    if (kl_id_is_uuid(id)) {
        rv = svc->store->order_load(svc->store, svc->p, id, &order, err);
    }
    if (rv == KL_OK && !kl_service_account(svc, order->merchant)) {
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

kl_kind_t kl_service_operation(kl_service_t *svc, const char *order_id, const char *id,
                               kl_operation_t **out, kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv = kl_id_is_uuid(id) ? svc->store->operation_load(svc->store, svc->p, id, &op, err)
                                     : KL_NOT_FOUND;

    if (rv == KL_OK
        && (strcmp(op->order_id, order_id) != 0 || !kl_service_account(svc, op->merchant))) {
        rv = KL_NOT_FOUND;
    }
    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        return kl_error_set(err, rv, "no_such_operation", "This order has no such operation.");
    }
    if (rv == KL_OK) {
        *out = op;
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
    op->created_at = op->updated_at = svc->now();
    op->next_at = op->created_at + svc->queue_for;
    op->lease_until = svc->queue_for ? 0 : op->created_at + apr_time_from_sec(KL_LEASE_S);
    return op;
}

void kl_operation_request(kl_operation_t *op, const kl_request_t *req)
{
    op->method = req->method;
    op->path = req->path;
    op->body = req->body;
}

/* One operation of a chain; *next becomes its successor, "" where discarding ends. */
static kl_kind_t discard_one(kl_service_t *svc, const char *id, const char **next, kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv = svc->store->operation_load(svc->store, svc->p, id, &op, err);

    *next = "";
    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err); /* the chain was stored no further */
        return KL_OK;
    }
    if (rv != KL_OK) {
        return rv;
    }
    if (op->state == KL_OP_QUEUED && op->attempts == 0) {
        *next = op->next_op;
        op->state = KL_OP_REFUSED;
        op->error_code = "not_started";
        op->client_key = apr_pstrcat(svc->p, "-", op->id, NULL);
        op->path = op->body = ""; /* never to be sent; a placement's hold a token */
        op->updated_at = svc->now();
        op->lease_until = op->next_at = 0;
        return svc->store->operation_save(svc->store, svc->p, op, err);
    }
    if (op->state == KL_OP_REFUSED) {
        *next = op->next_op; /* discarded before, what follows it maybe not */
    }
    return KL_OK;
}

kl_kind_t kl_operation_discard(kl_service_t *svc, const char *id, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    while (rv == KL_OK && id[0]) {
        rv = discard_one(svc, id, &id, err);
    }
    return rv;
}

/* Claims the order for op. When the database gives no answer the claim may be stored all
 * the same, so it is looked for: *open is 1 when that could not be found out either. */
static kl_kind_t claim(kl_service_t *svc, kl_order_t *order, const kl_operation_t *op, int *open,
                       kl_error_t *err)
{
    kl_order_t *now = NULL;
    kl_kind_t rv;

    order->pending_op = op->id;
    kl_waiting_asked(order, op);
    order->updated_at = svc->now();
    order->check_at = order->updated_at + apr_time_from_sec(KL_LEASE_S);
    rv = svc->store->order_save(svc->store, svc->p, order, err);
    *open = 0;
    if (rv == KL_OK || rv == KL_CONFLICT) {
        return rv;
    }
    *open = svc->store->order_load(svc->store, svc->p, order->id, &now, kl_error_make(svc->p))
            != KL_OK;
    if (!*open && strcmp(now->pending_op, op->id) == 0) {
        kl_error_clear(err);
        return KL_OK;
    }
    return rv;
}

kl_kind_t kl_operation_start(kl_service_t *svc, kl_order_t *order, kl_operation_t **ops, int n,
                             kl_error_t *err)
{
    kl_kind_t rv = KL_OK;
    int i, open = 0;

    for (i = 0; i < n && rv == KL_OK; i++) {
        if (!ops[i]->method || !ops[i]->path) {
            rv = kl_error_set(err, KL_INTERNAL, "no_request", "A %s has no request to send.",
                              kl_op_kind_name(ops[i]->kind));
            break;
        }
        ops[i]->next_op = i + 1 < n ? ops[i + 1]->id : "";
        rv = svc->store->operation_insert(svc->store, svc->p, ops[i], err);
        kl_step(svc, "operation_stored");
    }
    if (rv == KL_OK) {
        rv = claim(svc, order, ops[0], &open, err);
        kl_step(svc, "order_claimed");
    }
    if (rv == KL_OK) {
        kl_references_of(svc, order, ops[0]);
    }
    if (rv != KL_OK && !open) {
        (void)kl_operation_discard(svc, ops[0]->id, kl_error_make(svc->p));
    }
    return rv;
}

static kl_kind_t busy(const kl_operation_t *op, kl_error_t *err)
{
    kl_error_set(err, KL_CONFLICT, "order_busy", "Operation %s (%s, %s) holds this order.", op->id,
                 kl_op_kind_name(op->kind), kl_op_state_name(op->state));
    err->reason = "busy"; /* as the order's actions show it */
    kl_error_next(err, "Wait until it ended, then ask again.");
    err->retry_after = 2;
    return err->kind;
}

/* 1 when whoever worked on op is gone and it is time to go on with it. */
static int left_behind(kl_service_t *svc, const kl_operation_t *op)
{
    return kl_op_is_final(op->state)
           || (op->lease_until <= svc->now() && op->next_at <= svc->now());
}

/* Goes on with the operation that holds the order and loads the order again. An operation
 * that can not be folded is told; one that is still not final shows in the order. */
static kl_kind_t go_on(kl_service_t *svc, kl_operation_t *op, kl_order_t **order, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    if (kl_op_is_final(op->state)) {
        rv = kl_fold(svc, op, err);
    }
    else {
        (void)kl_resume(svc, &op, kl_error_make(svc->p));
    }
    return rv == KL_OK ? kl_service_order(svc, (*order)->id, order, err) : rv;
}

kl_kind_t kl_order_free(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv;
    int steps;

    for (steps = 0; (*order)->pending_op[0]; steps++) {
        rv = svc->store->operation_load(svc->store, svc->p, (*order)->pending_op, &op, err);
        if (rv != KL_OK) {
            return rv == KL_NOT_FOUND ? err->kind = KL_INTERNAL : rv;
        }
        if (steps > KL_MAX_CHAIN || !left_behind(svc, op)) {
            return busy(op, err);
        }
        rv = go_on(svc, op, order, err);
        if (rv != KL_OK) {
            return rv;
        }
    }
    return KL_OK;
}

kl_kind_t kl_in_progress(kl_error_t *err)
{
    kl_error_clear(err);
    kl_error_set(err, KL_CONFLICT, "in_progress", "This request is being worked on.");
    kl_error_next(err, "Ask again with the same Idempotency-Key.");
    err->retry_after = 2;
    return err->kind;
}

/* *turn becomes 1 when op holds the order or follows the operation that does. */
static kl_kind_t has_its_turn(kl_service_t *svc, const kl_operation_t *op, int *turn,
                              kl_error_t *err)
{
    kl_operation_t *ahead = NULL;
    kl_order_t *order = NULL;
    const char *id;
    kl_kind_t rv = svc->store->order_load(svc->store, svc->p, op->order_id, &order, err);

    *turn = 0;
    for (id = rv == KL_OK ? order->pending_op : ""; id[0] && !*turn; id = ahead->next_op) {
        *turn = strcmp(id, op->id) == 0;
        rv = svc->store->operation_load(svc->store, svc->p, id, &ahead, err);
        if (rv != KL_OK) {
            break;
        }
    }
    return rv;
}

kl_kind_t kl_operation_discard_unclaimed(kl_service_t *svc, const kl_operation_t *op, int *gone,
                                         kl_error_t *err)
{
    kl_kind_t rv;
    int turn;

    *gone = 0;
    if (op->state != KL_OP_QUEUED || op->attempts > 0 || op->lease_until > svc->now()
        || op->created_at + apr_time_from_sec(KL_LEASE_S) > svc->now()) {
        return KL_OK; /* who left it to the worker may be claiming its order this moment */
    }
    rv = has_its_turn(svc, op, &turn, err);
    if (rv != KL_OK || turn) {
        return rv;
    }
    rv = kl_operation_discard(svc, op->id, err);
    *gone = rv == KL_OK;
    return rv == KL_CONFLICT ? kl_in_progress(err) : rv; /* it was claimed a moment ago */
}

kl_kind_t kl_operation_replay(kl_service_t *svc, const kl_client_t *client, kl_operation_t **out,
                              kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv;
    int gone;

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
    if (rv == KL_OK) {
        rv = kl_operation_discard_unclaimed(svc, op, &gone, err);
        *out = rv == KL_OK && !gone ? op : NULL;
    }
    return rv;
}

static kl_kind_t prepare_once(kl_service_t *svc, const char *order_id, kl_action_fn action,
                              const void *want, const kl_client_t *client, kl_operation_t **out,
                              kl_error_t *err)
{
    kl_operation_t *ops[KL_MAX_CHAIN];
    kl_order_t *order = NULL;
    int n = 0;
    kl_kind_t rv = kl_service_order(svc, order_id, &order, err);

    if (rv == KL_OK) {
        rv = kl_order_free(svc, &order, err);
    }
    if (rv == KL_OK) {
        rv = action(svc, order, want, client, ops, &n, err);
    }
    if (rv == KL_OK) {
        rv = kl_operation_start(svc, order, ops, n, err);
    }
    if (rv == KL_OK) {
        *out = ops[0];
    }
    return rv;
}

static int is_version(kl_kind_t rv, const kl_error_t *err)
{
    return rv == KL_CONFLICT && strcmp(err->code, "version") == 0;
}

/* A refusal may only mean that the same key was quicker, and the order is as its own
 * operation left it. */
static kl_kind_t unless_started(kl_service_t *svc, const kl_client_t *client, kl_kind_t rv,
                                kl_error_t *err)
{
    kl_operation_t *op = NULL;

    if ((rv != KL_CONFLICT && rv != KL_INVALID) || !client || !client->key[0]
        || svc->store->operation_load_by_client_key(svc->store, svc->p, client->key, &op,
                                                    kl_error_make(svc->p))
               != KL_OK) {
        return rv;
    }
    kl_error_clear(err);
    return kl_error_set(err, KL_CONFLICT, "exists", "The same request was started just now.");
}

kl_kind_t kl_prepare(kl_service_t *svc, const char *order_id, kl_action_fn action, const void *want,
                     const kl_client_t *client, kl_operation_t **out, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;
    int tries;

    for (tries = 0; tries < KL_MAX_TRIES; tries++) {
        kl_error_clear(err);
        rv = prepare_once(svc, order_id, action, want, client, out, err);
        if (!is_version(rv, err)) {
            return unless_started(svc, client, rv, err);
        }
    }
    kl_error_clear(err);
    kl_error_set(err, KL_CONFLICT, "order_busy", "The order keeps changing.");
    err->retry_after = 1;
    return err->kind;
}
