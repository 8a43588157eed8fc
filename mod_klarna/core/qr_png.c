/* SPDX-License-Identifier: Apache-2.0 */
/* See qr_png.h. libpng's simplified interface returns errors as values: no setjmp here. */
#include "core/qr_png.h"

#include <apr_strings.h>
#include <png.h>
#include <string.h>

#define CHANNELS 3 /* red, green, blue */

typedef struct canvas_t {
    const kl_qr_t *qr;
    unsigned char *pixels; /* size * size * CHANNELS */
} canvas_t;

static unsigned char *pixel(const canvas_t *canvas, int x, int y)
{
    return canvas->pixels + ((apr_size_t)y * canvas->qr->look.size + x) * CHANNELS;
}

static void paint(unsigned char *at, kl_colour_t colour)
{
    at[0] = colour >> 16 & 255;
    at[1] = colour >> 8 & 255;
    at[2] = colour & 255;
}

/* -1: none; the first is 0. */
static int module_at(const kl_qr_t *qr, int pixel)
{
    return (pixel + qr->scale - qr->edge) / qr->scale - 1;
}

/* All the rows of the same module are alike. */
static void draw_modules(const canvas_t *canvas)
{
    const kl_qr_t *qr = canvas->qr;
    int x, y, size = qr->look.size;

    for (y = 0; y < size; y++) {
        int row = module_at(qr, y);

        if (y > 0 && row == module_at(qr, y - 1)) {
            memcpy(pixel(canvas, 0, y), pixel(canvas, 0, y - 1), (apr_size_t)size * CHANNELS);
            continue;
        }
        for (x = 0; x < size; x++) {
            paint(pixel(canvas, x, y),
                  kl_qr_is_dark(qr, module_at(qr, x), row) ? qr->look.dark : qr->look.light);
        }
    }
}

/* Part i of n of a length, as where it begins and ends: at least one long. */
typedef struct span_t {
    unsigned from, to;
} span_t;

static span_t span_of(unsigned i, unsigned n, unsigned length)
{
    span_t span = {i * length / n, (i + 1) * length / n};

    if (span.to == span.from) {
        span.to++;
    }
    return span;
}

/* Lays the mean of a rectangle of the logo over the pixel; the more transparent, the less. */
static void blend(unsigned char *at, const kl_logo_t *logo, span_t across, span_t down)
{
    apr_uint64_t sum[CHANNELS] = {0}, alpha = 0;
    unsigned area = (across.to - across.from) * (down.to - down.from) * 255;
    unsigned x, y;
    int c;

    for (y = down.from; y < down.to; y++) {
        for (x = across.from; x < across.to; x++) {
            const unsigned char *from = logo->pixels + 4 * ((apr_size_t)y * logo->width + x);

            alpha += from[3];
            for (c = 0; c < CHANNELS; c++) {
                sum[c] += (apr_uint64_t)from[c] * from[3];
            }
        }
    }
    for (c = 0; c < CHANNELS; c++) {
        at[c] = (unsigned char)((at[c] * (area - alpha) + sum[c]) / area);
    }
}

/* As large as its place allows, half a module of light around it. */
static void draw_logo(const canvas_t *canvas)
{
    const kl_logo_t *logo = canvas->qr->look.logo;
    unsigned room = (canvas->qr->covered - 1) * canvas->qr->scale;
    unsigned longer = logo->width > logo->height ? logo->width : logo->height;
    unsigned width = room * logo->width / longer, height = room * logo->height / longer;
    int left, top;
    unsigned x, y;

    left = (canvas->qr->look.size - (int)width) / 2;
    top = (canvas->qr->look.size - (int)height) / 2;
    for (y = 0; y < height; y++) {
        for (x = 0; x < width; x++) {
            blend(pixel(canvas, left + (int)x, top + (int)y), logo, span_of(x, width, logo->width),
                  span_of(y, height, logo->height));
        }
    }
}

static const char *compress(apr_pool_t *p, const canvas_t *canvas, apr_size_t *len, kl_error_t *err)
{
    /* A quarter of the time for three times the bytes, which are few. */
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .format = PNG_FORMAT_RGB,
                       .flags = PNG_IMAGE_FLAG_FAST};
    png_alloc_size_t size;
    char *png;

    image.width = image.height = (png_uint_32)canvas->qr->look.size;
    size = PNG_IMAGE_PNG_SIZE_MAX(image);
    png = apr_palloc(p, size);
    if (!png_image_write_to_memory(&image, png, &size, 0, canvas->pixels, 0, NULL)) {
        kl_error_set(err, KL_INTERNAL, "qr_png", "The code cannot be drawn: %s.", image.message);
        return NULL;
    }
    *len = size;
    return png;
}

/* tmp holds megabytes, the file mostly has a few thousand bytes. */
const char *kl_qr_png_draw(apr_pool_t *p, const kl_qr_t *qr, apr_size_t *len, kl_error_t *err)
{
    canvas_t canvas = {.qr = qr};
    int size = qr->look.size;
    const char *png;
    apr_pool_t *tmp;

    apr_pool_create(&tmp, p);
    canvas.pixels = apr_palloc(tmp, (apr_size_t)size * size * CHANNELS);
    draw_modules(&canvas);
    if (qr->look.logo) {
        draw_logo(&canvas);
    }
    png = compress(tmp, &canvas, len, err);
    png = png ? apr_pmemdup(p, png, *len) : NULL;
    apr_pool_destroy(tmp);
    return png;
}
