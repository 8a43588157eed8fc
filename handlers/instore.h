/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of a shop's own tills. */
#ifndef KL_HANDLERS_INSTORE_H
#define KL_HANDLERS_INSTORE_H

#include "handlers/handlers.h"

/** Answers with the payment as the till sees it. */
int kl_instore_answer(kl_request_t *req, int status, const kl_order_t *order);

/** Of the handler klarna-instore. */
extern const kl_route_t kl_instore_routes[];

#endif
