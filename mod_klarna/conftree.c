/* SPDX-License-Identifier: Apache-2.0 */
/* See conftree.h. */
#include "conftree.h"

#include <apr_strings.h>
#include <string.h>

const ap_directive_t *kl_conftree_after(const ap_directive_t *line)
{
    if (line->first_child) {
        return line->first_child;
    }
    while (line && !line->next) {
        line = line->parent;
    }
    return line ? line->next : NULL;
}

int kl_conftree_says(const ap_directive_t *line, const char *directive)
{
    return line && strcasecmp(line->directive, directive) == 0;
}

const char *kl_conftree_argument(apr_pool_t *p, const ap_directive_t *line)
{
    const char *rest = line->args;
    const char *word = ap_getword_conf(p, &rest);
    apr_size_t len = strlen(word);

    return len && word[len - 1] == '>' ? apr_pstrmemdup(p, word, len - 1) : word;
}

const ap_directive_t *kl_conftree_inside(const ap_directive_t *container, const char *directive)
{
    const ap_directive_t *line = container->first_child;

    while (line && !kl_conftree_says(line, directive)) {
        line = line->next;
    }
    return line;
}

server_rec *kl_conftree_server(server_rec *s, const ap_directive_t *line)
{
    while (line && !kl_conftree_says(line, "<VirtualHost")) {
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
    const char *path = kl_conftree_says(section, "<Location") ? kl_conftree_argument(p, section)
                                                              : "";

    return path[0] == '/' && !strpbrk(path, "*?[") ? path : NULL;
}

int kl_conftree_reaches(apr_pool_t *p, const ap_directive_t *section,
                        const ap_directive_t *location)
{
    const char *from = path_of(p, section), *to = path_of(p, location);

    return !from || !to || strncmp(to, from, strlen(from)) == 0;
}
