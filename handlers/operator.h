/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operator.c and support.c share: the routes for the operator, and the bundle for whoever
 * helps them.
 */
#ifndef KL_HANDLERS_OPERATOR_H
#define KL_HANDLERS_OPERATOR_H

#include "handlers/handlers.h"

/** What is configured and what waits; NULL with call->err set when the database cannot be
 *  read. */
kl_json_t *kl_overview_view(kl_call_t *call, kl_audience_t audience);

/* Routes listed in operator.c. */
int kl_support_bundle(kl_call_t *call);  /* support.c */
int kl_credential_test(kl_call_t *call); /* credential_test.c */

#endif
