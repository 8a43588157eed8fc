/* SPDX-License-Identifier: Apache-2.0 */
/* A payment's link as the image of a QR code, in the look that the query asks for. */
#ifndef KL_HANDLERS_QR_IMAGE_H
#define KL_HANDLERS_QR_IMAGE_H

#include "core/logo.h"
#include "handlers/handlers.h"

/** Answers with SVG, or with PNG, or with a problem document (that of req->err, if there is one).
 *  Parameters: size, quiet, dark, light, and logo=0 to leave out the logo, which is NULL where none
 *  is configured. Returns what a handler returns. */
int kl_qr_image_answer(kl_request_t *req, const char *link, const kl_logo_t *logo, int png);

#endif
