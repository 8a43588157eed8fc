/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accounts whose orders a caller may see and work on: what the reading side goes through.
 */
#ifndef KL_SERVICE_ACCOUNTS_H
#define KL_SERVICE_ACCOUNTS_H

#include "service/service.h"

/** How many; at least 1. */
int kl_accounts_count(const kl_service_t *svc);

/** The name of the i-th, by which the database knows what belongs to it. */
const char *kl_accounts_name(const kl_service_t *svc, int i);

#endif
