/* SPDX-License-Identifier: Apache-2.0 */
/* See qr_svg.h. */
#include "core/qr_svg.h"

#include <apr_base64.h>
#include <apr_strings.h>

typedef struct parts_t {
    apr_pool_t *p;
    apr_array_header_t *list; /* of const char * */
} parts_t;

static void add(parts_t *parts, const char *text)
{
    APR_ARRAY_PUSH(parts->list, const char *) = text;
}

/* A run of dark modules is one rectangle, so that nothing shines between them. */
static void add_row(parts_t *parts, const kl_qr_t *qr, int y)
{
    int x, from = 0;

    for (x = 0; x <= qr->modules; x++) {
        int dark = kl_qr_is_dark(qr, x, y);

        if (dark && (x == 0 || !kl_qr_is_dark(qr, x - 1, y))) {
            from = x;
        }
        else if (!dark && x > 0 && kl_qr_is_dark(qr, x - 1, y)) {
            add(parts, apr_psprintf(parts->p, "M%d %dh%dv1h-%dz", from, y, x - from, x - from));
        }
    }
}

/* Half a module of light stays around it. */
static const char *logo_image(apr_pool_t *p, const kl_qr_t *qr)
{
    const kl_logo_t *logo = qr->look.logo;
    int edge = (qr->modules - qr->covered) / 2;
    char *text = apr_palloc(p, apr_base64_encode_len((int)logo->len));

    apr_base64_encode_binary(text, logo->png, (int)logo->len);
    return apr_psprintf(p,
                        "<image x=\"%d.5\" y=\"%d.5\" width=\"%d\" height=\"%d\" "
                        "href=\"data:image/png;base64,%s\"/>",
                        edge, edge, qr->covered - 1, qr->covered - 1, text);
}

/* In units of modules from the code's first one on, as large as in PNG. */
const char *kl_qr_svg_draw(apr_pool_t *p, const kl_qr_t *qr)
{
    parts_t parts = {.p = p, .list = apr_array_make(p, 1024, sizeof(const char *))};
    int y, size = qr->look.size;

    add(&parts,
        apr_psprintf(p,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                     "viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
                     "<path fill=\"%s\" d=\"M0 0h%dv%dh-%dz\"/>"
                     "<g transform=\"translate(%d %d) scale(%d)\"><path fill=\"%s\" d=\"",
                     size, size, size, size, kl_colour_text(p, qr->look.light), size, size, size,
                     qr->edge, qr->edge, qr->scale, kl_colour_text(p, qr->look.dark)));
    for (y = 0; y < qr->modules; y++) {
        add_row(&parts, qr, y);
    }
    add(&parts, "\"/>");
    if (qr->look.logo) {
        add(&parts, logo_image(p, qr));
    }
    add(&parts, "</g></svg>\n");
    return apr_array_pstrcat(p, parts.list, 0);
}
