/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A statement that is put together for one query: its text in each dialect and, in the same breath,
 * the values of its places, so that the two cannot disagree. A text is made of constants only; what
 * somebody has typed is always a value.
 */
#ifndef KL_TEXT_BUILDER_H
#define KL_TEXT_BUILDER_H

#include <apr_tables.h>

#include "store/statements.h"

typedef struct kl_text_builder_t {
    apr_pool_t *p;
    apr_array_header_t *parts[KL_DIALECTS]; /* of const char * */
    apr_array_header_t *values;             /* of const void *, as kl_dbd_run_select takes them */
} kl_text_builder_t;

kl_text_builder_t kl_text_builder_make(apr_pool_t *p);

/** The same in every dialect. */
void kl_text_builder_add(kl_text_builder_t *b, const char *text);
void kl_text_builder_add_each(kl_text_builder_t *b, const char *sqlite3, const char *pgsql,
                              const char *mysql);

/* The value of the next place. value must stay where it is; NULL: "". */
void kl_text_builder_text(kl_text_builder_t *b, const char *value);
void kl_text_builder_int64(kl_text_builder_t *b, apr_int64_t value);
void kl_text_builder_int(kl_text_builder_t *b, int value);

/** Its label is name and a hash of the text: another text never has it. */
kl_statement_t kl_text_builder_statement(const kl_text_builder_t *b, const char *name);

#endif
