/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-callbacks: Klarna calling. Nothing is signed; the URL holds the order's id and a secret
 * that only Klarna knows. A hint is stored, answered at once, and verified by reading Klarna; what
 * it says is never taken on trust. While the order is busy the answer is 503 with Retry-After:
 * Klarna asks again. Unknown members are accepted: Klarna adds new ones.
 */
#ifndef KL_HANDLERS_CALLBACKS_H
#define KL_HANDLERS_CALLBACKS_H

#include "handlers/handlers.h"

extern const kl_route_t kl_callbacks_routes[]; /* callbacks.c */

#endif
