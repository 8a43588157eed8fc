/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-status: is this server ready to take payments? Anyone may ask; details are for users whom
 * Apache authenticated.
 */
#ifndef KL_HANDLERS_STATUS_H
#define KL_HANDLERS_STATUS_H

#include "handlers/handlers.h"

extern const kl_route_t kl_status_routes[]; /* status.c */

#endif
