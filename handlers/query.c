/* SPDX-License-Identifier: Apache-2.0 */
/* See query.h. */
#include "handlers/query.h"
#include "handlers/handlers.h"

#include <apr_strings.h>
#include <string.h>

#define MAX_NAME_SHOWN 64
#define ID_BYTES 37 /* of a UUID with a comma */

/* Decodes in place; 0 when it cannot be decoded to UTF-8 text without NUL. */
static int decode(char *value)
{
    return ap_unescape_urlencoded(value) == OK && kl_json_is_text(value);
}

const char *kl_query_parameter(request_rec *r, const char *name)
{
    char *state = NULL, *args = apr_pstrdup(r->pool, r->args ? r->args : "");
    apr_size_t len = strlen(name);
    char *part;

    for (part = apr_strtok(args, "&", &state); part; part = apr_strtok(NULL, "&", &state)) {
        if (strncmp(part, name, len) == 0 && part[len] == '=') {
            return decode(part + len + 1) ? part + len + 1 : "";
        }
    }
    return NULL;
}

static int index_of(const char *const *names, const char *name)
{
    int i = 0;

    while (names[i] && strcmp(names[i], name) != 0) {
        i++;
    }
    return names[i] ? i : -1;
}

static const char *listing(apr_pool_t *p, const char *const *names)
{
    const char *text = names[0];

    if (!text) {
        return "none";
    }
    while (*++names) {
        text = apr_pstrcat(p, text, ", ", *names, NULL);
    }
    return text;
}

/* part is "name=value"; seen has a bit for each name. */
static kl_kind_t check_part(kl_request_t *req, char *part, const char *const *names,
                            apr_uint32_t *seen)
{
    apr_pool_t *p = req->r->pool;
    char *value = part + strcspn(part, "=");
    apr_size_t most;
    int i;

    if (*value) {
        *value++ = '\0';
    }
    i = index_of(names, part);
    if (i < 0) {
        return kl_error_field(req->err, "unknown_parameter", apr_pstrndup(p, part, MAX_NAME_SHOWN),
                              "an unknown parameter", listing(p, names));
    }
    if (*seen & (1u << i)) {
        return kl_error_field(req->err, "repeated_parameter", names[i], "more than one value",
                              "one value");
    }
    *seen |= 1u << i;
    most = strcmp(names[i], KL_QUERY_IDS) == 0 ? KL_MAX_IDS * ID_BYTES : KL_MAX_STRING;
    if (strlen(value) > 3 * most || !decode(value) || strlen(value) > most) {
        return kl_error_field(req->err, "unreadable_parameter", names[i], "some other text",
                              apr_psprintf(p, "at most %d bytes of UTF-8 text, percent-encoded",
                                           (int)most));
    }
    return KL_OK;
}

kl_kind_t kl_query_only(kl_request_t *req, const char *const *names)
{
    char *state = NULL, *args = apr_pstrdup(req->r->pool, req->r->args ? req->r->args : "");
    apr_uint32_t seen = 0;
    char *part;

    for (part = apr_strtok(args, "&", &state); part; part = apr_strtok(NULL, "&", &state)) {
        if (check_part(req, part, names, &seen) != KL_OK) {
            break;
        }
    }
    return req->err->kind;
}

const char *kl_query_text(kl_request_t *req, const char *name)
{
    const char *value = kl_query_parameter(req->r, name);

    return value ? value : "";
}

int kl_query_number(kl_request_t *req, const char *name, int dflt, int min, int max)
{
    const char *text = kl_query_text(req, name);
    char *end = NULL;
    apr_int64_t n = apr_strtoi64(text, &end, 10);

    if (!*text) {
        return dflt;
    }
    if (*end || n < min || n > max) {
        kl_error_field(req->err, "out_of_range", name, text,
                       apr_psprintf(req->r->pool, "%d to %d", min, max));
        return dflt;
    }
    return (int)n;
}
