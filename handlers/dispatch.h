/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to its route: handler name, who asks, path, method, body; then the route
 * runs. Everything a route must never run without is checked here.
 */
#ifndef KL_HANDLERS_DISPATCH_H
#define KL_HANDLERS_DISPATCH_H

#include "handlers/handlers.h"

/** Routes are in no file: where a <Location> with a Require of its own leads to them, httpd need
 *  not look for one, nor for <Directory> sections and .htaccess files that could say who may. */
int kl_dispatch_map_to_storage(request_rec *r);

/** The module's content handler (dispatch.c). */
int kl_dispatch_handler(request_rec *r);

#endif
