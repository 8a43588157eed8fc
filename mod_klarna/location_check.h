/* SPDX-License-Identifier: Apache-2.0 */
/* What a <Location> for tills needs: that is seen in the configuration as it was read. */
#ifndef KL_LOCATION_CHECK_H
#define KL_LOCATION_CHECK_H

#include "complaints.h"

/** Checks every Location for tills, of all servers from s on: that one has a department, and no two
 *  of one name. */
void kl_location_check(kl_complaints_t *wrong, server_rec *s);

#endif
