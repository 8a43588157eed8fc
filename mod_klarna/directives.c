/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directives. Each checks its own value where it stands; what needs several of them is
 * checked in check.c. Every refusal names the cure. conf/mod_klarna.conf and
 * docs/configuration.md list each directive; a guard compares the three.
 */
#include "settings.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_lib.h>
#include <errno.h>
#include <string.h>
#include "api/http_curl.h"
#include "container.h"
#include "core/limits.h"
#include "department_directives.h"
#include "klarna_module.h"
#include "service/round.h"
#include "secret.h"

#define MAX_TIMEOUT_S 45 /* must end well within the lease, KL_LEASE_S */
_Static_assert(MAX_TIMEOUT_S < KL_LEASE_S, "a call ends before anyone else may repeat it");
#define MAX_WHY 120
#define MIN_CART_KEY 32 /* bytes */

static kl_server_settings_t *settings_of(cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &klarna_module);
}

static kl_account_settings_t *account_here(cmd_parms *cmd)
{
    kl_server_settings_t *cfg = settings_of(cmd);

    return cfg->open ? cfg->open : kl_settings_account_made(cmd->pool, cfg, KL_DEFAULT_STORE);
}

static const char *open_store(cmd_parms *cmd, void *unused, const char *arg)
{
    kl_server_settings_t *cfg = settings_of(cmd);
    const char *name = NULL;
    const char *error = kl_container_name(cmd, arg, &name);

    (void)unused;
    if (error) {
        return error;
    }
    if (cfg->open) {
        return "<KlarnaStore> cannot be nested in another <KlarnaStore>";
    }
    cfg->open = kl_settings_account_made(cmd->pool, cfg, name);
    error = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
    cfg->open = NULL;
    return error;
}

static const char *set_credentials(cmd_parms *cmd, void *unused, const char *source)
{
    kl_server_settings_t *cfg = settings_of(cmd);
    kl_account_settings_t *account = cfg->open_department ? kl_department_directives_account(cmd)
                                                          : account_here(cmd);
    const char *error, *colon;
    const char *secret = kl_secret_read(cmd->pool, cmd->temp_pool, source, &error);

    (void)unused;
    if (!secret) {
        return apr_psprintf(cmd->pool, "KlarnaCredentials: %s", error);
    }
    colon = strchr(secret, ':');
    if (!colon || colon == secret || !colon[1]) {
        return "KlarnaCredentials: expected one line username:password as Klarna's portal "
               "gives them";
    }
    account->account.username = apr_pstrmemdup(cmd->pool, secret, colon - secret);
    account->account.password = colon + 1;
    account->source = strncmp(source, "exec:", 5) == 0 ? "exec:" : source;
    return NULL;
}

static const char *set_environment(cmd_parms *cmd, void *unused, const char *word)
{
    kl_account_settings_t *account = account_here(cmd);

    (void)unused;
    if (strcmp(word, "playground") != 0 && strcmp(word, "live") != 0) {
        return apr_psprintf(cmd->pool, "KlarnaEnvironment: expected playground or live, not '%s'",
                            word);
    }
    account->account.environment = word;
    account->has_environment = 1;
    return NULL;
}

static const char *set_region(cmd_parms *cmd, void *unused, const char *word)
{
    kl_account_settings_t *account = account_here(cmd);

    (void)unused;
    if (!kl_country_region_parse(word, &account->account.region)) {
        return apr_psprintf(cmd->pool,
                            "KlarnaRegion: expected eu, na or oc (the region your Klarna account "
                            "belongs to), not '%s'",
                            word);
    }
    account->has_region = 1;
    return NULL;
}

static const char *set_endpoint(cmd_parms *cmd, void *unused, const char *url)
{
    apr_size_t len = strlen(url);

    (void)unused;
    if (!kl_http_curl_allows(url)) {
        return apr_psprintf(cmd->pool,
                            "KlarnaEndpoint: expected an https:// address (http:// only to this "
                            "machine, for the sandbox), not '%s'",
                            url);
    }
    while (len && url[len - 1] == '/') {
        len--;
    }
    account_here(cmd)->endpoint = apr_pstrmemdup(cmd->pool, url, len);
    return NULL;
}

static const char *add_cart_key(cmd_parms *cmd, void *unused, const char *kid, const char *source)
{
    kl_account_settings_t *account = account_here(cmd);
    kl_cart_key_t *key;
    const char *error;
    const char *secret = kl_secret_read(cmd->pool, cmd->temp_pool, source, &error);
    int i;

    (void)unused;
    if (!secret) {
        return apr_psprintf(cmd->pool, "KlarnaCartKey %s: %s", kid, error);
    }
    if (strlen(secret) < MIN_CART_KEY) {
        return apr_psprintf(cmd->pool,
                            "KlarnaCartKey %s: the secret needs at least %d bytes; make one with "
                            "'openssl rand -hex 32'",
                            kid, MIN_CART_KEY);
    }
    for (i = 0; i < account->cart_keys->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(account->cart_keys, i, kl_cart_key_t).kid, kid) == 0) {
            return apr_psprintf(cmd->pool,
                                "KlarnaCartKey: key id '%s' is given twice; each key needs its "
                                "own",
                                kid);
        }
    }
    key = apr_array_push(account->cart_keys);
    key->kid = kid;
    key->secret = secret;
    key->len = strlen(secret);
    return NULL;
}

