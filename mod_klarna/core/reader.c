/* SPDX-License-Identifier: Apache-2.0 */
/* See reader.h. */
#include "core/reader.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

static const char *type_in_words(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real number";
    case JSON_NULL:
        return "null";
    default:
        return "a boolean";
    }
}

kl_reader_t kl_reader(apr_pool_t *p, const kl_json_t *v, const char *path, kl_error_t *err)
{
    kl_reader_t rd = {.obj = v, .path = path, .p = p, .err = err};

    if (!json_is_object(v)) {
        kl_error_field(err, "wrong_type", path[0] ? path : "document", v ? type_in_words(v) : NULL,
                       "an object");
        rd.obj = NULL;
    }
    return rd;
}

const char *kl_reader_name(const kl_reader_t *rd, const char *key)
{
    return rd->path[0] ? apr_pstrcat(rd->p, rd->path, ".", key, NULL) : key;
}

static void fault(const kl_reader_t *rd, const char *code, const char *key, const char *got,
                  const char *expected)
{
    kl_error_field(rd->err, code, kl_reader_name(rd, key), got, expected);
}

static int is_among(const char *key, va_list names)
{
    const char *name;

    while ((name = va_arg(names, const char *))) {
        if (strcmp(name, key) == 0) {
            return 1;
        }
    }
    return 0;
}

static const char *joined(apr_pool_t *p, va_list names)
{
    const char *all = NULL, *name;

    while ((name = va_arg(names, const char *))) {
        all = all ? apr_pstrcat(p, all, ", ", name, NULL) : name;
    }
    return all ? apr_pstrcat(p, "one of: ", all, NULL) : "no members: {}";
}

/* A stranger's member name as it may stand in an error: short, printable ASCII. */
static const char *printable(apr_pool_t *p, const char *key)
{
    char *name = apr_pstrndup(p, key, 64);

    for (char *c = name; *c; c++) {
        if (!apr_isascii(*c) || !apr_isprint(*c)) {
            *c = '?';
        }
    }
    return name;
}

void kl_reader_only(const kl_reader_t *rd, ...)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)rd->obj, key, v)
    {
        va_list names;
        int known;

        va_start(names, rd);
        known = is_among(key, names);
        va_end(names);
        if (!known) {
            va_start(names, rd);
            fault(rd, "unknown_field", printable(rd->p, key), NULL, joined(rd->p, names));
            va_end(names);
            return;
        }
    }
}

/*
 * The member when it has the wanted type; else NULL, with a fault unless it is absent and
 * may be. An absent object has no members to miss.
 */
static json_t *member(const kl_reader_t *rd, const char *key, int required, int wanted,
                      const char *expected)
{
    json_t *v = json_object_get(rd->obj, key);

    if (!v) {
        if (required && rd->obj) {
            fault(rd, "missing", key, NULL, expected);
        }
        return NULL;
    }
    if (wanted == JSON_TRUE ? !json_is_boolean(v) : (int)json_typeof(v) != wanted) {
        fault(rd, "wrong_type", key, type_in_words(v), expected);
        return NULL;
    }
    return v;
}

/* Characters, not bytes: Klarna's limits count characters, and Greek takes two bytes each.
 * *controls is how many of them are control characters. */
static apr_size_t characters(const char *s, apr_size_t len, apr_size_t *controls)
{
    apr_size_t bad = 0, continued = 0;

    for (apr_size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c < 0x20 || c > 0x7e) {
            bad += c < 0x80;
            continued += (c & 0xc0) == 0x80;
        }
    }
    *controls = bad;
    return len - continued;
}

const char *kl_reader_str(const kl_reader_t *rd, const char *key, int required, apr_size_t min,
                          apr_size_t max)
{
    const json_t *v = member(rd, key, required, JSON_STRING, "a string");
    const char *s = json_string_value(v);
    apr_size_t len = json_string_length(v), n, controls;

    if (!s) {
        return NULL;
    }
    n = characters(s, len, &controls);
    if (n < min || n > max) {
        fault(rd, n < min ? "too_short" : "too_long", key,
              apr_psprintf(rd->p, "%" APR_SIZE_T_FMT " characters", n),
              apr_psprintf(rd->p, "%" APR_SIZE_T_FMT " to %" APR_SIZE_T_FMT " characters", min,
                           max));
        return NULL;
    }
    if (controls > 0) {
        fault(rd, "control_character", key, NULL, "a string without control characters");
        return NULL;
    }
    return apr_pstrmemdup(rd->p, s, len);
}

apr_int64_t kl_reader_int(const kl_reader_t *rd, const char *key, int required, apr_int64_t dflt,
                          apr_int64_t min, apr_int64_t max)
{
    const json_t *v = member(rd, key, required, JSON_INTEGER, "an integer");
    apr_int64_t n;

    if (!v) {
        return dflt;
    }
    n = json_integer_value(v);
    if (n < min || n > max) {
        fault(rd, "out_of_range", key, apr_psprintf(rd->p, "%" APR_INT64_T_FMT, n),
              apr_psprintf(rd->p, "%" APR_INT64_T_FMT " to %" APR_INT64_T_FMT, min, max));
        return dflt;
    }
    return n;
}

int kl_reader_bool(const kl_reader_t *rd, const char *key, int dflt)
{
    const json_t *v = member(rd, key, KL_OPTIONAL, JSON_TRUE, "true or false");

    return v ? json_is_true(v) : dflt;
}

kl_reader_t kl_reader_object(const kl_reader_t *rd, const char *key, int required)
{
    kl_reader_t sub = {.p = rd->p, .err = rd->err};

    sub.path = kl_reader_name(rd, key);
    sub.obj = member(rd, key, required, JSON_OBJECT, "an object");
    return sub;
}

kl_json_t *kl_reader_array(const kl_reader_t *rd, const char *key, int required, apr_size_t min,
                           apr_size_t max)
{
    json_t *arr = member(rd, key, required, JSON_ARRAY, "an array");
    apr_size_t n = json_array_size(arr);

    if (arr && (n < min || n > max)) {
        fault(rd, "out_of_range", key, apr_psprintf(rd->p, "%" APR_SIZE_T_FMT " entries", n),
              apr_psprintf(rd->p, "%" APR_SIZE_T_FMT " to %" APR_SIZE_T_FMT " entries", min, max));
        return NULL;
    }
    return arr;
}

kl_reader_t kl_reader_entry(const kl_reader_t *rd, const char *key, const kl_json_t *arr,
                            apr_size_t i)
{
    const char *name = apr_psprintf(rd->p, "%s[%" APR_SIZE_T_FMT "]", kl_reader_name(rd, key), i);

    return kl_reader(rd->p, json_array_get(arr, i), name, rd->err);
}
