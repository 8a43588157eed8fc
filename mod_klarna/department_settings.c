/* SPDX-License-Identifier: Apache-2.0 */
/* See department_settings.h. */
#include "department_settings.h"

#include <apr_strings.h>
#include <string.h>

static kl_department_t **place_of(const apr_array_header_t *departments, const char *name)
{
    for (int i = 0; i < departments->nelts; i++) {
        kl_department_t **place = &APR_ARRAY_IDX(departments, i, kl_department_t *);

        if (strcmp((*place)->name, name) == 0) {
            return place;
        }
    }
    return NULL;
}

kl_department_t *kl_department_settings_made(apr_pool_t *p, apr_array_header_t *departments,
                                             const char *store, const char *name)
{
    kl_department_t **place = place_of(departments, name);
    kl_department_t *department;

    if (place) {
        return *place;
    }
    department = apr_pcalloc(p, sizeof(*department));
    department->name = name;
    department->store = store;
    department->on = department->places_only = department->refunds = -1;
    department->sends_sms = department->sends_email = -1;
    department->time_out = -1;
    APR_ARRAY_PUSH(departments, kl_department_t *) = department;
    return department;
}

apr_array_header_t *kl_department_settings_copy(apr_pool_t *p, const apr_array_header_t *from)
{
    apr_array_header_t *copy = apr_array_copy(p, from);

    for (int i = 0; i < copy->nelts; i++) {
        kl_department_t **place = &APR_ARRAY_IDX(copy, i, kl_department_t *);

        *place = apr_pmemdup(p, *place, sizeof(**place));
    }
    return copy;
}

#define INHERIT_POINTER(member) into->member = into->member ? into->member : base->member
#define INHERIT_NUMBER(member) into->member = into->member >= 0 ? into->member : base->member

static void merge_department(kl_department_t *into, const kl_department_t *base)
{
    into->way = into->on >= 0 ? into->way : base->way;
    INHERIT_NUMBER(on);
    INHERIT_POINTER(markets);
    INHERIT_NUMBER(places_only);
    INHERIT_NUMBER(refunds);
    into->sends_email = into->sends_sms >= 0 ? into->sends_email : base->sends_email;
    INHERIT_NUMBER(sends_sms);
    INHERIT_NUMBER(time_out);
    INHERIT_POINTER(profile_id);
    if (!into->store_id) {
        into->street = base->street;
        into->postal_code = base->postal_code;
        into->city = base->city;
        into->country = base->country;
    }
    INHERIT_POINTER(store_id);
    INHERIT_POINTER(logo);
    INHERIT_POINTER(finalize);
}

apr_array_header_t *kl_department_settings_merge(apr_pool_t *p, const apr_array_header_t *base,
                                                 const apr_array_header_t *add)
{
    apr_array_header_t *merged = kl_department_settings_copy(p, base);

    for (int i = 0; i < add->nelts; i++) {
        kl_department_t *department = APR_ARRAY_IDX(add, i, kl_department_t *);
        kl_department_t **place = place_of(merged, department->name);

        if (place) {
            merge_department(department, *place);
            *place = department;
        }
        else {
            APR_ARRAY_PUSH(merged, kl_department_t *) = department;
        }
    }
    return merged;
}