static const char *parse_timeout(cmd_parms *cmd, const char *text, int max_s,
                                 apr_interval_time_t *out)
{
    apr_interval_time_t value;

    if (ap_timeout_parameter_parse(text, &value, "s") != APR_SUCCESS
        || value < apr_time_from_msec(100) || value > apr_time_from_sec(max_s)) {
        return apr_psprintf(cmd->pool, "%s: expected a time from 100ms to %ds, not '%s'",
                            cmd->cmd->name, max_s, text);
    }
    *out = value;
    return NULL;
}

static const char *set_timeout(cmd_parms *cmd, void *unused, const char *text)
{
    (void)unused;
    return parse_timeout(cmd, text, MAX_TIMEOUT_S, &settings_of(cmd)->timeout);
}

static const char *set_connect_timeout(cmd_parms *cmd, void *unused, const char *text)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)unused;
    return error ? error
                 : parse_timeout(cmd, text, MAX_TIMEOUT_S, &settings_of(cmd)->connect_timeout);
}

static const char *set_trust_store(cmd_parms *cmd, void *unused, const char *path)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *full = ap_server_root_relative(cmd->pool, path);
    apr_file_t *file;
    apr_finfo_t info;
    apr_status_t rv;
    char why[MAX_WHY];

    (void)unused;
    if (error) {
        return error;
    }
    rv = full ? apr_file_open(&file, full, APR_READ, APR_OS_DEFAULT, cmd->temp_pool) : APR_EBADPATH;
    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_TYPE, file);
        rv = rv == APR_SUCCESS && info.filetype != APR_REG ? EISDIR : rv;
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS) {
        return apr_psprintf(cmd->pool,
                            "KlarnaTrustStore: the file %s cannot be opened (%s): expected CA "
                            "certificates in PEM form; Debian has them in "
                            "/etc/ssl/certs/ca-certificates.crt (package ca-certificates)",
                            full ? full : path, apr_strerror(rv, why, sizeof(why)));
    }
    settings_of(cmd)->trust_store = full;
    return NULL;
}

static const char *set_proxy(cmd_parms *cmd, void *unused, const char *url)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void)unused;
    if (error) {
        return error;
    }
    if (strncmp(url, "http://", 7) != 0 && strcmp(url, "none") != 0) {
        return apr_psprintf(cmd->pool,
                            "KlarnaProxy: expected http://host:port of a CONNECT proxy, or none, "
                            "not '%s'",
                            url);
    }
    settings_of(cmd)->proxy = strcmp(url, "none") == 0 ? "" : url;
    return NULL;
}

static const char *set_callback_base(cmd_parms *cmd, void *unused, const char *url)
{
    apr_size_t len = strlen(url);

    (void)unused;
    if (strncmp(url, "https://", 8) != 0 || len < 12 || len > 1500 || strpbrk(url, "?# ")) {
        return apr_psprintf(cmd->pool,
                            "KlarnaCallbackBase: expected the https:// address at which Klarna "
                            "reaches the klarna-callbacks Location, without ? and #, not '%s'",
                            url);
    }
    while (url[len - 1] == '/') {
        len--;
    }
    settings_of(cmd)->callback_base = apr_pstrmemdup(cmd->pool, url, len);
    return NULL;
}

static const char *set_worker(cmd_parms *cmd, void *unused, const char *word)
{
    apr_size_t digits = strspn(word, "0123456789");
    apr_int64_t n = apr_atoi64(word);

    (void)unused;
    if (strcasecmp(word, "on") == 0) {
        n = KL_WORKER_THREADS_DEFAULT;
    }
    else if (strcasecmp(word, "off") == 0) {
        n = 0;
    }
    else if (word[digits] || n < 1 || n > KL_ROUND_MAX_THREADS) {
        return apr_psprintf(cmd->pool,
                            "KlarnaWorker: expected On or Off, or how many threads each process "
                            "may have for it, 1 to %d, not '%s'",
                            KL_ROUND_MAX_THREADS, word);
    }
    settings_of(cmd)->worker = (int)n;
    return NULL;
}

static const char *set_retention(cmd_parms *cmd, void *unused, const char *word)
{
    apr_size_t digits = strspn(word, "0123456789");
    apr_int64_t days = apr_atoi64(word);

    (void)unused;
    if (strcasecmp(word + digits, "d") != 0 || days < KL_RETENTION_LEAST_D
        || days > KL_RETENTION_MOST_D) {
        return apr_psprintf(cmd->pool,
                            "KlarnaRetention: expected a number of days, %dd to %dd, not '%s'",
                            KL_RETENTION_LEAST_D, KL_RETENTION_MOST_D, word);
    }
    settings_of(cmd)->retention = (int)days;
    return NULL;
}

