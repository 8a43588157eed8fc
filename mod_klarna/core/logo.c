/* SPDX-License-Identifier: Apache-2.0 */
/* See logo.h. libpng's simplified interface returns errors as values: no setjmp here. */
#include "core/logo.h"

#include <apr_strings.h>
#include <png.h>

#include "core/limits.h"

static apr_status_t image_free(void *image)
{
    png_image_free(image);
    return APR_SUCCESS;
}

/* What libpng says of the file is static text of its own. */
static void refuse(const png_image *image, kl_error_t *err)
{
    kl_error_field(err, "qr_logo", "logo", apr_pstrdup(err->pool, image->message),
                   "a PNG file that can be read");
}

static void read_pixels(kl_logo_t *logo, apr_pool_t *p, png_image *image, kl_error_t *err)
{
    unsigned char *pixels;

    if (!png_image_begin_read_from_memory(image, logo->png, logo->len)) {
        refuse(image, err);
        return;
    }
    if (image->width > KL_MAX_LOGO_PIXELS || image->height > KL_MAX_LOGO_PIXELS) {
        kl_error_field(err, "qr_logo", "logo",
                       apr_psprintf(err->pool, "%u x %u pixels", image->width, image->height),
                       "at most " APR_STRINGIFY(KL_MAX_LOGO_PIXELS) " pixels each way");
        return;
    }
    image->format = PNG_FORMAT_RGBA;
    pixels = apr_palloc(p, PNG_IMAGE_SIZE(*image));
    if (!png_image_finish_read(image, NULL, pixels, 0, NULL)) {
        refuse(image, err);
        return;
    }
    logo->width = image->width;
    logo->height = image->height;
    logo->pixels = pixels;
}

kl_logo_t *kl_logo_read(apr_pool_t *p, const unsigned char *png, apr_size_t len, kl_error_t *err)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    kl_logo_t *logo = apr_pcalloc(p, sizeof(*logo));
    apr_pool_t *tmp;

    if (len == 0 || len > KL_MAX_LOGO) {
        kl_error_field(err, "qr_logo", "logo",
                       apr_psprintf(err->pool, "%" APR_SIZE_T_FMT " bytes", len),
                       "a PNG file of 1 to " APR_STRINGIFY(KL_MAX_LOGO) " bytes");
        return NULL;
    }
    logo->png = apr_pmemdup(p, png, len);
    logo->len = len;
    apr_pool_create(&tmp, p);
    apr_pool_cleanup_register(tmp, &image, image_free, apr_pool_cleanup_null);
    read_pixels(logo, p, &image, err);
    apr_pool_destroy(tmp);
    return err->kind == KL_OK ? logo : NULL;
}
