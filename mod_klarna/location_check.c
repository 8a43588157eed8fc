/* SPDX-License-Identifier: Apache-2.0 */
/* See location_check.h. */
#include "location_check.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>
#include <string.h>
#include "klarna_module.h"
#include "settings.h"

/* The line after this one, into and out of containers; NULL after the last. */
static const ap_directive_t *after(const ap_directive_t *line)
{
    if (line->first_child) {
        return line->first_child;
    }
    while (line && !line->next) {
        line = line->parent;
    }
    return line ? line->next : NULL;
}

static int says(const ap_directive_t *line, const char *directive)
{
    return line && strcasecmp(line->directive, directive) == 0;
}

/* Its first argument, without the bracket that ends a container. */
static const char *argument(apr_pool_t *p, const ap_directive_t *line)
{
    const char *rest = line->args;
    const char *word = ap_getword_conf(p, &rest);
    apr_size_t len = strlen(word);

    return len && word[len - 1] == '>' ? apr_pstrmemdup(p, word, len - 1) : word;
}

static int is_for_tills(apr_pool_t *p, const ap_directive_t *location)
{
    const ap_directive_t *line = location->first_child;

    while (line && !says(line, "SetHandler")) {
        line = line->next;
    }
    return line
           && (strcmp(argument(p, line), "klarna-instore") == 0
               || strcmp(argument(p, line), "klarna-display") == 0);
}

static server_rec *server_of(server_rec *s, const ap_directive_t *line)
{
    while (line && !says(line, "<VirtualHost")) {
        line = line->parent;
    }
    for (server_rec *vhost = s; line && vhost; vhost = vhost->next) {
        if (vhost->defn_name && strcmp(vhost->defn_name, line->filename) == 0
            && (int)vhost->defn_line_number == line->line_num) {
            return vhost;
        }
    }
    return s;
}

/* The path of a Location, or NULL: a pattern, or another section. */
static const char *path_of(apr_pool_t *p, const ap_directive_t *section)
{
    const char *path = says(section, "<Location") ? argument(p, section) : "";

    return path[0] == '/' && !strpbrk(path, "*?[") ? path : NULL;
}

/* 1 when what stands in that section can be inherited by the Location. */
static int reaches(apr_pool_t *p, const ap_directive_t *section, const ap_directive_t *location)
{
    const char *from = path_of(p, section), *to = path_of(p, location);

    return !from || !to || strncmp(to, from, strlen(from)) == 0;
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

    for (const ap_directive_t *line = ap_conftree; line; line = after(line)) {
        if (!says(line, "KlarnaUseStore")) {
            continue;
        }
        if (line->parent == location) {
            add_names(p, own, line);
        }
        else if (reaches(p, line->parent, location)) {
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
    for (const ap_directive_t *line = ap_conftree; line; line = after(line)) {
        int inherited = 0;

        if (says(line, "<Location") && is_for_tills(p, line)
            && departments_of(p, server_of(s, line), stores_of(p, line, &inherited))->nelts) {
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

int kl_location_check(apr_pool_t *p, server_rec *s)
{
    int bad = 0, spare = is_any_of_use(p, s);

    for (const ap_directive_t *line = ap_conftree; line; line = after(line)) {
        if (says(line, "<Location") && is_for_tills(p, line)) {
            const char *wrong = check(p, server_of(s, line), line, spare);

            if (wrong) {
                ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "KLA0012: <Location %s>: %s",
                             argument(p, line), wrong);
                bad = 1;
            }
        }
    }
    return bad;
}
