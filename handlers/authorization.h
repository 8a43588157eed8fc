/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST {id}/extend and {id}/release: the authorization's time and its unused rest.
 */
#ifndef KL_HANDLERS_AUTHORIZATION_H
#define KL_HANDLERS_AUTHORIZATION_H

#include "handlers/handlers.h"

int kl_authorization_extend(kl_request_t *req);

int kl_authorization_release(kl_request_t *req);

#endif
