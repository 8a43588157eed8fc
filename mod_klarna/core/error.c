/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error value: the first fault of a piece of work, in words for people and slugs for
 * programs. Every text is copied into the error's own pool, so that a caller may pass what
 * it likes. It must never let a later fault hide the first one.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/error.h"

kl_error_t *kl_error_make(apr_pool_t *p)
{
    kl_error_t *err = apr_pcalloc(p, sizeof(*err));

    err->pool = p;
    return err;
}

void kl_error_clear(kl_error_t *err)
{
    *err = (kl_error_t){.pool = err->pool};
}

kl_kind_t kl_error_set(kl_error_t *err, kl_kind_t kind, const char *code, const char *fmt, ...)
{
    va_list ap;

    if (err->kind != KL_OK) {
        return err->kind;
    }
    err->kind = kind;
    err->code = apr_pstrdup(err->pool, code);
    va_start(ap, fmt);
    err->detail = apr_pvsprintf(err->pool, fmt, ap);
    va_end(ap);
    return kind;
}

/* The sentence a person reads; got is left out where it must not be repeated. */
static const char *field_detail(apr_pool_t *p, const char *field, const char *got,
                                const char *expected)
{
    if (!got) {
        return apr_psprintf(p, "%s: expected %s.", field, expected);
    }
    return apr_psprintf(p, "%s: got %s, expected %s.", field, got, expected);
}

kl_kind_t kl_error_field(kl_error_t *err, const char *code, const char *field, const char *got,
                         const char *expected)
{
    if (err->kind != KL_OK) {
        return err->kind;
    }
    kl_error_set(err, KL_INVALID, code, "%s", field_detail(err->pool, field, got, expected));
    err->field = apr_pstrdup(err->pool, field);
    err->got = apr_pstrdup(err->pool, got);
    err->expected = apr_pstrdup(err->pool, expected);
    return KL_INVALID;
}

kl_kind_t kl_error_because(kl_error_t *err, kl_kind_t kind, const char *code, const kl_words_t *why)
{
    if (err->kind == KL_OK) {
        kl_error_set(err, kind, code, "%s", why->text);
        err->reason = why->code;
    }
    return err->kind;
}

void kl_error_next(kl_error_t *err, const char *next)
{
    if (!err->next) {
        err->next = apr_pstrdup(err->pool, next);
    }
}

int kl_error_is_database(const kl_error_t *err)
{
    return err->kind == KL_UNAVAILABLE
           && (strcmp(err->code, "store") == 0 || strcmp(err->code, "schema") == 0);
}
