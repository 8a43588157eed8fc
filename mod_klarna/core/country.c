/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of Klarna's markets and the checks against it, so that the shop learns of a mismatch in
 * plain words before Klarna is asked. Every market has one currency; a locale is one of its
 * languages, a hyphen and the country.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/country.h"

/* Source: Klarna Docs, Purchase countries, currencies and locales; Refund orders and manage
 * authorizations (return fees). */
static const kl_country_t countries[] = {
    {"AT", "EUR", "de,en", KL_REGION_EU, 1},       {"BE", "EUR", "nl,fr,en", KL_REGION_EU, 0},
    {"CH", "CHF", "de,fr,it,en", KL_REGION_EU, 0}, {"CZ", "CZK", "cs,en", KL_REGION_EU, 1},
    {"DE", "EUR", "de,en", KL_REGION_EU, 1},       {"DK", "DKK", "da,en", KL_REGION_EU, 1},
    {"ES", "EUR", "es,en", KL_REGION_EU, 1},       {"FI", "EUR", "fi,sv,en", KL_REGION_EU, 1},
    {"FR", "EUR", "fr,en", KL_REGION_EU, 1},       {"GB", "GBP", "en", KL_REGION_EU, 0},
    {"GR", "EUR", "el,en", KL_REGION_EU, 1},       {"HU", "HUF", "hu,en", KL_REGION_EU, 0},
    {"IE", "EUR", "en", KL_REGION_EU, 1},          {"IT", "EUR", "it,en", KL_REGION_EU, 1},
    {"NL", "EUR", "nl,en", KL_REGION_EU, 1},       {"NO", "NOK", "nb,en", KL_REGION_EU, 1},
    {"PL", "PLN", "pl,en", KL_REGION_EU, 0},       {"PT", "EUR", "pt,en", KL_REGION_EU, 1},
    {"RO", "RON", "ro,en", KL_REGION_EU, 0},       {"SE", "SEK", "sv,en", KL_REGION_EU, 1},
    {"SK", "EUR", "sk,en", KL_REGION_EU, 0},       {"CA", "CAD", "en,fr", KL_REGION_NA, 0},
    {"MX", "MXN", "es,en", KL_REGION_NA, 0},       {"US", "USD", "en,es", KL_REGION_NA, 0},
    {"AU", "AUD", "en", KL_REGION_OC, 1},          {"NZ", "NZD", "en", KL_REGION_OC, 0},
};

#define COUNTRIES (sizeof(countries) / sizeof(countries[0]))

static const char *const region_names[] = {
    [KL_REGION_EU] = "eu",
    [KL_REGION_NA] = "na",
    [KL_REGION_OC] = "oc",
};

#define REGIONS (sizeof(region_names) / sizeof(region_names[0]))

_Static_assert(REGIONS == KL_REGION_OC + 1, "each region has a name");

const kl_country_t *kl_country_at(int i)
{
    return i < (int)COUNTRIES ? &countries[i] : NULL;
}

const kl_country_t *kl_country_find(const char *code)
{
    for (apr_size_t i = 0; i < COUNTRIES; i++) {
        if (strcmp(countries[i].code, code) == 0) {
            return &countries[i];
        }
    }
    return NULL;
}

/* "a country of region oc: AU, NZ" */
static const char *region_in_words(apr_pool_t *p, kl_region_t region)
{
    const char *codes = NULL;

    for (apr_size_t i = 0; i < COUNTRIES; i++) {
        if (countries[i].region == region) {
            codes = codes ? apr_pstrcat(p, codes, ", ", countries[i].code, NULL)
                          : countries[i].code;
        }
    }
    return apr_pstrcat(p, "a country of region ", region_names[region], ": ", codes, NULL);
}

/* "fi-FI, sv-FI or en-FI"; languages are two letters each with a comma between. */
static const char *locales_in_words(apr_pool_t *p, const kl_country_t *c)
{
    const char *words = "";

    for (const char *l = c->languages;; l += 3) {
        const char *comma = l == c->languages ? "" : l[2] ? ", " : " or ";

        words = apr_psprintf(p, "%s%s%.2s-%s", words, comma, l, c->code);
        if (!l[2]) {
            return words;
        }
    }
}

static int has_locale(const kl_country_t *c, const char *locale)
{
    if (strlen(locale) != 5 || locale[2] != '-' || strcmp(locale + 3, c->code) != 0) {
        return 0;
    }
    for (const char *l = c->languages;; l += 3) {
        if (strncmp(l, locale, 2) == 0) {
            return 1;
        }
        if (!l[2]) {
            return 0;
        }
    }
}

kl_kind_t kl_country_check(const char *country, const char *currency, const char *locale,
                           kl_region_t region, kl_error_t *err)
{
    const kl_country_t *c = kl_country_find(country);

    if (!c) {
        return kl_error_field(err, "unknown_country", "purchase_country", country,
                              region_in_words(err->pool, region));
    }
    if (c->region != region) {
        return kl_error_field(err, "region_mismatch", "purchase_country", country,
                              region_in_words(err->pool, region));
    }
    if (strcmp(c->currency, currency) != 0) {
        return kl_error_field(err, "currency_mismatch", "purchase_currency", currency, c->currency);
    }
    if (locale && !has_locale(c, locale)) {
        return kl_error_field(err, "locale_mismatch", "locale", locale,
                              locales_in_words(err->pool, c));
    }
    return KL_OK;
}

const char *kl_country_region_name(kl_region_t region)
{
    return region_names[region];
}

int kl_country_region_parse(const char *name, kl_region_t *out)
{
    for (apr_size_t i = 0; i < REGIONS; i++) {
        if (strcmp(region_names[i], name) == 0) {
            *out = (kl_region_t)i;
            return 1;
        }
    }
    return 0;
}

static const char *const hosts[][2] =
    {[KL_REGION_EU] = {"https://api.playground.klarna.com", "https://api.klarna.com"},
     [KL_REGION_NA] = {"https://api-na.playground.klarna.com", "https://api-na.klarna.com"},
     [KL_REGION_OC] = {"https://api-oc.playground.klarna.com", "https://api-oc.klarna.com"}};

const char *kl_country_klarna_host(kl_region_t region, int live)
{
    return hosts[region][live];
}
