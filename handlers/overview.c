/* SPDX-License-Identifier: Apache-2.0 */
/* See overview.h. */
#include "handlers/overview.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include "child.h"
#include "core/view.h"
#include "handlers/accounts.h"
#include "klarna_module.h"
#include "service/overview.h"

static const char *httpd_version(apr_pool_t *p)
{
    ap_version_t version;

    ap_get_server_revision(&version);
    return apr_psprintf(p, "%d.%d.%d%s", version.major, version.minor, version.patch,
                        version.add_string);
}

static void set_settings(kl_request_t *req, kl_json_t *v, kl_audience_t audience)
{
    const kl_server_settings_t *cfg = kl_settings_server(req->r->server);

    kl_json_set_bool(v, "worker", cfg->worker != 0);
    if (audience == KL_FOR_STRANGERS) {
        kl_json_set_bool(v, "callback_base", cfg->callback_base != NULL);
    }
    else {
        kl_view_word(v, "callback_base", cfg->callback_base ? cfg->callback_base : "");
    }
    kl_json_set(v, "stores", kl_accounts_view(req, audience));
}

/* What is left when every request waits for Klarna until its time is over. */
static kl_json_t *capacity(kl_request_t *req)
{
    kl_json_t *v = kl_json_object(req->r->pool);
    apr_time_t timeout = kl_settings_timeout(kl_settings_server(req->r->server));
    int daemons = 0, threads = 0, workers;

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &daemons);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    workers = daemons * (threads > 0 ? threads : 1);
    kl_json_set_int(v, "processes", daemons);
    kl_json_set_int(v, "workers", workers);
    kl_json_set_int(v, "timeout_ms", apr_time_as_msec(timeout));
    kl_json_set_int(v, "slow_payments_per_minute", 60 * APR_USEC_PER_SEC * workers / timeout);
    return v;
}

kl_json_t *kl_overview_view(kl_request_t *req, kl_audience_t audience)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *database = kl_json_object(p);
    kl_overview_t found;

    if (kl_overview_read(&req->svc, &found, req->err) != KL_OK) {
        return NULL;
    }
    kl_view_time(p, v, "now", req->svc.now());
    kl_json_set_str(v, "version", KL_VERSION);
    kl_json_set_str(v, "httpd", httpd_version(p));
    kl_json_set_str(v, "libcurl", kl_child_http_version(p));
    kl_json_set_str(database, "driver", found.driver);
    kl_json_set_int(database, "schema_version", KL_SCHEMA_VERSION);
    kl_json_set(v, "database", database);
    set_settings(req, v, audience);
    kl_json_set(v, "capacity", capacity(req));
    kl_json_set(v, "queue", kl_queue_view(p, &found.queue));
    return v;
}
