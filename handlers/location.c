/* SPDX-License-Identifier: Apache-2.0 */
/* See location.h. */
#include "handlers/location.h"

#include <ap_expr.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_request.h>
#include <string.h>

static const apr_array_header_t *sections(request_rec *r)
{
    core_server_config *core = ap_get_core_module_config(r->server->module_config);

    return core->sec_url;
}

static ap_conf_vector_t *section_at(request_rec *r, int i)
{
    return APR_ARRAY_IDX(sections(r), i, ap_conf_vector_t *);
}

/* 1 when uri lies in path; *len is path's length without trailing slashes. */
static int lies_in(const char *uri, const char *path, apr_size_t *len)
{
    *len = strlen(path);
    while (*len && path[*len - 1] == '/') {
        (*len)--;
    }
    return strncmp(uri, path, *len) == 0 && (!uri[*len] || uri[*len] == '/');
}

/* What the section says with SetHandler, or NULL. */
static const char *handler_of(request_rec *r, const core_dir_config *section)
{
    const char *error = NULL, *name;

    if (!section || !section->expr_handler) {
        return NULL;
    }
    name = ap_expr_str_exec(r, section->expr_handler, &error);
    return error ? NULL : name;
}

static int is_plain(const core_dir_config *section)
{
    return !section->r && section->d;
}

const char *kl_location_base(request_rec *r)
{
    for (int i = sections(r)->nelts - 1; i >= 0; i--) {
        const core_dir_config *section = ap_get_core_module_config(section_at(r, i));
        const char *handler = handler_of(r, section);
        apr_size_t len;

        if (handler && strcmp(handler, r->handler) == 0 && is_plain(section)
            && lies_in(r->uri, section->d, &len)) {
            return apr_pstrmemdup(r->pool, section->d, len);
        }
    }
    return NULL;
}

/* 1 when the section says Require. It then replaces what <Directory> and .htaccess require. */
static int has_require(request_rec *r, ap_conf_vector_t *section)
{
    module *authz = ap_find_linked_module("mod_authz_core.c");
    ap_conf_vector_t *merged = r->per_dir_config;
    int has;

    if (!authz || !ap_get_module_config(section, authz)) {
        return 0;
    }
    r->per_dir_config = section; /* httpd looks for it there */
    has = ap_some_auth_required(r);
    r->per_dir_config = merged;
    return has;
}

const char *kl_location_handler(request_rec *r)
{
    for (int i = sections(r)->nelts - 1; i >= 0; i--) {
        const core_dir_config *section = ap_get_core_module_config(section_at(r, i));
        const char *handler = handler_of(r, section);
        apr_size_t len;

        if (!handler) {
            continue;
        }
        if (!is_plain(section) || section->d_is_fnmatch) {
            return NULL;
        }
        if (lies_in(r->uri, section->d, &len)) {
            return has_require(r, section_at(r, i)) ? handler : NULL;
        }
    }
    return NULL;
}
