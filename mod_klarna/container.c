/* SPDX-License-Identifier: Apache-2.0 */
/* See container.h. */
#include "container.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define MAX_NAME 64 /* "STORE.DEPARTMENT" fits into a column */

const char *kl_container_check(cmd_parms *cmd, const char *name)
{
    const char *c;

    for (c = name; *c && (apr_isalnum(*c) || *c == '-' || *c == '_'); c++) {
    }
    if (c == name || *c || c - name > MAX_NAME) {
        return apr_psprintf(cmd->pool, "%s: a name has 1 to %d letters, digits, - and _, not '%s'",
                            cmd->cmd->name, MAX_NAME, name);
    }
    return NULL;
}

const char *kl_container_name(cmd_parms *cmd, const char *arguments, const char **name)
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_LOC_FILE);
    const char *word = ap_getword_conf(cmd->pool, &arguments);
    apr_size_t len = strlen(word);

    if (error) {
        return error;
    }
    *name = len && word[len - 1] == '>' ? apr_pstrmemdup(cmd->pool, word, len - 1) : word;
    return kl_container_check(cmd, *name);
}
