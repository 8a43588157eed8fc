/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of statements.h as a table, and the names of the dialects. Nothing else
 * in the module holds SQL.
 */
#include <apr_strings.h>
#include <string.h>

#include "store/statements.h"

static const kl_statement_t statements[] = {
#define KL_SAME_(id, values, text) {"klarna_" #id, values, {text, text, text}},
#define KL_EACH_(id, values, sqlite3, pgsql, mysql) \
    {"klarna_" #id, values, {sqlite3, pgsql, mysql}},
    KL_STATEMENTS(KL_SAME_, KL_EACH_)
#undef KL_SAME_
#undef KL_EACH_
};

static const char *const dialects[KL_DIALECTS] = {"sqlite3", "pgsql", "mysql"};

const kl_statement_t *kl_statements_get(kl_sql_t id)
{
    return &statements[id];
}

/* The filters of a list that are not set drop out of a plan for its values. One for any values
 * keeps them all, and then reads rows where the index alone would do: up to 40 times the pages. */
static int is_planned_for_its_values(const char *text)
{
    return strstr(text, "(%s = '' OR ") != NULL;
}

apr_uint64_t kl_statements_hash(const char *text)
{
    apr_uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    }
    return hash;
}

const char *kl_statements_session_name(const kl_statement_t *statement, apr_pool_t *p)
{
    const char *text = statement->text[KL_DIALECT_PGSQL];

    return is_planned_for_its_values(text)
               ? NULL
               : apr_psprintf(p, "%s_%016" APR_UINT64_T_HEX_FMT, statement->label,
                              kl_statements_hash(text));
}

const char *kl_statements_dialect_name(kl_dialect_t dialect)
{
    return dialects[dialect];
}

int kl_statements_dialect_parse(const char *name, kl_dialect_t *out)
{
    int i;

    for (i = 0; i < KL_DIALECTS; i++) {
        if (strcmp(name, dialects[i]) == 0) {
            *out = (kl_dialect_t)i;
            return 1;
        }
    }
    return 0;
}
