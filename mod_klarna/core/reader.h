/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON that others wrote, with errors that name the field. */
#ifndef KL_READER_H
#define KL_READER_H

#include "core/json.h"

/**
 * A reader walks one object. `path` is the name the caller knows the object by
 * ("order_lines[2]", "" at the top). The first fault is kept in err; every later read
 * gives its default, so code reads straight through and asks once at the end.
 */
typedef struct kl_reader_t {
    const kl_json_t *obj;
    const char *path;
    apr_pool_t *p;
    kl_error_t *err;
} kl_reader_t;

/** A reader over the top object; KL_INVALID when v is no object. */
kl_reader_t kl_reader(apr_pool_t *p, const kl_json_t *v, const char *path, kl_error_t *err);

/** Full name of a member: "order_lines[2].quantity". */
const char *kl_reader_name(const kl_reader_t *rd, const char *key);

/** Refuses members that are not named; ends with NULL. A misspelt member is never ignored. */
void kl_reader_only(const kl_reader_t *rd, ...) __attribute__((sentinel));

#define KL_REQUIRED 1
#define KL_OPTIONAL 0
/** A string of min..max characters (code points, as Klarna counts) without control
 *  characters, copied into rd->p; NULL when absent. Errors never quote it. */
const char *kl_reader_str(const kl_reader_t *rd, const char *key, int required, apr_size_t min,
                          apr_size_t max);
/** An integer in min..max; a real number is refused. */
apr_int64_t kl_reader_int(const kl_reader_t *rd, const char *key, int required, apr_int64_t dflt,
                          apr_int64_t min, apr_int64_t max);
int kl_reader_bool(const kl_reader_t *rd, const char *key, int dflt);
/** A sub-object's reader; obj is NULL when absent. */
kl_reader_t kl_reader_object(const kl_reader_t *rd, const char *key, int required);
/** An array of at most max entries; NULL when absent. */
kl_json_t *kl_reader_array(const kl_reader_t *rd, const char *key, int required, apr_size_t min,
                           apr_size_t max);
/** The reader of entry i of array arr, member key of rd: path "key[i]". */
kl_reader_t kl_reader_entry(const kl_reader_t *rd, const char *key, const kl_json_t *arr,
                            apr_size_t i);

#endif
