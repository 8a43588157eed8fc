/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accounts whose orders a caller may see and work on.
 */
#ifndef KL_SERVICE_ACCOUNTS_H
#define KL_SERVICE_ACCOUNTS_H

#include "service/service.h"

/** How many; at least 1. */
int kl_accounts_count(const kl_service_t *svc);

const kl_account_t *kl_accounts_at(const kl_service_t *svc, int i);

#endif
