/* SPDX-License-Identifier: Apache-2.0 */
/* See markets.h. */
#include "service/markets.h"

#include <apr_strings.h>
#include "api/payments.h"

#define AMOUNT 10000 /* minor units */
#define MAX_METHOD 64

static kl_json_t *lines(apr_pool_t *p)
{
    kl_json_t *list = kl_json_array(p), *line = kl_json_object(p);

    kl_json_set_str(line, "type", "physical");
    kl_json_set_str(line, "reference", "test");
    kl_json_set_str(line, "name", "Test of the account");
    kl_json_set_int(line, "quantity", 1);
    kl_json_set_int(line, "unit_price", AMOUNT);
    kl_json_set_int(line, "tax_rate", 0);
    kl_json_set_int(line, "total_amount", AMOUNT);
    kl_json_set_int(line, "total_tax_amount", 0);
    kl_json_append(list, line);
    return list;
}

/* In the first of the country's languages. */
static kl_klarna_request_t session_in(apr_pool_t *p, const kl_country_t *country)
{
    kl_json_t *body = kl_json_object(p);

    kl_json_set_str(body, "purchase_country", country->code);
    kl_json_set_str(body, "purchase_currency", country->currency);
    kl_json_set_str(body, "locale", apr_psprintf(p, "%.2s-%s", country->languages, country->code));
    kl_json_set_int(body, "order_amount", AMOUNT);
    kl_json_set_int(body, "order_tax_amount", 0);
    kl_json_set(body, "order_lines", lines(p));
    return kl_payments_open_session(p, body);
}

static kl_json_t *method_names(apr_pool_t *p, const kl_json_t *categories)
{
    kl_json_t *names = kl_json_array(p);
    apr_size_t i, n = categories ? kl_json_size(categories) : 0;

    for (i = 0; i < n; i++) {
        const char *name = kl_reply_word(p, kl_json_at(categories, i), "identifier", MAX_METHOD);

        if (name) {
            kl_json_append_str(names, name);
        }
    }
    return names;
}

static void opened(kl_service_t *svc, const kl_klarna_response_t *resp, kl_market_test_t *out,
                   kl_error_t *err)
{
    kl_session_t session;

    if (kl_payments_session_reply(&session, svc->p, resp, err) != KL_OK) {
        out->detail = err->detail;
        return;
    }
    out->methods = method_names(svc->p, session.payment_method_categories);
    out->result = kl_json_size(out->methods) ? KL_CREDENTIALS_ACCEPTED : KL_CREDENTIALS_REFUSED;
    out->detail = kl_json_size(out->methods) ? "Klarna offers payment methods there."
                                             : "Klarna offers no payment method there.";
}

void kl_markets_test(kl_service_t *svc, const kl_account_t *account, const kl_country_t *country,
                     kl_market_test_t *out)
{
    kl_error_t *err = kl_error_make(svc->p);
    kl_klarna_request_t req = session_in(svc->p, country);
    kl_klarna_response_t resp = kl_klarna_exchange(svc->http, svc->p, account, &req,
                                                   kl_credentials_deadline(svc));
    kl_meaning_t meaning = kl_reply_meaning(&resp, err);

    out->methods = kl_json_array(svc->p);
    out->result = KL_CREDENTIALS_NO_ANSWER;
    if (meaning == KL_MEANS_DONE) {
        opened(svc, &resp, out, err);
        return;
    }
    if (meaning == KL_MEANS_REFUSED || resp.status == 401) {
        out->result = KL_CREDENTIALS_REFUSED;
    }
    out->detail = err->klarna_code ? apr_psprintf(svc->p, "%s (%s)", err->detail, err->klarna_code)
                                   : err->detail;
}
