/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many orders at once: a person's selection is stored as a batch, and worked by the worker
 * (batch_work.h). Whoever closes the page changes nothing.
 */
#ifndef KL_SERVICE_BATCH_H
#define KL_SERVICE_BATCH_H

#include "service/service.h"

#define KL_MAX_BATCH 1000 /* orders of one */
#define KL_BATCHES_SHOWN 20

typedef struct kl_batch_request_t {
    const char *action;
    const apr_array_header_t *orders; /* of const char *: ids, each once */
} kl_batch_request_t;

/** Stores the batch; the same key again gives the batch that is there.
 *  @return KL_OK; KL_NOT_FOUND "no_such_order" naming the first that is none of the caller's, and
 *  nothing is stored; KL_INVALID "idempotency_key_reused"; KL_UNAVAILABLE */
kl_kind_t kl_batch_create(kl_service_t *svc, const kl_batch_request_t *want,
                          const kl_client_t *client, kl_batch_t **out, kl_error_t *err);

/** A batch with those of its items whose orders are the caller's (of kl_batch_item_t *).
 *  @return KL_OK, KL_NOT_FOUND "no_such_batch", KL_UNAVAILABLE */
kl_kind_t kl_batch_show(kl_service_t *svc, const char *id, kl_batch_t **out,
                        apr_array_header_t **items, kl_error_t *err);

/** The newest of the caller's accounts, newest first, with their counts in the same order.
 *  *out: of kl_batch_t *; *counts: of kl_batch_counts_t. */
kl_kind_t kl_batch_newest(kl_service_t *svc, apr_array_header_t **out, apr_array_header_t **counts,
                          kl_error_t *err);

#endif
