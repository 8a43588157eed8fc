/* SPDX-License-Identifier: Apache-2.0 */
/* See qr_image.h. */
#include "handlers/qr_image.h"

#include <string.h>

#include "core/qr_png.h"
#include "core/qr_svg.h"
#include "handlers/answer.h"
#include "handlers/query.h"

static void read_colour(kl_request_t *req, const char *name, kl_colour_t *out)
{
    const char *text = kl_query_text(req, name);

    if (text[0] && !kl_colour_parse(text, out)) {
        kl_error_field(req->err, "qr_colour", name, text,
                       "six hexadecimal digits, for example 1a2b3c");
    }
}

static kl_kind_t read_look(kl_request_t *req, const kl_logo_t *logo, kl_qr_look_t *look)
{
    static const char *const names[] = {"size", "quiet", "dark", "light", "logo", NULL};

    *look = kl_qr_look();
    kl_query_only(req, names);
    look->size = kl_query_number(req, "size", look->size, KL_QR_LEAST_SIZE, KL_QR_MOST_SIZE);
    look->quiet = kl_query_number(req, "quiet", look->quiet, 0, KL_QR_MOST_QUIET);
    read_colour(req, "dark", &look->dark);
    read_colour(req, "light", &look->light);
    if (kl_query_number(req, "logo", logo != NULL, 0, 1)) {
        look->logo = logo;
        if (!logo) {
            kl_error_field(req->err, "qr_logo", "logo", "1", "0: no logo is configured here");
        }
    }
    return req->err->kind;
}

int kl_qr_image_answer(kl_request_t *req, const char *link, const kl_logo_t *logo, int png)
{
    apr_pool_t *p = req->r->pool;
    const char *image = NULL;
    apr_size_t len = 0;
    kl_qr_look_t look;
    kl_qr_t *qr = NULL;

    if (read_look(req, logo, &look) == KL_OK) {
        qr = kl_qr_make(p, link, &look, req->err);
    }
    if (qr && png) {
        image = kl_qr_png_draw(p, qr, &len, req->err);
    }
    else if (qr) {
        image = kl_qr_svg_draw(p, qr);
        len = strlen(image);
    }
    if (!image) {
        return kl_answer_error(req);
    }
    return kl_answer_image(req, png ? "image/png" : "image/svg+xml", image, len);
}
