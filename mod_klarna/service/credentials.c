/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See credentials.h. An answer only counts as Klarna's when it is an error document of
 * Klarna's, or a 401 or 403, which may come from its edge: any web server says 404.
 */
#include "service/credentials.h"

#include <apr_strings.h>
#include "api/order_management.h"

/* Klarna's ids are random; none has this one. */
#define NO_ORDER "00000000-0000-4000-8000-000000000000"

const char *kl_credentials_result_name(kl_credentials_result_t result)
{
    static const char *const names[] = {[KL_CREDENTIALS_ACCEPTED] = "accepted",
                                        [KL_CREDENTIALS_REFUSED] = "refused",
                                        [KL_CREDENTIALS_NO_ANSWER] = "no_answer"};

    return names[result];
}

apr_time_t kl_credentials_deadline(const kl_service_t *svc)
{
    return svc->now()
           + (svc->timeout < KL_CREDENTIAL_TEST_LIMIT ? svc->timeout : KL_CREDENTIAL_TEST_LIMIT);
}

static kl_klarna_response_t ask(kl_service_t *svc, const kl_account_t *account)
{
    kl_klarna_request_t req = kl_order_management_read(svc->p, NO_ORDER);

    return kl_klarna_exchange(svc->http, svc->p, account, &req, kl_credentials_deadline(svc));
}

/* Klarna's error document about the order: whoever gets that was let in. */
static int is_about_the_order(kl_meaning_t meaning, const kl_klarna_response_t *resp)
{
    return meaning == KL_MEANS_REFUSED && (resp->status == 404 || resp->status == 400);
}

kl_credentials_result_t kl_credentials_test(kl_service_t *svc, const kl_account_t *account,
                                            const char **detail)
{
    kl_error_t *err = kl_error_make(svc->p);
    kl_klarna_response_t resp = ask(svc, account);
    kl_meaning_t meaning = kl_reply_meaning(&resp, err);

    if (resp.delivery != KL_ANSWERED) {
        *detail = err->detail;
        return KL_CREDENTIALS_NO_ANSWER;
    }
    if (is_about_the_order(meaning, &resp)) {
        *detail = "Klarna accepts these credentials.";
        return KL_CREDENTIALS_ACCEPTED;
    }
    if (resp.status == 401 || resp.status == 403) {
        *detail =
            resp.status == 403 && meaning == KL_MEANS_NOT_DONE
                ? "Klarna's edge answered 403: they are not valid there, or it blocks this host's "
                  "address."
                : apr_psprintf(svc->p, "Klarna answered %d: they are not valid there.",
                               resp.status);
        return KL_CREDENTIALS_REFUSED;
    }
    *detail = apr_psprintf(svc->p, "The answer was %d, which says nothing about the credentials.",
                           resp.status);
    return KL_CREDENTIALS_NO_ANSWER;
}
