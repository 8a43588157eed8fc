/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether one of Klarna's systems accepts an account's credentials: the most frequent cause of a
 * 401 is credentials of another region or environment. Moves nothing, stores nothing.
 */
#ifndef KL_CREDENTIALS_H
#define KL_CREDENTIALS_H

#include "service/service.h"

/* Limit for one call: six of Klarna's systems are asked one after the other. */
#define KL_CREDENTIAL_TEST_LIMIT apr_time_from_sec(5)

typedef enum {
    KL_CREDENTIALS_ACCEPTED,
    KL_CREDENTIALS_REFUSED,
    KL_CREDENTIALS_NO_ANSWER /* nothing conclusive */
} kl_credentials_result_t;

const char *kl_credentials_result_name(kl_credentials_result_t result); /* "no_answer" */

/** When a call that only tests must have ended: soon. */
apr_time_t kl_credentials_deadline(const kl_service_t *svc);

/**
 * Reads, with account's credentials at account's address, an order that cannot exist.
 * Klarna's own "no such order" means that it let us in; 401 and 403 that it did not.
 * @param detail one sentence, without secrets, in svc->p or static
 */
kl_credentials_result_t kl_credentials_test(kl_service_t *svc, const kl_account_t *account,
                                            const char **detail);

#endif
