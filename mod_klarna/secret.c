/* SPDX-License-Identifier: Apache-2.0 */
/* See secret.h. */
#include "secret.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SECRET 4096
#define MAX_WHY 120

static const char *first_line(apr_pool_t *p, const char *text, const char *what, const char **error)
{
    apr_size_t len = text ? strcspn(text, "\r\n") : 0;

    if (len == 0) {
        *error = apr_pstrcat(p, what, " is empty", NULL);
        return NULL;
    }
    return apr_pstrmemdup(p, text, len);
}

/* Why a file cannot be read, for people: the path is no secret. */
static const char *unreadable(apr_pool_t *p, const char *path, const char *what, apr_status_t rv)
{
    char why[MAX_WHY];

    return apr_psprintf(p, "the file %s %s (%s)", path, what, apr_strerror(rv, why, sizeof(why)));
}

static const char *from_file(apr_pool_t *p, apr_pool_t *ptemp, const char *name, const char **error)
{
    char *text = apr_palloc(ptemp, MAX_SECRET + 1);
    const char *path = ap_server_root_relative(ptemp, name);
    apr_size_t len = MAX_SECRET;
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv;

    rv = path ? apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, ptemp) : APR_EBADPATH;
    if (rv != APR_SUCCESS) {
        *error = unreadable(p, path ? path : name, "cannot be opened", rv);
        return NULL;
    }
    rv = apr_file_info_get(&info, APR_FINFO_TYPE | APR_FINFO_PROT, file);
    if (rv == APR_SUCCESS && info.filetype != APR_DIR
        && (info.protection & (APR_FPROT_WREAD | APR_FPROT_WWRITE))) {
        apr_file_close(file);
        *error = apr_psprintf(p, "the file %s is open to everybody: run chmod o-rw %s", path, path);
        return NULL;
    }
    rv = apr_file_read_full(file, text, len, &len);
    apr_file_close(file);
    if (rv != APR_SUCCESS && rv != APR_EOF) {
        *error = unreadable(p, path, "cannot be read", rv);
        return NULL;
    }
    text[len] = '\0';
    return first_line(p, text, apr_psprintf(p, "the file %s", path), error);
}

static const char *from_program(apr_pool_t *p, apr_pool_t *ptemp, const char *command,
                                const char **error)
{
    char **argv;

    if (command[0] != '/' || apr_tokenize_to_argv(command, &argv, ptemp) != APR_SUCCESS) {
        *error = "exec: needs the absolute path of a program";
        return NULL;
    }
    return first_line(p, ap_get_exec_line(ptemp, argv[0], (const char *const *)argv),
                      apr_pstrcat(p, "what ", argv[0], " writes", NULL), error);
}

const char *kl_secret_read(apr_pool_t *p, apr_pool_t *ptemp, const char *source, const char **error)
{
    *error = NULL;
    if (strncmp(source, "file:", 5) == 0) {
        return from_file(p, ptemp, source + 5, error);
    }
    if (strncmp(source, "exec:", 5) == 0) {
        return from_program(p, ptemp, source + 5, error);
    }
    if (strncmp(source, "env:", 4) == 0) {
        return first_line(p, getenv(source + 4),
                          apr_psprintf(p, "the environment variable %s", source + 4), error);
    }
    *error = "do not write the secret here: use file:/path, exec:/program or env:NAME";
    return NULL;
}
