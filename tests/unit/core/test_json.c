/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: what is written comes out in order, what is read is checked, errors name the
 * member and never quote a text.
 */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include <jansson.h>

#include "core/json.h"
#include "core/reader.h"

static kl_json_t *parsed(apr_pool_t *p, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, text, strlen(text), err);

    assert_non_null(v);
    assert_int_equal(err->kind, KL_OK);
    return v;
}

static kl_reader_t reader(apr_pool_t *p, const char *text, const char *path)
{
    return kl_reader(p, parsed(p, text), path, kl_error_make(p));
}

static const char *nested(apr_pool_t *p, int depth)
{
    char *text = apr_pcalloc(p, 2 * depth + 1);

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return text;
}

/* Objects, and in the innermost of them arrays, depth levels in all. */
static const char *mixed(apr_pool_t *p, int objects, int depth)
{
    const char *text = "0";

    for (int i = depth - 1; i >= 0; i--) {
        text = i < objects ? apr_pstrcat(p, "{\"a\":", text, "}", NULL)
                           : apr_pstrcat(p, "[", text, "]", NULL);
    }
    return text;
}

/* --- writing --------------------------------------------------------------------- */

static void order_is_kept(void **state)
{
    kl_json_t *v = kl_json_object(*state), *arr = kl_json_array(*state);

    kl_json_set_str(v, "z", "last \"letter\" \xc3\xa5");
    kl_json_set_int(v, "a", INT64_MIN);
    kl_json_set_bool(v, "m", 1);
    kl_json_set_bool(v, "f", 0);
    kl_json_set_null(v, "n");
    kl_json_append_str(arr, "x");
    kl_json_append(arr, kl_json_object(*state));
    kl_json_set(v, "l", arr);
    kl_json_set(v, "absent", NULL);
    kl_json_set_str(v, "absent", NULL);
    assert_string_equal(kl_json_text(*state, v),
                        "{\"z\":\"last \\\"letter\\\" \xc3\xa5\",\"a\":-9223372036854775808,"
                        "\"m\":true,\"f\":false,\"n\":null,\"l\":[\"x\",{}]}");
}

static void text_comes_back(void **state)
{
    const char *text = "{\"b\":1,\"a\":[1,-2,\"\\u00e5\\n\"],\"c\":{\"d\":null}}";
    const char *once = kl_json_text(*state, parsed(*state, text));

    assert_string_equal(once, "{\"b\":1,\"a\":[1,-2,\"\xc3\xa5\\n\"],\"c\":{\"d\":null}}");
    assert_string_equal(kl_json_text(*state, parsed(*state, once)), once);
}

static void not_utf8_is_replaced(void **state)
{
    kl_json_t *v = kl_json_object(*state);

    kl_json_set_str(v, "actor", "Bj\xf6rn");
    assert_string_equal(kl_json_text(*state, v), "{\"actor\":\"Bj?rn\"}");
}

/* Jansson's own writer is the judge. */
static void written_as_jansson_does(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "[[],{},[[]],{\"a\":{}}]",
        "[0,-1,9223372036854775807,-9223372036854775808]",
        "[0.1,-0.0,1e300,2.2250738585072014e-308,3.0,123456789012345.678]",
        "[true,false,null,\"\"]",
        "{\"a\\\"\\\\\\n\\u0001\":\"\\u00e5\\ud83d\\ude00\\u2028\\/\",\"b\":[{\"c\":1},{\"d\":2}]}",
    };
    kl_json_t *v = kl_json_object(*state);
    char byte[] = "x?x", *theirs;

    for (int c = 1; c < 0x80; c++) {
        byte[1] = (char)c;
        kl_json_set_str(v, apr_psprintf(*state, "%d", c), byte);
    }
    kl_json_set_str(v, "long", apr_pstrcat(*state, nested(*state, 3000), "\n", NULL));
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        kl_json_set(v, apr_psprintf(*state, "text %u", i), parsed(*state, texts[i]));
    }
    theirs = json_dumps(v, JSON_COMPACT);
    assert_string_equal(kl_json_text(*state, v), theirs);
    free(theirs);
}

