/* SPDX-License-Identifier: Apache-2.0 */
/* Ids as path segments: escaped, and never a way to another resource. */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "api/url.h"

static const char *many(apr_pool_t *p, size_t n)
{
    char *s = apr_pcalloc(p, n + 1);

    memset(s, 'a', n);
    return s;
}

static void test_segment(void **state)
{
    apr_pool_t *p = *state;

    assert_string_equal(kl_url_segment(p, "0f8fad5b-d9cb-469f"), "0f8fad5b-d9cb-469f");
    assert_string_equal(kl_url_segment(p, "aZ09-._~"), "aZ09-._~");
    assert_string_equal(kl_url_segment(p, "a/../b"), "a%2F..%2Fb");
    assert_string_equal(kl_url_segment(p, "a?b#c%20 "), "a%3Fb%23c%2520%20");
    assert_string_equal(kl_url_segment(p, "krn:p:1"), "krn%3Ap%3A1");
    assert_string_equal(kl_url_segment(p, "\xc3\xa5"), "%C3%A5");
    assert_string_equal(kl_url_segment(p, "..."), "...");
    assert_int_equal(strlen(kl_url_segment(p, many(p, 255))), 255);
}

static void test_segment_refuses(void **state)
{
    apr_pool_t *p = *state;

    assert_null(kl_url_segment(p, NULL));
    assert_null(kl_url_segment(p, ""));
    assert_null(kl_url_segment(p, "."));
    assert_null(kl_url_segment(p, ".."));
    assert_null(kl_url_segment(p, "a\r\nb"));
    assert_null(kl_url_segment(p, "a\x7f"));
    assert_null(kl_url_segment(p, many(p, 256)));
}

static void test_plain(void **state)
{
    apr_pool_t *p = *state;

    assert_true(kl_url_is_plain("aZ09-._~"));
    assert_true(kl_url_is_plain(many(p, 255)));
    assert_false(kl_url_is_plain(NULL));
    assert_false(kl_url_is_plain(""));
    assert_false(kl_url_is_plain("."));
    assert_false(kl_url_is_plain(".."));
    assert_false(kl_url_is_plain("a/b"));
    assert_false(kl_url_is_plain("a%2Fb"));
    assert_false(kl_url_is_plain("a b"));
    assert_false(kl_url_is_plain("\xc3\xa5"));
    assert_false(kl_url_is_plain(many(p, 256)));
}

static void test_origin(void **state)
{
    (void)state;
    assert_int_equal(kl_url_origin("https://a.example"), 17);
    assert_int_equal(kl_url_origin("https://a.example/x://y"), 17);
    assert_int_equal(kl_url_origin("http://127.0.0.1:80?x"), 19);
    assert_int_equal(kl_url_origin("a.example#x"), 9);
}

/* An address that Klarna gave names a path of the account's own host, or nothing. */
static void test_given(void **state)
{
    static const char *const good[] = {"/hpp/v1/sessions/1",
                                       "/a/b?c=..&d=/../e",
                                       "/...",
                                       "/.a/b.",
                                       "/",
                                       "/%2e%2e%2e",
                                       "/a:b@c",
                                       NULL};
    static const char *const bad[] = {"",
                                      ".evil.example/a",
                                      "@evil.example/a",
                                      ":99/a",
                                      "a",
                                      "//a",
                                      "/a/../b",
                                      "/..",
                                      "/a/.",
                                      "/./a",
                                      "/%2E./",
                                      "/%2e",
                                      "/.%2E?x",
                                      "/a b",
                                      "/a\\b",
                                      "/a#b",
                                      "/a\r\nX: y",
                                      "/\xc3\xa5",
                                      "?a",
                                      "/<a>",
                                      NULL};
    apr_pool_t *p = *state;
    const char *base = "https://api.klarna.com";

    for (int i = 0; good[i]; i++) {
        assert_string_equal(kl_url_given(p, base, apr_pstrcat(p, base, good[i], NULL), "no"),
                            good[i]);
    }
    for (int i = 0; bad[i]; i++) {
        assert_string_equal(kl_url_given(p, base, apr_pstrcat(p, base, bad[i], NULL), "no"), "no");
    }
    assert_string_equal(kl_url_given(p, base, "https://evil.example/a", "no"), "no");
    assert_string_equal(kl_url_given(p, base, "http://api.klarna.com/a", "no"), "no");
    assert_string_equal(kl_url_given(p, base, "", "no"), "no");
    assert_string_equal(kl_url_given(p, "", "https://evil.example/a", "no"), "no");
    assert_string_equal(kl_url_given(p, "", "/a", "no"), "no");
    assert_string_equal(kl_url_given(p, base, apr_pstrcat(p, base, "/", many(p, 1999), NULL), "no"),
                        apr_pstrcat(p, "/", many(p, 1999), NULL));
    assert_string_equal(kl_url_given(p, base, apr_pstrcat(p, base, "/", many(p, 2000), NULL), "no"),
                        "no");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_origin), WITH_POOL(test_segment),
                                       WITH_POOL(test_segment_refuses), WITH_POOL(test_plain),
                                       WITH_POOL(test_given)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
