/* SPDX-License-Identifier: Apache-2.0 */
/* klarna-operator: the routes for the operator. */
#ifndef KL_HANDLERS_OPERATOR_H
#define KL_HANDLERS_OPERATOR_H

#include "handlers/handlers.h"

extern const kl_route_t kl_operator_routes[];

#endif
