/* SPDX-License-Identifier: Apache-2.0 */
/* What Klarna is told of an order beside its money. */
#ifndef KL_HANDLERS_DETAILS_H
#define KL_HANDLERS_DETAILS_H

#include "handlers/handlers.h"

/** POST {id}/references */
int kl_details_references(kl_request_t *req);

/** POST {id}/shipping-address */
int kl_details_shipping_address(kl_request_t *req);

#endif
