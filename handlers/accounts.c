/* SPDX-License-Identifier: Apache-2.0 */
/* See accounts.h. */
#include "handlers/accounts.h"

#include <apr_strings.h>
#include <string.h>

const kl_account_settings_t *kl_accounts_named(const kl_request_t *req, const char *name)
{
    int i;

    for (i = 0; i < req->stores->nelts; i++) {
        if (strcmp(kl_dispatch_account_at(req, i)->account.name, name) == 0) {
            return kl_dispatch_account_at(req, i);
        }
    }
    return NULL;
}

const char *kl_accounts_names(const kl_request_t *req)
{
    const char *names = "";
    int i;

    for (i = 0; i < req->stores->nelts; i++) {
        names = apr_pstrcat(req->r->pool, names, i ? ", " : "",
                            kl_dispatch_account_at(req, i)->account.name, NULL);
    }
    return names;
}

const kl_account_settings_t *kl_accounts_chosen(kl_request_t *req, const char *name)
{
    const kl_account_settings_t *account = name ? kl_accounts_named(req, name) : req->settings;

    if (!account) {
        kl_error_field(req->err, "unknown_value", "store", "some other name",
                       kl_accounts_names(req));
    }
    return account;
}

kl_json_t *kl_accounts_view(const kl_request_t *req, kl_audience_t audience)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *list = kl_json_array(p), *v;
    int i;

    for (i = 0; i < req->stores->nelts; i++) {
        const kl_account_settings_t *store = kl_dispatch_account_at(req, i);
        const kl_account_t *account = &store->account;

        v = kl_json_object(p);
        kl_json_set_str(v, "name", account->name);
        kl_json_set_str(v, "environment", account->environment);
        kl_json_set_str(v, "region", kl_country_region_name(account->region));
        if (audience == KL_FOR_OPERATOR) {
            kl_json_set_str(v, "endpoint", account->base_url);
        }
        else if (audience == KL_FOR_STRANGERS) {
            kl_json_set_bool(v, "own_endpoint", store->endpoint != NULL);
        }
        kl_json_append(list, v);
    }
    return list;
}

kl_json_t *kl_accounts_about(const kl_request_t *req, kl_audience_t audience)
{
    kl_json_t *v = kl_json_object(req->r->pool);

    kl_json_set_str(v, "user", req->r->user);
    kl_json_set_str(v, "version", KL_VERSION);
    kl_json_set(v, "stores", kl_accounts_view(req, audience));
    return v;
}
