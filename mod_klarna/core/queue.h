/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operations that have not ended come to: is anything stuck, and since when?
 */
#ifndef KL_QUEUE_H
#define KL_QUEUE_H

#include "core/operation.h"

typedef struct kl_queue_t {
    int open, unknown, failing;
    apr_time_t oldest_unknown; /* when it was made; 0 = there is none */
} kl_queue_t;

/** 1 when op met an error or was tried often: someone may want to look at it. */
int kl_queue_is_failing(const kl_operation_t *op);

/** Figures of unfinished operations (of kl_operation_t *). */
kl_queue_t kl_queue_count(const apr_array_header_t *unfinished);

/** None above KL_MAX_PAGE: nobody counts further than that. */
kl_json_t *kl_queue_view(apr_pool_t *p, const kl_queue_t *queue);

#endif
