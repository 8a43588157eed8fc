/* SPDX-License-Identifier: Apache-2.0 */
/* What needs several settings of the departments of a store. */
#ifndef KL_DEPARTMENT_CHECK_H
#define KL_DEPARTMENT_CHECK_H

#include "complaints.h"
#include "settings.h"

/** Completes the departments of all stores of a server, whose accounts are complete, in pconf, and
 *  checks them. */
void kl_department_check(kl_complaints_t *wrong, apr_pool_t *pconf, server_rec *s);

#endif
