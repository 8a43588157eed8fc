/* SPDX-License-Identifier: Apache-2.0 */
/* See check.h. */
#include "check.h"
#include "settings.h"

#include <apr_dbd.h>
#include <apr_hash.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_dbd.h>
#include <mod_watchdog.h>
#include <string.h>
#include "department_check.h"
#include "klarna_module.h"
#include "location_check.h"
#include "worker.h"

static int is_live_host(const char *url)
{
    return strstr(url, ".klarna.com") && !strstr(url, ".playground.");
}

/* NULL, or what is wrong with the pair of environment, endpoint and credentials. */
static const char *check_environment(apr_pool_t *p, const kl_account_settings_t *account)
{
    int live = strcmp(account->account.environment, "live") == 0;
    const char *endpoint = account->endpoint;

    if (live && endpoint && !is_live_host(endpoint)) {
        return apr_psprintf(p,
                            "KlarnaEndpoint %s is not Klarna's live system, but "
                            "KlarnaEnvironment is live: remove KlarnaEndpoint, or use playground",
                            endpoint);
    }
    if (!live && endpoint && is_live_host(endpoint)) {
        return apr_psprintf(p,
                            "KlarnaEndpoint %s is Klarna's live system, but KlarnaEnvironment is "
                            "playground: set KlarnaEnvironment live",
                            endpoint);
    }
    if (live && strncmp(account->account.password, "klarna_test_", 12) == 0) {
        return "these are test credentials, but KlarnaEnvironment is live: use the live ones";
    }
    if (!live && strncmp(account->account.password, "klarna_live_", 12) == 0) {
        return "these are live credentials, but KlarnaEnvironment is playground: use test "
               "credentials";
    }
    return NULL;
}

/* The account of a department is at the same system as its store's. */
static void inherit(kl_account_settings_t *account, const kl_account_settings_t *store)
{
    account->account.environment = store->account.environment;
    account->has_environment = store->has_environment;
    account->account.region = store->account.region;
    account->has_region = store->has_region;
    account->endpoint = store->endpoint;
}

static const char *complete_account(apr_pool_t *p, const kl_server_settings_t *cfg,
                                    kl_account_settings_t *account)
{
    int live;

    if (!account->account.username) {
        return "KlarnaCredentials is missing: add KlarnaCredentials file:/path/to/credentials";
    }
    inherit(account, kl_settings_store_of(cfg, account));
    if (!account->has_environment) {
        account->account.environment = "playground";
    }
    live = strcmp(account->account.environment, "live") == 0;
    account->account.base_url = account->endpoint
                                    ? account->endpoint
                                    : kl_country_klarna_host(account->account.region, live);
    return check_environment(p, account);
}

static int check_server(apr_pool_t *p, server_rec *s)
{
    kl_server_settings_t *cfg = kl_settings_server(s);
    kl_account_settings_t *account;
    apr_hash_index_t *hi;
    const char *wrong, *name;
    int i, bad = 0;

    for (hi = apr_hash_first(p, cfg->accounts); hi; hi = apr_hash_next(hi)) {
        account = apr_hash_this_val(hi);
        wrong = complete_account(p, cfg, account);
        if (wrong) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "KLA0001: store '%s': %s",
                         account->account.name, wrong);
            bad = 1;
        }
    }
    bad |= kl_department_check(p, s);
    for (i = 0; i < cfg->used->nelts; i++) {
        name = APR_ARRAY_IDX(cfg->used, i, const char *);
        if (!kl_settings_account(cfg, name)) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                         "KLA0002: KlarnaUseStore %s: there is no such store: add <KlarnaStore "
                         "%s>",
                         name, name);
            bad = 1;
        }
    }
    if (kl_settings_connect_timeout(cfg) > kl_settings_timeout(cfg)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     "KLA0003: KlarnaConnectTimeout is longer than KlarnaTimeout: make it "
                     "shorter");
        bad = 1;
    }
    return bad;
}

static int is_used(server_rec *s)
{
    for (; s; s = s->next) {
        if (apr_hash_count(kl_settings_server(s)->accounts) || kl_settings_server(s)->used->nelts) {
            return 1;
        }
    }
    return 0;
}

int kl_check_settings(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    server_rec *vhost;
    int bad = 0;

    (void)plog;
    if (!is_used(s)) {
        return OK;
    }
    for (vhost = s; vhost; vhost = vhost->next) {
        bad |= check_server(pconf, vhost);
    }
    bad |= kl_location_check(ptemp, s);
    if (!APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     "KLA0004: mod_dbd is not loaded: add LoadModule dbd_module, DBDriver and "
                     "DBDParams");
        bad = 1;
    }
    if (kl_worker_is_wanted(s) && !APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     "KLA0006: mod_watchdog is not loaded: add LoadModule watchdog_module, or set "
                     "KlarnaWorker Off");
        bad = 1;
    }
    return bad ? !OK : OK;
}
