/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-status: is this server ready to take payments? Anyone may ask; details are for users whom
 * Apache authenticated.
 */
#include "handlers/handlers.h"

#include "service/overview.h"

static int health(kl_call_t *call)
{
    kl_json_t *v = kl_json_object(call->r->pool);
    kl_kind_t rv = kl_overview_ready(&call->svc, call->err);

    if (rv != KL_OK && (!call->r->user || !call->r->user[0])) {
        kl_error_clear(call->err);
        kl_error_set(call->err, KL_UNAVAILABLE, "not_ready", "Payments cannot be taken now.");
    }
    if (rv != KL_OK) {
        return kl_reply_error(call);
    }
    kl_json_set_str(v, "status", "ok");
    kl_json_set_str(v, "database", "ok");
    kl_json_set_int(v, "schema_version", KL_SCHEMA_VERSION);
    if (call->r->user && call->r->user[0]) {
        kl_json_set_str(v, "store", call->settings->account.name);
        kl_json_set_str(v, "environment", call->settings->account.environment);
        kl_json_set_str(v, "region", kl_region_name(call->settings->account.region));
        kl_json_set_str(v, "klarna", call->settings->account.base_url);
        kl_json_set_str(v, "version", KL_VERSION);
    }
    return kl_reply(call, HTTP_OK, v, NULL);
}

const kl_route_t kl_status_routes[] = {
    {"GET", "health", 0, health},
    {NULL, NULL, 0, NULL},
};
