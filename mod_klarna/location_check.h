/* SPDX-License-Identifier: Apache-2.0 */
/* What a <Location> for tills needs: that is seen in the configuration as it was read. */
#ifndef KL_LOCATION_CHECK_H
#define KL_LOCATION_CHECK_H

#include <httpd.h>

/** Checks every Location for tills, of all servers from s on.
 *  @return 1 when one has no department, or two of one name, which is logged */
int kl_location_check(apr_pool_t *p, server_rec *s);

#endif
