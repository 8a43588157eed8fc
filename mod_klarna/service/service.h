/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the business actions share: who works on which accounts with what, and how orders and
 * operations are found. The flow of everything that moves money is act.h; the other files
 * around it each hold one step: journal.h (the intent is stored and binds), call.h (Klarna is
 * called), record.h (its answer is stored), book.h (it goes into the order), verify.h (what
 * became of a lost answer), run.h (all of these until the operation ends), change.h (the one
 * door through which an order changes).
 */
#ifndef KL_SERVICE_H
#define KL_SERVICE_H

#include "api/klarna.h"
#include "core/department.h"
#include "core/id.h"
#include "core/limits.h"
#include "core/operation.h"
#include "store/store.h"

/* What one caller works with; made per request, everything allocated from p. Using it never
 * changes it. */
typedef struct kl_service_t {
    apr_pool_t *p;
    kl_store_t *store;
    kl_http_t *http;
    const kl_account_t *account;               /* the account for new orders */
    const kl_account_t *const *accounts;       /* of all whose orders may be worked on */
    int accounts_n;                            /* 0: `account` only */
    const kl_department_t *const *departments; /* of the caller's stores; a worker's: of the store
                                                  that its account belongs to */
    int departments_n;
    const char *actor;             /* authenticated user, or "shopper" */
    const char *callback_base;     /* address of the klarna-callbacks Location, "" = none */
    apr_interval_time_t timeout;   /* for all tries of one Klarna call together */
    int auto_extend;               /* 1: the worker extends authorizations that are about to end */
    apr_interval_time_t retention; /* how long is kept what need not stay */
    apr_time_t (*now)(void);
    void (*sleep)(apr_interval_time_t); /* between tries */
    kl_random_fn random;
    void (*tell)(const char *id);   /* a payment in a store has news for who waits for it; NULL:
                                       nobody does */
    void (*step)(const char *name); /* called wherever the flow has come to; NULL in production.
                                       The crash tests' module dies there */
} kl_service_t;

/** Names a place between two lasting effects: whatever dies there must lose nothing. */
static inline void kl_service_step(const kl_service_t *svc, const char *name)
{
    if (svc->step) {
        svc->step(name);
    }
}

/* The client's Idempotency-Key, hashed with its scope, and the hash of what it asked. */
typedef struct kl_client_t {
    const char *key; /* "" when the client gave none */
    const char *hash;
} kl_client_t;

/** The caller's account of that name, or NULL when it is none of the caller's. */
const kl_account_t *kl_service_account(const kl_service_t *svc, const char *name);

/** The caller's department of that name; NULL: the only one that there is.
 *  @return KL_OK, KL_INVALID naming "department" and what there is ("missing", "unknown_value"), or
 *  KL_CONFLICT "no_department" */
kl_kind_t kl_service_department(const kl_service_t *svc, const char *name,
                                const kl_department_t **out, kl_error_t *err);

/** The caller's department of a payment that was made with that account, which may have been its
 *  store's before it got its own; NULL: it is not configured any more. */
const kl_department_t *kl_service_department_of(const kl_service_t *svc, const char *account,
                                                const char *name);

/** Loads an order of one of the caller's accounts, to be shown; any other is KL_NOT_FOUND. One that
 *  is broken is marked in its row, for a person to find it. */
kl_kind_t kl_service_show(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err);

/** The same, to be worked on: one that is broken is a broken contract. */
kl_kind_t kl_service_order(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err);

/** For an order that is broken: marks it in its row, and says so. Whoever is about to work on an
 *  order that came otherwise than by kl_service_order asks this first.
 *  @return KL_OK for an order that adds up, or KL_INTERNAL "contract" */
kl_kind_t kl_service_whole(kl_service_t *svc, kl_order_t *order, kl_error_t *err);

/** The order of that account which Klarna knows by this id; *out NULL when there is none. */
kl_kind_t kl_service_by_klarna_id(kl_service_t *svc, const char *account, const char *id,
                                  kl_order_t **out, kl_error_t *err);

/** Loads an operation of that order, of one of the caller's accounts; any other is
 *  KL_NOT_FOUND "no_such_operation". */
kl_kind_t kl_service_operation(kl_service_t *svc, const char *order_id, const char *id,
                               kl_operation_t **out, kl_error_t *err);

/** KL_NOT_FOUND "no_such_order", worded alike for an order that does not exist, belongs to another
 * account, or was requested with a wrong key: the caller learns nothing. */
kl_kind_t kl_service_no_order(kl_error_t *err);

/** Someone else is working on it: KL_CONFLICT "in_progress" with retry_after, in place of
 *  whatever err held. */
kl_kind_t kl_service_in_progress(kl_error_t *err);

#endif
