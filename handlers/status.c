/* SPDX-License-Identifier: Apache-2.0 */
/* See status.h. */
#include "handlers/status.h"
#include "handlers/handlers.h"

#include "service/overview.h"
#include "handlers/answer.h"

int kl_status_health(kl_request_t *req)
{
    kl_json_t *v = kl_json_object(req->r->pool);
    kl_kind_t rv = kl_overview_ready(&req->svc, req->err);

    if (rv != KL_OK) {
        return kl_answer_error(req);
    }
    kl_json_set_str(v, "status", "ok");
    kl_json_set_str(v, "database", "ok");
    kl_json_set_int(v, "schema_version", KL_SCHEMA_VERSION);
    if (req->r->user && req->r->user[0]) {
        kl_json_set_str(v, "store", req->settings->account.name);
        kl_json_set_str(v, "environment", req->settings->account.environment);
        kl_json_set_str(v, "region", kl_country_region_name(req->settings->account.region));
        kl_json_set_str(v, "klarna", req->settings->account.base_url);
        kl_json_set_str(v, "version", KL_VERSION);
    }
    return kl_answer(req, HTTP_OK, v, NULL);
}

const kl_route_t kl_status_routes[] = {
    {"GET", "health", 0, kl_status_health},
    {NULL, NULL, 0, NULL},
};
