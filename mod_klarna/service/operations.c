/* SPDX-License-Identifier: Apache-2.0 */
/* See operations.h. */
#include "service/operations.h"

#include <stdlib.h>
#include "core/queue.h"
#include "service/accounts.h"

kl_kind_t kl_operations_of_order(kl_service_t *svc, const char *order_id, apr_array_header_t **out,
                                 kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_show(svc, order_id, &order, err);

    return rv == KL_OK ? svc->store->operation_list(svc->store, svc->p, order->id, out, err) : rv;
}

kl_kind_t kl_operations_unfinished(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err)
{
    kl_unfinished_query_t query = {.limit = KL_MAX_PAGE};
    apr_array_header_t *found = NULL;

    *out = apr_array_make(svc->p, 20, sizeof(kl_operation_t *));
    for (int i = 0; i < kl_accounts_count(svc); i++) {
        query.account = kl_accounts_at(svc, i)->name;
        if (svc->store->operations_unfinished(svc->store, svc->p, &query, &found, err) != KL_OK) {
            return err->kind;
        }
        apr_array_cat(*out, found);
    }
    return KL_OK;
}

/* Leaves in list what fits, in its order. */
static void keep(apr_array_header_t *list, int (*fits)(const kl_operation_t *op))
{
    int n = 0;

    for (int i = 0; i < list->nelts; i++) {
        kl_operation_t *op = APR_ARRAY_IDX(list, i, kl_operation_t *);

        if (fits(op)) {
            APR_ARRAY_IDX(list, n++, kl_operation_t *) = op;
        }
    }
    list->nelts = n;
}

kl_kind_t kl_operations_failing(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err)
{
    kl_kind_t rv = kl_operations_unfinished(svc, out, err);

    if (rv == KL_OK) {
        keep(*out, kl_queue_is_failing);
    }
    return rv;
}

/* --- the last changed ---------------------------------------------------------------------- */

static int by_last_change(const void *a, const void *b)
{
    apr_time_t l = (*(kl_operation_t *const *)a)->updated_at;
    apr_time_t r = (*(kl_operation_t *const *)b)->updated_at;

    return l > r ? -1 : l < r;
}

/* Adds those of all accounts in one state to list. */
static kl_kind_t add_by_state(kl_service_t *svc, kl_op_state_t state, int most,
                              apr_array_header_t *list, kl_error_t *err)
{
    kl_state_query_t query = {"", state, most};
    apr_array_header_t *found = NULL;

    for (int i = 0; i < kl_accounts_count(svc); i++) {
        query.account = kl_accounts_at(svc, i)->name;
        if (svc->store->operations_by_state(svc->store, svc->p, &query, &found, err) != KL_OK) {
            return err->kind;
        }
        apr_array_cat(list, found);
    }
    return KL_OK;
}

static void sort_and_cut(apr_array_header_t *list, int most)
{
    qsort(list->elts, list->nelts, sizeof(kl_operation_t *), by_last_change);
    list->nelts = list->nelts < most ? list->nelts : most;
}

kl_kind_t kl_operations_refused(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err)
{
    kl_kind_t rv;

    *out = apr_array_make(svc->p, KL_MAX_PAGE, sizeof(kl_operation_t *));
    rv = add_by_state(svc, KL_OP_REFUSED, KL_MAX_PAGE, *out, err);
    sort_and_cut(*out, KL_MAX_PAGE);
    return rv;
}

static int has_error(const kl_operation_t *op)
{
    return op->error_code[0] != '\0';
}

kl_kind_t kl_operations_errors(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err)
{
    static const kl_op_state_t states[] = {KL_OP_REFUSED, KL_OP_UNKNOWN, KL_OP_QUEUED};
    kl_kind_t rv = KL_OK;

    *out = apr_array_make(svc->p, KL_MAX_ERRORS, sizeof(kl_operation_t *));
    for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]) && rv == KL_OK; i++) {
        rv = add_by_state(svc, states[i], KL_MAX_ERRORS, *out, err);
    }
    sort_and_cut(*out, KL_MAX_ERRORS);
    keep(*out, has_error);
    return rv;
}
