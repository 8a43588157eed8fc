/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of a shop's own tills. */
#ifndef KL_HANDLERS_INSTORE_H
#define KL_HANDLERS_INSTORE_H

#include "handlers/handlers.h"

/** Of the handler klarna-instore. */
extern const kl_route_t kl_instore_routes[];

#endif
