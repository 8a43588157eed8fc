/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET support-bundle: everything the operator sees, in one file that is safe to post: codes, times
 * and figures only. It holds no secrets, no names of users or other people, no references, no
 * addresses and no free text.
 */
#ifndef KL_HANDLERS_SUPPORT_H
#define KL_HANDLERS_SUPPORT_H

#include "handlers/handlers.h"

int kl_support_bundle(kl_request_t *req); /* support.c */

#endif
