/* SPDX-License-Identifier: Apache-2.0 */
/* A code as PNG. Every module is a whole number of pixels; what is left over is quiet zone. */
#ifndef KL_QR_PNG_H
#define KL_QR_PNG_H

#include "core/qr.h"

/** The whole file, *len bytes in p. NULL: KL_INTERNAL. */
const char *kl_qr_png_draw(apr_pool_t *p, const kl_qr_t *qr, apr_size_t *len, kl_error_t *err);

#endif
