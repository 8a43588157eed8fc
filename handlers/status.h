/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-status: is this server ready to take payments? Anyone may ask; details are for users whom
 * Apache authenticated.
 */
#ifndef KL_HANDLERS_STATUS_H
#define KL_HANDLERS_STATUS_H

#include "handlers/handlers.h"

extern const kl_route_t kl_status_routes[]; /* status.c */

/** Tells what is wrong to whom Apache has authenticated. */
int kl_status_health(kl_request_t *req); /* status.c */

#endif
