/* SPDX-License-Identifier: Apache-2.0 */
/* See check.h. */
#include "check.h"
#include "settings.h"

#include <apr_dbd.h>
#include <ap_mpm.h>
#include <apr_hash.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_dbd.h>
#include <mod_watchdog.h>
#include <string.h>
#include "database_check.h"
#include "department_check.h"
#include "handler_check.h"
#include "klarna_module.h"
#include "location_check.h"
#include "worker.h"

#define SLOW_PAYMENTS_PER_SECOND 5

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
        return apr_psprintf(p,
                            "KlarnaCredentials %s: these are test credentials, but "
                            "KlarnaEnvironment is live: take the live ones from Klarna's portal, "
                            "or set KlarnaEnvironment playground",
                            account->source);
    }
    if (!live && strncmp(account->account.password, "klarna_live_", 12) == 0) {
        return apr_psprintf(p,
                            "KlarnaCredentials %s: these are live credentials, but "
                            "KlarnaEnvironment is playground: take test credentials, or set "
                            "KlarnaEnvironment live",
                            account->source);
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

static void check_accounts(kl_complaints_t *wrong, apr_pool_t *pconf, server_rec *s)
{
    kl_server_settings_t *cfg = kl_settings_server(s);
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(pconf, cfg->accounts); hi; hi = apr_hash_next(hi)) {
        kl_account_settings_t *account = apr_hash_this_val(hi);
        const char *why = complete_account(pconf, cfg, account);

        if (why) {
            kl_complaints_add(wrong, KL_COMPLAINT_SETTING, s, "KLA0001: store '%s': %s",
                              account->account.name, why);
        }
    }
}

static void check_server(kl_complaints_t *wrong, apr_pool_t *pconf, server_rec *s)
{
    kl_server_settings_t *cfg = kl_settings_server(s);

    check_accounts(wrong, pconf, s);
    kl_department_check(wrong, pconf, s);
    for (int i = 0; i < cfg->used->nelts; i++) {
        const char *name = APR_ARRAY_IDX(cfg->used, i, const char *);

        if (!kl_settings_account(cfg, name)) {
            kl_complaints_add(wrong, KL_COMPLAINT_SETTING, s,
                              "KLA0002: KlarnaUseStore %s: there is no such store: add "
                              "<KlarnaStore %s>",
                              name, name);
        }
    }
    if (kl_settings_connect_timeout(cfg) > kl_settings_timeout(cfg)) {
        kl_complaints_add(wrong, KL_COMPLAINT_SETTING, s,
                          "KLA0003: KlarnaConnectTimeout is longer than KlarnaTimeout: make it "
                          "shorter");
    }
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

static void check_databases(kl_complaints_t *wrong, server_rec *main)
{
    if (!APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open)) {
        kl_complaints_add(wrong, KL_COMPLAINT_SETTING, main,
                          "KLA0004: mod_dbd is not loaded: add LoadModule dbd_module, DBDriver and "
                          "DBDParams");
        return;
    }
    for (server_rec *s = main; s; s = s->next) {
        kl_server_settings_t *cfg = kl_settings_server(s);

        if (apr_hash_count(cfg->accounts)) {
            kl_database_check(wrong, s, cfg->database);
        }
    }
}

/* A handler waits on its thread. When Klarna is at its slowest, workers / time-out payments a
 * second are all there can be; too few of them stop the whole site. */
static void check_capacity(kl_complaints_t *wrong, server_rec *s)
{
    apr_time_t timeout = kl_settings_timeout(kl_settings_server(s));
    int daemons = 0, threads = 0;

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &daemons);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    threads = threads > 0 ? threads : 1;
    if ((apr_int64_t)daemons * threads * APR_USEC_PER_SEC / timeout < SLOW_PAYMENTS_PER_SECOND) {
        kl_complaints_add(wrong, KL_COMPLAINT_ADVICE, s,
                          "KLA0005: %d workers and KlarnaTimeout %" APR_TIME_T_FMT "s carry fewer "
                          "than %d payments a second when Klarna is slow: raise MaxRequestWorkers "
                          "and ThreadsPerChild, or lower KlarnaTimeout",
                          daemons * threads, apr_time_sec(timeout), SLOW_PAYMENTS_PER_SECOND);
    }
}

int kl_check_settings(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    kl_complaints_t *wrong = kl_complaints_make(ptemp);

    (void)plog;
    for (server_rec *vhost = s; vhost; vhost = vhost->next) {
        kl_settings_server(vhost)->database = kl_database_read(pconf, s, vhost);
    }
    if (!is_used(s)) {
        return OK;
    }
    for (server_rec *vhost = s; vhost; vhost = vhost->next) {
        check_server(wrong, pconf, vhost);
    }
    kl_location_check(wrong, s);
    kl_handler_check(wrong, s);
    check_databases(wrong, s);
    check_capacity(wrong, s);
    if (kl_worker_is_wanted(s) && !APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback)) {
        kl_complaints_add(wrong, KL_COMPLAINT_SETTING, s,
                          "KLA0006: mod_watchdog is not loaded: add LoadModule watchdog_module, or "
                          "set KlarnaWorker Off");
    }
    return kl_complaints_stop(wrong) ? !OK : OK;
}

int kl_check_driver(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    kl_database_check_driver(pconf, ptemp);
    return OK;
}
