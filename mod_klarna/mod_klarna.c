/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mod_klarna: Klarna for any site behind Apache. This file is the table of contents: the
 * module record, its settings and its hooks. What happens in a request starts in
 * handlers/dispatch.c; what money may do is decided in mod_klarna/core.
 */
#define KL_IS_MODULE_RECORD
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <ap_mpm.h>
#include <http_core.h>
#include <http_request.h>
#include <mpm_common.h>

#include "child.h"
#include "connections.h"
#include "handlers/handlers.h"
#include "klarna_module.h"
#include "settings.h"
#include "service/waiters.h"
#include "warm.h"
#include "worker.h"
#include "check.h"
#include "filters/subrequest.h"
#include "handlers/dispatch.h"

static void register_hooks(apr_pool_t *p);

AP_DECLARE_MODULE(
    klarna) = {STANDARD20_MODULE_STUFF, kl_settings_location_make,  kl_settings_location_merge,
               kl_settings_server_make, kl_settings_server_merge,   kl_directives,
               register_hooks,          AP_MODULE_FLAG_ALWAYS_MERGE};

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)plog, (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
        ap_add_version_component(pconf, "mod_klarna/" KL_VERSION);
        kl_warm_prepare(pconf);
        return kl_worker_register(pconf, s);
    }
    return OK;
}

/* Before mod_watchdog's own, which starts the worker's clock. */
static void child_init(apr_pool_t *pchild, server_rec *s)
{
    kl_child_init(pchild, s);
    kl_worker_child_init(pchild, s);
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    kl_subrequest_register();
    kl_connections_register();
    ap_hook_pre_config(kl_check_driver, NULL, NULL, APR_HOOK_MIDDLE);
    /* after the MPM's own, which counts the processes */
    ap_hook_check_config(kl_check_settings, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_child_stopping(kl_waiters_stop, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(kl_dispatch_map_to_storage, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(kl_dispatch_handler, NULL, NULL, APR_HOOK_MIDDLE);
}
