/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that have not ended, and what a person can do with them: GET operations lists them,
 * POST {id}/operations/{op}/send-again and .../give-up (executed_as or not_executed: what a person
 * found where Klarna's record is ambiguous), POST {id}/adopt ends an orphaned placement with
 * Klarna's order id.
 */
#ifndef KL_HANDLERS_OPERATIONS_H
#define KL_HANDLERS_OPERATIONS_H

#include "handlers/handlers.h"

int kl_operations_list(kl_request_t *req);

int kl_operations_send_again(kl_request_t *req);

int kl_operations_give_up(kl_request_t *req);

int kl_operations_adopt(kl_request_t *req);

#endif
