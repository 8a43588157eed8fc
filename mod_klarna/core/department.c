/* SPDX-License-Identifier: Apache-2.0 */
/* See department.h. */
#include "core/department.h"

#include <apr_strings.h>
#include <string.h>

static int fits(const char *wanted, const char *value)
{
    return wanted[0] == '\0' || strcmp(wanted, value) == 0;
}

int kl_department_sells(const kl_department_t *department, const char *country,
                        const char *currency)
{
    for (int i = 0; i < department->markets->nelts; i++) {
        const kl_market_t *market = &APR_ARRAY_IDX(department->markets, i, kl_market_t);

        if (fits(country, market->country) && fits(currency, market->currency)) {
            return 1;
        }
    }
    return 0;
}

/* How many have that country and currency; *out is the one of the store's address, or the last. */
static int find(const kl_department_t *department, const char *country, const char *currency,
                const kl_market_t **out)
{
    int n = 0, at_home = 0;

    for (int i = 0; i < department->markets->nelts; i++) {
        const kl_market_t *market = &APR_ARRAY_IDX(department->markets, i, kl_market_t);

        if (fits(country, market->country) && fits(currency, market->currency) && !at_home) {
            at_home = strcmp(market->country, department->country) == 0;
            *out = market;
            n++;
        }
    }
    return at_home ? 1 : n;
}

static kl_kind_t no_market(const kl_department_t *department, const char *country,
                           const char *currency, kl_error_t *err)
{
    const char *expected = kl_department_markets_text(err->pool, department->markets);

    if (!kl_department_sells(department, country, "")) {
        return kl_error_field(err, "unknown_country", "country", country, expected);
    }
    return kl_error_field(err, "currency_mismatch", "currency", currency, expected);
}

kl_kind_t kl_department_market(const kl_department_t *department, const char *country,
                               const char *currency, const kl_market_t **out, kl_error_t *err)
{
    int n = find(department, country, currency, out);

    if (n == 0) {
        return no_market(department, country, currency, err);
    }
    return n == 1 ? KL_OK
                  : kl_error_field(err, "missing", "country", NULL,
                                   kl_department_markets_text(err->pool, department->markets));
}

apr_array_header_t *kl_department_markets_of(apr_pool_t *p, kl_region_t region)
{
    apr_array_header_t *markets = apr_array_make(p, 26, sizeof(kl_market_t));
    const kl_country_t *country;

    for (int i = 0; (country = kl_country_at(i)) != NULL; i++) {
        if (country->region == region) {
            APR_ARRAY_PUSH(markets, kl_market_t) = (kl_market_t){country->code, country->currency};
        }
    }
    return markets;
}

const char *kl_department_markets_text(apr_pool_t *p, const apr_array_header_t *markets)
{
    const char *text = "";

    for (int i = 0; i < markets->nelts; i++) {
        const kl_market_t *market = &APR_ARRAY_IDX(markets, i, kl_market_t);
        const char *between = i == 0 ? "" : i == markets->nelts - 1 ? " or " : ", ";

        text = apr_pstrcat(p, text, between, market->country, "/", market->currency, NULL);
    }
    return text;
}