static void values_outlive_their_pool(void **state)
{
    apr_pool_t *shorter;
    kl_json_t *v = kl_json_object(*state), *inner;

    apr_pool_create(&shorter, *state);
    inner = kl_json_object(shorter);
    kl_json_set_int(inner, "n", 7);
    kl_json_set(v, "inner", inner);
    apr_pool_destroy(shorter);
    assert_string_equal(kl_json_text(*state, v), "{\"inner\":{\"n\":7}}");
}

/* --- parsing --------------------------------------------------------------------- */

static void refused(apr_pool_t *p, const char *text, apr_size_t len, const char *why)
{
    kl_error_t *err = kl_error_make(p);

    assert_null(kl_json_parse(p, text, len, err));
    check_error(err, KL_INVALID, "not_json");
    if (!strstr(err->detail, why)) {
        fail_msg("\"%s\" does not say \"%s\"", err->detail, why);
    }
    assert_null(strstr(err->detail, "SECRET"));
}

static void not_json(void **state)
{
    refused(*state, "", 0, "ends too early");
    refused(*state, "{\"a\":\"SECRET", 12, "");
    refused(*state, "{\"a\":SECRET}", 12, "column");
    refused(*state, "{} {}", 5, "something follows");
    refused(*state, "\"SECRET\"", 8, "");
    refused(*state, "17", 2, "");
    refused(*state, "{\"SECRET\":1,\"SECRET\":2}", 23, "named twice");
    refused(*state, "{\"a\":\"\xff\"}", 9, "UTF-8");
    refused(*state, "{\"a\":\"\\u0000\"}", 14, "NUL");
    refused(*state, "{\"a\":1}\0", 8, "");
    refused(*state, "{\"a\":99999999999999999999}", 26, "too big");
    refused(*state, "{\"a\":1e999}", 11, "too big");
}

static void exactly_len_bytes(void **state)
{
    kl_error_t *err = kl_error_make(*state);

    assert_non_null(kl_json_parse(*state, "{}garbage", 2, err));
    refused(*state, "{\"a\":1}", 6, "ends too early");
}

static void depth_is_bounded(void **state)
{
    parsed(*state, nested(*state, 32));
    for (int objects = 0; objects <= 33; objects++) {
        const char *text = mixed(*state, objects, 33);

        refused(*state, text, strlen(text), "32 levels");
        parsed(*state, mixed(*state, objects, 32));
    }
    refused(*state, nested(*state, 33), 66, "32 levels");
    refused(*state, nested(*state, 20000), 40000, "32 levels");
    /* Brackets within a string are no levels. */
    parsed(*state, apr_pstrcat(*state, "{\"a\":\"\\\"", nested(*state, 40), "\"}", NULL));
}

static void getters_are_safe(void **state)
{
    kl_json_t *v = parsed(*state, "{\"s\":\"x\",\"n\":3,\"b\":true,\"l\":[\"y\",1]}");

    assert_string_equal(kl_json_str(v, "s"), "x");
    assert_null(kl_json_str(v, "n"));
    assert_null(kl_json_str(v, "absent"));
    assert_int_equal(kl_json_int(v, "n", 9), 3);
    assert_int_equal(kl_json_int(v, "s", 9), 9);
    assert_true(kl_json_bool(v, "b", 0));
    assert_false(kl_json_bool(v, "n", 0));
    assert_true(kl_json_is_object(v));
    assert_false(kl_json_is_array(v));
    assert_true(kl_json_is_array(kl_json_get(v, "l")));
    assert_int_equal(kl_json_size(v), 4);
    assert_int_equal(kl_json_size(kl_json_get(v, "l")), 2);
    assert_string_equal(kl_json_str_at(kl_json_get(v, "l"), 0), "y");
    assert_null(kl_json_str_at(kl_json_get(v, "l"), 1));
    assert_null(kl_json_at(kl_json_get(v, "l"), 2));
    assert_null(kl_json_get(NULL, "s"));
    assert_int_equal(kl_json_size(NULL), 0);
}

/* --- reading --------------------------------------------------------------------- */

