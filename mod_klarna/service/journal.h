/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of intents: operations, stored before anything is sent. An intent binds from the
 * claim on, one compare-and-set that writes the operation's id into the order's row. An operation
 * that was stored but never claimed (its process died in between) was promised to nobody and is
 * discarded. Nothing here calls Klarna.
 */
#ifndef KL_JOURNAL_H
#define KL_JOURNAL_H

#include "api/klarna.h"
#include "core/klarna_record.h"
#include "core/plan_due_date.h"
#include "service/service.h"

#define KL_MAX_CHAIN 2 /* operations that one action needs */

/* The operations that one action on an order needs, each sent when the one before is confirmed. */
typedef struct kl_plan_t {
    kl_order_t *order;         /* as loaded, with what the claim adds to it in memory */
    const kl_client_t *client; /* whose key leads to the first operation; NULL = none */
    apr_interval_time_t after; /* 0: the caller runs it now; else it is left to the worker, not
                                  before that time */
    int again;                 /* 1: planned before, and somebody else was quicker */
    kl_operation_t *ops[KL_MAX_CHAIN];
    int n;
    const kl_klarna_record_t *record; /* Klarna's, read for this action; NULL when it was not */
    kl_due_options_t due_options;     /* Klarna's, read for a later due date */
} kl_plan_t;

/**
 * Adds a new queued operation to the plan, with an id and a lease for this caller. Its request
 * is put on it by kl_journal_request.
 * @return NULL with KL_INTERNAL when there is no randomness
 */
kl_operation_t *kl_journal_add(kl_service_t *svc, kl_plan_t *plan, kl_op_kind_t kind,
                               kl_error_t *err);

/** Puts the exact request on op. */
void kl_journal_request(kl_operation_t *op, const kl_klarna_request_t *req);

/**
 * Stores the operations of the plan (the client's first, so that its key leads to all of them)
 * and claims the order for the first. A claim whose answer was lost is looked for.
 * @return KL_OK, plan->order is as stored then; KL_STALE when the order has changed, KL_TAKEN
 *   when the client's key was used before, KL_UNAVAILABLE. The stored operations are discarded
 *   then, or stay for the client's next try when it is not known whether they hold the order.
 */
kl_kind_t kl_journal_write(kl_service_t *svc, kl_plan_t *plan, kl_error_t *err);

/**
 * The operation that a client's key started before.
 * @param client NULL or without a key: there is none
 * @return KL_OK and *out NULL when there is none (or one that never started, which is
 *   discarded), KL_OK and the operation, KL_INVALID "idempotency_key_reused" when the client
 *   asked something else with it, or KL_CONFLICT "in_progress"
 */
kl_kind_t kl_journal_find(kl_service_t *svc, const kl_client_t *client, kl_operation_t **out,
                          kl_error_t *err);

/** 1 when an operation with the client's key is stored. */
int kl_journal_has(kl_service_t *svc, const kl_client_t *client);

/**
 * Marks an operation that was never sent, and those that follow it, as refused ("not_started") and
 * frees its client key. One that was sent is left alone, with those that follow it.
 * @param id "" or a missing one: nothing to do
 * @return KL_OK, KL_UNAVAILABLE, or KL_STALE if someone else was quicker
 */
kl_kind_t kl_journal_discard(kl_service_t *svc, const char *id, kl_error_t *err);

/**
 * Discards op when it was stored but never claimed and its lease is over: its process is gone and
 * nobody was promised anything.
 * @param gone becomes 1 when it was discarded
 * @return KL_OK, KL_UNAVAILABLE, or KL_CONFLICT "in_progress"
 */
kl_kind_t kl_journal_discard_unclaimed(kl_service_t *svc, const kl_operation_t *op, int *gone,
                                       kl_error_t *err);

/** Leaves op, which has not ended, alone for so long.
 *  @return KL_OK, KL_UNAVAILABLE, or KL_STALE if someone else was quicker */
kl_kind_t kl_journal_postpone(kl_service_t *svc, kl_operation_t *op, apr_interval_time_t pause,
                              kl_error_t *err);

#endif
