/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-checkout: the storefront's routes. The shopper's browser calls them, so a cart
 * counts only when the shop vouches for it: signed, or sent by an authenticated caller.
 */
#ifndef KL_HANDLERS_CHECKOUT_H
#define KL_HANDLERS_CHECKOUT_H

#include "handlers/handlers.h"

extern const kl_route_t kl_checkout_routes[]; /* checkout.c */

#endif
