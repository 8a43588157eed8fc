/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one door to JSON: json.c is the only file that includes jansson.h. Values are
 * Jansson's, owned by a pool: whatever kl_json_parse, kl_json_object or kl_json_array
 * returns is released when that pool is cleared, and nobody calls decref. Getters borrow.
 * Writing keeps keys in the order they were set, so that the same value always gives the
 * same bytes: an operation's request must be repeated byte for byte.
 */
#ifndef KL_JSON_H
#define KL_JSON_H

#include <apr_pools.h>
#include "core/error.h"

struct json_t;
typedef struct json_t kl_json_t;

/** Call once per process before threads start (hash seed). */
void kl_json_init(void);

/* --- making ---------------------------------------------------------------------- */
kl_json_t *kl_json_object(apr_pool_t *p);
kl_json_t *kl_json_array(apr_pool_t *p);
void kl_json_set(kl_json_t *obj, const char *key, kl_json_t *value); /* NULL value: nothing set */
void kl_json_set_all(kl_json_t *obj, const kl_json_t *from);         /* every member of from */
/** 1 when s is UTF-8 (RFC 3629), which alone can be a JSON string as it is. */
int kl_json_is_text(const char *s);
void kl_json_set_str(kl_json_t *obj, const char *key, const char *s); /* NULL s: nothing set */
void kl_json_set_int(kl_json_t *obj, const char *key, apr_int64_t n);
void kl_json_set_bool(kl_json_t *obj, const char *key, int truth);
void kl_json_set_null(kl_json_t *obj, const char *key);
void kl_json_append(kl_json_t *arr, kl_json_t *value);
void kl_json_append_str(kl_json_t *arr, const char *s);

/** Compact text in p, keys in the order they were set. */
const char *kl_json_text(apr_pool_t *p, const kl_json_t *value);

/* --- reading --------------------------------------------------------------------- */
/**
 * Parses exactly len bytes: UTF-8, one object or array, no duplicate keys, no NUL, at most
 * 32 levels deep.
 * @return NULL with a KL_INVALID "not_json" error that says where, without quoting the text.
 */
kl_json_t *kl_json_parse(apr_pool_t *p, const char *text, apr_size_t len, kl_error_t *err);

int kl_json_is_object(const kl_json_t *v);
int kl_json_is_array(const kl_json_t *v);
kl_json_t *kl_json_get(const kl_json_t *obj, const char *key);  /* NULL: absent */
const char *kl_json_str(const kl_json_t *obj, const char *key); /* NULL: absent or no string */
apr_int64_t kl_json_int(const kl_json_t *obj, const char *key, apr_int64_t dflt);
int kl_json_bool(const kl_json_t *obj, const char *key, int dflt);
apr_size_t kl_json_size(const kl_json_t *v);
kl_json_t *kl_json_at(const kl_json_t *arr, apr_size_t i);
const char *kl_json_str_at(const kl_json_t *arr, apr_size_t i); /* NULL: no string */

#endif
