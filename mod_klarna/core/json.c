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
#define FIRST_ROOM 1024 /* bytes of a text, doubled when it needs more */

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
        must(json_object_set_nocheck(obj, key, value));
    }
}

void kl_json_set_all(kl_json_t *obj, const kl_json_t *from)
{
    must(json_object_update(obj, (json_t *)from)); /* takes references, changes nothing of it */
}

void kl_json_set_str(kl_json_t *obj, const char *key, const char *s)
{
    if (s) {
        must(json_object_set_new_nocheck(obj, key, text_value(s)));
    }
}

void kl_json_set_int(kl_json_t *obj, const char *key, apr_int64_t n)
{
    must(json_object_set_new_nocheck(obj, key, sure(json_integer(n))));
}

void kl_json_set_bool(kl_json_t *obj, const char *key, int truth)
{
    must(json_object_set_new_nocheck(obj, key, json_boolean(truth)));
}

void kl_json_set_null(kl_json_t *obj, const char *key)
{
    must(json_object_set_new_nocheck(obj, key, json_null()));
}

void kl_json_append(kl_json_t *arr, kl_json_t *value)
{
    must(json_array_append(arr, value));
}

void kl_json_append_str(kl_json_t *arr, const char *s)
{
    must(json_array_append_new(arr, text_value(s)));
}

/* --- writing --------------------------------------------------------------------- */

/* A text that grows in a pool. Jansson's own writer makes a text out of calls for single
 * characters, remembers each container in a hash table, and gives it in memory that has to be
 * copied into the pool; this one gives the same bytes for a quarter of the instructions. */
typedef struct text_t {
    apr_pool_t *p;
    char *start;
    apr_size_t len, room;
} text_t;

static void put(text_t *out, const char *bytes, apr_size_t n)
{
    if (n > out->room - out->len) {
        char *before = out->start;

        out->room = 2 * (out->room + n);
        out->start = apr_palloc(out->p, out->room);
        memcpy(out->start, before, out->len);
    }
    memcpy(out->start + out->len, bytes, n);
    out->len += n;
}

static void put_escaped(text_t *out, char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *known = memchr(from, c, sizeof(from) - 1);
    char text[8];

    if (known) {
        put(out, (const char[]){'\\', to[known - from]}, 2);
    }
    else {
        put(out, text, apr_snprintf(text, sizeof(text), "\\u%04X", (unsigned)c));
    }
}

static void put_string(text_t *out, const char *s, apr_size_t len)
{
    apr_size_t done = 0;

    put(out, "\"", 1);
    for (apr_size_t i = 0; i < len; i++) {
        if ((unsigned char)s[i] < 0x20 || s[i] == '"' || s[i] == '\\') {
            put(out, s + done, i - done);
            put_escaped(out, s[i]);
            done = i + 1;
        }
    }
    put(out, s + done, len - done);
    put(out, "\"", 1);
}

/* A number, true, false or null: rare or short, as Jansson writes them. */
static void put_simple(text_t *out, const json_t *v)
{
    char text[64];

    if (json_is_integer(v)) {
        put(out, text,
            apr_snprintf(text, sizeof(text), "%" APR_INT64_T_FMT,
                         (apr_int64_t)json_integer_value(v)));
    }
    else {
        put(out, text, json_dumpb(v, text, sizeof(text), JSON_ENCODE_ANY));
    }
}

/* A container that is being written, and what of it comes next. */
typedef struct level_t {
    const json_t *of;
    void *member;     /* of an object; NULL: no more */
    apr_size_t index; /* of an array, and how many members were written */
} level_t;

static int is_container(const json_t *v)
{
    return json_is_object(v) || json_is_array(v);
}

/* Goes into a container, or writes what is none. */
static void put_value(text_t *out, apr_array_header_t *levels, const json_t *v)
{
    if (is_container(v)) {
        level_t *level = apr_array_push(levels);

        *level = (level_t){v, json_object_iter((json_t *)v), 0};
        put(out, json_is_object(v) ? "{" : "[", 1);
    }
    else if (json_is_string(v)) {
        put_string(out, json_string_value(v), json_string_length(v));
    }
    else {
        put_simple(out, v);
    }
}

/* The next value of the innermost container, its key written; NULL when there is none. */
static const json_t *next_value(text_t *out, level_t *level)
{
    const char *key;
    const json_t *v = NULL;
    int more = json_is_object(level->of) ? level->member != NULL
                                         : level->index < json_array_size(level->of);

    if (more && level->index > 0) {
        put(out, ",", 1);
    }
    if (more && json_is_object(level->of)) {
        key = json_object_iter_key(level->member);
        put_string(out, key, strlen(key));
        put(out, ":", 1);
        v = json_object_iter_value(level->member);
        level->member = json_object_iter_next((json_t *)level->of, level->member);
    }
    else if (more) {
        v = json_array_get(level->of, level->index);
    }
    level->index++;
    return v;
}

const char *kl_json_text(apr_pool_t *p, const kl_json_t *value)
{
    text_t out = {p, apr_palloc(p, FIRST_ROOM), 0, FIRST_ROOM};
    apr_array_header_t *levels = apr_array_make(p, MAX_DEPTH, sizeof(level_t));
    const json_t *v;
    level_t *level;

    put_value(&out, levels, value);
    while (levels->nelts > 0) {
        level = &APR_ARRAY_IDX(levels, levels->nelts - 1, level_t);
        v = next_value(&out, level);
        if (v) {
            put_value(&out, levels, v);
        }
        else {
            put(&out, json_is_object(level->of) ? "}" : "]", 1);
            levels->nelts--;
        }
    }
    put(&out, "", 1);
    return out.start;
}

/* --- reading --------------------------------------------------------------------- */

/* 1 when c stands in the text more than MAX_DEPTH / 2 times. */
static int has_many(const char *text, apr_size_t len, char c)
{
    const char *end = text + len;
    int n = 0;

    while (n <= MAX_DEPTH / 2 && (text = memchr(text, c, (apr_size_t)(end - text))) != NULL) {
        text++;
        n++;
    }
    return n > MAX_DEPTH / 2;
}

/* 1 when brackets outside of strings never nest deeper than MAX_DEPTH; most texts have too few. */
static int is_shallow(const char *text, apr_size_t len)
{
    int depth = 0, in_string = 0;

    if (!has_many(text, len, '{') && !has_many(text, len, '[')) {
        return 1;
    }
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
