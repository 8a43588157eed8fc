/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's lease over apr_dbd; see store.h. It saves questions, and nothing depends on it:
 * who works on what is decided by the compare-and-set of that. */
#ifndef KL_DBD_LEASE_H
#define KL_DBD_LEASE_H

#include "store/store.h"

kl_kind_t kl_dbd_lease_take(kl_store_t *self, apr_pool_t *p, kl_worker_lease_t *lease,
                            kl_error_t *err);

#endif
