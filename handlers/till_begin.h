/* SPDX-License-Identifier: Apache-2.0 */
/* A till begins a payment, and has its link sent to the customer. */
#ifndef KL_HANDLERS_TILL_BEGIN_H
#define KL_HANDLERS_TILL_BEGIN_H

#include "handlers/handlers.h"

int kl_till_begin(kl_request_t *req); /* POST payments */
int kl_till_send(kl_request_t *req);  /* POST payments/{id}/send */

#endif
