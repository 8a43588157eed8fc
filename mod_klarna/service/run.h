/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running an operation: call, record, book, then the operation that follows, until they have ended
 * or as far as it gets now. It is the same for the request's thread and for a worker of any host;
 * wherever one dies, another can run the rest.
 */
#ifndef KL_RUN_H
#define KL_RUN_H

#include "service/service.h"

typedef struct kl_run_t {
    kl_operation_t *op; /* where to begin; then the last operation run */
    kl_order_t *order;  /* its order as stored, or NULL; then as stored now, NULL = not known */
    int fresh;          /* 1: it was planned within the same action, from Klarna's record */
} kl_run_t;

/** Runs run->op and the operations that follow it. One that is final and not booked is booked.
 *  Calls Klarna. */
kl_kind_t kl_run(kl_service_t *svc, kl_run_t *run, kl_error_t *err);

/** Runs an operation that someone else began: one that is final, or holds its order and whose
 *  lease is over. One that does not hold its order is never sent (one that was never claimed is
 *  discarded): KL_CONFLICT "in_progress", as for a lease that still runs. Calls Klarna. */
kl_kind_t kl_run_resume(kl_service_t *svc, kl_run_t *run, kl_error_t *err);

/**
 * Finishes what was left on the order, so that no operation holds it: books it if it is final, else
 * runs it once its lease is over and its time has come. *order is as stored then. May call Klarna.
 * @return KL_OK, or KL_CONFLICT "order_busy" with retry_after
 */
kl_kind_t kl_run_left(kl_service_t *svc, kl_order_t **order, kl_error_t *err);

#endif
