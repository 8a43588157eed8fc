/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The departments of a store while the configuration is read: what is not told yet is NULL, or -1
 * for a number, until department_check.c completes them.
 */
#ifndef KL_DEPARTMENT_SETTINGS_H
#define KL_DEPARTMENT_SETTINGS_H

#include <apr_tables.h>
#include "core/department.h"

/** The department of that name in an array of kl_department_t *, made when it is new. */
kl_department_t *kl_department_settings_made(apr_pool_t *p, apr_array_header_t *departments,
                                             const char *store, const char *name);

/** With copies of the departments: each virtual host completes its own. */
apr_array_header_t *kl_department_settings_copy(apr_pool_t *p, const apr_array_header_t *from);

/** Those of base, overridden member by member, then those that only add has, which it may change.
 */
apr_array_header_t *kl_department_settings_merge(apr_pool_t *p, const apr_array_header_t *base,
                                                 const apr_array_header_t *add);

#endif