static void reads_straight_through(void **state)
{
    kl_reader_t rd = reader(*state,
                            "{\"s\":\"ab\",\"n\":-3,\"b\":false,\"o\":{\"k\":\"v\"},"
                            "\"l\":[{\"q\":1}]}",
                            "");
    kl_reader_t sub = kl_reader_object(&rd, "o", KL_REQUIRED), entry;
    kl_json_t *l = kl_reader_array(&rd, "l", KL_REQUIRED, 1, 1);

    kl_reader_only(&rd, "s", "n", "b", "o", "l", NULL);
    assert_string_equal(kl_reader_str(&rd, "s", KL_REQUIRED, 2, 2), "ab");
    assert_int_equal(kl_reader_int(&rd, "n", KL_REQUIRED, 0, -3, -3), -3);
    assert_false(kl_reader_bool(&rd, "b", 1));
    assert_true(kl_reader_bool(&rd, "absent", 1));
    assert_null(kl_reader_str(&rd, "absent", KL_OPTIONAL, 1, 2));
    assert_int_equal(kl_reader_int(&rd, "absent", KL_OPTIONAL, 5, 0, 1), 5);
    assert_null(kl_reader_array(&rd, "absent", KL_OPTIONAL, 0, 1));
    assert_string_equal(kl_reader_str(&sub, "k", KL_REQUIRED, 1, 1), "v");
    entry = kl_reader_entry(&rd, "l", l, 0);
    assert_int_equal(kl_reader_int(&entry, "q", KL_REQUIRED, 0, 0, 9), 1);
    assert_string_equal(kl_reader_name(&entry, "q"), "l[0].q");
    assert_int_equal(rd.err->kind, KL_OK);
}

static void absent_object_misses_nothing(void **state)
{
    kl_reader_t rd = reader(*state, "{}", ""), sub = kl_reader_object(&rd, "o", KL_OPTIONAL);

    assert_null(sub.obj);
    kl_reader_only(&sub, "k", NULL);
    assert_null(kl_reader_str(&sub, "k", KL_REQUIRED, 1, 1));
    assert_int_equal(rd.err->kind, KL_OK);
}

static void missing(void **state)
{
    kl_reader_t rd = reader(*state, "{}", "order_lines[2]");

    assert_int_equal(kl_reader_int(&rd, "quantity", KL_REQUIRED, 4, 0, 9), 4);
    check_field(rd.err, "missing", "order_lines[2].quantity");
    assert_null(rd.err->got);
    kl_reader_str(&rd, "name", KL_REQUIRED, 1, 9); /* the first fault stays */
    check_field(rd.err, "missing", "order_lines[2].quantity");
}

static void wrong_types(void **state)
{
    static const struct {
        const char *value, *got;
    } cases[] = {{"{}", "an object"},  {"[]", "an array"},       {"\"SECRET\"", "a string"},
                 {"7", "an integer"},  {"7.0", "a real number"}, {"null", "null"},
                 {"true", "a boolean"}};

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text = apr_psprintf(*state, "{\"m\":%s}", cases[i].value);

        for (int wanted = 0; wanted < 5; wanted++) {
            kl_reader_t rd = reader(*state, text, "");
            static const char *const own[] = {"a string", "an integer", "a boolean", "an object",
                                              "an array"};

            switch (wanted) {
            case 0:
                kl_reader_str(&rd, "m", KL_OPTIONAL, 0, 9);
                break;
            case 1:
                kl_reader_int(&rd, "m", KL_OPTIONAL, 0, 0, 9);
                break;
            case 2:
                kl_reader_bool(&rd, "m", 0);
                break;
            case 3:
                kl_reader_object(&rd, "m", KL_OPTIONAL);
                break;
            default:
                kl_reader_array(&rd, "m", KL_OPTIONAL, 0, 9);
                break;
            }
            if (strcmp(own[wanted], cases[i].got) == 0) {
                assert_int_equal(rd.err->kind, KL_OK);
                continue;
            }
            check_field(rd.err, "wrong_type", "m");
            assert_string_equal(rd.err->got, cases[i].got);
        }
    }
}

