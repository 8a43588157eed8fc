/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error value. A fallible function returns a kind (KL_OK is success) and fills the
 * kl_error_t its caller gave it. The first error wins: once a kind is set, later calls
 * change nothing, so a parser can run through a document and report the first fault.
 * An error never carries a secret or personal data: `got` holds only what the caller of
 * a route sent for fields that are not personal.
 */
#ifndef KL_ERROR_H
#define KL_ERROR_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef enum {
    KL_OK = 0,
    KL_INVALID,      /* the caller's data is wrong: repair it and ask again */
    KL_DENIED,       /* the caller may not */
    KL_NOT_FOUND,    /* there is no such thing (a miss, never a database fault) */
    KL_CONFLICT,     /* the order's present state forbids it */
    KL_STALE,        /* someone else changed it since it was read: read it again */
    KL_TAKEN,        /* there is one with this key already */
    KL_REFUSED,      /* Klarna said no; its own words are in klarna_* */
    KL_RATE_LIMITED, /* Klarna's rate; nothing was executed */
    KL_UNKNOWN,      /* sent, outcome not known; it must be found out, never guessed */
    KL_UNAVAILABLE,  /* an outside part is down and nothing was executed */
    KL_PROTOCOL,     /* an outside part answered something we cannot read */
    KL_INTERNAL      /* a defect or an exhausted machine */
} kl_kind_t;

/* A fixed sentence for people, and the stable slug by which programs know it and translate it.
 * Always static. */
typedef struct kl_words_t {
    const char *code, *text;
} kl_words_t;

typedef struct kl_error_t {
    apr_pool_t *pool; /* owns every string below */
    kl_kind_t kind;
    const char *code;        /* stable slug, [a-z_]+, for programs: "line_total" */
    const char *reason;      /* slug of the sentence in detail where that is one of several
                                for the same code, or NULL */
    const char *detail;      /* one plain sentence for people */
    const char *field;       /* "order_lines[2].total_amount", or NULL */
    const char *got;         /* what came, or NULL */
    const char *expected;    /* what would have been right, or NULL */
    const char *next;        /* what to do now, or NULL */
    const char *klarna_code; /* Klarna's error_code, or NULL */
    apr_array_header_t *klarna_messages; /* of const char *, or NULL */
    const char *correlation_id;          /* Klarna's, or NULL */
    const char *where; /* contract.h: place and condition, for the log only; or NULL */
    int retry_after;   /* seconds, 0 = none */
} kl_error_t;

/** An empty error whose strings will live in p. */
kl_error_t *kl_error_make(apr_pool_t *p);

/** Forgets what err holds, so that it can be used for another try. */
void kl_error_clear(kl_error_t *err);

/**
 * Sets kind, code and a formatted detail, unless an error is set already.
 * @return err->kind, so that `return kl_error_set(...)` reads well.
 */
kl_kind_t kl_error_set(kl_error_t *err, kl_kind_t kind, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * Sets a KL_INVALID that names the field, what came and what was expected.
 * @param got may be NULL when the field is missing or must not be repeated.
 * @return err->kind: KL_INVALID, unless another error was set already
 */
kl_kind_t kl_error_field(kl_error_t *err, const char *code, const char *field, const char *got,
                         const char *expected);

/**
 * Sets kind and code, with why's text as detail and its code as reason, unless an error is
 * set already.
 * @return err->kind
 */
kl_kind_t kl_error_because(kl_error_t *err, kl_kind_t kind, const char *code,
                           const kl_words_t *why);

/** 1 when it is the database's fault. */
int kl_error_is_database(const kl_error_t *err);

/** Says what to do next, unless that was said already. Copies the text. */
void kl_error_next(kl_error_t *err, const char *next);

#endif
