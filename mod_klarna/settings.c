/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, merging and finding the settings. A virtual host inherits the main server's
 * accounts and overrides them member by member.
 */
#include "settings.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include "core/limits.h"
#include "department_settings.h"
#include "klarna_module.h"

void *kl_settings_server_make(apr_pool_t *p, server_rec *s)
{
    kl_server_settings_t *cfg = apr_pcalloc(p, sizeof(*cfg));

    (void)s;
    cfg->accounts = apr_hash_make(p);
    cfg->used = apr_array_make(p, 2, sizeof(const char *));
    cfg->timeout = cfg->connect_timeout = -1;
    cfg->worker = cfg->auto_extend = cfg->retention = -1;
    return cfg;
}

static void merge_account(apr_pool_t *p, kl_account_settings_t *into,
                          const kl_account_settings_t *base)
{
    if (!into->account.username) {
        into->account.username = base->account.username;
        into->source = base->source;
        into->account.password = base->account.password;
    }
    if (!into->has_environment) {
        into->account.environment = base->account.environment;
        into->has_environment = base->has_environment;
    }
    if (!into->has_region) {
        into->account.region = base->account.region;
        into->has_region = base->has_region;
    }
    into->endpoint = into->endpoint ? into->endpoint : base->endpoint;
    if (into->cart_keys->nelts == 0) {
        into->cart_keys = apr_array_copy(p, base->cart_keys);
    }
    into->store = into->store ? into->store : base->store;
    into->departments = kl_department_settings_merge(p, base->departments, into->departments);
}

static kl_account_settings_t *copy_account(apr_pool_t *p, const kl_account_settings_t *from)
{
    kl_account_settings_t *copy = apr_pmemdup(p, from, sizeof(*copy));

    copy->cart_keys = apr_array_copy(p, from->cart_keys);
    copy->departments = kl_department_settings_copy(p, from->departments);
    return copy;
}

/* Every account of base and add; where both have one, add's members win. Copies, because
 * each virtual host completes its own. */
static apr_hash_t *merge_accounts(apr_pool_t *p, apr_hash_t *base, apr_hash_t *add)
{
    apr_hash_t *merged = apr_hash_make(p);
    apr_hash_index_t *hi;
    kl_account_settings_t *account, *inherited;

    for (hi = apr_hash_first(p, base); hi; hi = apr_hash_next(hi)) {
        account = copy_account(p, apr_hash_this_val(hi));
        apr_hash_set(merged, account->account.name, APR_HASH_KEY_STRING, account);
    }
    for (hi = apr_hash_first(p, add); hi; hi = apr_hash_next(hi)) {
        account = copy_account(p, apr_hash_this_val(hi));
        inherited = apr_hash_get(merged, account->account.name, APR_HASH_KEY_STRING);
        if (inherited) {
            merge_account(p, account, inherited);
        }
        apr_hash_set(merged, account->account.name, APR_HASH_KEY_STRING, account);
    }
    return merged;
}

void *kl_settings_server_merge(apr_pool_t *p, void *basev, void *addv)
{
    kl_server_settings_t *base = basev, *add = addv;
    kl_server_settings_t *cfg = apr_pcalloc(p, sizeof(*cfg));

    cfg->accounts = merge_accounts(p, base->accounts, add->accounts);
    cfg->used = apr_array_append(p, base->used, add->used);
    cfg->timeout = add->timeout >= 0 ? add->timeout : base->timeout;
    cfg->connect_timeout = add->connect_timeout >= 0 ? add->connect_timeout : base->connect_timeout;
    cfg->trust_store = add->trust_store ? add->trust_store : base->trust_store;
    cfg->proxy = add->proxy ? add->proxy : base->proxy;
    cfg->worker = add->worker >= 0 ? add->worker : base->worker;
    cfg->auto_extend = add->auto_extend >= 0 ? add->auto_extend : base->auto_extend;
    cfg->retention = add->retention >= 0 ? add->retention : base->retention;
    cfg->links = add->links ? add->links : base->links;
    cfg->callback_base = add->callback_base ? add->callback_base : base->callback_base;
    return cfg;
}

void *kl_settings_location_make(apr_pool_t *p, char *path)
{
    (void)path;
    return apr_pcalloc(p, sizeof(kl_location_settings_t));
}

void *kl_settings_location_merge(apr_pool_t *p, void *basev, void *addv)
{
    kl_location_settings_t *base = basev, *add = addv;
    kl_location_settings_t *cfg = apr_pcalloc(p, sizeof(*cfg));

    cfg->stores = add->stores ? add->stores : base->stores;
    return cfg;
}

kl_server_settings_t *kl_settings_server(server_rec *s)
{
    return ap_get_module_config(s->module_config, &klarna_module);
}

kl_location_settings_t *kl_settings_location(request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &klarna_module);
}

apr_interval_time_t kl_settings_timeout(const kl_server_settings_t *cfg)
{
    return cfg->timeout >= 0 ? cfg->timeout : KL_TIMEOUT_DEFAULT;
}

apr_interval_time_t kl_settings_connect_timeout(const kl_server_settings_t *cfg)
{
    return cfg->connect_timeout >= 0 ? cfg->connect_timeout : KL_CONNECT_TIMEOUT_DEFAULT;
}

apr_interval_time_t kl_settings_retention(const kl_server_settings_t *cfg)
{
    int days = cfg->retention >= 0 ? cfg->retention : KL_RETENTION_DEFAULT_D;

    return apr_time_from_sec((apr_int64_t)days * 86400);
}

int kl_settings_worker_threads(const kl_server_settings_t *cfg)
{
    return cfg->worker >= 0 ? cfg->worker : KL_WORKER_THREADS_DEFAULT;
}

int kl_settings_most_threads(server_rec *s)
{
    int most = 0;

    for (; s; s = s->next) {
        int n = kl_settings_worker_threads(kl_settings_server(s));

        most = n > most ? n : most;
    }
    return most;
}

kl_account_settings_t *kl_settings_account(const kl_server_settings_t *cfg, const char *name)
{
    return apr_hash_get(cfg->accounts, name, APR_HASH_KEY_STRING);
}

kl_account_settings_t *kl_settings_account_made(apr_pool_t *p, kl_server_settings_t *cfg,
                                                const char *name)
{
    kl_account_settings_t *account = kl_settings_account(cfg, name);

    if (!account) {
        account = apr_pcalloc(p, sizeof(*account));
        account->account.name = apr_pstrdup(p, name);
        account->cart_keys = apr_array_make(p, 2, sizeof(kl_cart_key_t));
        account->departments = apr_array_make(p, 2, sizeof(kl_department_t *));
        apr_hash_set(cfg->accounts, account->account.name, APR_HASH_KEY_STRING, account);
    }
    return account;
}

kl_account_settings_t *kl_settings_store_of(const kl_server_settings_t *cfg,
                                            kl_account_settings_t *account)
{
    return account->store ? kl_settings_account(cfg, account->store) : account;
}
