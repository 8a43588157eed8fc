/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shop's logo for the middle of its codes: a PNG file of the operator's, read once, when the
 * configuration is. It must never be larger than is said here, whatever its header claims.
 */
#ifndef KL_LOGO_H
#define KL_LOGO_H

#include "core/error.h"

typedef struct kl_logo_t {
    const unsigned char *png; /* the file as it came, for SVG */
    apr_size_t len;
    unsigned width, height;      /* pixels */
    const unsigned char *pixels; /* sRGB and alpha, a byte each, row by row */
} kl_logo_t;

/** Reads a PNG file; png need not stay. The result lives in p. NULL: KL_INVALID that names logo. */
kl_logo_t *kl_logo_read(apr_pool_t *p, const unsigned char *png, apr_size_t len, kl_error_t *err);

#endif
