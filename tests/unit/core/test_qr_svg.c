/* SPDX-License-Identifier: Apache-2.0 */
/* A code as SVG: one rectangle for each run of dark modules, colours, frame, and the logo's file.
 */
#include "tests/unit/support.h"

#include <stdlib.h>

#include "core/qr_svg.h"

static const kl_logo_t logo = {.png = (const unsigned char *)"logo", .len = 4};

static const char *draw(apr_pool_t *p, const kl_qr_look_t *look, kl_qr_t **made)
{
    *made = kl_qr_make(p, "https://pay.klarna.com/x", look, kl_error_make(p));
    assert_non_null(*made);
    return kl_qr_svg_draw(p, *made);
}

static void frame(void **state)
{
    kl_qr_look_t look = {.size = 300, .quiet = 5, .dark = 0x112233, .light = 0xeeddcc};
    kl_qr_t *qr;
    const char *svg = draw(*state, &look, &qr);

    assert_int_equal(qr->modules, 25);
    assert_ptr_equal(strstr(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"300\" "
                                 "height=\"300\" viewBox=\"0 0 300 300\""),
                     svg);
    assert_non_null(strstr(svg, "<path fill=\"#eeddcc\" d=\"M0 0h300v300h-300z\"/>"));
    /* The upper edges of the marks in the corners. */
    assert_non_null(strstr(svg, "<g transform=\"translate(50 50) scale(8)\">"
                                "<path fill=\"#112233\" d=\"M0 0h7v1h-7z"));
    assert_non_null(strstr(svg, "M18 0h7v1h-7z"));
    assert_string_equal(svg + strlen(svg) - 14, "\"/></g></svg>\n");
    assert_null(strstr(svg, "<image"));
}

/* As many pixels of dark as there are dark modules. */
static void every_dark_module_once(void **state)
{
    kl_qr_look_t look = kl_qr_look();
    kl_qr_t *qr;
    const char *svg = draw(*state, &look, &qr);
    long drawn = 0, dark = 0;

    for (const char *run = strstr(svg, "#000000"); (run = strchr(run, 'h')); run++) {
        drawn += run[1] == '-' ? 0 : strtol(run + 1, NULL, 10);
    }
    for (int y = 0; y < qr->modules; y++) {
        for (int x = 0; x < qr->modules; x++) {
            dark += kl_qr_is_dark(qr, x, y);
        }
    }
    assert_int_equal(drawn, dark);
}

static void logo_in_the_middle(void **state)
{
    kl_qr_look_t look = kl_qr_look();
    kl_qr_t *qr;
    const char *svg;

    look.logo = &logo;
    svg = draw(*state, &look, &qr);
    assert_int_equal(qr->modules, 29);
    assert_int_equal(qr->covered, 5);
    assert_non_null(strstr(svg, "\"/><image x=\"12.5\" y=\"12.5\" width=\"4\" height=\"4\" "
                                "href=\"data:image/png;base64,bG9nbw==\"/></g></svg>\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(frame),
        WITH_POOL(every_dark_module_once),
        WITH_POOL(logo_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
