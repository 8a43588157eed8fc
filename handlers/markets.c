/* SPDX-License-Identifier: Apache-2.0 */
/* See markets.h. */
#include "handlers/markets.h"

#include "core/reader.h"
#include "handlers/accounts.h"
#include "handlers/answer.h"
#include "handlers/query.h"
#include "service/markets.h"

static kl_json_t *market_view(apr_pool_t *p, const kl_country_t *country)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "country", country->code);
    kl_json_set_str(v, "currency", country->currency);
    return v;
}

int kl_markets(kl_request_t *req)
{
    static const char *const names[] = {"store", NULL};
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p);
    const kl_account_settings_t *store = NULL;
    const kl_country_t *country;
    const char *name;
    int i;

    if (kl_query_only(req, names) == KL_OK) {
        name = kl_query_text(req, "store");
        store = kl_accounts_chosen(req, name[0] ? name : NULL);
    }
    if (!store) {
        return kl_answer_error(req);
    }
    for (i = 0; (country = kl_country_at(i)); i++) {
        if (country->region == store->account.region) {
            kl_json_append(list, market_view(p, country));
        }
    }
    kl_json_set_str(v, "store", store->account.name);
    kl_json_set_str(v, "region", kl_country_region_name(store->account.region));
    kl_json_set(v, "markets", list);
    return kl_answer(req, HTTP_OK, v, NULL);
}

/* One of the region of the store that is named; NULL with an error. */
static const kl_country_t *named(kl_request_t *req, const kl_account_settings_t **store)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *name = kl_reader_str(&rd, "store", KL_OPTIONAL, 1, KL_MAX_STRING);
    const char *code = kl_reader_str(&rd, "country", KL_REQUIRED, 2, 2);
    const kl_country_t *country;

    kl_reader_only(&rd, "store", "country", NULL);
    *store = req->err->kind == KL_OK ? kl_accounts_chosen(req, name) : NULL;
    if (!*store) {
        return NULL;
    }
    country = kl_country_find(code);
    if (kl_country_check(code, country ? country->currency : "", NULL, (*store)->account.region,
                         req->err)
        != KL_OK) {
        req->err->field = "country";
        return NULL;
    }
    return country;
}

int kl_market_test(kl_request_t *req)
{
    const kl_account_settings_t *store;
    const kl_country_t *country = named(req, &store);
    kl_market_test_t market;
    kl_json_t *v;

    if (!country) {
        return kl_answer_error(req);
    }
    kl_markets_test(&req->svc, &store->account, country, &market);
    v = market_view(req->r->pool, country);
    kl_json_set_str(v, "store", store->account.name);
    kl_json_set_str(v, "result", kl_credentials_result_name(market.result));
    kl_json_set_str(v, "detail", market.detail);
    kl_json_set(v, "payment_methods", market.methods);
    return kl_answer(req, HTTP_OK, v, NULL);
}
