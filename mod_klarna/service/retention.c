/* SPDX-License-Identifier: Apache-2.0 */
/* See retention.h. */
#include "service/retention.h"

#define SWEEPS 20 /* of one round */

kl_kind_t kl_retention_find(kl_service_t *svc, kl_sweep_kind_t what, apr_array_header_t **out,
                            kl_error_t *err)
{
    apr_time_t now = svc->now();
    const kl_sweep_t sweep = {what, svc->account->name, now, now - svc->retention};

    return svc->store->sweep_find(svc->store, svc->p, &sweep, out, err);
}

kl_kind_t kl_retention_sweep(kl_service_t *svc, kl_sweep_kind_t what, apr_array_header_t *ids,
                             kl_error_t *err)
{
    apr_time_t now = svc->now();
    const kl_sweep_t sweep = {what, svc->account->name, now, now - svc->retention};
    kl_kind_t rv = KL_OK;

    for (int i = 0; rv == KL_OK && ids->nelts && i < SWEEPS; i++) {
        rv = svc->store->sweep(svc->store, svc->p, &sweep, ids, err);
        kl_service_step(svc, "swept");
        if (rv == KL_OK) {
            rv = svc->store->sweep_find(svc->store, svc->p, &sweep, &ids, err);
        }
    }
    return rv;
}
