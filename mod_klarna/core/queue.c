/* SPDX-License-Identifier: Apache-2.0 */
/* See queue.h. */
#include "core/queue.h"

#include "core/limits.h"
#include "core/view.h"

#define FAILING_ATTEMPTS 3

int kl_queue_is_failing(const kl_operation_t *op)
{
    return op->attempts >= FAILING_ATTEMPTS || op->error_code[0];
}

kl_queue_t kl_queue_count(const apr_array_header_t *unfinished)
{
    kl_queue_t queue = {.open = unfinished->nelts};

    for (int i = 0; i < unfinished->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(unfinished, i, kl_operation_t *);

        queue.failing += kl_queue_is_failing(op);
        if (op->state == KL_OP_UNKNOWN) {
            queue.unknown++;
            if (!queue.oldest_unknown || op->created_at < queue.oldest_unknown) {
                queue.oldest_unknown = op->created_at;
            }
        }
    }
    return queue;
}

static void set_count(kl_json_t *v, const char *name, int n)
{
    kl_json_set_int(v, name, n < KL_MAX_PAGE ? n : KL_MAX_PAGE);
}

kl_json_t *kl_queue_view(apr_pool_t *p, const kl_queue_t *queue)
{
    kl_json_t *v = kl_json_object(p);

    set_count(v, "open", queue->open);
    set_count(v, "unknown", queue->unknown);
    set_count(v, "failing", queue->failing);
    kl_view_time(p, v, "oldest_unknown", queue->oldest_unknown);
    return v;
}
