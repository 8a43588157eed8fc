/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON by way of Jansson. A value made or parsed here is released with its pool; setting and
 * appending take a reference of their own, so values of different pools may be mixed. A member that
 * cannot be written would change what a request means, so lack of memory ends the process, as
 * everywhere in httpd. Errors never quote text that was read, only integers and (shortened) member
 * names.
 */
#include <apr_lib.h>
#include <apr_strings.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

#define MAX_DEPTH 32

void kl_json_init(void)
{
    json_object_seed(0);
}

/* --- making ---------------------------------------------------------------------- */

static json_t *sure(json_t *v)
{
    if (!v) {
        abort();
    }
    return v;
}

static void must(int rc)
{
    if (rc != 0) {
        abort();
    }
}

static apr_status_t release(void *v)
{
    json_decref(v);
    return APR_SUCCESS;
}

/* Gives the pool the one reference the caller holds. */
static json_t *owned(apr_pool_t *p, json_t *v)
{
    apr_pool_cleanup_register(p, v, release, apr_pool_cleanup_null);
    return v;
}

int kl_json_is_text(const char *s)
{
    json_t *v = json_string(s);

    json_decref(v);
    return v != NULL;
}

/* A string; bytes that are no UTF-8 (a user name from elsewhere) become '?'. */
static json_t *text_value(const char *s)
{
    json_t *v = json_string(s);
    char *copy;

    if (v) {
        return v;
    }
    copy = strdup(s);
    for (char *c = copy; c && *c; c++) {
        if (*c & 0x80) {
            *c = '?';
        }
    }
    v = json_string(copy);
    free(copy);
    return sure(v);
}

kl_json_t *kl_json_object(apr_pool_t *p)
{
    return owned(p, sure(json_object()));
}

kl_json_t *kl_json_array(apr_pool_t *p)
{
    return owned(p, sure(json_array()));
}

void kl_json_set(kl_json_t *obj, const char *key, kl_json_t *value)
{
    if (value) {
        must(json_object_set(obj, key, value));
    }
}

void kl_json_set_str(kl_json_t *obj, const char *key, const char *s)
{
    if (s) {
        must(json_object_set_new(obj, key, text_value(s)));
    }
}

void kl_json_set_int(kl_json_t *obj, const char *key, apr_int64_t n)
{
    must(json_object_set_new(obj, key, sure(json_integer(n))));
}

void kl_json_set_bool(kl_json_t *obj, const char *key, int truth)
{
    must(json_object_set_new(obj, key, json_boolean(truth)));
}

void kl_json_set_null(kl_json_t *obj, const char *key)
{
    must(json_object_set_new(obj, key, json_null()));
}

void kl_json_append(kl_json_t *arr, kl_json_t *value)
{
    must(json_array_append(arr, value));
}

void kl_json_append_str(kl_json_t *arr, const char *s)
{
    must(json_array_append_new(arr, text_value(s)));
}

const char *kl_json_text(apr_pool_t *p, const kl_json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
    const char *copy;

    if (!text) {
        abort();
    }
    copy = apr_pstrdup(p, text);
    free(text);
    return copy;
}

/* --- reading --------------------------------------------------------------------- */

/* 1 when brackets outside of strings never nest deeper than MAX_DEPTH. */
static int is_shallow(const char *text, apr_size_t len)
{
    int depth = 0, in_string = 0;

    for (apr_size_t i = 0; i < len; i++) {
        if (in_string) {
            if (text[i] == '\\') {
                i++;
            }
            else if (text[i] == '"') {
                in_string = 0;
            }
        }
        else if (text[i] == '"') {
            in_string = 1;
        }
        else if (text[i] == '{' || text[i] == '[') {
            if (++depth > MAX_DEPTH) {
                return 0;
            }
        }
        else if (text[i] == '}' || text[i] == ']') {
            depth--;
        }
    }
    return 1;
}

/* Jansson's own message quotes the text, which may be personal: only its code is used. */
static const char *fault_in_words(enum json_error_code code)
{
    switch (code) {
    case json_error_invalid_utf8:
        return "not UTF-8";
    case json_error_premature_end_of_input:
        return "the text ends too early";
    case json_error_end_of_input_expected:
        return "something follows the value";
    case json_error_duplicate_key:
        return "a member is named twice";
    case json_error_numeric_overflow:
        return "a number is too big";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a NUL character";
    default:
        return "invalid syntax";
    }
}

kl_json_t *kl_json_parse(apr_pool_t *p, const char *text, apr_size_t len, kl_error_t *err)
{
    json_error_t fault;
    json_t *v;

    if (!is_shallow(text, len)) {
        kl_error_set(err, KL_INVALID, "not_json", "Not JSON: nested more than %d levels deep.",
                     MAX_DEPTH);
        return NULL;
    }
    v = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);
    if (!v) {
        kl_error_set(err, KL_INVALID, "not_json", "Not JSON at line %d, column %d: %s.", fault.line,
                     fault.column, fault_in_words(json_error_code(&fault)));
        return NULL;
    }
    return owned(p, v);
}

int kl_json_is_object(const kl_json_t *v)
{
    return json_is_object(v);
}

int kl_json_is_array(const kl_json_t *v)
{
    return json_is_array(v);
}

kl_json_t *kl_json_get(const kl_json_t *obj, const char *key)
{
    return json_object_get(obj, key);
}

const char *kl_json_str(const kl_json_t *obj, const char *key)
{
    return json_string_value(json_object_get(obj, key));
}

apr_int64_t kl_json_int(const kl_json_t *obj, const char *key, apr_int64_t dflt)
{
    const json_t *v = json_object_get(obj, key);

    return json_is_integer(v) ? json_integer_value(v) : dflt;
}

int kl_json_bool(const kl_json_t *obj, const char *key, int dflt)
{
    const json_t *v = json_object_get(obj, key);

    return json_is_boolean(v) ? json_is_true(v) : dflt;
}

apr_size_t kl_json_size(const kl_json_t *v)
{
    return json_is_array(v) ? json_array_size(v) : json_object_size(v);
}

kl_json_t *kl_json_at(const kl_json_t *arr, apr_size_t i)
{
    return json_array_get(arr, i);
}

const char *kl_json_str_at(const kl_json_t *arr, apr_size_t i)
{
    return json_string_value(json_array_get(arr, i));
}

/* --- reading what others wrote -------------------------------------------- */

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
    return apr_pstrcat(p, "one of: ", all, NULL);
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

/* Characters, not bytes: Klarna's limits count characters, and Greek takes two bytes each. */
static apr_size_t characters(const char *s)
{
    apr_size_t n = 0;

    for (; *s; s++) {
        n += (*s & 0xc0) != 0x80;
    }
    return n;
}

static int has_control(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f) {
            return 1;
        }
    }
    return 0;
}

const char *kl_reader_str(const kl_reader_t *rd, const char *key, int required, apr_size_t min,
                          apr_size_t max)
{
    const char *s = json_string_value(member(rd, key, required, JSON_STRING, "a string"));
    apr_size_t n;

    if (!s) {
        return NULL;
    }
    n = characters(s);
    if (n < min || n > max) {
        fault(rd, n < min ? "too_short" : "too_long", key,
              apr_psprintf(rd->p, "%" APR_SIZE_T_FMT " characters", n),
              apr_psprintf(rd->p, "%" APR_SIZE_T_FMT " to %" APR_SIZE_T_FMT " characters", min,
                           max));
        return NULL;
    }
    if (has_control(s)) {
        fault(rd, "control_character", key, NULL, "a string without control characters");
        return NULL;
    }
    return apr_pstrdup(rd->p, s);
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
