/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Codes: the frame that every code has, the logo's place, and each look that is refused. That they
 * can be read is for tests/judges to say.
 */
#include "tests/unit/support.h"

#include <apr_strings.h>

#include "core/limits.h"
#include "core/qr.h"

static const char address[] = "https://pay.klarna.com/hpp/2f6d0c1e-1f1b-4d0e-9f0a-000000000000";
static const kl_logo_t logo = {.width = 1, .height = 1, .pixels = (const unsigned char *)"\0\0\0"};

static kl_qr_t *make(apr_pool_t *p, const char *text, const kl_qr_look_t *look)
{
    kl_error_t *err = kl_error_make(p);
    kl_qr_t *qr = kl_qr_make(p, text, look, err);

    assert_non_null(qr);
    assert_int_equal(err->kind, KL_OK);
    return qr;
}

static const kl_error_t *refused(apr_pool_t *p, const char *text, const kl_qr_look_t *look)
{
    kl_error_t *err = kl_error_make(p);

    assert_null(kl_qr_make(p, text, look, err));
    assert_int_equal(err->kind, KL_INVALID);
    return err;
}

/* The three marks in the corners, and light outside. */
static void has_its_marks(void **state)
{
    kl_qr_look_t look = kl_qr_look();
    kl_qr_t *qr = make(*state, address, &look);
    int last = qr->modules - 1;

    for (int i = 0; i < 7; i++) {
        assert_true(kl_qr_is_dark(qr, i, 0) && kl_qr_is_dark(qr, 0, i));
        assert_true(kl_qr_is_dark(qr, last - i, 0) && kl_qr_is_dark(qr, 0, last - i));
        assert_false(kl_qr_is_dark(qr, 7, i) || kl_qr_is_dark(qr, last - 7, i));
    }
    assert_false(kl_qr_is_dark(qr, -1, 0) || kl_qr_is_dark(qr, 0, -1));
    assert_false(kl_qr_is_dark(qr, last + 1, 0) || kl_qr_is_dark(qr, 0, last + 1));
    assert_int_equal(qr->covered, 0);
}

/* In the middle, odd, at most a fifth of the side, and light. */
static void logo_has_its_place(void **state)
{
    kl_qr_look_t look = kl_qr_look();

    look.logo = &logo;
    look.size = KL_QR_MOST_SIZE;
    for (apr_size_t len = 1; len <= KL_MAX_URL; len += 31) {
        char *text = apr_pstrmemdup(*state, address, 8);

        while (strlen(text) < len) {
            text = apr_pstrcat(*state, text, "x", NULL);
        }
        kl_qr_t *qr = make(*state, text, &look);
        int edge = (qr->modules - qr->covered) / 2;

        assert_int_equal(qr->covered % 2, 1);
        assert_true(5 * qr->covered <= qr->modules && qr->covered <= 15);
        assert_true(5 * (qr->covered + 2) > qr->modules || qr->covered == 15);
        for (int i = 0; i < qr->covered; i++) {
            assert_false(kl_qr_is_dark(qr, edge + i, edge)
                         || kl_qr_is_dark(qr, edge, edge + qr->covered - 1 - i));
        }
    }
}

/* More of a code can be lost, so more of it is needed. */
static void logo_takes_more_modules(void **state)
{
    kl_qr_look_t look = kl_qr_look();
    int bare = make(*state, address, &look)->modules;

    look.logo = &logo;
    assert_true(make(*state, address, &look)->modules > bare);
}

static void longest_link(void **state)
{
    char *text = apr_palloc(*state, KL_MAX_URL + 2);
    kl_qr_look_t look = kl_qr_look();
    const kl_error_t *err;

    memset(text, 'x', KL_MAX_URL + 1);
    text[KL_MAX_URL] = '\0';
    make(*state, text, &look);
    look.logo = &logo;
    make(*state, text, &look);

    text[KL_MAX_URL] = 'x';
    text[KL_MAX_URL + 1] = '\0';
    err = refused(*state, text, &look);
    check_field(err, "qr_link", "link");
    assert_string_equal(err->got, "1025 bytes");
    check_field(refused(*state, "", &look), "qr_link", "link");
}

static void bounds(void **state)
{
    static const struct {
        int size, quiet;
        const char *field;
    } wrong[] = {{63, 4, "size"},
                 {1201, 4, "size"},
                 {-1, 4, "size"},
                 {400, -1, "quiet"},
                 {400, 33, "quiet"}};
    kl_qr_look_t look = kl_qr_look();

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        look.size = wrong[i].size;
        look.quiet = wrong[i].quiet;
        check_field(refused(*state, address, &look), "out_of_range", wrong[i].field);
    }
    look = kl_qr_look();
    look.dark = look.light;
    check_field(refused(*state, address, &look), "qr_contrast", "dark");
}

/* Modules of one pixel cannot be told apart. */
static void too_small_for_the_link(void **state)
{
    kl_qr_look_t look = kl_qr_look();
    int least = 2 * (make(*state, address, &look)->modules + 2 * KL_QR_QUIET);
    const kl_error_t *err;

    look.size = least;
    make(*state, address, &look);
    look.size = least - 1;
    err = refused(*state, address, &look);
    check_field(err, "qr_size", "size");
    assert_string_equal(err->expected,
                        apr_psprintf(*state, "at least %d, for a link of this length", least));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(has_its_marks),
        WITH_POOL(logo_has_its_place),
        WITH_POOL(logo_takes_more_modules),
        WITH_POOL(longest_link),
        WITH_POOL(bounds),
        WITH_POOL(too_small_for_the_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