static void document_must_be_an_object(void **state)
{
    kl_reader_t rd = reader(*state, "[1]", "");

    assert_null(rd.obj);
    check_field(rd.err, "wrong_type", "document");
    rd = reader(*state, "{\"l\":[{},3]}", "");
    kl_reader_entry(&rd, "l", kl_json_get(rd.obj, "l"), 1);
    check_field(rd.err, "wrong_type", "l[1]");
}

static void ranges(void **state)
{
    kl_reader_t rd = reader(*state, "{\"n\":10}", "");

    assert_int_equal(kl_reader_int(&rd, "n", KL_REQUIRED, 0, 0, 9), 0);
    check_field(rd.err, "out_of_range", "n");
    assert_string_equal(rd.err->got, "10");
    assert_string_equal(rd.err->expected, "0 to 9");
    rd = reader(*state, "{\"l\":[1,2]}", "");
    assert_null(kl_reader_array(&rd, "l", KL_REQUIRED, 0, 1));
    check_field(rd.err, "out_of_range", "l");
    assert_string_equal(rd.err->got, "2 entries");
    rd = reader(*state, "{\"l\":[]}", "");
    assert_null(kl_reader_array(&rd, "l", KL_REQUIRED, 1, 3));
    assert_string_equal(rd.err->got, "0 entries");
}

static void strings_are_measured_in_characters(void **state)
{
    /* Four Greek letters: eight bytes. */
    const char *text = "{\"s\":\"\xce\xb1\xce\xb2\xce\xb3\xce\xb4\"}";
    kl_reader_t rd = reader(*state, text, "");

    assert_non_null(kl_reader_str(&rd, "s", KL_REQUIRED, 4, 4));
    assert_int_equal(rd.err->kind, KL_OK);
    assert_null(kl_reader_str(&rd, "s", KL_REQUIRED, 0, 3));
    check_field(rd.err, "too_long", "s");
    assert_string_equal(rd.err->got, "4 characters");
    assert_string_equal(rd.err->expected, "0 to 3 characters");
    rd = reader(*state, text, "");
    assert_null(kl_reader_str(&rd, "s", KL_REQUIRED, 5, 9));
    check_field(rd.err, "too_short", "s");
}

static void control_characters(void **state)
{
    static const char *const texts[] = {"{\"s\":\"a\\nb\"}", "{\"s\":\"\\u001b\"}",
                                        "{\"s\":\"\x7f\"}"};

    for (int i = 0; i < 3; i++) {
        kl_reader_t rd = reader(*state, texts[i], "");

        assert_null(kl_reader_str(&rd, "s", KL_REQUIRED, 0, 9));
        check_field(rd.err, "control_character", "s");
        assert_null(rd.err->got);
    }
}

static void unknown_members(void **state)
{
    kl_reader_t rd = reader(*state, "{\"name\":1,\"nmae\":2}", "o");

    kl_reader_only(&rd, "name", "age", NULL);
    check_field(rd.err, "unknown_field", "o.nmae");
    assert_string_equal(rd.err->expected, "one of: name, age");
    rd = reader(*state, "{\"a\\n\xc3\xa5z\":1}", "");
    kl_reader_only(&rd, "name", NULL);
    check_field(rd.err, "unknown_field", "a???z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(order_is_kept),
        WITH_POOL(text_comes_back),
        WITH_POOL(not_utf8_is_replaced),
        WITH_POOL(written_as_jansson_does),
        WITH_POOL(values_outlive_their_pool),
        WITH_POOL(not_json),
        WITH_POOL(exactly_len_bytes),
        WITH_POOL(depth_is_bounded),
        WITH_POOL(getters_are_safe),
        WITH_POOL(reads_straight_through),
        WITH_POOL(absent_object_misses_nothing),
        WITH_POOL(missing),
        WITH_POOL(wrong_types),
        WITH_POOL(document_must_be_an_object),
        WITH_POOL(ranges),
        WITH_POOL(strings_are_measured_in_characters),
        WITH_POOL(control_characters),
        WITH_POOL(unknown_members),
    };

    kl_json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