static const char *set_auto_extend(cmd_parms *cmd, void *unused, int on)
{
    (void)unused;
    settings_of(cmd)->auto_extend = on;
    return NULL;
}

static const char *add_link(cmd_parms *cmd, void *unused, const char *name, const char *url)
{
    kl_server_settings_t *cfg = settings_of(cmd);
    const char *fault = kl_order_link_fault(cmd->temp_pool, url);

    (void)unused;
    if (!name[0] || fault) {
        return apr_psprintf(cmd->pool, "KlarnaOrderLink: %s, not '%s'",
                            name[0] ? fault : "expected a name before the address", url);
    }
    if (!cfg->links) {
        cfg->links = apr_array_make(cmd->pool, 2, sizeof(kl_order_link_t));
    }
    APR_ARRAY_PUSH(cfg->links, kl_order_link_t) = (kl_order_link_t){name, url};
    return NULL;
}

/* Called once for each name. */
static const char *use_store(cmd_parms *cmd, void *cfgv, const char *name)
{
    kl_location_settings_t *cfg = cfgv;
    const char *error = kl_container_check(cmd, name);
    int i;

    if (error) {
        return error;
    }
    if (!cfg->stores) {
        cfg->stores = apr_array_make(cmd->pool, 2, sizeof(const char *));
    }
    for (i = 0; i < cfg->stores->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(cfg->stores, i, const char *), name) == 0) {
            return apr_psprintf(cmd->pool,
                                "KlarnaUseStore: '%s' is named twice; name each store "
                                "once",
                                name);
        }
    }
    APR_ARRAY_PUSH(cfg->stores, const char *) = name;
    APR_ARRAY_PUSH(settings_of(cmd)->used, const char *) = name;
    return NULL;
}

const command_rec kl_directives[] =
    {AP_INIT_RAW_ARGS("<KlarnaStore", open_store, NULL, RSRC_CONF,
                      "Container: one merchant account, by name"),
     AP_INIT_TAKE1("KlarnaCredentials", set_credentials, NULL, RSRC_CONF,
                   "file:/path, exec:/program or env:NAME giving username:password"),
     AP_INIT_TAKE1("KlarnaEnvironment", set_environment, NULL, RSRC_CONF,
                   "playground (default) or live"),
     AP_INIT_TAKE1("KlarnaRegion", set_region, NULL, RSRC_CONF, "eu (default), na or oc"),
     AP_INIT_TAKE1(
         "KlarnaEndpoint", set_endpoint, NULL, RSRC_CONF,
         "an address to use instead of Klarna's own: the sandbox, or a proxy in front of it"),
     AP_INIT_TAKE2(
         "KlarnaCartKey", add_cart_key, NULL, RSRC_CONF,
         "key id, and file:, exec: or env: giving the secret with which the shop signs carts"),
     AP_INIT_TAKE1("KlarnaTimeout", set_timeout, NULL, RSRC_CONF,
                   "limit for all tries of one Klarna call together, 100ms to 45s, default 20s"),
     AP_INIT_TAKE1("KlarnaConnectTimeout", set_connect_timeout, NULL, RSRC_CONF,
                   "limit for connecting to Klarna, 100ms to 45s, default 5s"),
     AP_INIT_TAKE1("KlarnaTrustStore", set_trust_store, NULL, RSRC_CONF,
                   "file of CA certificates, default the system's"),
     AP_INIT_TAKE1("KlarnaProxy", set_proxy, NULL, RSRC_CONF,
                   "http://host:port of a CONNECT proxy, default none"),
     AP_INIT_TAKE1("KlarnaCallbackBase", set_callback_base, NULL, RSRC_CONF,
                   "https address at which Klarna reaches the klarna-callbacks Location"),
     AP_INIT_TAKE1("KlarnaWorker", set_worker, NULL, RSRC_CONF,
                   "finish interrupted operations and poll Klarna for changes: On, Off or a number "
                   "of threads; On (32 threads)"),
     AP_INIT_FLAG(
         "KlarnaAutoExtend", set_auto_extend, NULL, RSRC_CONF,
         "extend authorizations that are about to expire and not fully captured; default Off"),
     AP_INIT_TAKE1("KlarnaRetention", set_retention, NULL, RSRC_CONF,
                   "how long unfinished payments and sent requests are kept, 7d to 3650d, default "
                   "30d"),
     KL_DEPARTMENT_DIRECTIVES,
     AP_INIT_TAKE2("KlarnaOrderLink", add_link, NULL, RSRC_CONF,
                   "a name, and the address of an order elsewhere with placeholders"),
     AP_INIT_ITERATE("KlarnaUseStore", use_store, NULL, ACCESS_CONF,
                     "the accounts whose orders the Location serves, default 'default'"),
     {NULL, {NULL}, NULL, 0, RAW_ARGS, NULL}};
