/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any look, any link and any bytes as a logo file. First 16 bytes: size, quiet zone,
 * colours and the link's length; then the link, then the logo. Beyond not crashing, what is refused
 * names its field, and a logo that was taken is as large as it may be and drawn.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/qr_png.h"
#include "core/qr_svg.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(int truth)
{
    if (!truth) {
        abort();
    }
}

static unsigned number(const unsigned char *data, int bytes)
{
    unsigned n = 0;

    while (bytes--) {
        n = n << 8 | *data++;
    }
    return n;
}

static void check_error(const kl_error_t *err)
{
    check(err->kind == KL_INVALID && err->code && err->field && err->expected);
}

static void draw(apr_pool_t *p, const char *link, const kl_qr_look_t *look)
{
    kl_error_t *err = kl_error_make(p);
    kl_qr_t *qr = kl_qr_make(p, link, look, err);
    apr_size_t len = 0;
    const char *png;

    if (!qr) {
        check_error(err);
        return;
    }
    check(strlen(kl_qr_svg_draw(p, qr)) > 0);
    png = kl_qr_png_draw(p, qr, &len, err);
    check(png && len > 0 && err->kind == KL_OK);
}

static const kl_logo_t *logo_of(apr_pool_t *p, const unsigned char *data, size_t size)
{
    kl_error_t *err = kl_error_make(p);
    const kl_logo_t *logo = kl_logo_read(p, data, size, err);

    if (!logo) {
        check_error(err);
        return NULL;
    }
    check(logo->width > 0 && logo->width <= KL_MAX_LOGO_PIXELS);
    check(logo->height > 0 && logo->height <= KL_MAX_LOGO_PIXELS);
    return logo;
}

static void try_one(apr_pool_t *p, const unsigned char *data, size_t size)
{
    kl_qr_look_t look = {.size = (int)number(data, 2)
                                 % 320, /* larger ones take longer, and show no more */
                         .quiet = data[2] % 40,
                         .dark = number(data + 3, 3),
                         .light = number(data + 6, 3)};
    size_t len = number(data + 9, 2) % 1100;
    char *link;

    data += 16;
    size -= 16;
    len = len < size ? len : size;
    link = apr_pstrmemdup(p, (const char *)data, len);
    draw(p, link, &look);
    look.logo = logo_of(p, data + len, size - len);
    if (look.logo) {
        draw(p, link, &look);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static apr_pool_t *root;
    apr_pool_t *p;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    if (size > 16) {
        apr_pool_create(&p, root);
        try_one(p, data, size);
        apr_pool_destroy(p);
    }
    return 0;
}
