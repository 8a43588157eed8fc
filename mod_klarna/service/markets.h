/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an account may sell in a country: only Klarna knows, and it says so when a session is
 * opened there. Moves nothing, stores nothing; the session ends by itself, unused.
 */
#ifndef KL_MARKETS_H
#define KL_MARKETS_H

#include "service/credentials.h"

typedef struct kl_market_test_t {
    kl_credentials_result_t result; /* accepted only if a payment method is offered */
    const char *detail;             /* one sentence, without secrets */
    kl_json_t *methods;             /* identifiers of Klarna's payment methods; may be empty */
} kl_market_test_t;

/** Opens a session as account, for a cart of 100.00 in the country's currency. Calls Klarna. */
void kl_markets_test(kl_service_t *svc, const kl_account_t *account, const kl_country_t *country,
                     kl_market_test_t *out);

#endif
