/* SPDX-License-Identifier: Apache-2.0 */
/* See qr.h. */
#include "core/qr.h"

#include <apr_strings.h>
#include <qrcodegen/qrcodegen.h>
#include <string.h>

#include "core/limits.h"

/* With error correction H about 30 % of the codewords may be wrong; a square of a fifth of the side
 * touches fewer than half as many, and the rest is left for dirt and reflections. Beyond 15 modules
 * some scanners take patterns of a logo for those of the code. */
#define LOGO_SHARE 5
#define LOGO_MOST 15

kl_qr_look_t kl_qr_look(void)
{
    return (kl_qr_look_t){.size = KL_QR_SIZE, .quiet = KL_QR_QUIET, .light = 0xffffff};
}

static void check_range(const char *name, int n, int least, int most, kl_error_t *err)
{
    if (n < least || n > most) {
        kl_error_field(err, "out_of_range", name, apr_itoa(err->pool, n),
                       apr_psprintf(err->pool, "%d to %d", least, most));
    }
}

static kl_kind_t check_look(const kl_qr_look_t *look, kl_error_t *err)
{
    check_range("size", look->size, KL_QR_LEAST_SIZE, KL_QR_MOST_SIZE, err);
    check_range("quiet", look->quiet, 0, KL_QR_MOST_QUIET, err);
    kl_colour_check(look->dark, look->light, err);
    return err->kind;
}

static int is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80) {
        text++;
    }
    return !*text;
}

/* Says that the text is UTF-8: scanners guess otherwise, and often wrong. */
static int encode_utf8(const char *text, enum qrcodegen_Ecc ecc, unsigned char *work,
                       unsigned char *map)
{
    enum { UTF_8 = 26 }; /* ECI assignment */
    unsigned char eci[4], bytes[KL_MAX_URL];
    const struct qrcodegen_Segment segments[] = {
        qrcodegen_makeEci(UTF_8, eci),
        qrcodegen_makeBytes((const unsigned char *)text, strlen(text), bytes),
    };

    return qrcodegen_encodeSegments(segments, 2, ecc, work, map);
}

/* Digits and capitals alone need less room: the encoder looks for that. */
static int encode_ascii(const char *text, enum qrcodegen_Ecc ecc, unsigned char *work,
                        unsigned char *map)
{
    return qrcodegen_encodeText(text, work, map, ecc, qrcodegen_VERSION_MIN, qrcodegen_VERSION_MAX,
                                qrcodegen_Mask_AUTO, true);
}

/* Odd, as every code's side is: so it can be in the middle. */
static int side_of_logo(int modules)
{
    int side = (modules / LOGO_SHARE - 1) | 1;

    return side < LOGO_MOST ? side : LOGO_MOST;
}

static int encode(kl_qr_t *qr, apr_pool_t *p, const char *text)
{
    enum qrcodegen_Ecc ecc = qr->look.logo ? qrcodegen_Ecc_HIGH : qrcodegen_Ecc_MEDIUM;
    unsigned char *map = apr_palloc(p, qrcodegen_BUFFER_LEN_MAX);
    unsigned char *work = apr_palloc(p, qrcodegen_BUFFER_LEN_MAX);

    if (!(is_ascii(text) ? encode_ascii : encode_utf8)(text, ecc, work, map)) {
        return 0;
    }
    qr->map = map;
    qr->modules = qrcodegen_getSize(map);
    qr->covered = qr->look.logo ? side_of_logo(qr->modules) : 0;
    return 1;
}

kl_qr_t *kl_qr_make(apr_pool_t *p, const char *text, const kl_qr_look_t *look, kl_error_t *err)
{
    kl_qr_t *qr = apr_pcalloc(p, sizeof(*qr));
    apr_size_t len = strlen(text);
    int least;

    qr->look = *look;
    if (check_look(look, err) != KL_OK) {
        return NULL;
    }
    if (len == 0 || len > KL_MAX_URL || !encode(qr, p, text)) {
        kl_error_field(err, "qr_link", "link",
                       apr_psprintf(err->pool, "%" APR_SIZE_T_FMT " bytes", len),
                       "a link of 1 to " APR_STRINGIFY(KL_MAX_URL) " bytes");
        return NULL;
    }
    least = KL_QR_LEAST_SCALE * (qr->modules + 2 * look->quiet);
    if (look->size < least) {
        kl_error_field(err, "qr_size", "size", apr_itoa(err->pool, look->size),
                       apr_psprintf(err->pool, "at least %d, for a link of this length", least));
        return NULL;
    }
    qr->scale = look->size / (qr->modules + 2 * look->quiet);
    qr->edge = (look->size - qr->modules * qr->scale) / 2;
    return qr;
}

int kl_qr_is_dark(const kl_qr_t *qr, int x, int y)
{
    int edge = (qr->modules - qr->covered) / 2;

    if (x >= edge && x < edge + qr->covered && y >= edge && y < edge + qr->covered) {
        return 0;
    }
    return qrcodegen_getModule(qr->map, x, y);
}
