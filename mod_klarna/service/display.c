/* SPDX-License-Identifier: Apache-2.0 */
/* See display.h. */
#include "service/display.h"

#include <string.h>

#include "api/display_key.h"

#define KEY_LIVES apr_time_from_sec(7 * 86400)
#define SHOWN_FOR apr_time_from_sec(60)          /* after its end */
#define LOOKED_BACK apr_time_from_sec(49 * 3600) /* longer than any of Klarna's links lives */

const char *kl_display_make(kl_service_t *svc, const kl_department_t *department, const char *till,
                            kl_error_t *err)
{
    const kl_display_key_t key = {department->name, till, svc->now() + KEY_LIVES};
    const kl_account_t *account = kl_service_account(svc, department->account);
    const char *text = account ? kl_display_key_text(svc->p, &key, account) : NULL;

    if (!text) {
        kl_error_set(err, KL_INTERNAL, "display_key", "The screen's key could not be made.");
    }
    return text;
}

static int is_present(kl_service_t *svc, const kl_order_t *order)
{
    return !kl_instore_is_final(order->instore->state)
           || order->updated_at + SHOWN_FOR > svc->now();
}

kl_kind_t kl_display_load(kl_service_t *svc, const char *key, kl_order_t **out, kl_error_t *err)
{
    const kl_department_t *department = NULL;
    apr_array_header_t *list = NULL;
    kl_instore_query_t query = {.invoice = "", .before_id = "", .limit = 1};
    kl_display_key_t said;
    const kl_account_t *account;
    kl_kind_t rv = kl_display_key_read(&said, svc->p, key, err);

    *out = NULL;
    if (rv != KL_OK
        || kl_service_department(svc, said.department, &department, kl_error_make(svc->p))
               != KL_OK) {
        return kl_error_set(err, KL_DENIED, "display_key", "This screen's key is not valid.");
    }
    account = kl_service_account(svc, department->account);
    rv = account ? kl_display_key_check(&said, key, account, svc->now(), err) : KL_DENIED;
    if (rv != KL_OK) {
        return kl_error_set(err, KL_DENIED, "display_key", "This screen's key is not valid.");
    }
    query.account = department->account;
    query.department = department->name;
    query.till = said.till;
    query.from = svc->now() - LOOKED_BACK;
    rv = svc->store->instore_list(svc->store, svc->p, &query, &list, err);
    if (rv == KL_OK && list->nelts && is_present(svc, APR_ARRAY_IDX(list, 0, kl_order_t *))) {
        *out = APR_ARRAY_IDX(list, 0, kl_order_t *);
    }
    return rv;
}
