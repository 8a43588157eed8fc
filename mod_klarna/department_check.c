/* SPDX-License-Identifier: Apache-2.0 */
/* See department_check.h. */
#include "department_check.h"

#include <apr_strings.h>
#include <string.h>

#define TIME_OUT apr_time_from_sec(30 * 60)

#define DEFAULT_NUMBER(member, value) \
    department->member = department->member >= 0 ? department->member : (value)
#define DEFAULT_TEXT(member) department->member = department->member ? department->member : ""

static void complete(apr_pool_t *p, const kl_server_settings_t *cfg, kl_department_t *department,
                     kl_region_t region)
{
    const char *own = apr_pstrcat(p, department->store, ".", department->name, NULL);

    department->account = kl_settings_account(cfg, own) ? own : department->store;
    if (!department->markets) {
        department->markets = kl_department_markets_of(p, region);
    }
    DEFAULT_NUMBER(on, 0);
    DEFAULT_NUMBER(places_only, 0);
    DEFAULT_NUMBER(refunds, 0);
    DEFAULT_NUMBER(sends_sms, 1);
    DEFAULT_NUMBER(sends_email, 1);
    DEFAULT_NUMBER(time_out, TIME_OUT);
    DEFAULT_TEXT(profile_id);
    DEFAULT_TEXT(store_id);
    DEFAULT_TEXT(street);
    DEFAULT_TEXT(postal_code);
    DEFAULT_TEXT(city);
    DEFAULT_TEXT(country);
}

/* NULL, or which of its markets is of another region. */
static const char *check_markets(apr_pool_t *p, const kl_department_t *department,
                                 kl_region_t region)
{
    for (int i = 0; i < department->markets->nelts; i++) {
        const kl_market_t *market = &APR_ARRAY_IDX(department->markets, i, kl_market_t);

        if (kl_country_find(market->country)->region != region) {
            return apr_psprintf(p,
                                "KlarnaInStoreMarkets %s/%s is outside of the account's region, "
                                "%s: expected %s, or another KlarnaRegion",
                                market->country, market->currency, kl_country_region_name(region),
                                kl_department_markets_text(p, kl_department_markets_of(p, region)));
        }
    }
    return NULL;
}

/* NULL, or what is wrong. */
static const char *check_way(const kl_department_t *department)
{
    if (!department->on || department->way != KL_WAY_QR) {
        return NULL;
    }
    if (!department->store_id[0]) {
        return "KlarnaInStore qr tells Klarna which store it is: add KlarnaInStoreAddress store-id "
               "street postal-code city country";
    }
    if (department->places_only) {
        return "KlarnaInStorePlace PLACE_ORDER is an option of Klarna's hosted page: with "
               "KlarnaInStore qr leave it out";
    }
    return NULL;
}

static void check_department(kl_complaints_t *wrong, server_rec *s, kl_department_t *department)
{
    apr_pool_t *p = kl_complaints_pool(wrong);
    const kl_server_settings_t *cfg = kl_settings_server(s);
    kl_region_t region = kl_settings_account(cfg, department->store)->account.region;
    const char *why = check_markets(p, department, region);

    why = why ? why : check_way(department);
    if (why) {
        kl_complaints_add(wrong, KL_COMPLAINT_SETTING, s,
                          "KLA0008: department '%s' of store '%s': %s", department->name,
                          department->store, why);
    }
    else if (department->on && !cfg->callback_base) {
        kl_complaints_add(wrong, KL_COMPLAINT_NOTE, s,
                          "KLA0009: department '%s' of store '%s' has no KlarnaCallbackBase: its "
                          "payments are finished by polling alone, which is slower",
                          department->name, department->store);
    }
}

void kl_department_check(kl_complaints_t *wrong, apr_pool_t *pconf, server_rec *s)
{
    const kl_server_settings_t *cfg = kl_settings_server(s);
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(pconf, cfg->accounts); hi; hi = apr_hash_next(hi)) {
        const kl_account_settings_t *store = apr_hash_this_val(hi);

        for (int i = 0; i < store->departments->nelts; i++) {
            kl_department_t *department = APR_ARRAY_IDX(store->departments, i, kl_department_t *);

            complete(pconf, cfg, department,
                     kl_settings_account(cfg, department->store)->account.region);
            check_department(wrong, s, department);
        }
    }
}
