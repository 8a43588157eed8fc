/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking the settings as a whole, at every start and in `apachectl configtest`: any fault stops
 * the start and names its cure. Also completes each account (address, defaults).
 */
#ifndef KL_CHECK_H
#define KL_CHECK_H

#include "settings.h"

/** pre_config hook: names the package of a driver that is not installed, where mod_dbd only says
 *  that it cannot be loaded. */
int kl_check_driver(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/** check_config hook: every server's settings are complete and consistent, or the start (and
 * apachectl configtest) stops and names the fault and its cure. */
int kl_check_settings(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
