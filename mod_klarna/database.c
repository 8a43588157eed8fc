/* SPDX-License-Identifier: Apache-2.0 */
/* See database.h. */
#include "database.h"

#include <apr_strings.h>
#include <string.h>
#include "conftree.h"

/* mod_dbd's own */
#define MIN 1
#define KEEP 2
#define MAX 10

static int number(const char *word, int otherwise)
{
    char *end = NULL;
    apr_int64_t n = word ? apr_strtoi64(word, &end, 10) : 0;

    return word && end != word && n >= 0 && n <= APR_INT32_MAX ? (int)n : otherwise;
}

/* mod_dbd carries out no line after one that gives a row. */
static int gives_a_row(const char *sql)
{
    return ap_strcasestr(sql, "busy_timeout") != NULL;
}

/* What stands in that server's part of the configuration; NULL: nothing does. Only the last line
 * counts unless all do. */
static const char *lines_of(apr_pool_t *p, server_rec *main, server_rec *s, const char *directive,
                            int all)
{
    const char *text = NULL;

    for (const ap_directive_t *line = ap_conftree; line; line = kl_conftree_after(line)) {
        if (kl_conftree_says(line, directive) && kl_conftree_server(main, line) == s) {
            const char *word = kl_conftree_argument(p, line);

            if (all && text) {
                word = gives_a_row(text) ? text : apr_pstrcat(p, text, "; ", word, NULL);
            }
            text = word;
        }
    }
    return text;
}

static const char *setting(apr_pool_t *p, server_rec *main, server_rec *s, const char *directive)
{
    const char *text = lines_of(p, main, s, directive, 0);

    return text ? text : lines_of(p, main, main, directive, 0);
}

/* The main server's and then its own, as mod_dbd does it. */
static const char *init_of(apr_pool_t *p, server_rec *main, server_rec *s)
{
    const char *inherited = lines_of(p, main, main, "DBDInitSQL", 1);
    const char *own = s == main ? NULL : lines_of(p, main, s, "DBDInitSQL", 1);

    return apr_pstrcat(p, inherited ? inherited : "", own ? "; " : "", own ? own : "", NULL);
}

kl_database_t *kl_database_read(apr_pool_t *p, server_rec *main, server_rec *s)
{
    kl_database_t *database = apr_pcalloc(p, sizeof(*database));

    database->driver = setting(p, main, s, "DBDriver");
    database->params = setting(p, main, s, "DBDParams");
    database->init = init_of(p, main, s);
    database->min = number(setting(p, main, s, "DBDMin"), MIN);
    database->keep = number(setting(p, main, s, "DBDKeep"), KEEP);
    database->max = number(setting(p, main, s, "DBDMax"), MAX);
    return database;
}

int kl_database_is_file(const kl_database_t *database)
{
    return database->driver && strcmp(database->driver, "sqlite3") == 0;
}

static int is_same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

int kl_database_is_same(const kl_database_t *one, const kl_database_t *other)
{
    return is_same_text(one->driver, other->driver) && is_same_text(one->params, other->params);
}
