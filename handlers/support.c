/* SPDX-License-Identifier: Apache-2.0 */
/* See support.h. */
#include "handlers/support.h"
#include "handlers/overview.h"

#include "core/operation_view.h"
#include "service/operations.h"
#include "service/overview.h"
#include "handlers/answer.h"

#define BUNDLE_HOURS 48

static kl_json_t *overview(kl_request_t *req)
{
    return kl_overview_view(req, KL_FOR_STRANGERS);
}

static kl_json_t *operations(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    apr_array_header_t *open = NULL, *refused = NULL;
    kl_json_t *v = kl_json_object(p);
    apr_time_t now = req->svc.now();

    if (kl_operations_unfinished(&req->svc, &open, req->err) != KL_OK
        || kl_operations_refused(&req->svc, &refused, req->err) != KL_OK) {
        return NULL;
    }
    kl_json_set(v, "open", kl_operation_view_list(p, open, KL_FOR_STRANGERS, now));
    kl_json_set(v, "refused", kl_operation_view_list(p, refused, KL_FOR_STRANGERS, now));
    return v;
}

static kl_json_t *callbacks(kl_request_t *req)
{
    apr_array_header_t *found = NULL;

    return kl_overview_callbacks(&req->svc, &found, req->err) == KL_OK
               ? kl_callback_view(req->r->pool, found)
               : NULL;
}

static kl_json_t *charts(kl_request_t *req)
{
    kl_hours_t *hours = NULL;

    return kl_overview_hours(&req->svc, BUNDLE_HOURS, &hours, req->err) == KL_OK
               ? kl_hours_view(req->r->pool, hours)
               : NULL;
}

static kl_json_t *errors(kl_request_t *req)
{
    apr_array_header_t *found = NULL;

    return kl_operations_errors(&req->svc, &found, req->err) == KL_OK
               ? kl_operation_view_errors(req->r->pool, found)
               : NULL;
}

/* A database that is down is asked once, not for each part. */
int kl_support_bundle(kl_request_t *req)
{
    static const struct {
        const char *name;
        kl_json_t *(*view)(kl_request_t *req);
    } parts[] = {{"overview", overview},
                 {"operations", operations},
                 {"callbacks", callbacks},
                 {"charts", charts},
                 {"errors", errors}};
    kl_json_t *v = kl_json_object(req->r->pool), *part;
    unsigned i;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        part = parts[i].view(req);
        if (!part) {
            return kl_answer_error(req);
        }
        kl_json_set(v, parts[i].name, part);
    }
    kl_answer_as_file(req, "klarna-support.json");
    return kl_answer(req, HTTP_OK, v, NULL);
}
