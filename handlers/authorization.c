/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST {id}/extend and {id}/release: the authorization's time and its unused rest.
 */
#include "service/authorization.h"
#include "handlers/handlers.h"
#include "core/operation_view.h"

static void show_operation(kl_call_t *call, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_set(v, "operation", kl_operation_view(call->r->pool, acted->first, call->svc.now()));
}

/* Both take an empty object: nothing to say, nothing to misspell. */
static int run(kl_call_t *call, const kl_action_t *action)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    kl_ask_t ask = {0};

    kl_reader_only(&rd, NULL);
    return call->err->kind == KL_OK ? kl_outcome(call, action, &ask, show_operation)
                                    : kl_reply_error(call);
}

int kl_extend_create(kl_call_t *call)
{
    return run(call, &kl_authorization_extend_action);
}

int kl_release_create(kl_call_t *call)
{
    return run(call, &kl_authorization_release_action);
}
