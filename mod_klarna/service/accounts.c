/* SPDX-License-Identifier: Apache-2.0 */
/* See accounts.h. */
#include "service/accounts.h"

int kl_accounts_count(const kl_service_t *svc)
{
    return svc->accounts_n ? svc->accounts_n : 1;
}

const kl_account_t *kl_accounts_at(const kl_service_t *svc, int i)
{
    return svc->accounts_n ? svc->accounts[i] : svc->account;
}
