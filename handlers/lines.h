/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of an authorization. */
#ifndef KL_HANDLERS_LINES_H
#define KL_HANDLERS_LINES_H

#include "handlers/handlers.h"

/** POST {id}/lines */
int kl_lines_change(kl_request_t *req);

/** POST {id}/lines/preview */
int kl_lines_preview_change(kl_request_t *req);

#endif
