/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A back office for the accounts "sweden" and "norway", with rows put into its database by
 * hand, for the tests of the reading side. "denmark" is somebody else's.
 */
#ifndef KL_TEST_TWO_ACCOUNTS_H
#define KL_TEST_TWO_ACCOUNTS_H

#include "service_fixture.h"

typedef struct office_t {
    apr_pool_t *p;
    fake_store_t *store;
    kl_service_t *svc;
    kl_error_t *err;
} office_t;

office_t *two_accounts(apr_pool_t *p);

/** An order made `age` seconds ago and open for another `days`. */
kl_order_t *add_order(office_t *office, const char *account, const char *id, int age, int days);

/** An operation that went out once and last changed `age` seconds ago. */
kl_operation_t *add_operation(office_t *office, const char *account, const char *id,
                              kl_op_state_t state, int age);

#endif
