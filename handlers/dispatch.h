/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to its route: handler name, who asks, path, method, body; then the route
 * runs. Everything a route must never run without is checked here.
 */
#ifndef KL_HANDLERS_DISPATCH_H
#define KL_HANDLERS_DISPATCH_H

#include "handlers/handlers.h"

/** The module's content handler (dispatch.c). */
int kl_dispatch_handler(request_rec *r);

#endif
