/* SPDX-License-Identifier: Apache-2.0 */
/* What needs several settings of the departments of a store. */
#ifndef KL_DEPARTMENT_CHECK_H
#define KL_DEPARTMENT_CHECK_H

#include "settings.h"

/** Completes the departments of all stores of a server, whose accounts are complete.
 *  @return 1 when something is wrong with them, which is logged */
int kl_department_check(apr_pool_t *p, server_rec *s);

#endif
