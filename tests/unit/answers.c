/* SPDX-License-Identifier: Apache-2.0 */
/* See answers.h. */
#include "support.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "answers.h"

#define MAX_EXAMPLE 65536 /* bytes */

kl_klarna_response_t an_answer(int status, const char *body)
{
    return (kl_klarna_response_t){.status = status,
                                  .body = body,
                                  .body_len = strlen(body),
                                  .correlation_id = "",
                                  .capture_id = "",
                                  .refund_id = ""};
}

/* make tells a test where the sources are. */
static const char *folder_of_files(apr_pool_t *p)
{
    char *files = NULL, *sources = NULL;

    if (apr_env_get(&files, "KLARNA_FILES", p) == APR_SUCCESS && *files) {
        return files;
    }
    if (apr_env_get(&sources, "srcdir", p) != APR_SUCCESS) {
        sources = ".";
    }
    return apr_pstrcat(p, sources, "/../shared/klarna", NULL);
}

const char *klarnas_example(apr_pool_t *p, const char *name)
{
    const char *path = apr_pstrcat(p, folder_of_files(p), "/samples/", name, NULL);
    char *text = apr_pcalloc(p, MAX_EXAMPLE + 1);
    apr_size_t n = 0;
    apr_file_t *file;

    if (apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p) != APR_SUCCESS) {
        skip();
    }
    apr_file_read_full(file, text, MAX_EXAMPLE, &n);
    apr_file_close(file);
    assert_in_range(n, 1, MAX_EXAMPLE - 1);
    return text;
}

static void check_one(apr_pool_t *p, const char *body, an_answers_reader *reader)
{
    kl_error_t *err = kl_error_make(p);
    kl_klarna_response_t resp = an_answer(200, body);

    if (reader(p, &resp, err) != KL_PROTOCOL) {
        fail_msg("was read: %s", body);
    }
    check_error(err, KL_PROTOCOL, "unreadable_answer");
}

void check_cut_short(apr_pool_t *p, const char *body, an_answers_reader *reader)
{
    apr_size_t len = strlen(body);

    while (len > 0 && body[len - 1] != '}') {
        len--;
    }
    while (len-- > 0) {
        check_one(p, apr_pstrndup(p, body, len), reader);
    }
}

void check_unreadable(apr_pool_t *p, const char *const *bodies, an_answers_reader *reader)
{
    for (int i = 0; bodies[i]; i++) {
        check_one(p, bodies[i], reader);
    }
}
