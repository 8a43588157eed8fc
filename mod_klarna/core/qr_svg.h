/* SPDX-License-Identifier: Apache-2.0 */
/* A code as SVG: one path, no script, nothing from elsewhere; the logo is in the file. */
#ifndef KL_QR_SVG_H
#define KL_QR_SVG_H

#include "core/qr.h"

/** The whole file, in p. */
const char *kl_qr_svg_draw(apr_pool_t *p, const kl_qr_t *qr);

#endif
