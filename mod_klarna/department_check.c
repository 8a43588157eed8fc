/* SPDX-License-Identifier: Apache-2.0 */
/* See department_check.h. */
#include "department_check.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <string.h>
#include "klarna_module.h"

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

/* At start httpd reads its configuration twice; once is enough to say what stops nobody. */
static int is_heard(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST
           || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG;
}

static int check_department(apr_pool_t *p, server_rec *s, kl_department_t *department)
{
    const kl_server_settings_t *cfg = kl_settings_server(s);
    kl_region_t region = kl_settings_account(cfg, department->store)->account.region;
    const char *wrong;

    complete(p, cfg, department, region);
    wrong = check_markets(p, department, region);
    wrong = wrong ? wrong : check_way(department);
    if (wrong) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "KLA0008: department '%s' of store '%s': %s",
                     department->name, department->store, wrong);
        return 1;
    }
    if (department->on && !cfg->callback_base && is_heard()) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     "KLA0009: department '%s' of store '%s' has no KlarnaCallbackBase: its "
                     "payments are finished by polling alone, which is slower",
                     department->name, department->store);
    }
    return 0;
}

int kl_department_check(apr_pool_t *p, server_rec *s)
{
    const kl_server_settings_t *cfg = kl_settings_server(s);
    apr_hash_index_t *hi;
    int bad = 0;

    for (hi = apr_hash_first(p, cfg->accounts); hi; hi = apr_hash_next(hi)) {
        const kl_account_settings_t *store = apr_hash_this_val(hi);

        for (int i = 0; i < store->departments->nelts; i++) {
            bad |= check_department(p, s, APR_ARRAY_IDX(store->departments, i, kl_department_t *));
        }
    }
    return bad;
}
