/* SPDX-License-Identifier: Apache-2.0 */
/* See journal.h. */
#include "service/journal.h"

#include <apr_strings.h>
#include <string.h>
#include "core/contract.h"
#include "core/instore.h"
#include "core/operation_check.h"
#include "core/waiting.h"
#include "service/change.h"

kl_operation_t *kl_journal_add(kl_service_t *svc, kl_plan_t *plan, kl_op_kind_t kind,
                               kl_error_t *err)
{
    kl_operation_t *op = kl_operation_make(svc->p);
    const kl_client_t *client = plan->n == 0 ? plan->client : NULL;

    op->id = kl_id_uuid(svc->p, svc->random);
    if (!op->id) {
        kl_error_set(err, KL_INTERNAL, "no_randomness", "The system provided no random bytes.");
        return NULL;
    }
    op->order_id = plan->order->id;
    op->account = plan->order->account;
    op->kind = kind;
    op->actor = svc->actor;
    op->client_key = kl_operation_no_key(svc->p, op);
    if (client && client->key[0]) {
        op->client_key = client->key;
        op->client_hash = client->hash;
    }
    kl_operation_queued(op, svc->now(), plan->after);
    plan->ops[plan->n++] = op;
    return op;
}

void kl_journal_request(kl_operation_t *op, const kl_klarna_request_t *req)
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
    if (kl_operation_is_unstarted(op)) {
        *next = op->next_op;
        rv = kl_operation_discarded(op, svc->p, svc->now(), err);
        return rv == KL_OK ? svc->store->operation_save(svc->store, svc->p, op, err) : rv;
    }
    if (op->state == KL_OP_REFUSED) {
        *next = op->next_op; /* discarded before, what follows it maybe not */
    }
    return KL_OK;
}

kl_kind_t kl_journal_discard(kl_service_t *svc, const char *id, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    while (rv == KL_OK && id[0]) {
        rv = discard_one(svc, id, &id, err);
    }
    return rv;
}

/* --- the claim ------------------------------------------------------------------------ */

static kl_kind_t hold(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    (void)p;
    if (order->pending_op[0]) { /* one call in flight per order */
        return kl_error_set(err, KL_STALE, "held", "Operation %s holds this order.",
                            order->pending_op);
    }
    order->pending_op = change->op->id;
    if (order->instore && change->op->kind == KL_OP_ADOPT) {
        kl_instore_wipe(order->instore); /* paid: the payment's row is not written again */
    }
    kl_waiting_asked(order, change->op);
    return KL_OK;
}

/* Claims the order. If the database gives no answer the claim may still be stored, so it is looked
 * up: *open is 1 if that could not be established either. */
static kl_kind_t claim(kl_service_t *svc, kl_plan_t *plan, int *open, kl_error_t *err)
{
    kl_change_t change = {.make = hold,
                          .op = plan->ops[0],
                          .look = KL_LOOK_LEASED,
                          .once = 1,
                          .step = "order_claimed"};
    const char *id = plan->order->id;
    kl_kind_t rv = kl_change_order(svc, &change, id, &plan->order, err);

    *open = 0;
    if (rv != KL_UNAVAILABLE) {
        return rv;
    }
    *open = svc->store->order_load(svc->store, svc->p, id, &plan->order, kl_error_make(svc->p))
            != KL_OK;
    if (!*open && strcmp(plan->order->pending_op, plan->ops[0]->id) == 0) {
        kl_error_clear(err);
        return KL_OK;
    }
    return rv;
}

/* What Klarna is asked for lies within what it granted and what is captured. */
static kl_kind_t check_amount(const kl_order_t *order, const kl_operation_t *op, kl_error_t *err)
{
    if (op->kind == KL_OP_CAPTURE || op->kind == KL_OP_REDUCE) {
        KL_CONTRACT(op->amount > 0 && op->amount <= order->remaining_amount, err);
    }
    if (op->kind == KL_OP_REFUND) {
        KL_CONTRACT(op->amount > 0, err);
        KL_CONTRACT(op->amount <= order->captured_amount - order->refunded_amount, err);
    }
    return KL_OK;
}

/* The intent binds here: whatever is sent later is what this row says. */
static kl_kind_t store(kl_service_t *svc, const kl_order_t *order, kl_operation_t *op,
                       kl_error_t *err)
{
    kl_kind_t rv;

    KL_CONTRACT(op->method && op->path, err); /* a request could be built */
    KL_CONTRACT(op->version == 0 && kl_operation_is_unstarted(op), err);
    if (check_amount(order, op, err) != KL_OK || kl_operation_check(op, err) != KL_OK) {
        return KL_INTERNAL;
    }
    rv = svc->store->operation_insert(svc->store, svc->p, op, err);
    kl_service_step(svc, "operation_stored");
    return rv;
}

kl_kind_t kl_journal_write(kl_service_t *svc, kl_plan_t *plan, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;
    int i, open = 0;

    for (i = 0; i < plan->n && rv == KL_OK; i++) {
        plan->ops[i]->next_op = i + 1 < plan->n ? plan->ops[i + 1]->id : "";
        rv = store(svc, plan->order, plan->ops[i], err);
    }
    if (rv == KL_OK) {
        rv = claim(svc, plan, &open, err);
    }
    if (rv != KL_OK && !open) {
        (void)kl_journal_discard(svc, plan->ops[0]->id, kl_error_make(svc->p));
    }
    return rv;
}

/* --- what was never claimed ------------------------------------------------------------ */

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

kl_kind_t kl_journal_discard_unclaimed(kl_service_t *svc, const kl_operation_t *op, int *gone,
                                       kl_error_t *err)
{
    kl_kind_t rv;
    int turn;

    *gone = 0;
    if (!kl_operation_is_unstarted(op) || op->lease_until > svc->now()
        || op->created_at + apr_time_from_sec(KL_LEASE_S) > svc->now()) {
        return KL_OK; /* who left it to the worker may be claiming its order this moment */
    }
    rv = has_its_turn(svc, op, &turn, err);
    if (rv != KL_OK || turn) {
        return rv;
    }
    rv = kl_journal_discard(svc, op->id, err);
    *gone = rv == KL_OK;
    return rv == KL_STALE ? kl_service_in_progress(err) : rv; /* it was claimed a moment ago */
}

/* --- by the client's key ---------------------------------------------------------------- */

static int has_key(const kl_client_t *client)
{
    return client && client->key[0];
}

int kl_journal_has(kl_service_t *svc, const kl_client_t *client)
{
    kl_operation_t *op = NULL;

    return has_key(client)
           && svc->store->operation_load_by_client_key(svc->store, svc->p, client->key, &op,
                                                       kl_error_make(svc->p))
                  == KL_OK;
}

kl_kind_t kl_journal_find(kl_service_t *svc, const kl_client_t *client, kl_operation_t **out,
                          kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv;
    int gone;

    *out = NULL;
    if (!has_key(client)) {
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
        rv = kl_journal_discard_unclaimed(svc, op, &gone, err);
        *out = rv == KL_OK && !gone ? op : NULL;
    }
    return rv;
}

kl_kind_t kl_journal_postpone(kl_service_t *svc, kl_operation_t *op, apr_interval_time_t pause,
                              kl_error_t *err)
{
    kl_kind_t rv = kl_operation_postponed(op, svc->now() + pause, err);

    return rv == KL_OK ? svc->store->operation_save(svc->store, svc->p, op, err) : rv;
}
