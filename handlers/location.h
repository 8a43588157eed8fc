/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The <Location> of a request. A module's own per-directory settings exist only where one of its
 * directives stands, so the sections of the server are asked; the last that fits counts.
 */
#ifndef KL_HANDLERS_LOCATION_H
#define KL_HANDLERS_LOCATION_H

#include <httpd.h>

/** The path of the <Location> whose SetHandler brought the request here, without a slash at its
 *  end: routes are below it. NULL: none. */
const char *kl_location_base(request_rec *r);

/** The handler that a <Location> sets for the request's path, where that section has a Require of
 *  its own; before r->handler is known. NULL: there is none, or patterns may have a say. */
const char *kl_location_handler(request_rec *r);

#endif
