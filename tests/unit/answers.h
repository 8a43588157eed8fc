/* SPDX-License-Identifier: Apache-2.0 */
/* Klarna's answers as the api tests make them: by hand, out of Klarna's examples, and spoilt. */
#ifndef KL_TEST_ANSWERS_H
#define KL_TEST_ANSWERS_H

#include "api/klarna.h"

kl_klarna_response_t an_answer(int status, const char *body);

/** Klarna's example of that name, "docs/hpp-create.201.json". They are Klarna's and not part of
 * this project: they lie in shared/klarna beside the clone, or where KLARNA_FILES says. Where they
 * are not, the test is skipped. */
const char *klarnas_example(apr_pool_t *p, const char *name);

/* Reads the answer. @return the kind that it gave; on KL_OK the reader checks what it read itself
 */
typedef kl_kind_t an_answers_reader(apr_pool_t *p, const kl_klarna_response_t *resp,
                                    kl_error_t *err);

/** Gives the reader body cut short at each byte: each is KL_PROTOCOL "unreadable_answer". */
void check_cut_short(apr_pool_t *p, const char *body, an_answers_reader *reader);
/** The same for what is no JSON object, list ends with NULL. */
void check_unreadable(apr_pool_t *p, const char *const *bodies, an_answers_reader *reader);

#endif
