/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST {id}/extend and {id}/release: the authorization's time and its unused rest.
 */
#include "handlers/handlers.h"

#include "core/operation_view.h"

static kl_kind_t prepare_extend(kl_call_t *call, const void *want, kl_operation_t **out)
{
    (void)want;
    return kl_extend_prepare(&call->svc, call->segment[0], &call->client, out, call->err);
}

static kl_kind_t prepare_release(kl_call_t *call, const void *want, kl_operation_t **out)
{
    (void)want;
    return kl_release_prepare(&call->svc, call->segment[0], &call->client, out, call->err);
}

static void show_operation(kl_call_t *call, const kl_operation_t *op, const kl_order_t *order,
                           kl_json_t *v)
{
    (void)order;
    kl_json_set(v, "operation", kl_operation_view(call->r->pool, op, call->svc.now()));
}

/* Both take an empty object: nothing to say, nothing to misspell. */
static int run(kl_call_t *call, kl_prepare_fn prepare)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);

    kl_reader_only(&rd, NULL);
    return call->err->kind == KL_OK ? kl_outcome(call, prepare, NULL, show_operation)
                                    : kl_reply_error(call);
}

int kl_extend_create(kl_call_t *call)
{
    return run(call, prepare_extend);
}

int kl_release_create(kl_call_t *call)
{
    return run(call, prepare_release);
}
