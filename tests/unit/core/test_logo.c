/* SPDX-License-Identifier: Apache-2.0 */
/* Logo files: pixels come out as they were, and whatever is no PNG, too large or torn is refused.
 */
#include "tests/unit/support.h"

#include <apr_strings.h>

#include <png.h>

#include "core/limits.h"
#include "core/logo.h"

/* Red, green; half blue, nothing. */
static const unsigned char four[] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 128, 0, 0, 0, 0};

typedef struct file_t {
    unsigned char *bytes;
    apr_size_t len;
} file_t;

/* A PNG of these pixels, or grey ones. */
static file_t make(apr_pool_t *p, unsigned width, unsigned height, const unsigned char *pixels)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGBA};
    png_alloc_size_t size;
    file_t file;

    image.width = width;
    image.height = height;
    size = PNG_IMAGE_PNG_SIZE_MAX(image);
    file.bytes = apr_palloc(p, size);
    if (!pixels) {
        unsigned char *grey = apr_palloc(p, PNG_IMAGE_SIZE(image));

        memset(grey, 128, PNG_IMAGE_SIZE(image));
        pixels = grey;
    }
    assert_true(png_image_write_to_memory(&image, file.bytes, &size, 0, pixels, 0, NULL));
    file.len = size;
    return file;
}

static void pixels_come_out(void **state)
{
    file_t file = make(*state, 2, 2, four);
    kl_logo_t *logo = kl_logo_read(*state, file.bytes, file.len, kl_error_make(*state));

    assert_non_null(logo);
    assert_int_equal(logo->width, 2);
    assert_int_equal(logo->height, 2);
    assert_memory_equal(logo->pixels, four, sizeof(four));
    assert_int_equal(logo->len, file.len);
    assert_memory_equal(logo->png, file.bytes, file.len);
    assert_ptr_not_equal(logo->png, file.bytes);
}

static void largest_is_taken(void **state)
{
    file_t file = make(*state, KL_MAX_LOGO_PIXELS, KL_MAX_LOGO_PIXELS, NULL);

    assert_non_null(kl_logo_read(*state, file.bytes, file.len, kl_error_make(*state)));
}

static const kl_error_t *refused(apr_pool_t *p, const unsigned char *bytes, apr_size_t len)
{
    kl_error_t *err = kl_error_make(p);

    assert_null(kl_logo_read(p, bytes, len, err));
    check_field(err, "qr_logo", "logo");
    return err;
}

static void too_many_pixels(void **state)
{
    file_t wide = make(*state, KL_MAX_LOGO_PIXELS + 1, 1, NULL);
    file_t high = make(*state, 1, KL_MAX_LOGO_PIXELS + 1, NULL);

    assert_string_equal(refused(*state, wide.bytes, wide.len)->got, "513 x 1 pixels");
    assert_string_equal(refused(*state, high.bytes, high.len)->expected,
                        "at most 512 pixels each way");
}

static void too_many_bytes(void **state)
{
    file_t file = make(*state, 2, 2, four);
    unsigned char *longer = apr_pcalloc(*state, KL_MAX_LOGO + 1);

    memcpy(longer, file.bytes, file.len);
    assert_string_equal(refused(*state, longer, KL_MAX_LOGO + 1)->got, "65537 bytes");
    assert_string_equal(refused(*state, longer, 0)->expected, "a PNG file of 1 to 65536 bytes");
    assert_non_null(kl_logo_read(*state, longer, KL_MAX_LOGO, kl_error_make(*state)));
}

static void torn_or_spoilt(void **state)
{
    file_t file = make(*state, 2, 2, four);

    /* The last twelve bytes only say that this is the end. */
    for (apr_size_t len = 1; len + 12 + 4 < file.len; len++) {
        refused(*state, apr_pmemdup(*state, file.bytes, len), len);
    }
    for (apr_size_t i = 0; i < 33; i++) {
        unsigned char *spoilt = apr_pmemdup(*state, file.bytes, file.len);

        spoilt[i] ^= 0x40;
        refused(*state, spoilt, file.len);
    }
    refused(*state, (const unsigned char *)"GIF89a", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(pixels_come_out), WITH_POOL(largest_is_taken), WITH_POOL(too_many_pixels),
        WITH_POOL(too_many_bytes),  WITH_POOL(torn_or_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
