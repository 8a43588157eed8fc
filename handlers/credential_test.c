/* SPDX-License-Identifier: Apache-2.0 */
/* See credential_test.h. */
#include "handlers/credential_test.h"

#include "service/credentials.h"
#include "core/country.h"
#include "handlers/answer.h"
#include "handlers/accounts.h"
#include "core/reader.h"

static const kl_region_t regions[] = {KL_REGION_EU, KL_REGION_NA, KL_REGION_OC};
static const char *const environments[] = {"playground", "live"};

/* The test of one system: the store's account, but there. */
static kl_json_t *test_at(kl_request_t *req, const kl_account_t *there)
{
    kl_json_t *v = kl_json_object(req->r->pool);
    const char *detail = NULL;
    kl_credentials_result_t result = kl_credentials_test(&req->svc, there, &detail);

    kl_json_set_str(v, "environment", there->environment);
    kl_json_set_str(v, "region", kl_country_region_name(there->region));
    kl_json_set_str(v, "url", there->base_url);
    kl_json_set_str(v, "result", kl_credentials_result_name(result));
    kl_json_set_str(v, "detail", detail);
    return v;
}

static kl_json_t *test_everywhere(kl_request_t *req, const kl_account_settings_t *store)
{
    kl_json_t *results = kl_json_array(req->r->pool);
    kl_account_t there = store->account;
    unsigned region, live;

    if (store->endpoint) {
        kl_json_append(results, test_at(req, &there));
        return results;
    }
    for (live = 0; live < 2; live++) {
        for (region = 0; region < sizeof(regions) / sizeof(regions[0]); region++) {
            there.environment = environments[live];
            there.region = regions[region];
            there.base_url = kl_country_klarna_host(there.region, (int)live);
            kl_json_append(results, test_at(req, &there));
        }
    }
    return results;
}

/* The store that the body names. */
static const kl_account_settings_t *chosen_store(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *name = kl_reader_str(&rd, "store", KL_OPTIONAL, 1, KL_MAX_STRING);

    kl_reader_only(&rd, "store", NULL);
    return req->err->kind == KL_OK ? kl_accounts_chosen(req, name) : NULL;
}

int kl_credential_test(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    const kl_account_settings_t *store = chosen_store(req);
    kl_json_t *v = kl_json_object(p), *configured = kl_json_object(p);

    if (!store) {
        return kl_answer_error(req);
    }
    kl_json_set_str(configured, "environment", store->account.environment);
    kl_json_set_str(configured, "region", kl_country_region_name(store->account.region));
    kl_json_set_str(v, "store", store->account.name);
    kl_json_set(v, "configured", configured);
    kl_json_set(v, "results", test_everywhere(req, store));
    return kl_answer(req, HTTP_OK, v, NULL);
}
