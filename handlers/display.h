/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of the customer's screen, and the one with which a till makes its key. */
#ifndef KL_HANDLERS_DISPLAY_H
#define KL_HANDLERS_DISPLAY_H

#include "handlers/handlers.h"

/** A route of the till's: {till, department} to {"key"}. */
int kl_display_key(kl_request_t *req);

/** Of the handler klarna-display, which is open: the key decides. */
extern const kl_route_t kl_display_routes[];

#endif
