/* SPDX-License-Identifier: Apache-2.0 */
/* See text_builder.h. */
#include "store/text_builder.h"

#include <apr_strings.h>

kl_text_builder_t kl_text_builder_make(apr_pool_t *p)
{
    kl_text_builder_t b = {.p = p, .values = apr_array_make(p, 64, sizeof(void *))};

    for (int i = 0; i < KL_DIALECTS; i++) {
        b.parts[i] = apr_array_make(p, 32, sizeof(char *));
    }
    return b;
}

void kl_text_builder_add_each(kl_text_builder_t *b, const char *sqlite3, const char *pgsql,
                              const char *mysql)
{
    APR_ARRAY_PUSH(b->parts[KL_DIALECT_SQLITE3], const char *) = sqlite3;
    APR_ARRAY_PUSH(b->parts[KL_DIALECT_PGSQL], const char *) = pgsql;
    APR_ARRAY_PUSH(b->parts[KL_DIALECT_MYSQL], const char *) = mysql;
}

void kl_text_builder_add(kl_text_builder_t *b, const char *text)
{
    kl_text_builder_add_each(b, text, text, text);
}

void kl_text_builder_text(kl_text_builder_t *b, const char *value)
{
    APR_ARRAY_PUSH(b->values, const void *) = value ? value : "";
}

void kl_text_builder_int64(kl_text_builder_t *b, apr_int64_t value)
{
    APR_ARRAY_PUSH(b->values, const void *) = apr_pmemdup(b->p, &value, sizeof(value));
}

void kl_text_builder_int(kl_text_builder_t *b, int value)
{
    APR_ARRAY_PUSH(b->values, const void *) = apr_pmemdup(b->p, &value, sizeof(value));
}

kl_statement_t kl_text_builder_statement(const kl_text_builder_t *b, const char *name)
{
    kl_statement_t statement = {.values = b->values->nelts};

    for (int i = 0; i < KL_DIALECTS; i++) {
        statement.text[i] = apr_array_pstrcat(b->p, b->parts[i], 0);
    }
    statement.label = apr_psprintf(b->p, "klarna_%s_%016" APR_UINT64_T_HEX_FMT, name,
                                   kl_statements_hash(statement.text[KL_DIALECT_PGSQL]));
    return statement;
}
