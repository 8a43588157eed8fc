/* SPDX-License-Identifier: Apache-2.0 */
/* See service.h. */
#include "service/service.h"

#include <apr_strings.h>
#include <string.h>
#include "core/contract.h"
#include "core/schedule.h"
#include "service/accounts.h"

const kl_account_t *kl_service_account(const kl_service_t *svc, const char *name)
{
    for (int i = 0; i < kl_accounts_count(svc); i++) {
        if (strcmp(kl_accounts_at(svc, i)->name, name) == 0) {
            return kl_accounts_at(svc, i);
        }
    }
    return NULL;
}

/* "desk, ward" */
static const char *department_names(const kl_service_t *svc)
{
    const char *names = "";

    for (int i = 0; i < svc->departments_n; i++) {
        names = apr_pstrcat(svc->p, names, i ? ", " : "", svc->departments[i]->name, NULL);
    }
    return names;
}

static const kl_department_t *department_named(const kl_service_t *svc, const char *name)
{
    for (int i = 0; i < svc->departments_n; i++) {
        if (strcmp(svc->departments[i]->name, name) == 0) {
            return svc->departments[i];
        }
    }
    return NULL;
}

kl_kind_t kl_service_department(const kl_service_t *svc, const char *name,
                                const kl_department_t **out, kl_error_t *err)
{
    if (svc->departments_n == 0) {
        kl_error_set(err, KL_CONFLICT, "no_department",
                     "The stores of this Location have no department.");
        kl_error_next(err, "Add <KlarnaDepartment> to the configuration.");
        return err->kind;
    }
    if (!name) {
        *out = svc->departments[0];
        return svc->departments_n == 1
                   ? KL_OK
                   : kl_error_field(err, "missing", "department", NULL, department_names(svc));
    }
    *out = department_named(svc, name);
    return *out ? KL_OK
                : kl_error_field(err, "unknown_value", "department", "some other name",
                                 department_names(svc));
}

static int is_of(const kl_department_t *department, const char *account)
{
    return strcmp(department->account, account) == 0 || strcmp(department->store, account) == 0;
}

const kl_department_t *kl_service_department_of(const kl_service_t *svc, const char *account,
                                                const char *name)
{
    for (int i = 0; i < svc->departments_n; i++) {
        const kl_department_t *department = svc->departments[i];

        if (strcmp(department->name, name) == 0 && is_of(department, account)) {
            return department;
        }
    }
    return NULL;
}

kl_kind_t kl_service_no_order(kl_error_t *err)
{
    kl_error_clear(err);
    return kl_error_set(err, KL_NOT_FOUND, "no_such_order", "There is no such order.");
}

/* Whether or not the mark can be stored, the order is not worked on. */
static void mark_broken(kl_service_t *svc, kl_order_t *order)
{
    if (order->check_at && order->check_at <= svc->now()) {
        kl_schedule_set(order, KL_LOOK_DAILY, svc->now());
    }
    (void)svc->store->order_mark(svc->store, svc->p, order, kl_error_make(svc->p));
}

static kl_kind_t stop(const kl_order_t *order, kl_error_t *err)
{
    return kl_contract_broken(err, order->broken, __FILE__, __LINE__);
}

kl_kind_t kl_service_whole(kl_service_t *svc, kl_order_t *order, kl_error_t *err)
{
    if (!order->broken) {
        return KL_OK;
    }
    mark_broken(svc, order);
    return stop(order, err);
}

kl_kind_t kl_service_show(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = KL_NOT_FOUND;

    if (kl_id_is_uuid(id)) {
        rv = svc->store->order_load(svc->store, svc->p, id, &order, err);
    }
    if (rv == KL_OK && !kl_service_account(svc, order->account)) {
        rv = KL_NOT_FOUND;
    }
    if (rv == KL_NOT_FOUND) {
        return kl_service_no_order(err);
    }
    if (rv == KL_OK) {
        *out = order;
    }
    if (rv == KL_OK && order->broken) {
        mark_broken(svc, order);
    }
    return rv;
}

kl_kind_t kl_service_order(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_show(svc, id, &order, err);

    if (order && order->broken) {
        rv = stop(order, err);
    }
    if (rv == KL_OK) {
        *out = order;
    }
    return rv;
}

kl_kind_t kl_service_by_klarna_id(kl_service_t *svc, const char *account, const char *id,
                                  kl_order_t **out, kl_error_t *err)
{
    const kl_klarna_id_t key = {account, id};
    kl_order_t *order = NULL;
    kl_kind_t rv = svc->store->order_by_klarna_id(svc->store, svc->p, &key, &order, err);

    *out = NULL;
    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        return KL_OK;
    }
    if (rv == KL_OK && order->klarna_order_id[0]) { /* else it is only an own id */
        *out = order;
    }
    return rv;
}

kl_kind_t kl_service_operation(kl_service_t *svc, const char *order_id, const char *id,
                               kl_operation_t **out, kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv = KL_NOT_FOUND;

    if (kl_id_is_uuid(id)) {
        rv = svc->store->operation_load(svc->store, svc->p, id, &op, err);
    }
    if (rv == KL_OK
        && (strcmp(op->order_id, order_id) != 0 || !kl_service_account(svc, op->account))) {
        rv = KL_NOT_FOUND;
    }
    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        return kl_error_set(err, rv, "no_such_operation", "This order has no such operation.");
    }
    if (rv == KL_OK) {
        *out = op;
    }
    return rv;
}

kl_kind_t kl_service_in_progress(kl_error_t *err)
{
    kl_error_clear(err);
    kl_error_set(err, KL_CONFLICT, "in_progress", "This request is being processed.");
    kl_error_next(err, "Try again with the same Idempotency-Key.");
    err->retry_after = 2;
    return err->kind;
}
