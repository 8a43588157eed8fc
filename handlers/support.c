/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET support-bundle: everything the operator sees, in one file that is safe to post: codes, times
 * and figures only. It holds no secrets, no names of users or other people, no references, no
 * addresses and no free text.
 */
#include "handlers/operator.h"

#include "core/operation_view.h"
#include "service/operations.h"
#include "service/overview.h"

#define BUNDLE_HOURS 48

static kl_json_t *overview(kl_call_t *call)
{
    return kl_overview_view(call, KL_FOR_STRANGERS);
}

static kl_json_t *operations(kl_call_t *call)
{
    apr_pool_t *p = call->r->pool;
    apr_array_header_t *open = NULL, *refused = NULL;
    kl_json_t *v = kl_json_object(p);
    apr_time_t now = call->svc.now();

    if (kl_operations_unfinished(&call->svc, &open, call->err) != KL_OK
        || kl_operations_refused(&call->svc, &refused, call->err) != KL_OK) {
        return NULL;
    }
    kl_json_set(v, "open", kl_operation_view_list(p, open, KL_FOR_STRANGERS, now));
    kl_json_set(v, "refused", kl_operation_view_list(p, refused, KL_FOR_STRANGERS, now));
    return v;
}

static kl_json_t *callbacks(kl_call_t *call)
{
    apr_array_header_t *found = NULL;

    return kl_overview_callbacks(&call->svc, &found, call->err) == KL_OK
               ? kl_callback_view(call->r->pool, found)
               : NULL;
}

static kl_json_t *charts(kl_call_t *call)
{
    kl_hours_t *hours = NULL;

    return kl_overview_hours(&call->svc, BUNDLE_HOURS, &hours, call->err) == KL_OK
               ? kl_hours_view(call->r->pool, hours)
               : NULL;
}

static kl_json_t *errors(kl_call_t *call)
{
    apr_array_header_t *found = NULL;

    return kl_operations_errors(&call->svc, &found, call->err) == KL_OK
               ? kl_operation_view_errors(call->r->pool, found)
               : NULL;
}

/* A database that is down is asked once, not for each part. */
int kl_support_bundle(kl_call_t *call)
{
    static const struct {
        const char *name;
        kl_json_t *(*view)(kl_call_t *call);
    } parts[] = {{"overview", overview},
                 {"operations", operations},
                 {"callbacks", callbacks},
                 {"charts", charts},
                 {"errors", errors}};
    kl_json_t *v = kl_json_object(call->r->pool), *part;
    unsigned i;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        part = parts[i].view(call);
        if (!part) {
            return kl_reply_error(call);
        }
        kl_json_set(v, parts[i].name, part);
    }
    kl_reply_as_file(call, "klarna-support.json");
    return kl_reply(call, HTTP_OK, v, NULL);
}
