/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-orders: the back office. Reads orders and their operations, and names the routes
 * that list them (list.c) and change them (captures.c, returns.c, authorization.c).
 */
#ifndef KL_HANDLERS_ORDERS_H
#define KL_HANDLERS_ORDERS_H

#include "handlers/handlers.h"

extern const kl_route_t kl_orders_routes[]; /* orders.c */

#endif
