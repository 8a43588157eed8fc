/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST credential-test: which of Klarna's systems accept an account's credentials. An account with
 * its own address (KlarnaEndpoint) is tested only there; otherwise Klarna's six systems are asked
 * one after the other. The credentials appear in no answer and no log.
 */
#ifndef KL_HANDLERS_CREDENTIAL_TEST_H
#define KL_HANDLERS_CREDENTIAL_TEST_H

#include "handlers/handlers.h"

int kl_credential_test(kl_request_t *req); /* credential_test.c */

#endif
