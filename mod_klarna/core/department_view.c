/* SPDX-License-Identifier: Apache-2.0 */
/* See department_view.h. */
#include "core/department_view.h"

#include <apr_strings.h>
#include <string.h>
#include "core/limits.h"
#include "core/view.h"

/* NULL: it takes that. */
static const kl_words_t *why_not(const kl_department_t *department, const kl_department_ask_t *ask)
{
    static const kl_words_t off = {"off", "This department takes no payments by Klarna."},
                            country = {"country",
                                       "This department takes no payments from that country."},
                            currency = {"currency",
                                        "This department does not take that currency there."},
                            low = {"amount_too_low", "There is nothing to pay."},
                            high = {"amount_too_high",
                                    "That is more than Klarna takes in one payment."};

    if (!department->on) {
        return &off;
    }
    if (!kl_department_sells(department, ask->country, "")) {
        return &country;
    }
    if (!kl_department_sells(department, ask->country, ask->currency)) {
        return &currency;
    }
    if (ask->amount == 0) {
        return &low;
    }
    return ask->amount > KL_MAX_AMOUNT ? &high : NULL;
}

static kl_json_t *locales(apr_pool_t *p, const kl_country_t *country)
{
    kl_json_t *list = kl_json_array(p);

    for (const char *language = country->languages;; language += 3) {
        kl_json_append_str(list, apr_psprintf(p, "%.2s-%s", language, country->code));
        if (!language[2]) {
            return list;
        }
    }
}

static kl_json_t *markets(apr_pool_t *p, const kl_department_t *department)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < department->markets->nelts; i++) {
        const kl_market_t *market = &APR_ARRAY_IDX(department->markets, i, kl_market_t);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_str(v, "country", market->country);
        kl_json_set_str(v, "currency", market->currency);
        kl_json_set(v, "locales", locales(p, kl_country_find(market->country)));
        kl_json_append(list, v);
    }
    return list;
}

/* A QR session has no link that could be sent. */
static kl_json_t *sends(apr_pool_t *p, const kl_department_t *department)
{
    kl_json_t *list = kl_json_array(p);
    int page = department->way == KL_WAY_HOSTED_PAGE;

    if (page && department->sends_sms) {
        kl_json_append_str(list, "sms");
    }
    if (page && department->sends_email) {
        kl_json_append_str(list, "email");
    }
    kl_json_append_str(list, "qr");
    return list;
}

static void set_why_not(apr_pool_t *p, kl_json_t *v, const kl_words_t *words)
{
    kl_json_t *why = kl_json_object(p);

    kl_json_set_bool(v, "can", words == NULL);
    if (!words) {
        kl_json_set_null(v, "why_not");
        return;
    }
    kl_json_set_str(why, "code", words->code);
    kl_json_set_str(why, "text", words->text);
    kl_json_set(v, "why_not", why);
}

kl_json_t *kl_department_view_json(apr_pool_t *p, const kl_department_t *department,
                                   const kl_department_ask_t *ask)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "name", department->name);
    kl_json_set_str(v, "store", department->store);
    kl_json_set_str(v, "way", department->on ? kl_instore_way_name(department->way) : "off");
    set_why_not(p, v, why_not(department, ask));
    kl_json_set(v, "markets", markets(p, department));
    kl_json_set(v, "send", sends(p, department));
    kl_json_set_bool(v, "refunds", department->refunds);
    kl_json_set_str(v, "place", department->places_only ? "PLACE_ORDER" : "CAPTURE_ORDER");
    kl_json_set_int(v, "timeout_s", apr_time_sec(department->time_out));
    kl_json_set_bool(v, "finalize", department->finalize != NULL);
    return v;
}
