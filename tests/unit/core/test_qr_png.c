/* SPDX-License-Identifier: Apache-2.0 */
/* A code as PNG: every pixel is its module's, and the logo lies in the middle as it is. */
#include "tests/unit/support.h"

#include <png.h>

#include "core/qr_png.h"

/* The pixels of a file, three bytes each. */
static unsigned char *pixels_of(apr_pool_t *p, const char *bytes, apr_size_t len, int size)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    unsigned char *pixels;

    assert_true(png_image_begin_read_from_memory(&image, bytes, len));
    assert_int_equal(image.width, size);
    assert_int_equal(image.height, size);
    image.format = PNG_FORMAT_RGB;
    pixels = apr_palloc(p, PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    return pixels;
}

static unsigned char *draw(apr_pool_t *p, const kl_qr_look_t *look, kl_qr_t **made)
{
    kl_error_t *err = kl_error_make(p);
    apr_size_t len = 0;
    const char *png;

    *made = kl_qr_make(p, "https://pay.klarna.com/x", look, err);
    assert_non_null(*made);
    png = kl_qr_png_draw(p, *made, &len, err);
    assert_non_null(png);
    return pixels_of(p, png, len, look->size);
}

static unsigned colour_at(const unsigned char *pixels, int size, int x, int y)
{
    const unsigned char *at = pixels + 3 * (y * size + x);

    return (unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2];
}

/* 25 modules and 4 + 4 around them: 3 pixels each in 100, and one is left over. */
static void each_pixel(void **state)
{
    static const int sizes[] = {66, 98, 99, 100, 101, 131, 400};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        kl_qr_look_t look = {.size = sizes[i], .quiet = 4, .dark = 0x112233, .light = 0xeeddcc};
        kl_qr_t *qr;
        unsigned char *pixels = draw(*state, &look, &qr);
        int scale = look.size / 33, edge = (look.size - 25 * scale) / 2;

        assert_int_equal(qr->modules, 25);
        for (int y = 0; y < look.size; y++) {
            for (int x = 0; x < look.size; x++) {
                int dark = x >= edge && y >= edge
                           && kl_qr_is_dark(qr, (x - edge) / scale, (y - edge) / scale);

                assert_int_equal(colour_at(pixels, look.size, x, y), dark ? look.dark : look.light);
            }
        }
    }
}

static kl_logo_t coloured(apr_pool_t *p, unsigned width, unsigned height, const char *pixel)
{
    unsigned char *pixels = apr_palloc(p, 4 * (apr_size_t)width * height);

    for (unsigned i = 0; i < width * height; i++) {
        memcpy(pixels + 4 * i, pixel, 4);
    }
    return (kl_logo_t){.width = width, .height = height, .pixels = pixels};
}

/* 29 modules, 5 of them for the logo, 4 without the edge; 10 pixels each in 370. */
static void logo_in_the_middle(void **state)
{
    static const unsigned sides[][2] = {{1, 1}, {7, 7}, {60, 60}, {512, 512}};

    for (unsigned i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        kl_logo_t logo = coloured(*state, sides[i][0], sides[i][1], "\xff\x80\x40\xff");
        kl_qr_look_t look = kl_qr_look();
        unsigned char *pixels;
        kl_qr_t *qr;

        look.size = 370;
        look.logo = &logo;
        pixels = draw(*state, &look, &qr);
        assert_int_equal(qr->covered, 5);
        for (int y = 160; y < 210; y++) {
            for (int x = 160; x < 210; x++) {
                int inside = x >= 165 && x < 205 && y >= 165 && y < 205;

                assert_int_equal(colour_at(pixels, 370, x, y), inside ? 0xff8040 : 0xffffff);
            }
        }
    }
}

/* Twice as wide as high: half as high as its place. */
static void shape_stays(void **state)
{
    kl_logo_t logo = coloured(*state, 40, 20, "\0\0\xff\xff");
    kl_qr_look_t look = kl_qr_look();
    unsigned char *pixels;
    kl_qr_t *qr;

    look.size = 370;
    look.logo = &logo;
    pixels = draw(*state, &look, &qr);
    assert_int_equal(colour_at(pixels, 370, 165, 175), 0x0000ff);
    assert_int_equal(colour_at(pixels, 370, 204, 194), 0x0000ff);
    assert_int_equal(colour_at(pixels, 370, 165, 174), 0xffffff);
    assert_int_equal(colour_at(pixels, 370, 204, 195), 0xffffff);

    logo = coloured(*state, 512, 1, "\0\0\0\xff");
    draw(*state, &look, &qr);
}

static void light_shines_through(void **state)
{
    kl_logo_t fifth = coloured(*state, 3, 3, "\xff\0\0\x33"); /* of red */
    kl_logo_t none = coloured(*state, 3, 3, "\xff\0\0\0");
    kl_qr_look_t look = kl_qr_look();
    kl_qr_t *qr;

    look.size = 370;
    look.light = 0xfafafa;
    look.logo = &fifth;
    assert_int_equal(colour_at(draw(*state, &look, &qr), 370, 185, 185), 0xfbc8c8);
    look.logo = &none;
    assert_int_equal(colour_at(draw(*state, &look, &qr), 370, 185, 185), 0xfafafa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(each_pixel),
        WITH_POOL(logo_in_the_middle),
        WITH_POOL(shape_stays),
        WITH_POOL(light_shines_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
