/* SPDX-License-Identifier: Apache-2.0 */
/* See overview.h. */
#include "service/overview.h"

#include "service/accounts.h"
#include "service/operations.h"

kl_kind_t kl_overview_ready(kl_service_t *svc, kl_error_t *err)
{
    return svc->store->check(svc->store, svc->p, err);
}

kl_kind_t kl_overview_read(kl_service_t *svc, kl_overview_t *out, kl_error_t *err)
{
    apr_array_header_t *unfinished = NULL;
    kl_kind_t rv = svc->store->driver(svc->store, svc->p, &out->driver, err);

    if (rv == KL_OK) {
        rv = kl_operations_unfinished(svc, &unfinished, err);
    }
    if (rv == KL_OK) {
        out->queue = kl_queue_count(unfinished);
    }
    return rv;
}

kl_kind_t kl_overview_hours(kl_service_t *svc, int n, kl_hours_t **out, kl_error_t *err)
{
    kl_hours_t *hours = kl_hours_make(svc->p, svc->now(), n);
    kl_hours_query_t query = {"", hours->from, hours->to};
    apr_array_header_t *rows = NULL;

    for (int i = 0; i < kl_accounts_count(svc); i++) {
        query.account = kl_accounts_at(svc, i)->name;
        if (svc->store->operation_hours(svc->store, svc->p, &query, &rows, err) != KL_OK) {
            return err->kind;
        }
        for (int k = 0; k < rows->nelts; k++) {
            kl_hours_add(hours, &APR_ARRAY_IDX(rows, k, kl_operation_hour_t));
        }
    }
    *out = hours;
    return KL_OK;
}

kl_kind_t kl_overview_callbacks(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err)
{
    apr_array_header_t *found = NULL;

    *out = apr_array_make(svc->p, 3, sizeof(kl_callback_t));
    for (int i = 0; i < kl_accounts_count(svc); i++) {
        if (svc->store->callback_list(svc->store, svc->p, kl_accounts_at(svc, i)->name, &found, err)
            != KL_OK) {
            return err->kind;
        }
        apr_array_cat(*out, found);
    }
    return KL_OK;
}
