/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link as a QR code: which modules are dark, and how it is to look. Drawing is in qr_svg.c and
 * qr_png.c. A code that a scanner could not read is refused, never drawn: too small, too little
 * contrast, more covered by the logo than error correction bears.
 *
 * The encoder is Nayuki's libqrcodegen: it works in buffers of ours and holds no memory of its own.
 */
#ifndef KL_QR_H
#define KL_QR_H

#include "core/colour.h"
#include "core/logo.h"

/* Pixels of an image's side; the most are 10 cm in print (300 dpi). */
#define KL_QR_LEAST_SIZE 64
#define KL_QR_MOST_SIZE 1200
#define KL_QR_SIZE 400
/* Modules of light around the code. ISO/IEC 18004 wants four; less is for who draws a frame. */
#define KL_QR_MOST_QUIET 32
#define KL_QR_QUIET 4
/* Pixels of a module's side, at least. */
#define KL_QR_LEAST_SCALE 2

typedef struct kl_qr_look_t {
    int size;  /* pixels: KL_QR_LEAST_SIZE..KL_QR_MOST_SIZE */
    int quiet; /* modules: 0..KL_QR_MOST_QUIET */
    kl_colour_t dark, light;
    const kl_logo_t *logo; /* in the middle, or NULL */
} kl_qr_look_t;

typedef struct kl_qr_t {
    kl_qr_look_t look;
    int modules;              /* on each side of the code */
    int covered;              /* on each side of the logo's place, which is light; 0: no logo */
    int scale;                /* pixels of a module */
    int edge;                 /* pixels before the first module, of the quiet zone or more */
    const unsigned char *map; /* libqrcodegen's */
} kl_qr_t;

/** Black on white, without logo. */
kl_qr_look_t kl_qr_look(void);

/** Encodes text, 1 to KL_MAX_URL bytes. The code lives in p. NULL: KL_INVALID that names link,
 *  size, quiet or dark. */
kl_qr_t *kl_qr_make(apr_pool_t *p, const char *text, const kl_qr_look_t *look, kl_error_t *err);

/** 1: the module is dark. Outside the code and in the logo's place all are light. */
int kl_qr_is_dark(const kl_qr_t *qr, int x, int y);

#endif
