/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the judges look at: reads commands, one a line, its words with tabs between them, and
 * answers each with a line.
 *   phone COUNTRY TYPED                             -> ok COUNTRY E164 NATIONAL | refused CODE
 *   draw FILE SIZE QUIET DARK LIGHT LOGO|- LINK     -> ok MODULES COVERED       | refused CODE
 *   worst FILE LOGO LINK                            -> ok MODULES COVERED       | refused CODE
 * draw writes SVG or PNG, as FILE ends; worst a PGM whose every module in the logo's place is
 * wrong, which no logo can exceed.
 */
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "core/phone.h"
#include "core/qr_png.h"
#include "core/qr_svg.h"

#define WORDS 8

static void refused(const kl_error_t *err)
{
    printf("refused\t%s\n", err->code);
}

static void judge_phone(apr_pool_t *p, char **word)
{
    kl_error_t *err = kl_error_make(p);
    kl_phone_t phone;

    if (kl_phone_parse(&phone, word[2], word[1], "phone", err) != KL_OK) {
        refused(err);
        return;
    }
    printf("ok\t%s\t%s\t%s\n", phone.country, phone.e164, phone.national);
}

static void write_file(apr_pool_t *p, const char *path, const char *bytes, apr_size_t len)
{
    apr_file_t *file;

    if (apr_file_open(&file, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE,
                      APR_FPROT_OS_DEFAULT, p)
            != APR_SUCCESS
        || apr_file_write_full(file, bytes, len, NULL) != APR_SUCCESS) {
        fprintf(stderr, "%s cannot be written\n", path);
        return;
    }
    apr_file_close(file);
}

static const kl_logo_t *logo_of(apr_pool_t *p, const char *path, kl_error_t *err)
{
    unsigned char bytes[KL_MAX_LOGO];
    apr_size_t len = sizeof(bytes);
    apr_file_t *file;

    if (apr_file_open(&file, path, APR_FOPEN_READ, 0, p) != APR_SUCCESS) {
        return NULL;
    }
    apr_file_read_full(file, bytes, len, &len);
    apr_file_close(file);
    return kl_logo_read(p, bytes, len, err);
}

static void judge_drawing(apr_pool_t *p, char **word)
{
    kl_error_t *err = kl_error_make(p);
    kl_qr_look_t look = kl_qr_look();
    const char *image = NULL;
    apr_size_t len = 0;
    kl_qr_t *qr;

    look.size = (int)apr_atoi64(word[2]);
    look.quiet = (int)apr_atoi64(word[3]);
    kl_colour_parse(word[4], &look.dark);
    kl_colour_parse(word[5], &look.light);
    look.logo = strcmp(word[6], "-") == 0 ? NULL : logo_of(p, word[6], err);
    qr = kl_qr_make(p, word[7], &look, err);
    if (qr && strstr(word[1], ".svg")) {
        image = kl_qr_svg_draw(p, qr);
        len = strlen(image);
    }
    else if (qr) {
        image = kl_qr_png_draw(p, qr, &len, err);
    }
    if (!image) {
        refused(err);
        return;
    }
    write_file(p, word[1], image, len);
    printf("ok\t%d\t%d\n", qr->modules, qr->covered);
}

/* The code as it is under its logo, and the reverse of it where the logo is. */
static int worst_module(const kl_qr_t *qr, int x, int y)
{
    kl_qr_t bare = *qr;
    int edge = (qr->modules - qr->covered) / 2;
    int inside = x >= edge && x < edge + qr->covered && y >= edge && y < edge + qr->covered;

    bare.covered = 0;
    return kl_qr_is_dark(&bare, x, y) != inside;
}

static void judge_worst(apr_pool_t *p, char **word)
{
    enum { SCALE = 4 };
    kl_error_t *err = kl_error_make(p);
    kl_qr_look_t look = kl_qr_look();
    int side, x, y;
    apr_size_t head;
    kl_qr_t *qr;
    char *pgm;

    look.size = KL_QR_MOST_SIZE;
    look.logo = logo_of(p, word[2], err);
    qr = kl_qr_make(p, word[3], &look, err);
    if (!qr) {
        refused(err);
        return;
    }
    side = SCALE * (qr->modules + 2 * KL_QR_QUIET);
    pgm = apr_psprintf(p, "P5 %d %d 255\n%*s", side, side, side * side, "");
    head = strlen(pgm) - (apr_size_t)side * side;
    for (y = 0; y < side; y++) {
        for (x = 0; x < side; x++) {
            pgm[head + (apr_size_t)y * side + x] =
                worst_module(qr, x / SCALE - KL_QR_QUIET, y / SCALE - KL_QR_QUIET) ? 0 : '\xff';
        }
    }
    write_file(p, word[1], pgm, head + (apr_size_t)side * side);
    printf("ok\t%d\t%d\n", qr->modules, qr->covered);
}

static int split(char *line, char **word)
{
    int n = 0;

    for (char *next = line; next && n < WORDS; n++) {
        word[n] = next;
        next = strchr(next, '\t');
        if (next) {
            *next++ = '\0';
        }
    }
    return n;
}

static void judge(apr_pool_t *p, char *line)
{
    char *word[WORDS];
    int n = split(line, word);

    if (n == 3 && strcmp(word[0], "phone") == 0) {
        judge_phone(p, word);
    }
    else if (n == 8 && strcmp(word[0], "draw") == 0) {
        judge_drawing(p, word);
    }
    else if (n == 4 && strcmp(word[0], "worst") == 0) {
        judge_worst(p, word);
    }
    else {
        printf("unknown command\n");
    }
}

int main(void)
{
    char line[4096];
    apr_pool_t *root, *p;

    apr_initialize();
    apr_pool_create(&root, NULL);
    apr_pool_create(&p, root);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        judge(p, line);
        apr_pool_clear(p);
    }
    apr_pool_destroy(root);
    return 0;
}
