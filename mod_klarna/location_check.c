/* SPDX-License-Identifier: Apache-2.0 */
/* See location_check.h. */
#include "location_check.h"

#include <apr_strings.h>
#include <http_config.h>
#include <string.h>
#include "conftree.h"
#include "settings.h"

static int is_for_tills(apr_pool_t *p, const ap_directive_t *location)
{
    const ap_directive_t *line = kl_conftree_inside(location, "SetHandler");

    return line
           && (strcmp(kl_conftree_argument(p, line), "klarna-instore") == 0
               || strcmp(kl_conftree_argument(p, line), "klarna-display") == 0);
}

static void add_names(apr_pool_t *p, apr_array_header_t *names, const ap_directive_t *line)
{
    const char *rest = line->args, *name;

    while ((name = ap_getword_conf(p, &rest))[0]) {
        APR_ARRAY_PUSH(names, const char *) = name;
    }
}

/* The stores that it names itself; *inherited and more when it names none. */
static apr_array_header_t *stores_of(apr_pool_t *p, const ap_directive_t *location, int *inherited)
{
    apr_array_header_t *own = apr_array_make(p, 4, sizeof(const char *));
    apr_array_header_t *others = apr_array_make(p, 4, sizeof(const char *));

    for (const ap_directive_t *line = ap_conftree; line; line = kl_conftree_after(line)) {
        if (!kl_conftree_says(line, "KlarnaUseStore")) {
            continue;
        }
        if (line->parent == location) {
            add_names(p, own, line);
        }
        else if (kl_conftree_reaches(p, line->parent, location)) {
            add_names(p, others, line);
        }
    }
    APR_ARRAY_PUSH(others, const char *) = KL_DEFAULT_STORE;
    *inherited = own->nelts == 0;
    return *inherited ? others : own;
}

static apr_array_header_t *departments_of(apr_pool_t *p, server_rec *s,
                                          const apr_array_header_t *stores)
{
    apr_array_header_t *departments = apr_array_make(p, 4, sizeof(kl_department_t *));

    for (int i = 0; i < stores->nelts; i++) {
        const kl_account_settings_t *store =
            kl_settings_account(kl_settings_server(s), APR_ARRAY_IDX(stores, i, const char *));

        if (store) {
            apr_array_cat(departments, store->departments);
        }
    }
    return departments;
}

/* NULL, or that two have one name. */
static const char *check_names(apr_pool_t *p, const apr_array_header_t *departments)
{
    for (int i = 1; i < departments->nelts; i++) {
        const kl_department_t *department = APR_ARRAY_IDX(departments, i, kl_department_t *);

        for (int j = 0; j < i; j++) {
            const kl_department_t *other = APR_ARRAY_IDX(departments, j, kl_department_t *);

            if (strcmp(department->name, other->name) == 0) {
                return apr_psprintf(p,
                                    "the stores '%s' and '%s' both have a department '%s': give "
                                    "one of them another name",
                                    other->store, department->store, department->name);
            }
        }
    }
    return NULL;
}

static int has_departments(apr_pool_t *p, server_rec *s)
{
    apr_hash_t *accounts = kl_settings_server(s)->accounts;
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(p, accounts); hi; hi = apr_hash_next(hi)) {
        const kl_account_settings_t *store = apr_hash_this_val(hi);

        if (store->departments->nelts) {
            return 1;
        }
    }
    return 0;
}

/* 1 when some Location for tills has a department. */
static int is_any_of_use(apr_pool_t *p, server_rec *s)
{
    for (const ap_directive_t *line = ap_conftree; line; line = kl_conftree_after(line)) {
        int inherited = 0;

        if (kl_conftree_says(line, "<Location") && is_for_tills(p, line)
            && departments_of(p, kl_conftree_server(s, line), stores_of(p, line, &inherited))
                   ->nelts) {
            return 1;
        }
    }
    return 0;
}

/* admin.conf brings a Location without a store everywhere. It is a fault only where departments are
 * that no other reaches. */
static const char *check(apr_pool_t *p, server_rec *s, const ap_directive_t *location, int spare)
{
    int inherited = 0;
    const apr_array_header_t *stores = stores_of(p, location, &inherited);
    const apr_array_header_t *departments = departments_of(p, s, stores);

    if (departments->nelts == 0 && inherited && (spare || !has_departments(p, s))) {
        return NULL;
    }
    if (departments->nelts == 0) {
        return apr_psprintf(p,
                            "its store '%s' has no department: add <KlarnaDepartment NAME> there, "
                            "or name another store with KlarnaUseStore",
                            APR_ARRAY_IDX(stores, 0, const char *));
    }
    return inherited ? NULL : check_names(p, departments);
}

void kl_location_check(kl_complaints_t *wrong, server_rec *s)
{
    apr_pool_t *p = kl_complaints_pool(wrong);
    int spare = is_any_of_use(p, s);

    for (const ap_directive_t *line = ap_conftree; line; line = kl_conftree_after(line)) {
        if (kl_conftree_says(line, "<Location") && is_for_tills(p, line)) {
            const char *why = check(p, kl_conftree_server(s, line), line, spare);

            if (why) {
                kl_complaints_add(wrong, KL_COMPLAINT_SETTING, s, "KLA0012: <Location %s>: %s",
                                  kl_conftree_argument(p, line), why);
            }
        }
    }
}
