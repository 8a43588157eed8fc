/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET errors: what Klarna refused or what failed last. GET support-bundle: everything the
 * operator sees, in one file that is safe to post: made of codes, times and figures only. No
 * secret, no name of a user or a person, no reference, no address, none of anybody's words.
 */
#include "handlers/operator.h"

#include <stdlib.h>
#include "core/operation_view.h"

#define BUNDLE_HOURS 48

static int by_last_change(const void *a, const void *b)
{
    apr_time_t l = (*(kl_operation_t *const *)a)->updated_at;
    apr_time_t r = (*(kl_operation_t *const *)b)->updated_at;

    return l > r ? -1 : l < r;
}

apr_array_header_t *kl_last_operations(kl_call_t *call, const int *states, int most)
{
    apr_pool_t *p = call->r->pool;
    kl_store_t *store = call->svc.store;
    apr_array_header_t *all = apr_array_make(p, most, sizeof(kl_operation_t *)), *found = NULL;
    int i, k;

    for (i = 0; i < call->stores->nelts; i++) {
        for (k = 0; states[k] >= 0; k++) {
            if (store->operations_by_state(store, p, kl_store_at(call, i)->account.name,
                                           (kl_op_state_t)states[k], most, &found, call->err)
                != KL_OK) {
                return NULL;
            }
            apr_array_cat(all, found);
        }
    }
    qsort(all->elts, all->nelts, sizeof(kl_operation_t *), by_last_change);
    all->nelts = all->nelts < most ? all->nelts : most;
    return all;
}

kl_json_t *kl_errors_view(kl_call_t *call)
{
    static const int states[] = {KL_OP_REFUSED, KL_OP_UNKNOWN, KL_OP_QUEUED, -1};
    kl_json_t *list = kl_json_array(call->r->pool);
    apr_array_header_t *found = kl_last_operations(call, states, KL_MAX_ERRORS);
    int i;

    for (i = 0; found && i < found->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(found, i, kl_operation_t *);

        if (op->error_code[0]) {
            kl_json_append(list, kl_operation_view_error(call->r->pool, op));
        }
    }
    return found ? list : NULL;
}

int kl_errors(kl_call_t *call)
{
    kl_json_t *v = kl_json_object(call->r->pool), *list = kl_errors_view(call);

    if (!list) {
        return kl_reply_error(call);
    }
    kl_json_set(v, "errors", list);
    return kl_reply(call, HTTP_OK, v, NULL);
}

static kl_json_t *bundled_operations(kl_call_t *call)
{
    static const char *const shown[] = {"open", "refused"};
    kl_json_t *v = kl_json_object(call->r->pool), *list;
    int i;

    for (i = 0; i < 2; i++) {
        list = kl_operations_view(call, shown[i], KL_FOR_STRANGERS);
        if (!list) {
            return NULL;
        }
        kl_json_set(v, shown[i], list);
    }
    return v;
}

static kl_json_t *bundled_overview(kl_call_t *call)
{
    return kl_overview_view(call, KL_FOR_STRANGERS);
}

static kl_json_t *bundled_charts(kl_call_t *call)
{
    return kl_charts_view(call, BUNDLE_HOURS);
}

/* A database that is down is asked once, not for each part. */
int kl_support_bundle(kl_call_t *call)
{
    static const struct {
        const char *name;
        kl_json_t *(*view)(kl_call_t *call);
    } parts[] = {
        {"overview", bundled_overview},   {"operations", bundled_operations},
        {"callbacks", kl_callbacks_view}, {"charts", bundled_charts},
        {"errors", kl_errors_view},
    };
    kl_json_t *v = kl_json_object(call->r->pool), *part;
    unsigned i;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        part = parts[i].view(call);
        if (!part) {
            return kl_reply_error(call);
        }
        kl_json_set(v, parts[i].name, part);
    }
    apr_table_setn(call->r->headers_out, "Content-Disposition",
                   "attachment; filename=\"klarna-support.json\"");
    return kl_reply(call, HTTP_OK, v, NULL);
}
