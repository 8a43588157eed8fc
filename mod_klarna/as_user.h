/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user that httpd will run as (User, Group) may do with files, found out by a process
 * that becomes this user: modes, groups, access lists and read-only file systems all count.
 * Nothing is changed or created.
 */
#ifndef KL_AS_USER_H
#define KL_AS_USER_H

#include <apr_pools.h>

/** Opens a file for reading and writing. @return APR_SUCCESS, or why it cannot be */
apr_status_t kl_as_user_open(const char *path);

/** @return APR_SUCCESS when files can be made in that folder, or why not */
apr_status_t kl_as_user_enter(const char *folder);

/** That user's name, or this process' own when it is not root's. */
const char *kl_as_user_name(apr_pool_t *p);

#endif
